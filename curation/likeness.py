"""When two places are alike: the same argument of the same tool, the same value, the same call.

Pure comparisons; where to look is `app/flows/alike.py`.
"""

from __future__ import annotations

from typing import Any

from curation.json_pointer import unescape
from curation.stale import means_the_same
from curation.steps import Pairing, pair_results
from curation.trajectory import Anchor, Role, ToolCall, Trajectory

ANY_ITEM = "*"
"""Stands for the position in a list, which says nothing of what an argument is."""


def pointer_shape(pointer: str | None) -> str | None:
    """The pointer with positions in lists left open: `/items/0/qty` is `/items/*/qty`."""
    if pointer is None:
        return None
    return "/".join(ANY_ITEM if part.isdecimal() else part for part in pointer.split("/"))


def value_at(call: ToolCall, pointer: str | None) -> tuple[bool, Any]:
    """(whether it is there, the value) of an argument; without a pointer all arguments."""
    value: Any = call.parsed().value
    if value is None:
        return False, None
    for part in (pointer or "").split("/")[1:]:
        key = unescape(part)
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return False, None
    return True, value


def says_the_same(one: ToolCall, other: ToolCall, pointer: str | None) -> bool:
    """Whether two calls are of one tool and give that argument (or all of them) the same value."""
    if not pointer:
        return means_the_same(one, other)
    if one.name != other.name:
        return False
    a, b = value_at(one, pointer), value_at(other, pointer)
    # True == 1 in Python, but not in JSON.
    return a[0] and b[0] and type(a[1]) is type(b[1]) and a[1] == b[1]


def place_of(trajectory: Trajectory, anchor: Anchor, pairing: Pairing | None = None) -> Anchor:
    """Where a statement about this anchor is made: about a result it is made at the call."""
    i = anchor.message_index
    if i is None or anchor.call_index is not None or not 0 <= i < len(trajectory.messages):
        return anchor
    if trajectory.messages[i].role is not Role.TOOL:
        return anchor
    results = (pairing or pair_results(trajectory.messages)).results
    call = next((call for call, result in results.items() if result == i), None)
    return anchor if call is None else Anchor(message_index=call[0], call_index=call[1])
