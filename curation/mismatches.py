"""The first place where two lists of calls part, for matchers that compare whole values.

Calls are paired by tool and likeness before they are compared, never by position and never by id:
ids of two models have nothing to do with each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from curation.diffing import match_calls
from curation.json_pointer import escape
from curation.matching import Match, Mismatch, compare_restraint
from curation.trajectory import Message, ToolCall, json_type

Same = Callable[[Any, Any], bool]
"""Whether two argument values are the same to the matcher."""


def compare_whole(
    reference: Message, prediction: Message, are_same: Callable[[], bool], same: Same
) -> Match:
    """Two answers by a matcher that knows of no gold.

    Args:
        are_same: whether the calls of both are the same altogether; asked only where both call
            something, and not the very same.
        same: of single values, for telling where they part.
    """
    ours, theirs = reference.tool_calls, prediction.tool_calls
    if not ours or not theirs:
        restraint = compare_restraint(reference, prediction)
        if restraint is not None:
            return restraint
    if ours == theirs or are_same():
        return Match(True)
    return first_mismatch(ours, theirs, same)


def first_mismatch(
    reference: Sequence[ToolCall], prediction: Sequence[ToolCall], same: Same
) -> Match:
    """Why two lists of calls that are known to differ do: unreadable, count, tool, then arguments
    pair by pair in the reference's order."""
    for j, call in enumerate(prediction):
        if call.parsed().value is None:
            return Match(False, Mismatch.UNREADABLE, call_index=j)
    if len(reference) != len(prediction):
        return Match(False, Mismatch.COUNT)
    wanted = Counter(call.name for call in reference)
    for j, call in enumerate(prediction):
        if not wanted[call.name]:
            return Match(False, Mismatch.TOOL, call_index=j)
        wanted[call.name] -= 1
    for i, j in _pairs(reference, prediction):
        found = _first_argument(reference[i].parsed().value, prediction[j].parsed().value, same)
        if found is not None:
            why, pointer = found
            return Match(False, why, call_index=j, reference_call_index=i, pointer=pointer)
    # Only a call of the reference that does not parse is left to differ.
    broken = next((i for i, c in enumerate(reference) if c.parsed().value is None), None)
    return Match(False, Mismatch.UNREADABLE, reference_call_index=broken)


def _pairs(reference: Sequence[ToolCall], prediction: Sequence[ToolCall]) -> list[tuple[int, int]]:
    """(place in reference, place in prediction) of calls of one tool, the likest together."""
    pairs: list[tuple[int, int]] = []
    for name in dict.fromkeys(call.name for call in reference):
        ours = [i for i, call in enumerate(reference) if call.name == name]
        theirs = [j for j, call in enumerate(prediction) if call.name == name]
        if len(ours) == len(theirs) == 1:
            pairs.append((ours[0], theirs[0]))
            continue
        bare = [
            [_bare(calls[k]) for k in places]
            for calls, places in ((reference, ours), (prediction, theirs))
        ]
        pairs.extend((ours[i], theirs[j]) for i, j in match_calls(bare[0], bare[1]))
    return sorted(pairs)


def _bare(call: ToolCall) -> ToolCall:
    return ToolCall(call.name, call.raw_arguments)


def _first_argument(
    reference: dict[str, Any] | None, prediction: dict[str, Any] | None, same: Same
) -> tuple[Mismatch, str] | None:
    """The first parameter that differs: missing ones, those too many, then values."""
    if reference is None or prediction is None:
        return None
    for key in reference:
        if key not in prediction:
            return Mismatch.MISSING_ARGUMENT, f"/{escape(key)}"
    for key in prediction:
        if key not in reference:
            return Mismatch.UNEXPECTED_ARGUMENT, f"/{escape(key)}"
    for key, value in reference.items():
        if not same(value, prediction[key]):
            retyped = json_type(value) != json_type(prediction[key])
            return (Mismatch.TYPE if retyped else Mismatch.VALUE), f"/{escape(key)}"
    return None
