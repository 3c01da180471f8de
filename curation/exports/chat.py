"""Chat messages as trainers read them: what TRL's and OpenAI's files have in common.

Row structs spell the keys of the file; `Message` is our own value. Content is always text here:
text parts are joined, anything else is refused, because a column that is a string in one row and
a list in another does not load.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.structs import replace

from curation.episodes import NO_SCHEMA, ToolText
from curation.export_reasons import Adaptation, DropReason, Unfit
from curation.exporting import Conversation, Notes
from curation.trajectory import Message, Role, ToolCall


class FunctionOut(Struct, gc=False, forbid_unknown_fields=True):
    """The called function; arguments as JSON text, or as an object (`Raw`) where a layout says."""

    name: str
    arguments: str | Raw


class CallOut(Struct, gc=False, kw_only=True, forbid_unknown_fields=True):
    """One tool call."""

    id: str | UnsetType = UNSET
    type: str = "function"
    function: FunctionOut


class MessageOut(Struct, gc=False, kw_only=True, forbid_unknown_fields=True):
    """One message; keys that do not apply are absent, never null (content excepted)."""

    role: Role
    content: str | None
    reasoning_content: str | UnsetType = UNSET
    tool_calls: list[CallOut] | UnsetType = UNSET
    tool_call_id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    weight: int | UnsetType = UNSET


def text_of(message: Message, notes: Notes) -> str:
    """The message's text; null and absent are "".

    Raises:
        Unfit: it holds something other than text.
    """
    content = message.content
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    if any(part.get("type", "text") != "text" for part in content):
        kinds = sorted({str(part.get("type")) for part in content})
        raise Unfit(DropReason.CONTENT_PARTS, ", ".join(kinds))
    notes[Adaptation.PARTS_JOINED] += 1
    return message.text


def up_to_last_step(
    messages: tuple[Message, ...], notes: Notes, masked: Collection[int] = ()
) -> tuple[Message, ...]:
    """The messages up to the last that is learnt; what is said after it teaches nothing.

    Raises:
        Unfit: there is no assistant message, or all of them are masked.
    """
    end = len(messages)
    while end and (messages[end - 1].role is not Role.ASSISTANT or end - 1 in masked):
        end -= 1
    if not end:
        raise Unfit(DropReason.NO_TARGET if masked else DropReason.LAST_NOT_ASSISTANT)
    if end == len(messages):
        return messages
    notes[Adaptation.ENDING_LEFT_OUT] += 1
    return messages[:end]


def without_ending(example: Conversation, notes: Notes) -> Conversation:
    """The conversation up to the last step that is learnt, as `up_to_last_step`."""
    messages = up_to_last_step(example.messages, notes, example.masked)
    masked = tuple([index for index in example.masked if index < len(messages)])
    return replace(example, messages=messages, masked=masked)


def readable_calls(message: Message, index: int) -> tuple[ToolCall, ...]:
    """The calls with blank arguments written `{}` and no line breaks in the text.

    Raises:
        Unfit: arguments that are not a JSON object.
    """
    if all(_is_plain(call.raw_arguments) for call in message.tool_calls):
        return message.tool_calls
    return tuple(
        [ToolCall(call.name, _readable(call, index), call.id) for call in message.tool_calls]
    )


_object_decoder = msgspec.json.Decoder(dict)


def _is_plain(raw: str) -> bool:
    """Whether argument text is an object on one line, as nearly all of it is."""
    if "\n" in raw or "\r" in raw:
        return False
    try:
        _object_decoder.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        return False
    return True


def _readable(call: ToolCall, index: int) -> str:
    """The call's arguments as text that any trainer can read."""
    raw = call.raw_arguments
    parsed = call.parsed()
    if parsed.value is None:
        detail = f"message {index}, {call.name}: {parsed.error}"
        raise Unfit(DropReason.UNPARSABLE_ARGUMENTS, detail)
    if not parsed.value and not raw.strip():
        return "{}"
    # Valid JSON has line breaks between its tokens only; its numbers stay spelled as they are.
    return raw.replace("\n", " ").replace("\r", " ")


def written(
    message: Message, *, objects: bool = False, weight: int | None = None
) -> MessageOut | Message:
    """A fitted message as the file spells it. `objects`: arguments as JSON objects.

    Most messages have neither calls nor thinking; then our own value has the same keys already.
    """
    if not message.tool_calls and message.reasoning is None and weight is None:
        return message
    out = MessageOut(role=message.role, content=message.content)  # type: ignore[arg-type]
    if message.tool_calls:
        out.tool_calls = [
            CallOut(
                id=UNSET if call.id is None else call.id,
                function=FunctionOut(
                    call.name,
                    Raw(call.raw_arguments.encode()) if objects else call.raw_arguments,
                ),
            )
            for call in message.tool_calls
        ]
    if message.reasoning is not None:
        out.reasoning_content = message.reasoning
    if message.tool_call_id is not None:
        out.tool_call_id = message.tool_call_id
    if message.name is not None:
        out.name = message.name
    if weight is not None:
        out.weight = weight
    return out


class FunctionIn(Struct, gc=False, forbid_unknown_fields=True):
    """`FunctionOut` as it is read back: the arguments undecoded."""

    name: str
    arguments: Raw


class CallIn(Struct, gc=False, kw_only=True, forbid_unknown_fields=True):
    """`CallOut` as it is read back."""

    id: str | None = None
    type: str
    function: FunctionIn


class MessageIn(Struct, gc=False, kw_only=True, forbid_unknown_fields=True):
    """`MessageOut` as it is read back."""

    role: Role
    content: str | None
    reasoning_content: str | None = None
    tool_calls: list[CallIn] = []
    tool_call_id: str | None = None
    name: str | None = None
    weight: int = 1


def read(message: MessageIn, *, objects: bool = False) -> Message:
    """Inverse of `written`."""
    calls = tuple(
        ToolCall(
            call.function.name,
            bytes(call.function.arguments).decode()
            if objects
            else msgspec.json.decode(call.function.arguments, type=str),
            call.id,
        )
        for call in message.tool_calls
    )
    return Message(
        message.role,
        message.content,
        calls,
        message.tool_call_id,
        message.name,
        message.reasoning_content,
    )


class DefinitionOut(Struct, gc=False):
    """A tool as trainers read it: schema and `strict` only where the source has them."""

    name: str
    description: str
    parameters: Raw | UnsetType = UNSET
    strict: bool | UnsetType = UNSET


class WrappedOut(Struct, gc=False, kw_only=True):
    """A definition in its `{"type": "function", "function": …}` form."""

    type: str = "function"
    function: DefinitionOut


class DefinitionIn(Struct, gc=False, forbid_unknown_fields=True):
    """`DefinitionOut` as it is read back."""

    name: str
    description: str
    parameters: Raw = Raw()
    strict: bool | None = None


class WrappedIn(Struct, gc=False, forbid_unknown_fields=True):
    """`WrappedOut` as it is read back."""

    type: str
    function: DefinitionIn


def definition(tool: ToolText) -> DefinitionOut:
    """What the file says of a tool."""
    strict = tool.extra.get("strict") if tool.extra else None
    return DefinitionOut(
        tool.name,
        tool.description,
        tool.parameters if bytes(tool.parameters) else UNSET,
        strict if isinstance(strict, bool) else UNSET,
    )


def wrapped(tools: tuple[ToolText, ...]) -> list[WrappedOut]:
    """The tools of a row."""
    return [WrappedOut(function=definition(tool)) for tool in tools]


def wrapped_text(tools: tuple[ToolText, ...]) -> Raw:
    """The tools of a row as one JSON string, which holds the JSON list of their wrapped forms.

    Quoting schemas costs more than all else in a row, and thousands of tool sets are made of a few
    hundred tools: each is quoted once.
    """
    quoted = [
        _quoted(tool.name, tool.description, bytes(tool.parameters))
        if not tool.extra
        else _quote(tool)
        for tool in tools
    ]
    return Raw(b'"[' + b",".join(quoted) + b']"')


@lru_cache(maxsize=2048)
def _quoted(name: str, description: str, schema: bytes) -> bytes:
    return _quote(ToolText(name, description, Raw(schema)))


def _quote(tool: ToolText) -> bytes:
    """The wrapped form as it stands inside a JSON string."""
    text = msgspec.json.encode(WrappedOut(function=definition(tool))).decode()
    return msgspec.json.encode(text)[1:-1]


def tool_of(definition: DefinitionIn) -> ToolText:
    """Inverse of `definition`."""
    extra = {} if definition.strict is None else {"strict": definition.strict}
    schema = definition.parameters if bytes(definition.parameters) else NO_SCHEMA
    return ToolText(definition.name, definition.description, schema, extra)


def fitted_tools(tools: tuple[ToolText, ...], has_calls: bool) -> tuple[ToolText, ...]:
    """The tools without what no trainer reads.

    Raises:
        Unfit: there are calls and no tools.
    """
    if has_calls and not tools:
        raise Unfit(DropReason.NO_TOOLS)
    return tuple([bare(tool) for tool in tools])


def bare(tool: ToolText) -> ToolText:
    """The tool with `strict` as its only extra."""
    if not tool.extra:
        return tool
    strict = tool.extra.get("strict")
    extra = {"strict": strict} if isinstance(strict, bool) else {}
    return ToolText(tool.name, tool.description, tool.parameters, extra)
