"""What became of a call's arguments: added, removed, renamed, retyped or changed, by JSON Pointer.

Compares values, never text: key order and spacing are no difference, 1 and 1.0 and true are.
Objects are compared by key, lists by best alignment. Input of any size is fine: past a bound the
rest of the structure is reported as one change instead of thousands.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from msgspec import Struct
from rapidfuzz.distance import Indel
from rapidfuzz.fuzz import ratio

from curation.assignment import best_assignment
from curation.json_pointer import escape
from curation.trajectory import canonical_json, json_type

MAX_CHANGES = 200
"""Changes reported one by one; a diff that is longer is not read by anybody."""
MAX_DEPTH = 32
MAX_KEYS = 64
"""Keys per side among which renames are looked for."""
MAX_ITEMS = 1000
"""List items per side that are aligned; longer lists are compared as one value."""


class ChangeKind(StrEnum):
    """What happened to one place of the arguments."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    RETYPED = "retyped"
    CHANGED = "changed"
    NAME = "name"
    """The tool itself was changed; `before` and `after` are tool names."""


class ArgumentChange(Struct, frozen=True):
    """One difference between two calls."""

    kind: ChangeKind
    pointer: str
    """JSON Pointer into the arguments before the change; into those after it for `added`."""
    before: Any = None
    after: Any = None
    new_pointer: str = ""
    """`renamed` only: where the value is now."""


def diff_arguments(
    before: dict[str, Any] | None, after: dict[str, Any] | None
) -> tuple[ArgumentChange, ...]:
    """The differences between two argument objects, in order of place.

    None stands for arguments that did not parse, and is a change of the whole object at "".
    """
    if before is None or after is None:
        if before is after:
            return ()
        return (ArgumentChange(ChangeKind.CHANGED, "", before, after),)
    changes: list[ArgumentChange] = []
    for change in _diff_values(before, after, "", 0):
        if len(changes) == MAX_CHANGES:
            return (ArgumentChange(ChangeKind.CHANGED, "", before, after),)
        changes.append(change)
    return tuple(changes)


def same_value(before: Any, after: Any) -> bool:
    """Equal as JSON: key order does not matter, 1, 1.0 and true are three values."""
    return json_type(before) == json_type(after) and (
        canonical_json(before) == canonical_json(after)
    )


def _diff_values(before: Any, after: Any, pointer: str, depth: int) -> Iterator[ArgumentChange]:
    kind_before, kind_after = json_type(before), json_type(after)
    if kind_before != kind_after:
        yield ArgumentChange(ChangeKind.RETYPED, pointer, before, after)
    elif depth < MAX_DEPTH and kind_before == "object":
        yield from _diff_objects(before, after, pointer, depth)
    elif depth < MAX_DEPTH and kind_before == "array" and max(len(before), len(after)) < MAX_ITEMS:
        yield from _diff_lists(before, after, pointer, depth)
    elif not same_value(before, after):
        yield ArgumentChange(ChangeKind.CHANGED, pointer, before, after)


def _diff_objects(
    before: dict[str, Any], after: dict[str, Any], pointer: str, depth: int
) -> Iterator[ArgumentChange]:
    removed = [key for key in before if key not in after]
    added = [key for key in after if key not in before]
    renamed = _renames(before, after, removed, added)
    for key in before:
        place = f"{pointer}/{escape(key)}"
        if key in after:
            yield from _diff_values(before[key], after[key], place, depth + 1)
        elif key in renamed:
            new_key = renamed[key]
            yield ArgumentChange(
                ChangeKind.RENAMED,
                place,
                before[key],
                after[new_key],
                new_pointer=f"{pointer}/{escape(new_key)}",
            )
        else:
            yield ArgumentChange(ChangeKind.REMOVED, place, before=before[key])
    taken = set(renamed.values())
    for key in added:
        if key not in taken:
            place = f"{pointer}/{escape(key)}"
            yield ArgumentChange(ChangeKind.ADDED, place, after=after[key])


def _renames(
    before: dict[str, Any], after: dict[str, Any], removed: list[str], added: list[str]
) -> dict[str, str]:
    """Old key -> new key for the keys that are one argument under two names."""
    if not removed or not added or max(len(removed), len(added)) > MAX_KEYS:
        return {}
    scores = [
        [_rename_score(before[old], after[new], old, new) for new in added] for old in removed
    ]
    return {removed[i]: added[j] for i, j in best_assignment(scores)}


def _rename_score(old_value: Any, new_value: Any, old: str, new: str) -> float:
    """0 when the keys are two arguments; else how surely they are one, up to 2."""
    likeness = ratio(old.casefold().replace("_", ""), new.casefold().replace("_", "")) / 100
    if same_value(old_value, new_value):
        # An equal flag or blank proves little: every object is full of them.
        telling = not isinstance(old_value, bool) and old_value not in (None, "", [], {})
        return 1 + likeness if telling or likeness >= 0.6 else 0.0
    return likeness if likeness >= 0.8 else 0.0


def _diff_lists(
    before: list[Any], after: list[Any], pointer: str, depth: int
) -> Iterator[ArgumentChange]:
    if len(before) == len(after):
        for i, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _diff_values(old, new, f"{pointer}/{i}", depth + 1)
        return
    blocks = Indel.opcodes([canonical_json(v) for v in before], [canonical_json(v) for v in after])
    for block in _merged(blocks):
        b0, b1, a0, a1 = block
        shared = min(b1 - b0, a1 - a0)
        for k in range(shared):
            yield from _diff_values(before[b0 + k], after[a0 + k], f"{pointer}/{b0 + k}", depth + 1)
        for i in range(b0 + shared, b1):
            yield ArgumentChange(ChangeKind.REMOVED, f"{pointer}/{i}", before=before[i])
        for j in range(a0 + shared, a1):
            yield ArgumentChange(ChangeKind.ADDED, f"{pointer}/{j}", after=after[j])


def _merged(opcodes: Any) -> Iterator[tuple[int, int, int, int]]:
    """Runs of neighbouring inserts and deletes as one replaced block each."""
    block: tuple[int, int, int, int] | None = None
    for code in opcodes:
        if code.tag == "equal":
            if block:
                yield block
            block = None
        elif block:
            block = (block[0], code.src_end, block[2], code.dest_end)
        else:
            block = (code.src_start, code.src_end, code.dest_start, code.dest_end)
    if block:
        yield block
