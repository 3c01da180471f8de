"""Which verdicts a judge's words name, and whether they assert them.

Words that name a verdict do not yet give one: "not BOTH_CORRECT" names it, so does "BOTH_CORRECT or
BOTH_WRONG", so does a quotation of a trajectory that tries to dictate the answer. Here a verdict is
asserted only at the beginning of a line, bare or behind a label such as "Verdict:", in a sentence
that neither denies nor doubts anything. What is unclear is never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from msgspec import Struct

from curation.verdicts import ALIASES, Verdict

MOST_READ = 20
"""A text that names verdicts more often is a list or a loop, and asserts none of them."""


class Position(StrEnum):
    """A verdict as a blind judge gives it: by the place of the answers."""

    FIRST_WRONG = "RESPONSE_1_WRONG"
    SECOND_WRONG = "RESPONSE_2_WRONG"
    BOTH_CORRECT = "BOTH_CORRECT"
    BOTH_WRONG = "BOTH_WRONG"


class Tone(StrEnum):
    """How a verdict is named."""

    ASSERTED = "asserted"
    NEGATED = "negated"
    HEDGED = "hedged"
    """Asked, supposed, quoted, or named in passing."""


class Mention(Struct, frozen=True):
    """One place where a text names a verdict."""

    position: Position | None
    """None for a name by role (LABEL_WRONG), which a blind judge cannot know."""
    tone: Tone
    words: str
    """As the text spells it."""


_ROLES = [name for name in (*Verdict, *ALIASES) if not re.match("BOTH|RESPONSE", name)]
_SEPARATOR = r"[ _-]*"
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    rf"(?P<response>RESPONSE{_SEPARATOR}(?P<number>[12])[ _-]+(?:IS[ _-]+)?(?:WRONG|INCORRECT))"
    rf"|(?P<both>BOTH[ _-]+(?:ARE[ _-]+)?(?P<how>CORRECT|WRONG|INCORRECT))"
    rf"|(?P<role>{'|'.join(name.replace('_', '[ _-]+') for name in _ROLES)})"
    r")(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
_ENDS = ("WRONG", "CORRECT")
"""How all names of verdicts end. Most texts hold neither, which is seen far sooner than that they
hold no name."""
_LABEL = (
    r"(?:(?:(?:my|the|our)\s+)?(?:(?:final|overall)\s+)?"
    r"(?:verdict|answer|judge?ment|conclusion|decision)(?:\s+is)?\s*[:=–—-]*\s*)"
)
_MARKUP = r"[\s*_`#>\"'“”‘’(\[{]*"
_BEGINS = re.compile(rf"{_MARKUP}(?:{_LABEL}{_MARKUP})?\Z", re.IGNORECASE)
"""What may stand in a line before an asserted verdict."""
_LABELLED = re.compile(rf"{_MARKUP}{_LABEL}", re.IGNORECASE)

_NEGATION = re.compile(
    r"\b(?:not|no|non|nope|never|neither|nor|none|cannot|without|hardly|scarcely|barely|unlikely|"
    r"rather than|instead of|unlike|except|excluding|excludes?d?|reject\w*|refus\w*|deny|denies|"
    r"denied|dismiss\w*|rul(?:e|es|ed|ing) out|far from|anything but|other than|opposite|false|"
    r"untrue|mistaken|disagree\w*|against|avoid\w*|contrary|impossible|"
    r"(?:is|are|was|were|do|does|did|has|have|had|ca|could|would|should|wo|must|need)n['’]?t)\b"
    r"|[≠¬!]=?\s*\Z|!=|~~",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\?|\b(?:if|unless|whether|might|may|maybe|perhaps|possibl[ey]|probably|could|would|should|"
    r"either|or|seems?|appears?|likely|unsure|uncertain|doubt\w*|unclear|suppos\w*|assum\w*|"
    r"example|such as|options?|choices?|choose between|one of|among|between|candidates?|"
    r"instruct\w*|told|tells?|asks?|asked|says?|said|claims?|claimed|quot\w*|writes?|wrote|"
    r"pretend\w*|ignor\w*|injection|injected|guess\w*|but|however|although|almost|nearly)\b",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(
    r"\b(?:on second thou?ght|actually,? no|no,? wait|wait,|scratch that|strike that|"
    r"i take (?:it|that) back|just kidding|correction:)",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"[\s_*`\"'”’)\]]*(?:is|was|would be|seems|looks|must be)\s+(?:\w+\s+)?"
    r"(?:wrong|incorrect|inaccurate|invalid|a mistake)\b",
    re.IGNORECASE,
)
"""What denies a verdict right behind its name; elsewhere in its sentence that is the reason."""
_FORMAT = re.compile("[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


def plain(text: str) -> str:
    """The text without look-alike spellings and characters nobody sees."""
    return text if text.isascii() else _FORMAT.sub("", unicodedata.normalize("NFKC", text))


def named_position(text: str) -> Position | None:
    """The verdict that a text is, nothing more and nothing less; None when it is none."""
    found = _TOKEN.fullmatch(plain(text).strip())
    return _position(found) if found else None


def mentions(text: str) -> list[Mention]:
    """Every place where a reply names a verdict; asserted ones can be relied on."""
    text = plain(text)
    if not any(end in text.upper() for end in _ENDS):
        return []
    taken_back = _TAKEN_BACK.search(text) is not None
    found: list[Mention] = []
    matches = list(_TOKEN.finditer(text))
    if len(matches) > MOST_READ:
        return [Mention(_position(match), Tone.HEDGED, match[0]) for match in matches]
    for match in matches:
        begins = _begins_line(text, match.start())
        if begins or _is_spelled_as_asked(match[0]):
            tone = _tone(text, match, begins)
            if taken_back and tone is Tone.ASSERTED:
                tone = Tone.HEDGED
            found.append(Mention(_position(match), tone, match[0]))
    return found


def _is_spelled_as_asked(words: str) -> bool:
    """Whether it is one of our names, and no English such as "both correct values"."""
    return "_" in words or words == words.upper()


def _position(match: re.Match[str]) -> Position | None:
    if match["role"]:
        return None
    if match["response"]:
        return Position.FIRST_WRONG if match["number"] == "1" else Position.SECOND_WRONG
    is_correct = match["how"].upper() == "CORRECT"
    return Position.BOTH_CORRECT if is_correct else Position.BOTH_WRONG


def _begins_line(text: str, start: int) -> bool:
    return _BEGINS.match(text[text.rfind("\n", 0, start) + 1 : start]) is not None


def _tone(text: str, match: re.Match[str], begins: bool) -> Tone:
    before, after = _sentence(text, match.start(), match.end())
    # "NOT_BOTH_CORRECT" denies as well as "not BOTH_CORRECT".
    if _NEGATION.search(before.replace("_", " ")) or _NEGATION.search(after):
        return Tone.NEGATED
    if _DENIED.match(after):
        return Tone.NEGATED
    if not begins or any(_HEDGE.search(part) for part in (before, after)):
        return Tone.HEDGED
    return Tone.ASSERTED


_END = re.compile(r"[.!;](?=\s|\Z|[*_`\"'”’)\]}])|\n(?=\s*(?:[A-Z*#>\-\d\n]|\Z))")
"""Where a sentence ends. A line that goes on in lower case goes on with the sentence."""


def _sentence(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and behind a place in its sentence; a question mark does not end it."""
    line = text.rfind("\n", 0, start) + 1
    if _LABELLED.match(text, line, start):
        begin = line
    else:
        # A line break ends what came before only where that ended itself.
        ends = [m.end() for m in re.finditer(r"[.!;?](?=[\s*_`\"'”’)\]}])", text[:start])]
        begin = ends[-1] if ends else 0
    found = _END.search(text, end)
    return text[begin:start], text[end : found.start() if found else len(text)]
