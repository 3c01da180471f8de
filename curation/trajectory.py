"""The one shape everything is imported into: a trajectory of messages under a set of tools.

Values only: frozen, equal when their content is equal, ignorant of files and databases. Where a
trajectory came from (dataset, source id, reward, gold answers) is not part of it, so two datasets
may hold the same one. A tool call keeps the arguments exactly as the model wrote them; text that
does not parse is data for annotators, never repaired here.

msgspec structs rather than pydantic models: the same validation, about ten times cheaper to build
and to decode, which is what bulk import and bulk checks are made of. Calls and messages are left
out of garbage collection (`gc=False`): JSON data has no cycles, and batches that are held while
they grow decode about four times faster so (measured on 15-message rows, Python 3.11).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

UID_PREFIX = "tj1-"
"""Tag of the content hash. A later digest gets another tag, so old and new never mix silently."""


class Role(StrEnum):
    """Who speaks. `developer` is kept apart from `system` because trainers keep them apart."""

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class TextField(StrEnum):
    """The texts of a message that a span can be in."""

    CONTENT = "content"
    REASONING = "reasoning"


class Arguments(Struct, frozen=True):
    """What came of reading a call's raw arguments: exactly one of the two is meaningful."""

    value: dict[str, Any] | None
    """The parsed object; None when it did not parse or is not an object."""
    error: str | None
    """Why there is no value, in words for an annotator; None when there is one."""


class ToolCall(Struct, frozen=True, omit_defaults=True, gc=False):
    """One call of one tool, as the model generated it."""

    name: str
    raw_arguments: str = ""
    """The argument text exactly as generated. Sources that hold an object get its compact JSON."""
    id: str | None = None
    """The source's call id; None when it had none. May repeat in broken data."""

    def parsed(self) -> Arguments:
        """Read the raw arguments. Blank text means a call without arguments, `{}`."""
        return parse_arguments(self.raw_arguments)


class Message(Struct, frozen=True, omit_defaults=True, gc=False):
    """One message. `content` tells null, "" and absent apart, because round trips must."""

    role: Role
    content: str | list[dict[str, Any]] | UnsetType | None = UNSET
    """Text, a list of typed parts as in the OpenAI format, null, or absent (UNSET)."""
    tool_calls: tuple[ToolCall, ...] = ()
    """Assistant only: the calls of this step, in the order generated."""
    tool_call_id: str | None = None
    """Tool only: the id of the call this message answers, when the source has one."""
    name: str | None = None
    """Tool only: the tool's name; otherwise the speaker's name."""
    reasoning: str | None = None
    """Assistant only: thinking text, kept apart from what the user reads."""
    extra: dict[str, Any] = {}
    """What else the source said of the message (`weight`, `metadata`, …)."""

    @property
    def text(self) -> str:
        """The readable content: parts joined by newlines, "" for null and absent."""
        if isinstance(self.content, str):
            return self.content
        if isinstance(self.content, list):
            return "\n".join(str(p.get("text", "")) for p in self.content if p.get("text"))
        return ""

    def text_of(self, field: TextField) -> str:
        """The text that spans of this field count in."""
        return self.text if field is TextField.CONTENT else self.reasoning or ""


class ToolSpec(Struct, frozen=True, omit_defaults=True):
    """A tool as offered to the model. `parameters` is the source's schema, never normalised."""

    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None
    """The JSON Schema as the source wrote it (aliases like `dict` or `float` included)."""
    extra: dict[str, Any] = {}
    """Other keys of the definition (`strict`, `responses`, `type` of built-in tools, …)."""


class Trajectory(Struct, frozen=True):
    """Tool specs plus the ordered messages of one episode."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()

    @property
    def uid(self) -> str:
        """Tagged content hash over tools and messages, whatever source they came from.

        The order of keys counts in messages (it is part of what a model wrote), not in tools.
        """
        return trajectory_uid(tools_hash(self.tools), encode_messages(self.messages))

    def assistant_indexes(self) -> list[int]:
        """Message indexes of the steps, in order. Step number = position here + 1."""
        return [i for i, m in enumerate(self.messages) if m.role is Role.ASSISTANT]

    def calls(self) -> Iterator[tuple[int, int, ToolCall]]:
        """Every call as (message_index, call_index, call)."""
        for i, message in enumerate(self.messages):
            for j, call in enumerate(message.tool_calls):
                yield i, j, call

    def replace_message(self, index: int, message: Message) -> Trajectory:
        """Return a copy with message `index` replaced."""
        messages = (*self.messages[:index], message, *self.messages[index + 1 :])
        return Trajectory(messages=messages, tools=self.tools)


class Anchor(Struct, frozen=True, omit_defaults=True):
    """The place a statement is about. All None: the whole trajectory."""

    message_index: int | None = None
    """0-based index into `messages`."""
    call_index: int | None = None
    """0-based index into that message's `tool_calls`."""
    pointer: str | None = None
    """JSON Pointer (RFC 6901) into the call's arguments; "" is the arguments object itself."""
    span: tuple[int, int] | None = None
    """Half-open range of code points in one text of the message, as it is stored."""
    field: TextField = TextField.CONTENT
    """Which text the span is in."""


def quoted(messages: Sequence[Message], anchor: Anchor) -> str:
    """The words of an anchor's span; "" when it has none."""
    if anchor.message_index is None or anchor.span is None:
        return ""
    start, end = anchor.span
    return messages[anchor.message_index].text_of(anchor.field)[start:end]


def parse_arguments(raw: str) -> Arguments:
    """Parse argument text strictly as JSON; blank text is `{}`, as some servers send it."""
    if not raw or raw.isspace():
        return Arguments({}, None)
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as problem:
        return Arguments(None, f"The arguments are not JSON: {problem}.")
    if not isinstance(value, dict):
        return Arguments(None, f"The arguments are a JSON {json_type(value)}, not an object.")
    return Arguments(value, None)


def json_type(value: Any) -> str:
    """The JSON Schema name of a Python value's type; bool is never a number."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list() | tuple():
            return "array"
        case _:
            return "object"


_encoder = msgspec.json.Encoder()
_sorted_encoder = msgspec.json.Encoder(order="deterministic")
_messages_decoder = msgspec.json.Decoder(tuple[Message, ...])
_tools_decoder = msgspec.json.Decoder(tuple[ToolSpec, ...])


def encode_messages(messages: tuple[Message, ...]) -> bytes:
    """The stored JSON of messages. Key order inside free-form parts is kept as in the source."""
    return _encoder.encode(messages)


def decode_messages(data: bytes) -> tuple[Message, ...]:
    """Inverse of `encode_messages`."""
    return _messages_decoder.decode(data)


def encode_tools(tools: tuple[ToolSpec, ...]) -> bytes:
    """The stored JSON of a tool set, key order kept."""
    return _encoder.encode(tools)


def decode_tools(data: bytes) -> tuple[ToolSpec, ...]:
    """Inverse of `encode_tools`."""
    return _tools_decoder.decode(data)


def canonical_json(value: Any) -> bytes:
    """Compact JSON with sorted keys: equal values give equal bytes. 1 and 1.0 stay different."""
    return _sorted_encoder.encode(value)


def tools_hash(tools: tuple[ToolSpec, ...]) -> str:
    """Hash of a tool set, independent of key order, dependent on the order of the tools."""
    return hashlib.sha256(canonical_json(tools)).hexdigest()[:32]


def trajectory_uid(tool_set_hash: str, messages_json: bytes) -> str:
    """The uid of stored messages under a stored tool set (128 bits of SHA-256)."""
    digest = hashlib.sha256(tool_set_hash.encode() + b"\n" + messages_json)
    return UID_PREFIX + digest.hexdigest()[:32]
