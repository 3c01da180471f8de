"""Whether another tool may do what a tool does, told by names, descriptions and parameters.

For whoever takes a tool away and then claims that nothing left can do its work: a tool counts as a
stand-in on slight grounds, because a wrong claim teaches to refuse what can be done.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from curation.call_order import name_words
from curation.episodes import ToolText

SHARED_WORDS = 0.34
"""Share of the shorter one's words that both have, from which two tools count as alike."""

_CAN_ANYTHING = re.compile(
    r"\b(?:python|code|shell|bash|terminal|command line|script|browser?|web|internet|google|bing|"
    r"wikipedia|search engine|sql|any question|general|knowledge base|chat|agent|assistant|human|"
    r"operator|expression|calculator)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]{3,}")
_NO_SIGN = frozenset(
    "the and for get set with from this that are all any api tool function given using use used "  # noqa: SIM905
    "based return returns provide provides allow allows user users specific specified information "
    "data details list retrieve retrieves fetch fetches find finds search check calculate "
    "calculates compute into its which can will about has have been new number value "
    "string name type param parameter optional default".split()
)


def may_stand_in(other: ToolText, tool: ToolText) -> bool:
    """Whether `other` might do what `tool` does."""
    if _CAN_ANYTHING.search(" ".join([*name_words(other.name), other.description])):
        return True
    ours, theirs = _words(tool.name, tool.description), _words(other.name, other.description)
    named = set(_stems(" ".join(name_words(tool.name))))
    if named & set(_stems(" ".join(name_words(other.name)))):
        return True
    if not ours or not theirs:
        return True  # a tool of which nothing is known may do anything
    if len(ours & theirs) >= SHARED_WORDS * min(len(ours), len(theirs)):
        return True
    required = _required(bytes(tool.parameters))
    return len(required) > 1 and required == _required(bytes(other.parameters))


@lru_cache(maxsize=4096)
def _words(name: str, description: str) -> frozenset[str]:
    return frozenset(_stems(f"{' '.join(name_words(name))} {description}"))


def _stems(text: str) -> list[str]:
    """Words that tell something, forms of one word made alike."""
    words = (word for word in _WORD.findall(text.lower()) if word not in _NO_SIGN)
    return [word[:5] if len(word) > 5 else word.removesuffix("s") for word in words]


@lru_cache(maxsize=4096)
def _required(schema: bytes) -> frozenset[str]:
    """The names of the parameters that a schema requires."""
    try:
        value = msgspec.json.decode(schema) if schema else {}
    except (msgspec.DecodeError, RecursionError):
        return frozenset()
    found = value.get("required") if isinstance(value, dict) else None
    if not isinstance(found, list):
        return frozenset()
    return frozenset(key for key in found if isinstance(key, str))
