"""A judge's reply made into a verdict, or into the reason why it is none.

A reply counts only if it names exactly one verdict. The JSON that was asked for is read first; text
is read where there is none. Everything else is unscored: broken off, refused, empty, unreadable,
denied, doubted, listed, doubled, or naming what a blind judge cannot know. LoopTool's code takes
the first name that occurs anywhere; "not BOTH_CORRECT" is BOTH_CORRECT there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from curation.judging import JudgeReply, Order, Unscored
from curation.thinking import ends_in_thinking, without_thinking
from curation.verdict_mentions import Mention, Position, Tone, mentions, named_position, plain
from curation.verdicts import Verdict, swapped

_BROKEN = re.compile(r"[\"']verdict[\"']\s{0,9}:|\{\s{0,9}verdict\s{0,9}:", re.IGNORECASE)
"""A verdict as JSON gives it, where no JSON can be read."""

_SHOWN = 120
"""Characters of a reply that are repeated in a reason."""


class ReadReply(Struct, frozen=True):
    """What it means: a verdict, or the reason why there is none."""

    verdict: Verdict | None
    unscored: Unscored | None = None
    detail: str = ""
    error_analysis: str = ""
    correct_approach: str = ""


class NoVerdict(Exception):
    """A reply cannot be counted: the reason, and what exactly was wrong."""

    def __init__(self, reason: Unscored, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def read_reply(reply: JudgeReply, order: Order) -> ReadReply:
    """Read a reply to a question about two answers.

    Args:
        order: what Response 1 was; the verdict is told of reference and prediction.
    """
    analysis: dict[str, str] = {}
    verdict: Verdict | None
    reason: Unscored | None
    try:
        position = _position(reply, analysis)
    except NoVerdict as problem:
        verdict, reason, detail = None, problem.reason, problem.detail
    else:
        verdict, reason, detail = verdict_of(position, order), None, ""
    wrong, right = analysis.get("error_analysis", ""), analysis.get("correct_approach", "")
    return ReadReply(verdict, reason, detail, wrong, right)


def verdict_of(position: Position, order: Order) -> Verdict:
    """What a verdict by position says of the reference and the prediction."""
    verdict = {
        Position.FIRST_WRONG: Verdict.LABEL_WRONG,
        Position.SECOND_WRONG: Verdict.PRED_WRONG,
        Position.BOTH_CORRECT: Verdict.BOTH_CORRECT,
        Position.BOTH_WRONG: Verdict.BOTH_WRONG,
    }[position]
    return verdict if order is Order.REFERENCE_FIRST else swapped(verdict)


def _position(reply: JudgeReply, analysis: dict[str, str]) -> Position:
    text = answer_part(reply)
    is_json, value = read_json(text)
    if is_json:
        return _of_json(value, analysis)
    if reply.finish is None:
        raise NoVerdict(Unscored.TRUNCATED, "The endpoint does not say that the reply ended.")
    return _of_text(text, analysis)


def answer_part(reply: JudgeReply) -> str:
    """The reply without thinking and code fence.

    Raises:
        NoVerdict: it is refused, cut off or empty.
    """
    if reply.refusal or reply.finish == "content_filter":
        raise NoVerdict(Unscored.REFUSED, _short(reply.refusal or "The endpoint filtered it."))
    if reply.finish == "length":
        raise NoVerdict(Unscored.TRUNCATED, "The reply was cut off at the limit of its tokens.")
    if reply.finish not in ("stop", "eos", None):
        raise NoVerdict(Unscored.UNREADABLE, f"The reply ended with {_short(reply.finish)!r}.")
    if ends_in_thinking(reply.text):
        raise NoVerdict(Unscored.TRUNCATED, "The reply ends inside its thinking.")
    text = without_thinking(reply.text).strip()
    if not text:
        raise NoVerdict(Unscored.EMPTY, "The reply holds nothing.")
    fenced = re.fullmatch(r"```[a-zA-Z]*\s*\n(.*?)\n?```", text, re.DOTALL)
    return fenced[1].strip() if fenced else text


class Members(dict[str, Any]):
    """A JSON object that remembers whether a key came twice with another value."""

    repeats = False


def _members(pairs: list[tuple[str, Any]]) -> Members:
    found = Members()
    for key, value in pairs:
        if key in found and found[key] != value:
            found.repeats = True
        found[key] = value
    return found


_decoder = json.JSONDecoder(object_pairs_hook=_members)


def read_json(text: str) -> tuple[bool, Any]:
    """Whether the whole text is JSON, and its value."""
    try:
        return True, json.loads(text, object_pairs_hook=_members)
    except (ValueError, RecursionError):
        return False, None


def _of_json(value: Any, analysis: dict[str, str]) -> Position:
    if isinstance(value, str):
        return _of_text(value, analysis)
    if not isinstance(value, Members):
        raise NoVerdict(Unscored.WRONG_SCHEMA, "The reply is JSON, but no object.")
    if repeats(value):
        raise NoVerdict(Unscored.SEVERAL, "The reply gives one key twice.")
    keys = [key for key in value if key.strip().lower() == "verdict"]
    if len(keys) != 1:
        reason = Unscored.SEVERAL if keys else Unscored.WRONG_SCHEMA
        raise NoVerdict(reason, f"The reply has {len(keys) or 'no'} keys “verdict”.")
    for name in ("error_analysis", "correct_approach"):
        said = value.get(name)
        if isinstance(said, str):
            analysis[name] = said
    position = _of_field(value[keys[0]])
    others = [found for text in _texts(value, keys[0]) for found in mentions(text)]
    _refuse_others(position, [found for found in others if found.position is not None])
    return position


def _of_field(said: Any) -> Position:
    if said is None:
        raise NoVerdict(Unscored.NO_VERDICT, "The verdict is null.")
    if isinstance(said, list) and len(said) > 1:
        raise NoVerdict(Unscored.SEVERAL, f"The verdict is a list: {_short(str(said))}")
    if not isinstance(said, str):
        raise NoVerdict(Unscored.WRONG_SCHEMA, f"The verdict is no text: {_short(str(said))}")
    position = named_position(said.strip(" \t\r\n.*`\"'"))
    if position is not None:
        return position
    found = mentions(said)
    named = {mention.position for mention in found}
    if len(named) > 1:
        reason = Unscored.SEVERAL
    elif named == {None}:
        reason = Unscored.NOT_BLIND
    elif found:
        reason = Unscored.NEGATED if found[0].tone is Tone.NEGATED else Unscored.HEDGED
    else:
        reason = Unscored.UNKNOWN_VERDICT
    raise NoVerdict(reason, f"The verdict is {_short(said)!r}.")


def _of_text(text: str, analysis: dict[str, str]) -> Position:
    text = _with_objects_named(text, analysis)
    found = mentions(text)
    if not found:
        raise NoVerdict(Unscored.NO_VERDICT, f"The reply names no verdict: {_short(text)!r}")
    if len({mention.position for mention in found}) > 1:
        names = ", ".join(dict.fromkeys(mention.words for mention in found))
        raise NoVerdict(Unscored.SEVERAL, f"The reply names several verdicts: {names}.")
    position = found[0].position
    if position is None:
        raise NoVerdict(
            Unscored.NOT_BLIND, f"The judge cannot know what is {found[0].words}; data can say it."
        )
    _refuse_others(position, found)
    if not any(mention.tone is Tone.ASSERTED for mention in found):
        raise NoVerdict(Unscored.HEDGED, f"The reply names {position} without giving it.")
    return position


def _refuse_others(position: Position, found: list[Mention]) -> None:
    """Refuse a reply that also names another verdict, or denies its own."""
    for mention in found:
        if mention.position is not position:
            raise NoVerdict(
                Unscored.SEVERAL, f"The reply names {position}, but also {mention.words}."
            )
        if mention.tone is Tone.NEGATED:
            raise NoVerdict(Unscored.NEGATED, f"The reply denies {mention.words}.")


def _with_objects_named(text: str, analysis: dict[str, str]) -> str:
    """The text with every JSON object in it replaced by the verdict that it gives, on a line of
    its own. What is said around an object is then read as if it were said around the name."""
    parts: list[str] = []
    place = 0
    for start in (match.start() for match in re.finditer(r"\{", text)):
        if start < place:
            continue
        try:
            value, end = _decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            if start == 0:
                raise NoVerdict(
                    Unscored.UNREADABLE, f"The reply is broken JSON: {_short(text)!r}"
                ) from None
            continue
        position = _of_json(value, analysis)
        parts += [text[place:start].removesuffix("```json\n").removesuffix("```\n"), position.value]
        place = end
    rest = text[place:]
    if _BROKEN.search(plain(rest)):
        raise NoVerdict(Unscored.UNREADABLE, f"The reply is broken JSON: {_short(rest)!r}")
    return "".join([*parts, rest.removeprefix("\n```")])


def _texts(value: Any, besides: str = "") -> Iterator[str]:
    """Every text in a JSON value, keys included, but for one key's."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key != besides:
                yield key
                yield from _texts(item)


def repeats(value: Any) -> bool:
    if isinstance(value, Members):
        return value.repeats or any(map(repeats, value.values()))
    return isinstance(value, list) and any(map(repeats, value))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]} …"
