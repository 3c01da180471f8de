"""What an assistant says where it cannot call yet, or cannot at all: our own templates, in English.

Purposes and names are the tool's own words; nothing else is claimed.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any

from curation.call_order import name_words
from curation.episodes import ToolText

LONGEST_PURPOSE = 120
"""Characters of a description that go into an answer."""

_REFUSALS = (
    "None of the tools I have can do this. It would take one for this purpose: {purpose}.",
    "I can't do that here: I have no tool for this purpose: {purpose}.",
    "I'm sorry, but this is outside what my tools can do. What is missing is a tool for this: "
    "{purpose}.",
    "I have no tool that fits this request, so I won't guess an answer. I would need one for "
    "this: {purpose}.",
)
_REFUSALS_BARE = (
    "I have no tools here. It would take one for this purpose: {purpose}.",
    "I can't do that without a tool for this purpose: {purpose}.",
)
_QUESTIONS = (
    "I need one more detail before I can do that: {what}. Could you tell me?",
    "I can do that, but one thing is missing: {what}. What should it be?",
    "To go on, I need to know this: {what}. Could you give it to me?",
    "Before I start, please tell me one thing: {what}.",
)
_CLARIFYING = frozenset(("clarify", "clarification"))
_ASKING = frozenset(("ask", "prompt"))
_THE_USER = frozenset(("user", "users", "human", "customer"))
_LEAD = re.compile(
    r"(?:this|the)\s+(?:function|tool|api|endpoint|method)\s+"
    r"(?:is used to|is designed to|can be used to|allows? (?:you|users?) to|can|will|helps?)?\s*",
    re.IGNORECASE,
)
_NO_NOUN = frozenset(
    ("my", "your", "to", "from", "where", "when", "is", "has", "by", "in", "at", "of", "for", "num")
)
"""Words that names of parameters begin with and no question does."""
_ASIDE = re.compile(r",| including | such as | based on | (?:using|by|with|for|from|via) | \(")
_SENTENCE_END = re.compile(r"(?<=[^\W\d_]{2})[.;:](?:\s|$)|\n")
_ENGLISH = re.compile(
    r"\b(?:the|an?|is|are|of|for|in|to|with|what|what's|my|me|i|i'm|please|can|could|find|get|"
    r"calculate|how|and|from)\b",
    re.IGNORECASE,
)


def asks_the_user(name: str) -> bool:
    """Whether a tool's name says that it puts a question to the user (RoTBench's `ask_to_user`)."""
    words = set(name_words(name))
    return bool(words & _CLARIFYING) or bool(words & _ASKING and words & _THE_USER)


def refusal(tool: ToolText, rng: Random, *, bare: bool) -> str:
    """The answer to a request that only `tool` could meet. `bare`: there is no tool at all."""
    return rng.choice(_REFUSALS_BARE if bare else _REFUSALS).format(purpose=purpose(tool))


def purpose(tool: ToolText) -> str:
    """What a tool is for, from the first sentence of its description, else from its name."""
    text = _first_sentence(_LEAD.sub("", tool.description.strip(), count=1), cut=True)
    return text or " ".join(name_words(tool.name))


def question(name: str, declared: dict[str, Any], rng: Random) -> str:
    """A question for the value of one parameter; "" when neither name nor description tells what
    it is."""
    description = declared.get("description")
    told = _first_sentence(description) if isinstance(description, str) else ""
    words = name_words(name)
    if max(map(len, words), default=0) > 2 and not (told and words[0] in _NO_NOUN):
        what = f"the {' '.join(word for word in words if word not in _NO_NOUN) or ' '.join(words)}"
    elif told:
        what = told
    else:
        return ""
    return rng.choice(_QUESTIONS).format(what=what)


def is_english(text: str) -> bool:
    """Whether a text looks English: Latin letters, and words that stand in most sentences."""
    letters = [c for c in text if c.isalpha()]
    plain = sum([c.isascii() for c in letters])
    if not letters or plain < 0.95 * len(letters):
        return False
    found = len(_ENGLISH.findall(text))
    return found >= 2 or (found == 1 and len(text.split()) <= 8)


def _first_sentence(text: str, *, cut: bool = False) -> str:
    """The first sentence without its full stop, begun small; "" when it is long.

    Args:
        cut: of a long one, what stands before its first aside.
    """
    sentence = _SENTENCE_END.split(text.strip(), maxsplit=1)[0].strip().rstrip(".")
    if cut and len(sentence) > LONGEST_PURPOSE:
        sentence = _ASIDE.split(sentence, maxsplit=1)[0]
    if not sentence or len(sentence) > LONGEST_PURPOSE:
        return ""
    first, *_ = sentence.split()
    # Not of abbreviations and names in capitals.
    return sentence if first[1:] != first[1:].lower() else sentence[0].lower() + sentence[1:]
