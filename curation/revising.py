"""Revisions: a trajectory rewritten message by message, checked before it becomes a correction.

A revision lists the messages of the result in order. Each is either the index of a message of the
base, kept as it is to the byte, or a `MessageRevision`: a message of the base with some fields
replaced, or a new one. Deleting, inserting, moving and cutting are what the list leaves out, adds
and reorders, so none of them needs a rule of its own.

Pure. What says the same as before is no change: a text equal to the one that stands, or arguments
that differ in nothing but spacing, escapes and the order of different keys, keep the spelling that
was there. Storing the result is `app/flows/correct.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from curation.schemas import nearest_name, validator_for
from curation.trajectory import Message, Role, ToolCall, Trajectory, parse_arguments


class CallRevision(Struct, frozen=True, forbid_unknown_fields=True):
    """A call of the result."""

    origin: int | None = msgspec.field(default=None, name="from")
    """Index of the call in the message of the base; None for a new one."""
    name: str | UnsetType = UNSET
    arguments: str | UnsetType = UNSET
    """Raw text."""
    keep_invalid: bool = False
    """Save it although it breaks its tool's schema, or is no JSON: the annotator says so."""


class MessageRevision(Struct, frozen=True, forbid_unknown_fields=True):
    """A message of the result; fields that are absent stay as they are in the base."""

    origin: int | None = msgspec.field(default=None, name="from")
    """Index of the message in the base; None for a new one."""
    role: Role | UnsetType = UNSET
    content: str | UnsetType = UNSET
    reasoning: str | UnsetType | None = UNSET
    calls: tuple[CallRevision, ...] | UnsetType = UNSET
    answers: int | UnsetType = UNSET
    """Of a new tool message: which call of the step before it it answers."""


Revision = tuple[int | MessageRevision, ...]


class RevisionProblem(Struct, frozen=True):
    """Why a revision cannot be saved."""

    message_index: int
    """In the result."""
    call_index: int | None
    pointer: str
    """The argument concerned, "" for the whole."""
    message: str
    hint: str = ""
    may_be_kept: bool = False
    """The call is merely invalid; `keep_invalid` would let it pass."""


class Revised(Struct, frozen=True):
    """What a revision makes of the base."""

    trajectory: Trajectory
    problems: tuple[RevisionProblem, ...]
    """What stands in the way of saving; () when nothing does."""
    kept_invalid: tuple[RevisionProblem, ...]
    """Problems of calls that are saved on purpose as they are."""


def revise(
    parent: Trajectory, base: Trajectory, revision: Sequence[int | MessageRevision]
) -> Revised:
    """The trajectory that a revision describes, and what is wrong with it.

    Args:
        parent: the imported trajectory, whose spelling comes back where a text says the same.
        base: what the revision's indexes refer to: the parent, or a correction of it.
    """
    return _Reviser(parent, base).run(revision)


class _Reviser:
    def __init__(self, parent: Trajectory, base: Trajectory) -> None:
        self.parent = parent
        self.base = base
        self.problems: list[RevisionProblem] = []
        self.kept: list[RevisionProblem] = []
        self.messages: list[Message] = []
        """Of the result, as far as it is made."""
        self.given: set[str | None] = set()
        """Ids given to new calls."""

    def run(self, revision: Sequence[int | MessageRevision]) -> Revised:
        messages = self.messages
        used: set[int] = set()
        for entry in revision:
            origin = entry if isinstance(entry, int) else entry.origin
            at = len(messages)
            if origin is not None and (not 0 <= origin < len(self.base.messages) or origin in used):
                wrong = "is used twice" if origin in used else "does not exist"
                self._problem(at, None, "", f"Message {origin} {wrong}.", _RELOAD)
                continue
            if origin is not None:
                used.add(origin)
            if isinstance(entry, int):
                messages.append(self.base.messages[entry])
            else:
                messages.append(self._message(at, entry))
        if self.base.assistant_indexes() and not any(m.role is Role.ASSISTANT for m in messages):
            self._problem(0, None, "", "No step is left.", "Reject the trajectory instead.")
        trajectory = Trajectory(tuple(messages), self.base.tools)
        return Revised(trajectory, tuple(self.problems), tuple(self.kept))

    def _problem(
        self, at: int, call: int | None, pointer: str, message: str, hint: str = ""
    ) -> None:
        self.problems.append(RevisionProblem(at, call, pointer, message, hint))

    def _message(self, at: int, entry: MessageRevision) -> Message:
        if entry.origin is None:
            message = self._new_message(at, entry)
        else:
            message = self.base.messages[entry.origin]
            if entry.role is not UNSET and entry.role is not message.role:
                self._problem(
                    at, None, "", "A message keeps its role.", "Insert a new one instead."
                )
        if entry.content is not UNSET and entry.origin is not None:
            message = self._with_text(at, message, entry.content)
        if entry.reasoning is not UNSET and entry.reasoning != message.reasoning:
            message = replace(message, reasoning=entry.reasoning)
        if entry.calls is not UNSET:
            message = self._with_calls(at, message, entry.calls)
        return message

    def _new_message(self, at: int, entry: MessageRevision) -> Message:
        role = Role.ASSISTANT if entry.role is UNSET else entry.role
        content = None if entry.content is UNSET else entry.content
        if role is not Role.TOOL:
            return Message(role, content)
        steps = [m for m in self.messages if m.role is Role.ASSISTANT]
        calls = steps[-1].tool_calls if steps else ()
        if entry.answers is UNSET or not 0 <= entry.answers < len(calls):
            self._problem(at, None, "", "A result answers a call of the step before it.", _RELOAD)
            return Message(role, content)
        call = calls[entry.answers]
        return Message(role, content, tool_call_id=call.id, name=self._name_on_results(call))

    def _name_on_results(self, call: ToolCall) -> str | None:
        """The tool's name, where this source writes it on its results."""
        named = any(m.name for m in self.base.messages if m.role is Role.TOOL)
        return call.name if named else None

    def _fresh_id(self) -> str | None:
        """An id no call has; None where this source gives its calls none."""
        # The parent's too: a call that was taken out is not the one that is added.
        known = {c.id for t in (self.parent, self.base) for _, _, c in t.calls()} | self.given
        if known == {None}:
            return None
        fresh = next(i for n in count(1) if (i := f"call_{n}") not in known)
        self.given.add(fresh)
        return fresh

    def _with_text(self, at: int, message: Message, text: str) -> Message:
        if text == message.text:
            return message
        for standing in self.parent.messages:
            # null, "" and absent read the same; going back restores the one that was there.
            if standing.text == text and replace(message, content=standing.content) == standing:
                return standing
        content = _replaced_text(message, text)
        if content is None:
            self._problem(
                at, None, "", "The message is made of several parts and cannot be edited as one.",
                "Reject the trajectory, or edit its source.",
            )  # fmt: skip
            return message
        return replace(message, content=content)

    def _with_calls(self, at: int, message: Message, calls: Sequence[CallRevision]) -> Message:
        if message.role is not Role.ASSISTANT:
            self._problem(at, None, "", "Only the assistant calls tools.", _RELOAD)
            return message
        made = [self._call(at, j, message, call) for j, call in enumerate(calls)]
        return replace(message, tool_calls=tuple(made))

    def _call(self, at: int, index: int, message: Message, revision: CallRevision) -> ToolCall:
        origin = revision.origin
        if origin is not None and not 0 <= origin < len(message.tool_calls):
            self._problem(at, index, "", f"The step has no call {origin}.", _RELOAD)
            origin = None
        before = (
            message.tool_calls[origin]
            if origin is not None
            else ToolCall("", "{}", self._fresh_id())
        )
        name = before.name if revision.name is UNSET else revision.name.strip()
        text = before.raw_arguments if revision.arguments is UNSET else revision.arguments.strip()
        text = next((t for t in self._standing(before, name) if says_the_same(text, t)), text)
        call = replace(before, name=name, raw_arguments=text)
        if call != before:
            self._check(at, index, call, revision.keep_invalid)
        return call

    def _standing(self, before: ToolCall, name: str) -> list[str]:
        """Spellings that come back when the arguments say the same."""
        known = [c for m in self.parent.messages for c in m.tool_calls if c.id == before.id]
        return [before.raw_arguments, *(c.raw_arguments for c in known if c.name == name)]

    def _check(self, at: int, index: int, call: ToolCall, keep: bool) -> None:
        for pointer, message, hint in self._wrong(call):
            problem = RevisionProblem(
                at, index, pointer, message, hint, may_be_kept=bool(call.name)
            )
            (self.kept if keep and problem.may_be_kept else self.problems).append(problem)

    def _wrong(self, call: ToolCall) -> list[tuple[str, str, str]]:
        if not call.name:
            return [("", "The call names no tool.", "Choose one.")]
        spec = next((t for t in self.base.tools if t.name == call.name), None)
        found: list[tuple[str, str, str]] = []
        if spec is None and self.base.tools:
            near = nearest_name(call.name, [t.name for t in self.base.tools])
            hint = f"Did you mean {near}?" if near else "Choose one of the tools on offer."
            found.append(("", f"The tool {call.name} is not offered.", hint))
        if not call.raw_arguments:
            return [*found, ("", "The arguments are empty.", "Write {} for no arguments.")]
        parsed = parse_arguments(call.raw_arguments)
        if parsed.value is None:
            hint = 'Write one JSON object, such as {"city": "Paris"}.'
            return [*found, ("", parsed.error or "The arguments are not JSON.", hint)]
        if spec is None:
            return found  # a tool nobody declared has no schema to break
        problems = validator_for(spec).problems(parsed.value)
        return [(p.pointer, p.message, p.hint) for p in problems]


_RELOAD = "Reload the page and edit again."


def says_the_same(text: str, standing: str) -> bool:
    """Whether two argument texts differ in spacing, escapes and key order only.

    A number's spelling and a key that is written twice are part of what is said.
    """
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


def _replaced_text(message: Message, text: str) -> str | list[dict[str, Any]] | None:
    """The content with its text replaced; None when several parts carry text."""
    if not isinstance(message.content, list):
        return text
    places = [i for i, part in enumerate(message.content) if part.get("text")]
    if len(places) != 1:
        return None
    parts = list(message.content)
    parts[places[0]] = {**parts[places[0]], "text": text}
    return parts
