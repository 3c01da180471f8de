"""Whether what an act says can be said of this trajectory: its category and its place exist.

An anchor may point at an argument that is not there (a missing one is a thing to mark), so only
its parent has to exist; arguments that did not parse can be addressed as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from curation.annotation import (
    ChecklistPayload,
    MarkPayload,
    Payload,
    RecoveryPayload,
    TryPayload,
    VerdictsPayload,
)
from curation.errors import AnnotationError
from curation.json_pointer import unescape
from curation.marks import Mark
from curation.taxonomy import Taxonomy, builtin_taxonomies
from curation.trajectory import Anchor, Role, TextField, Trajectory
from curation.tries import try_id
from storage.checklists import has_item
from storage.predictions import predictions_of
from storage.taxonomies import list_taxonomies

MAX_TEXT = 20_000
"""Characters of a note; longer ones are pasted by mistake."""


def check_payload(
    conn: Connection, trajectory_id: int, payload: Payload, body: Callable[[], Trajectory]
) -> None:
    """Refuse what cannot be said of the trajectory that `body` loads.

    Raises:
        AnnotationError: unknown category, a place outside the trajectory, a text too long, a try
            that nobody made, or a place that nobody learns from said not to be learnt.
    """
    match payload:
        case MarkPayload(mark=mark):
            _check_category(conn, mark)
            check_anchor(body(), mark.anchor)
            if not mark.train:
                _check_learnt(body(), mark.anchor)
            for text in (mark.note, mark.expected_clarification, mark.mark_id, mark.caused_by):
                _check_length(text or "")
        case VerdictsPayload(verdicts=verdicts):
            _check_steps(body(), verdicts, "verdicts", "Verdicts belong to assistant messages.")
        case RecoveryPayload(message_index=index):
            _check_steps(
                body(), [index], "recovery", "Recovery labels belong to assistant messages."
            )
        case TryPayload(message_index=index, try_id=wanted) if payload.ruling is not None:
            _check_try(conn, trajectory_id, index, wanted)
        case ChecklistPayload(message_index=index, call_index=call, item_id=item):
            check_anchor(body(), Anchor(message_index=index, call_index=call))
            if not has_item(conn, item):
                raise AnnotationError(
                    "There is no such item in a checklist.",
                    where="checklist",
                    hint="Reload the page; what you added was probably not saved.",
                )
        case _:
            _check_length(getattr(payload, "note", ""))


def _check_steps(trajectory: Trajectory, indexes: Iterable[int], where: str, hint: str) -> None:
    outside = sorted(set(indexes) - set(trajectory.assistant_indexes()))
    if outside:
        raise AnnotationError(
            f"Message {outside[0]} is not a step of this trajectory.", where=where, hint=hint
        )


def _check_learnt(trajectory: Trajectory, anchor: Anchor) -> None:
    index = anchor.message_index
    if index is None or trajectory.messages[index].role is not Role.ASSISTANT:
        raise AnnotationError(
            "“Do not learn” can only be said of what the assistant wrote.",
            where="mark",
            hint="Nothing else is learnt from. Reject the trajectory to leave all of it out.",
        )


def _check_length(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise AnnotationError(
            f"The text has {len(text)} characters.", where="note", hint=f"At most {MAX_TEXT} fit."
        )


@lru_cache(maxsize=1)
def _builtin() -> dict[str, Taxonomy]:
    return {taxonomy.name: taxonomy for taxonomy in builtin_taxonomies()}


def _check_category(conn: Connection, mark: Mark) -> None:
    builtin = _builtin().get(mark.taxonomy)
    if builtin is not None and builtin.get(mark.category) is not None:
        return
    # Only what users added is read again: they may add while annotators work.
    in_force = {taxonomy.name: taxonomy for taxonomy in list_taxonomies(conn)}
    taxonomy = in_force.get(mark.taxonomy)
    if taxonomy is None:
        raise AnnotationError(
            f"There is no taxonomy {mark.taxonomy!r}.",
            where="mark",
            hint=f"There are: {', '.join(in_force)}. Reload the page if one was removed.",
        )
    if taxonomy.get(mark.category) is None:
        raise AnnotationError(
            f"The taxonomy {taxonomy.title} has no category {mark.category!r}.",
            where="mark",
            hint="Reload the page; the taxonomy was probably changed.",
        )


def _check_try(conn: Connection, trajectory_id: int, index: int, wanted: str) -> None:
    answered = predictions_of(conn, trajectory_id, at=index)
    if not any(try_id(one.message) == wanted for one in answered):
        raise AnnotationError(
            f"Message {index} has no such try.",
            where="try",
            hint="Reload the page; the tries shown were probably of another version.",
        )


def check_anchor(trajectory: Trajectory, anchor: Anchor) -> None:
    """Refuse a place outside the trajectory.

    Raises:
        AnnotationError: names the part of the anchor that does not exist.
    """
    i, j = anchor.message_index, anchor.call_index
    if i is None:
        if j is not None or anchor.pointer is not None or anchor.span is not None:
            raise _outside("It names a call, an argument or a span without a message")
        return
    if not 0 <= i < len(trajectory.messages):
        raise _outside(f"There is no message {i}; there are {len(trajectory.messages)}")
    message = trajectory.messages[i]
    if anchor.span is not None:
        start, end = anchor.span
        if j is not None or not 0 <= start < end <= len(message.text_of(anchor.field)):
            raise _outside(f"The {anchor.field} of message {i} has no text from {start} to {end}")
    elif anchor.field is not TextField.CONTENT:
        raise _outside(f"It names the {anchor.field} of message {i} without a span")
    if j is None:
        if anchor.pointer is not None:
            raise _outside("It names an argument without a call")
        return
    if not 0 <= j < len(message.tool_calls):
        raise _outside(f"Message {i} has no call {j}; it has {len(message.tool_calls)}")
    if anchor.pointer is not None:
        _check_pointer(message.tool_calls[j].parsed().value, anchor.pointer)


def _check_pointer(arguments: Any, pointer: str) -> None:
    if pointer == "" or (pointer.startswith("/") and arguments is None):
        return
    if not pointer.startswith("/"):
        raise _outside(f"{pointer!r} is not a JSON Pointer")
    value = arguments
    *parents, leaf = map(unescape, pointer[1:].split("/"))
    for part in parents:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise _outside(f"The call has no argument {pointer!r}")
    fits = isinstance(value, dict) or (isinstance(value, list) and leaf.isdecimal())
    if not fits:
        raise _outside(f"The call has no argument {pointer!r}")


def _outside(what: str) -> AnnotationError:
    return AnnotationError(
        f"This place is not in the trajectory: {what}.",
        where="mark",
        hint="Reload the page and mark it again.",
    )
