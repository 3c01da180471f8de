"""Whether the order of parallel calls has a meaning: nothing here is a proof, all of it errs on the
side of yes.

Order means nothing where every call only looks something up or works something out, none takes a
value from another's result, and nobody speaks of an order. What a call does is told by its tool's
name alone: the words in it are those of reading (get, search, calculate) and none is of changing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from curation.augment_reasons import Barred
from curation.call_context import walk
from curation.grounding import asks_for_source
from curation.origins import How, Origin, Source
from curation.trajectory import Message, Role, ToolCall

_READING = frozenset(
    "analyze analyse area average calc calculate calculator check classify compare computation "  # noqa: SIM905
    "compute convert converter count describe detect detail details determine distance estimate "
    "evaluate factorial fetch find finder forecast gcd get hypotenuse info inspect integral "
    "interpret lcm list load locate lookup look measure median obtain perimeter predict query read "
    "recommend retrieve roots score search select show solve statistics stats std suggest sum "
    "summarize tell temperature translate validate verify view weather what which who".split()
)
_CHANGING = frozenset(
    "accept activate add adjust alter append apply approve archive arrange assign authenticate "  # noqa: SIM905
    "back block book build buy call cancel cd change charge checkout clear close commit configure "
    "confirm connect control copy create deactivate decline delete deploy deposit disable discard "
    "dispatch drop echo edit enable enroll enter execute file fill forward generate grant hire "
    "hold increase insert install invest invite issue join kill launch lock login logout make mark "
    "message mkdir modify move mute mv navigate next notify open order park pause pay pick place "
    "play post press prepare previous print publish purchase push put rate reboot record refund "
    "register release reload remove rename replace reply report request reschedule reserve reset "
    "resolve restart resume return revoke ring rm run save schedule sell send set share shuffle "
    "sign skip sort split start stop store submit subscribe switch sync tag tap text toggle touch "
    "track trade transfer turn type unlock unsubscribe update upgrade upload use wipe withdraw "
    "write".split()
)
_ORDER = re.compile(
    r"\b(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|then|after(?:wards?)?|before|next,|finally|lastly|"
    r"once|later|followed|following|subsequently|respectively|(?:in|this) order|sequence|step)"
    r"(?!\w)|"
    r"^\s*[12][.)]\s",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_REFERENCE = re.compile(r"API_call_\d+")
_WAYS = tuple(how for how in How if how is not How.REFERENCE)


def name_words(name: str) -> list[str]:
    """The words in a tool's or a parameter's name, in small letters."""
    return [word.lower() for word in _WORD.findall(name)]


def only_reads(name: str) -> bool:
    """Whether a tool's name says that it reads or works out, and nothing of changing."""
    words = set(name_words(name))
    return bool(words & _READING) and not words & _CHANGING


def refers_to_calls(messages: Sequence[Message]) -> bool:
    """Whether an argument names an earlier call by its number (Seal-Tools)."""
    return any(_REFERENCE.search(c.raw_arguments) for m in messages for c in m.tool_calls)


def order_of_calls(
    messages: Sequence[Message], index: int, results: Sequence[Message | None]
) -> Barred | None:
    """Why the calls of message `index` stay in their order; None when they may be moved.

    Args:
        results: of each call, None where it has none.
    """
    message = messages[index]
    calls = message.tool_calls
    asked = next((m for m in reversed(messages[:index]) if m.role is Role.USER), None)
    said = f"{message.text}\n{message.reasoning or ''}\n{asked.text if asked else ''}"
    if not all(only_reads(call.name) for call in calls):
        return Barred.MAY_CHANGE_THINGS
    if _ORDER.search(said):
        return Barred.ORDER_MATTERS
    given = "\n".join([m.text for m in messages[:index]]).lower()
    texts = [Source(None, Origin.RESULT, r.text) if r is not None else None for r in results]
    for later, call in enumerate(calls):
        others = [text for n, text in enumerate(texts) if text is not None and n < later]
        if others and _takes_from(call, others, given):
            return Barred.USES_RESULT
    return None


def _takes_from(call: ToolCall, results: Sequence[Source], given: str) -> bool:
    """Whether a value of the call stands in a result, and nobody had said it before."""
    for _, value in walk(call.parsed().value or {}):
        if not asks_for_source(value) or str(value).lower() in given:
            continue
        if any(result.find(value, how) is not None for result in results for how in _WAYS):
            return True
    return False
