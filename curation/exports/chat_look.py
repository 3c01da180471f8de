"""One pass over chat messages as trainers read them: what stands where, and what is unanswered.

What the contracts of all layouts have in common whose rows hold OpenAI's messages. Schemas are
looked at once (`row_text`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from curation.export_reasons import DropReason, Unfit
from curation.exports.row_text import check_arguments, check_schema


class _Function(Struct, gc=False, forbid_unknown_fields=True):
    name: str
    arguments: Raw


class _Call(Struct, gc=False, forbid_unknown_fields=True):
    type: str
    function: _Function
    id: str | UnsetType = UNSET


class ChatMessage(Struct, gc=False, forbid_unknown_fields=True):
    """A message as it stands in a file; layouts with keys of their own add them in a subclass."""

    role: str
    content: str | None
    tool_calls: list[_Call] | UnsetType = UNSET
    tool_call_id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    reasoning_content: str | UnsetType = UNSET
    weight: int | UnsetType = UNSET


class _Definition(Struct, gc=False, forbid_unknown_fields=True):
    name: str
    description: str
    parameters: Raw = Raw()
    strict: bool | UnsetType = UNSET


class _Tool(Struct, gc=False, forbid_unknown_fields=True):
    type: str
    function: _Definition


_tools_decoder = msgspec.json.Decoder(list[_Tool])

_Row = TypeVar("_Row")


def decoded(decoder: msgspec.json.Decoder[_Row], line: bytes | str) -> _Row:
    """The row of a line.

    Raises:
        Unfit: it is not in the form of its layout.
    """
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as problem:
        text = str(problem)
        # What Arrow fills in is null at a key that this row does not have.
        filled = "got `null`" in text
        raise Unfit(DropReason.NULL_FILLED if filled else DropReason.ROW_FORM, text) from None


# Tool sets repeat from row to row.
@lru_cache(maxsize=2048)
def tool_schemas(text: bytes) -> dict[str, bytes]:
    """Tool name -> schema, each looked at.

    Raises:
        Unfit: two tools of one name, or a schema that a reader would change.
    """
    tools: list[_Tool] = decoded(_tools_decoder, text)
    schemas: dict[str, bytes] = {}
    for tool in tools:
        name, schema = tool.function.name, bytes(tool.function.parameters)
        # The same tool twice is clumsy; two tools under one name are two meanings.
        if schemas.get(name, schema) != schema:
            raise Unfit(DropReason.REPEATED_TOOL, name)
        check_schema(name, schema)
        schemas[name] = schema
    return schemas


class Look(Struct, gc=False):
    """One pass over messages: what stands where, and which call is still unanswered."""

    schemas: dict[str, bytes]
    first_byte: bytes
    """Of arguments: of an object or of a text."""
    roles: frozenset[str]
    ids: bool
    """Whether every call and every result needs an id, and a result right behind it."""

    def at(self, messages: Sequence[ChatMessage], unlearnt: frozenset[int] = frozenset()) -> None:
        """Refuse what is not in order. `unlearnt`: may hold broken arguments."""
        waiting: list[str | UnsetType] = []
        called = False
        for index, message in enumerate(messages):
            role = message.role
            if role == "tool":
                if not called:
                    raise _misplaced(messages, index)
                self._answer(messages, index, waiting)
                continue
            if role not in self.roles:
                raise Unfit(DropReason.ROW_FORM, f"message {index}: the role {role!r}")
            if message.tool_call_id is not UNSET:
                raise Unfit(DropReason.ROLE_ORDER, f"message {index}: {role} answers a call")
            if self.ids and waiting:
                raise Unfit(DropReason.UNANSWERED_CALL, f"before message {index}")
            if message.tool_calls is UNSET:
                continue
            if role != "assistant":
                raise Unfit(DropReason.ROLE_ORDER, f"message {index}: {role} calls a tool")
            called = True
            waiting = self._calls(
                message.tool_calls, index, message.weight == 0 or index in unlearnt
            )

    def _calls(self, calls: list[_Call], index: int, lenient: bool) -> list[str | UnsetType]:
        if not self.schemas:
            raise Unfit(DropReason.NO_TOOLS, f"message {index}")
        ids: list[str | UnsetType] = []
        for call in calls:
            raw = bytes(call.function.arguments)
            if raw[:1] != self.first_byte:
                due = "an object" if self.first_byte == b"{" else "JSON text"
                detail = f"message {index}, {call.function.name}: {due} is due, not {_kind(raw)}"
                raise Unfit(DropReason.ARGUMENTS_TYPE, detail)
            if not lenient:
                text = msgspec.json.decode(raw, type=str) if self.first_byte == b'"' else raw
                check_arguments(text, call.function.name, f"message {index}", self.schemas)
            if call.id is UNSET and self.ids:
                raise Unfit(DropReason.LOST_ID, f"message {index}, {call.function.name}")
            if call.id is not UNSET and call.id in ids and self.ids:
                raise Unfit(DropReason.REPEATED_CALL_ID, f"message {index}")
            ids.append(call.id)
        return ids

    def _answer(
        self, messages: Sequence[ChatMessage], index: int, waiting: list[str | UnsetType]
    ) -> None:
        """Take the call that a result answers off the list."""
        message = messages[index]
        wanted = message.tool_call_id
        if wanted is not UNSET and wanted in waiting:
            waiting.remove(wanted)
            return
        if wanted is not UNSET and wanted in _ids_after(messages, index):
            raise Unfit(DropReason.RESULT_BEFORE_CALL, f"message {index}")
        if self.ids:
            reason = DropReason.LOST_ID if wanted is UNSET else DropReason.ORPHAN_RESULT
            raise Unfit(reason, f"message {index}")
        nameless = wanted is UNSET and message.name is UNSET
        if nameless and len(waiting) > 1 and any(one is not UNSET for one in waiting):
            raise Unfit(DropReason.LOST_ID, f"message {index} may answer {len(waiting)} calls")
        if waiting and (wanted is UNSET or waiting[0] is UNSET):
            waiting.pop(0)


def _misplaced(messages: Sequence[ChatMessage], index: int) -> Unfit:
    """A result before every call: of one that comes later, or of none."""
    later = any(message.tool_calls for message in messages[index:])
    reason = DropReason.RESULT_BEFORE_CALL if later else DropReason.ORPHAN_RESULT
    return Unfit(reason, f"message {index}")


def _ids_after(messages: Sequence[ChatMessage], index: int) -> set[str | UnsetType]:
    return {call.id for m in messages[index:] if m.tool_calls for call in m.tool_calls}


def check_prompt_end(prompt: Sequence[ChatMessage]) -> None:
    """Refuse a prompt that asks for no answer."""
    # TRL stops at a prompt that ends with a system message, and continues an assistant's.
    if prompt[-1].role not in ("user", "tool"):
        raise Unfit(DropReason.PROMPT_END, f"it ends with {prompt[-1].role}")


def check_sides(chosen: Sequence[ChatMessage], rejected: Sequence[ChatMessage]) -> None:
    """Refuse sides that are the same, no answers, or that wish for nothing."""
    for side in (chosen, rejected):
        if side[0].role != "assistant":
            raise Unfit(DropReason.ROLE_ORDER, f"a side begins with {side[0].role}")
    if chosen == rejected:
        raise Unfit(DropReason.SAME_SIDES)
    refuse_no_target(chosen, "the chosen side")


def refuse_no_target(messages: Sequence[ChatMessage], what: str) -> None:
    """Refuse what is learnt but says nothing at all."""
    for message in messages:
        if message.role != "assistant" or message.content or message.tool_calls:
            return
        if message.reasoning_content:
            return
    raise Unfit(DropReason.EMPTY_TARGET, what)


def _kind(raw: bytes) -> str:
    return {b'"': "text", b"{": "an object", b"n": "null", b"[": "a list"}.get(raw[:1], "a value")
