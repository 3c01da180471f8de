"""Edits: texts typed over a call's arguments or a message's content, checked and applied.

Pure: an edit that says the same as what stands changes nothing, and one that says the same as the
imported trajectory brings that one's own spelling back. Arguments say the same when only spacing,
escapes or the order of different keys differ: a number's spelling and a key written twice are kept
as they are typed. Storing the result as a correction is `app/flows/correct.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from curation.schemas import validator_for
from curation.trajectory import Message, Trajectory, parse_arguments


class EditTarget(StrEnum):
    """What an edit replaces."""

    ARGUMENTS = "arguments"
    CONTENT = "content"


class Edit(Struct, frozen=True, forbid_unknown_fields=True):
    """One text an annotator typed over another."""

    message_index: int
    target: EditTarget
    text: str
    call_index: int | None = None
    """The call whose arguments are edited; None for content."""


class EditProblem(Struct, frozen=True):
    """Why an edit cannot be saved."""

    edit: int
    """Index into the edits that were sent."""
    pointer: str
    """The argument concerned, "" for the whole."""
    message: str
    hint: str = ""


def apply_edits(
    parent: Trajectory, base: Trajectory, edits: Sequence[Edit]
) -> tuple[Trajectory, list[EditProblem]]:
    """`base` with the edits applied, and what is wrong with them. Invalid edits are not applied."""
    problems: list[EditProblem] = []
    edited = base
    seen: set[tuple[int, int | None]] = set()
    for number, edit in enumerate(edits):
        place = (edit.message_index, edit.call_index)
        problem = _misplaced(base, edit)
        if problem is None and place in seen:
            problem = "The same place is edited twice."
        seen.add(place)
        if problem is not None:
            problems.append(EditProblem(number, "", problem, "Reload the page and edit again."))
        elif edit.target is EditTarget.ARGUMENTS:
            edited, found = _edit_arguments(parent, edited, number, edit)
            problems.extend(found)
        else:
            edited, found = _edit_content(parent, edited, number, edit)
            problems.extend(found)
    return edited, problems


def _misplaced(base: Trajectory, edit: Edit) -> str | None:
    if not 0 <= edit.message_index < len(base.messages):
        return f"There is no message {edit.message_index}."
    calls = base.messages[edit.message_index].tool_calls
    if edit.target is EditTarget.CONTENT:
        return None if edit.call_index is None else "Content belongs to a message, not to a call."
    if edit.call_index is None or not 0 <= edit.call_index < len(calls):
        return f"Message {edit.message_index} has no call {edit.call_index}."
    return None


def _edit_arguments(
    parent: Trajectory, base: Trajectory, number: int, edit: Edit
) -> tuple[Trajectory, list[EditProblem]]:
    assert edit.call_index is not None
    message = base.messages[edit.message_index]
    call = message.tool_calls[edit.call_index]
    text = edit.text.strip()
    original = parent.messages[edit.message_index].tool_calls[edit.call_index]
    for standing in (call.raw_arguments, original.raw_arguments):
        if _same_arguments(text, standing):
            text = standing
            break
    else:
        problems = _argument_problems(parent, call.name, number, text)
        if problems:
            return base, problems
    calls = list(message.tool_calls)
    calls[edit.call_index] = msgspec.structs.replace(call, raw_arguments=text)
    changed = msgspec.structs.replace(message, tool_calls=tuple(calls))
    return base.replace_message(edit.message_index, changed), []


def _same_arguments(text: str, standing: str) -> bool:
    if text == standing.strip():
        return True
    if not text or any(parse_arguments(t).value is None for t in (text, standing)):
        return False
    return bool(_as_spelled(text) == _as_spelled(standing.strip() or "{}"))


def _as_spelled(text: str) -> Any:
    """JSON with numbers as their text and objects as pairs by key, each of a repeated key kept."""
    return json.loads(
        text,
        object_pairs_hook=lambda pairs: ("object", sorted(pairs, key=lambda pair: pair[0])),
        parse_int=lambda digits: ("number", digits),
        parse_float=lambda digits: ("number", digits),
    )


def _argument_problems(parent: Trajectory, tool: str, number: int, text: str) -> list[EditProblem]:
    if not text:
        return [EditProblem(number, "", "The arguments are empty.", "Write {} for no arguments.")]
    parsed = parse_arguments(text)
    if parsed.value is None:
        hint = 'Write one JSON object, such as {"city": "Paris"}.'
        return [EditProblem(number, "", parsed.error or "The arguments are not JSON.", hint)]
    spec = next((t for t in parent.tools if t.name == tool), None)
    if spec is None:
        return []  # a tool nobody declared has no schema to break
    found = validator_for(spec).problems(parsed.value)
    return [EditProblem(number, p.pointer, p.message, p.hint) for p in found]


def _edit_content(
    parent: Trajectory, base: Trajectory, number: int, edit: Edit
) -> tuple[Trajectory, list[EditProblem]]:
    message = base.messages[edit.message_index]
    if edit.text == message.text:
        return base, []
    original = parent.messages[edit.message_index]
    if edit.text == original.text:
        # null, "" and absent read the same; going back restores the one that was there.
        changed = msgspec.structs.replace(message, content=original.content)
        return base.replace_message(edit.message_index, changed), []
    content = _with_text(message, edit.text)
    if content is None:
        problem = "The message is made of several parts and cannot be edited as one text."
        return base, [
            EditProblem(number, "", problem, "Reject the trajectory, or edit its source.")
        ]
    changed = msgspec.structs.replace(message, content=content)
    return base.replace_message(edit.message_index, changed), []


def _with_text(message: Message, text: str) -> str | list[dict[str, Any]] | None:
    """The content with its text replaced; None when several parts carry text."""
    if not isinstance(message.content, list):
        return text
    places = [i for i, part in enumerate(message.content) if part.get("text")]
    if len(places) != 1:
        return None
    parts = list(message.content)
    parts[places[0]] = {**parts[places[0]], "text": text}
    return parts
