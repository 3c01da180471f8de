"""The contract of a chat row, read from its bytes as a trainer reads them.

Layouts write what fits; this looks at what they wrote, and knows nothing of how. So a mistake in a
layout, in the store or in a source stops here, row by row, with a reason, and not in the trainer.
One pass over a decoded row; schemas are looked at once (`row_text`).
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


class _Message(Struct, gc=False, forbid_unknown_fields=True):
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


class ChatRow(Struct, gc=False, forbid_unknown_fields=True):
    """A row of any of the shapes that TRL reads."""

    messages: list[_Message] | UnsetType = UNSET
    prompt: list[_Message] | UnsetType = UNSET
    completion: list[_Message] | UnsetType = UNSET
    chosen: list[_Message] | UnsetType = UNSET
    rejected: list[_Message] | UnsetType = UNSET
    label: bool | UnsetType = UNSET
    tools: str | UnsetType = UNSET


NO_TOOLS = Raw(b"[]")


class _Input(Struct, gc=False, forbid_unknown_fields=True):
    messages: list[_Message]
    tools: Raw = NO_TOOLS


class TuningRow(Struct, gc=False, forbid_unknown_fields=True):
    """A row of either shape that OpenAI's service reads."""

    messages: list[_Message] | UnsetType = UNSET
    input: _Input | UnsetType = UNSET
    preferred_output: list[_Message] | UnsetType = UNSET
    non_preferred_output: list[_Message] | UnsetType = UNSET
    tools: Raw = NO_TOOLS


_chat_decoder = msgspec.json.Decoder(ChatRow)
_tuning_decoder = msgspec.json.Decoder(TuningRow)
_tools_decoder = msgspec.json.Decoder(list[_Tool])

_Row = TypeVar("_Row")

_ROLES = frozenset({"system", "user", "assistant", "tool"})
_SERVICE_ROLES = _ROLES | {"developer"}


def check_chat_row(line: bytes, *, objects: bool) -> None:
    """Refuse a row that TRL would not train on as it is meant. `objects`: arguments are objects.

    Raises:
        Unfit: the row breaks the contract.
    """
    row = _decoded(_chat_decoder, line)
    if not row.tools:
        raise Unfit(DropReason.ROW_FORM, "there is no `tools`")
    schemas = _schemas(row.tools.encode())
    look = _Look(schemas, b"{" if objects else b'"', _ROLES, ids=False)
    if row.messages:
        look.at(row.messages)
        _refuse_no_target(row.messages[-1:], "the last message")
        return
    if not row.prompt:
        raise Unfit(DropReason.NO_PROMPT)
    prompt = row.prompt
    if row.chosen and row.rejected:
        _check_prompt_end(prompt)
        look.at([*prompt, *row.chosen])
        look.at([*prompt, *row.rejected])
        _check_sides(row.chosen, row.rejected)
    elif row.completion:
        if row.label is not UNSET:
            _check_prompt_end(prompt)
        look.at([*prompt, *row.completion])
        if row.completion[0].role != "assistant":
            raise Unfit(DropReason.ROLE_ORDER, f"the completion begins with {_role(row)}")
        if row.label is not False:
            _refuse_no_target(row.completion, "the completion")
    else:
        raise Unfit(DropReason.ROW_FORM, "there is nothing to learn beside the prompt")


def check_tuning_row(line: bytes) -> None:
    """Refuse a row that OpenAI's service would not take, or learn otherwise than it is meant.

    Raises:
        Unfit: the row breaks the contract.
    """
    row = _decoded(_tuning_decoder, line)
    if row.messages:
        look = _Look(_schemas(bytes(row.tools)), b'"', _SERVICE_ROLES, ids=True)
        look.at(row.messages)
        if row.messages[-1].role != "assistant":
            raise Unfit(DropReason.LAST_NOT_ASSISTANT, f"it ends with {row.messages[-1].role}")
        _check_weights(row.messages)
        return
    if not (row.input and row.preferred_output and row.non_preferred_output):
        raise Unfit(DropReason.ROW_FORM, "it has neither `messages` nor a pair")
    look = _Look(_schemas(bytes(row.input.tools)), b'"', _SERVICE_ROLES, ids=True)
    prompt, chosen, rejected = row.input.messages, row.preferred_output, row.non_preferred_output
    if not prompt:
        raise Unfit(DropReason.NO_PROMPT)
    look.at([*prompt, *chosen])
    look.at([*prompt, *rejected], unlearnt=frozenset({len(prompt)}))
    _check_sides(chosen, rejected)


def _decoded(decoder: msgspec.json.Decoder[_Row], line: bytes | str) -> _Row:
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as problem:
        text = str(problem)
        # What Arrow fills in is null at a key that this row does not have.
        filled = "got `null`" in text
        raise Unfit(DropReason.NULL_FILLED if filled else DropReason.ROW_FORM, text) from None


# Tool sets repeat from row to row.
@lru_cache(maxsize=2048)
def _schemas(text: bytes) -> dict[str, bytes]:
    """Tool name -> schema, each looked at."""
    tools: list[_Tool] = _decoded(_tools_decoder, text)
    schemas: dict[str, bytes] = {}
    for tool in tools:
        name, schema = tool.function.name, bytes(tool.function.parameters)
        # The same tool twice is clumsy; two tools under one name are two meanings.
        if schemas.get(name, schema) != schema:
            raise Unfit(DropReason.REPEATED_TOOL, name)
        check_schema(name, schema)
        schemas[name] = schema
    return schemas


class _Look(Struct, gc=False):
    """One pass over messages: what stands where, and which call is still unanswered."""

    schemas: dict[str, bytes]
    first_byte: bytes
    """Of arguments: of an object or of a text."""
    roles: frozenset[str]
    ids: bool
    """Whether every call and every result needs an id, and a result right behind it."""

    def at(self, messages: Sequence[_Message], unlearnt: frozenset[int] = frozenset()) -> None:
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
        self, messages: Sequence[_Message], index: int, waiting: list[str | UnsetType]
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


def _misplaced(messages: Sequence[_Message], index: int) -> Unfit:
    """A result before every call: of one that comes later, or of none."""
    later = any(message.tool_calls for message in messages[index:])
    reason = DropReason.RESULT_BEFORE_CALL if later else DropReason.ORPHAN_RESULT
    return Unfit(reason, f"message {index}")


def _ids_after(messages: Sequence[_Message], index: int) -> set[str | UnsetType]:
    return {call.id for m in messages[index:] if m.tool_calls for call in m.tool_calls}


def _check_prompt_end(prompt: Sequence[_Message]) -> None:
    # TRL stops at a prompt that ends with a system message, and continues an assistant's.
    if prompt[-1].role not in ("user", "tool"):
        raise Unfit(DropReason.PROMPT_END, f"it ends with {prompt[-1].role}")


def _check_sides(chosen: Sequence[_Message], rejected: Sequence[_Message]) -> None:
    for side in (chosen, rejected):
        if side[0].role != "assistant":
            raise Unfit(DropReason.ROLE_ORDER, f"a side begins with {side[0].role}")
    if chosen == rejected:
        raise Unfit(DropReason.SAME_SIDES)
    _refuse_no_target(chosen, "the chosen side")


def _refuse_no_target(messages: Sequence[_Message], what: str) -> None:
    """Refuse what is learnt but says nothing at all."""
    for message in messages:
        if message.role != "assistant" or message.content or message.tool_calls:
            return
        if message.reasoning_content:
            return
    raise Unfit(DropReason.EMPTY_TARGET, what)


def _check_weights(messages: Sequence[_Message]) -> None:
    """Every assistant message has a weight or none has, 0 or 1, and one of them is learnt."""
    n_weighted = n_steps = learnt = 0
    for index, message in enumerate(messages):
        if message.role == "assistant":
            n_steps += 1
            if message.weight is UNSET:
                continue
            n_weighted += 1
            learnt += message.weight == 1
            if message.weight not in (0, 1):
                raise Unfit(DropReason.HALF_MASK, f"message {index}: weight {message.weight}")
        elif message.weight is not UNSET:
            raise Unfit(DropReason.HALF_MASK, f"message {index}: a weight on {message.role}")
    if n_weighted and n_weighted < n_steps:
        raise Unfit(DropReason.HALF_MASK, f"{n_weighted} of {n_steps} steps have a weight")
    if n_weighted and not learnt:
        raise Unfit(DropReason.NO_TARGET, "every weight is 0")
    if not n_weighted:
        _refuse_no_target(messages[-1:], "the last message")


def _kind(raw: bytes) -> str:
    return {b'"': "text", b"{": "an object", b"n": "null", b"[": "a list"}.get(raw[:1], "a value")


def _role(row: ChatRow) -> str:
    return row.completion[0].role if row.completion else "nothing"
