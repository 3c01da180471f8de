"""What a correction changed against its parent: messages, calls, arguments and words.

Calls of one step are matched before they are compared (by id where ids tell them apart, else by
the assignment of greatest likeness), so reordering two calls is no difference of their arguments.
The argument level itself is `curation.argument_diff`. Everything here is a value that encodes to
JSON, because views, reports and the browser all draw it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET, Struct
from rapidfuzz.distance import Indel

from curation.argument_diff import ArgumentChange, ChangeKind, diff_arguments, same_value
from curation.assignment import best_assignment
from curation.text_diff import Hunk, diff_text
from curation.trajectory import Message, ToolCall, Trajectory, canonical_json

__all__ = [
    "ArgumentChange",
    "CallChange",
    "ChangeKind",
    "FieldChange",
    "Hunk",
    "MessageChange",
    "PartKind",
    "aligned",
    "canonical_calls",
    "diff_arguments",
    "diff_call",
    "diff_calls",
    "diff_messages",
    "diff_trajectories",
    "first_difference",
    "match_calls",
    "same_calls",
]

PAIR_ABOVE = 0.25
"""Least likeness (0 to 1) at which two calls without ids are versions of one call."""


class PartKind(StrEnum):
    """What happened to a whole message or call."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class FieldChange(Struct, frozen=True):
    """A text field that differs. None is null or absent; the two are told apart by `spelling`."""

    field: str
    """content, reasoning, name, tool_call_id, role, extra, id, or raw_arguments."""
    before: str | None
    after: str | None
    hunks: tuple[Hunk, ...] = ()
    """The same as words kept, removed and added, when both sides are text."""
    spelling: str = ""
    """Says which of null, "" and absent became which, when nothing readable changed."""


class CallChange(Struct, frozen=True):
    """A call that was added, removed or changed."""

    kind: PartKind
    before_index: int | None
    after_index: int | None
    name: str
    """Tool name, the new one where it was changed."""
    arguments: tuple[ArgumentChange, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    """`id`, and `raw_arguments` where one side does not parse or only the spelling differs."""


class MessageChange(Struct, frozen=True):
    """A message that was added, removed or changed."""

    kind: PartKind
    before_index: int | None
    """Message index in the parent; None when added."""
    after_index: int | None
    """Message index in the correction; None when removed."""
    role: str
    fields: tuple[FieldChange, ...] = ()
    calls: tuple[CallChange, ...] = ()
    reordered: bool = False
    """The same calls stand in another order."""


def diff_trajectories(parent: Trajectory, correction: Trajectory) -> tuple[MessageChange, ...]:
    """Message by message what differs; () when nothing does. Tools are not compared."""
    changes: list[MessageChange] = []
    for i, j in aligned(parent.messages, correction.messages):
        if i is None and j is not None:
            role = correction.messages[j].role.value
            changes.append(MessageChange(PartKind.ADDED, None, j, role))
        elif i is not None and j is None:
            role = parent.messages[i].role.value
            changes.append(MessageChange(PartKind.REMOVED, i, None, role))
        elif i is not None and j is not None:
            change = diff_messages(parent.messages[i], correction.messages[j], i, j)
            if change is not None:
                changes.append(change)
    return tuple(changes)


def diff_messages(
    before: Message, after: Message, before_index: int = 0, after_index: int = 0
) -> MessageChange | None:
    """What differs between two versions of one message; None when they are equal."""
    if before == after:
        return None
    fields = [
        _field("role", before.role.value, after.role.value),
        _content_change(before, after),
        _field("reasoning", before.reasoning, after.reasoning),
        _field("name", before.name, after.name),
        _field("tool_call_id", before.tool_call_id, after.tool_call_id),
        _field("extra", _as_text(before.extra), _as_text(after.extra)),
    ]
    pairs = match_calls(before.tool_calls, after.tool_calls)
    order = [j for _, j in sorted(pairs)]
    return MessageChange(
        PartKind.CHANGED,
        before_index,
        after_index,
        after.role.value,
        fields=tuple(f for f in fields if f is not None),
        calls=diff_calls(before.tool_calls, after.tool_calls),
        reordered=order != sorted(order),
    )


def diff_calls(before: Sequence[ToolCall], after: Sequence[ToolCall]) -> tuple[CallChange, ...]:
    """What differs between the calls of one step, matched first, never compared by position."""
    pairs = dict(match_calls(before, after))
    changes: list[CallChange] = []
    for i, call in enumerate(before):
        if i in pairs:
            change = diff_call(call, after[pairs[i]], i, pairs[i])
            if change is not None:
                changes.append(change)
        else:
            changes.append(CallChange(PartKind.REMOVED, i, None, call.name))
    taken = set(pairs.values())
    changes.extend(
        CallChange(PartKind.ADDED, None, j, call.name)
        for j, call in enumerate(after)
        if j not in taken
    )
    return tuple(changes)


def diff_call(
    before: ToolCall, after: ToolCall, before_index: int = 0, after_index: int = 0
) -> CallChange | None:
    """What differs between two versions of one call; None when they are equal."""
    if before == after:
        return None
    arguments: list[ArgumentChange] = []
    if before.name != after.name:
        arguments.append(ArgumentChange(ChangeKind.NAME, "", before.name, after.name))
    old, new = before.parsed().value, after.parsed().value
    fields = [_field("id", before.id, after.id)]
    if old is not None and new is not None:
        arguments.extend(diff_arguments(old, new))
    if old is None or new is None or same_value(old, new):
        fields.append(_field("raw_arguments", before.raw_arguments, after.raw_arguments))
    return CallChange(
        PartKind.CHANGED,
        before_index,
        after_index,
        after.name,
        arguments=tuple(arguments),
        fields=tuple(f for f in fields if f is not None),
    )


def match_calls(before: Sequence[ToolCall], after: Sequence[ToolCall]) -> list[tuple[int, int]]:
    """Pairs (index before, index after) of calls that are versions of one call."""
    counts_before = Counter(call.id for call in before)
    places_after = Counter(call.id for call in after)
    by_id = {call.id: j for j, call in enumerate(after)}
    pairs = [
        (i, by_id[call.id])
        for i, call in enumerate(before)
        if call.id and counts_before[call.id] == 1 and places_after[call.id] == 1
    ]
    left = [i for i in range(len(before)) if i not in {i for i, _ in pairs}]
    right = [j for j in range(len(after)) if j not in {j for _, j in pairs}]
    if len(left) == len(right) == 1:
        return sorted([*pairs, (left[0], right[0])])
    likeness = _LikenessTable(before, after)
    scores = [[likeness.of(i, j) for j in right] for i in left]
    pairs.extend((left[i], right[j]) for i, j in best_assignment(scores))
    return sorted(pairs)


class _LikenessTable:
    """Likeness of calls, each call's arguments parsed once."""

    def __init__(self, before: Sequence[ToolCall], after: Sequence[ToolCall]) -> None:
        self._before = [(call.name, _leaves(call)) for call in before]
        self._after = [(call.name, _leaves(call)) for call in after]

    def of(self, i: int, j: int) -> float:
        """0 for two different calls; up to 1 for equal ones: half the name, half the values."""
        (name, values), (other_name, other_values) = self._before[i], self._after[j]
        union = len(values | other_values)
        shared = len(values & other_values) / union if union else 1.0
        score = 0.5 * (name == other_name) + 0.5 * shared
        return score if score > PAIR_ABOVE else 0.0


def _leaves(call: ToolCall) -> set[tuple[str, bytes]]:
    value = call.parsed().value
    if value is None:
        return {("", call.raw_arguments.encode("utf-8", "replace"))}
    return {(key, canonical_json(item)) for key, item in value.items()}


def canonical_calls(message: Message) -> tuple[tuple[str, bytes], ...]:
    """The calls of a message as (name, canonical arguments), in order, ids left out.

    Arguments that do not parse stand as their raw text behind a byte no JSON starts with.
    """
    found: list[tuple[str, bytes]] = []
    for call in message.tool_calls:
        value = call.parsed().value
        raw = b"\x00" + call.raw_arguments.encode("utf-8", "replace")
        found.append((call.name, raw if value is None else canonical_json(value)))
    return tuple(found)


def same_calls(before: Message, after: Message) -> bool:
    """True when both messages make the same calls in any order (LoopTool's multiset equality)."""
    return sorted(canonical_calls(before)) == sorted(canonical_calls(after))


def first_difference(before: Sequence[Message], after: Sequence[Message]) -> int | None:
    """Index of the first message that differs in meaning; None when none does.

    Spacing and key order of arguments, call ids and null against "" are no difference: a pair cut
    there would share no prompt although it says the same.
    """
    for index in range(max(len(before), len(after))):
        if index >= len(before) or index >= len(after):
            return index
        old, new = before[index], after[index]
        if old != new and _meaning(old) != _meaning(new):
            return index
    return None


def _meaning(message: Message) -> tuple[object, ...]:
    text = message.text if _is_text(message) else _as_text(message.content)
    calls = canonical_calls(message)
    return message.role, text, calls, message.name or "", message.reasoning or ""


def _is_text(message: Message) -> bool:
    if not isinstance(message.content, list):
        return True
    return all(part.get("type", "text") == "text" for part in message.content)


def aligned(
    before: Sequence[Message], after: Sequence[Message]
) -> list[tuple[int | None, int | None]]:
    """Pairs of message indexes; None on the side where a message is missing."""
    if [m.role for m in before] == [m.role for m in after]:
        return [(i, i) for i in range(len(before))]
    keys = [[msgspec.json.encode(m) for m in side] for side in (before, after)]
    pairs: list[tuple[int | None, int | None]] = []
    old: list[int] = []
    new: list[int] = []
    for code in Indel.opcodes(keys[0], keys[1]):
        if code.tag != "equal":
            old.extend(range(code.src_start, code.src_end))
            new.extend(range(code.dest_start, code.dest_end))
            continue
        pairs.extend(_pair_by_role(before, after, old, new))
        old, new = [], []
        pairs.extend(
            zip(
                range(code.src_start, code.src_end),
                range(code.dest_start, code.dest_end),
                strict=True,
            )
        )
    pairs.extend(_pair_by_role(before, after, old, new))
    return pairs


def _pair_by_role(
    before: Sequence[Message], after: Sequence[Message], old: list[int], new: list[int]
) -> list[tuple[int | None, int | None]]:
    """Within a replaced stretch, each old message goes to the next new one of its role."""
    pairs: list[tuple[int | None, int | None]] = []
    start = 0
    for i in old:
        same = (k for k in range(start, len(new)) if after[new[k]].role is before[i].role)
        k = next(same, None)
        if k is None:
            pairs.append((i, None))
            continue
        pairs.extend((None, new[skipped]) for skipped in range(start, k))
        pairs.append((i, new[k]))
        start = k + 1
    pairs.extend((None, j) for j in new[start:])
    return pairs


def _content_change(before: Message, after: Message) -> FieldChange | None:
    if _spelling(before) == _spelling(after) and before.content == after.content:
        return None
    old, new = _content_text(before), _content_text(after)
    if (old or "") == (new or ""):
        return FieldChange(
            "content", old, new, spelling=f"{_spelling(before)} became {_spelling(after)}"
        )
    return FieldChange("content", old, new, hunks=diff_text(old or "", new or ""))


def _content_text(message: Message) -> str | None:
    if isinstance(message.content, list):
        return message.text or _as_text(message.content)
    return None if message.content is UNSET else message.content


def _spelling(message: Message) -> str:
    match message.content:
        case None:
            return "null"
        case str():
            return "text" if message.content else "empty text"
        case list():
            return "parts"
        case _:
            return "absent"


def _field(name: str, before: str | None, after: str | None) -> FieldChange | None:
    if before == after:
        return None
    hunks = diff_text(before, after) if before is not None and after is not None else ()
    return FieldChange(name, before, after, hunks=hunks)


def _as_text(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode() if value else ""
