"""What a correction changed, in one line: the reason of a correction whose author gave none.

It names the calls and arguments that differ with their values before and after, so that whoever
reads the list of corrections sees what was done without opening each one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from curation.argument_diff import ArgumentChange, ChangeKind
from curation.diffing import CallChange, MessageChange, PartKind
from curation.trajectory import canonical_json

MAX_PARTS = 3
"""Changes that are told; of more only the number is."""
MAX_VALUE_CHARS = 40


def change_summary(changes: Sequence[MessageChange], attested: Collection[int] = ()) -> str:
    """Such as `book_room: guests "2" → 2; result of message 5 changed`; "" when nothing differs.

    Args:
        attested: message indexes of the correction that were said to be still true.
    """
    parts = [part for change in changes for part in _told(change)]
    if not parts and attested:
        parts = ["still true: message " + ", ".join(str(i) for i in sorted(attested))]
    more = f"; {len(parts) - MAX_PARTS} more" if len(parts) > MAX_PARTS else ""
    return "; ".join(parts[:MAX_PARTS]) + more


def _told(change: MessageChange) -> Iterator[str]:
    place = change.after_index if change.before_index is None else change.before_index
    whole = f"{change.role} message {place}"
    if change.kind is not PartKind.CHANGED:
        yield f"{whole} {change.kind.value}"
        return
    for call in change.calls:
        yield from _told_call(call)
    if change.reordered:
        yield f"calls of message {place} reordered"
    if change.fields and change.role == "tool":
        yield f"result in message {place} changed"
    elif change.fields:
        yield f"{', '.join(f.field for f in change.fields)} of {whole} changed"


def _told_call(call: CallChange) -> Iterator[str]:
    name = call.name or "(no name)"
    if call.kind is not PartKind.CHANGED:
        yield f"call of {name} {call.kind.value}"
    elif call.arguments:
        told = ", ".join(_told_argument(change) for change in call.arguments[:MAX_PARTS])
        yield f"{name}: {told}"
    else:
        yield f"call of {name} respelled"


def _told_argument(change: ArgumentChange) -> str:
    place = change.pointer[1:] or "arguments"
    match change.kind:
        case ChangeKind.NAME:
            return f"called instead of {change.before}"
        case ChangeKind.ADDED:
            return f"{place} = {_value(change.after)} added"
        case ChangeKind.REMOVED:
            return f"{place} = {_value(change.before)} removed"
        case ChangeKind.RENAMED:
            return f"{place} renamed to {change.new_pointer[1:]}"
        case _:
            return f"{place} {_value(change.before)} → {_value(change.after)}"


def _value(value: object) -> str:
    text = canonical_json(value).decode("utf-8", "replace")
    return text if len(text) <= MAX_VALUE_CHARS else f"{text[: MAX_VALUE_CHARS - 1]}…"
