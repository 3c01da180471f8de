"""A step whose calls are taken to be right, made ready to be made wrong in one place.

What mutations look at: the calls that can be read, their schemas, and what was said before. A
changed call keeps the spelling of its argument text (spaces, escapes), so that nothing but the
error tells a mutant from its original.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from curation.call_context import walk
from curation.documented import is_documented_default
from curation.json_pointer import escape, unescape
from curation.schemas import ToolValidator, validator_for
from curation.trajectory import Message, Role, ToolCall, ToolSpec


class RightCall(Struct, frozen=True):
    """One call with arguments that parse."""

    index: int
    """In the message's `tool_calls`."""
    call: ToolCall
    arguments: dict[str, Any]
    tool: ToolSpec | None
    """None when no tool of that name is offered."""
    validator: ToolValidator | None
    """Of the tool's schema."""

    def names_as_good(self, key: str, value: Any) -> bool:
        """Whether the source's schema has a value in the enum or as the default of an argument."""
        enum = self.declared(key).get("enum")
        return (isinstance(enum, list) and value in enum) or self.is_default(key, value)

    def is_default(self, key: str, value: Any) -> bool:
        """Whether leaving an argument out says the same, as far as the source's schema tells."""
        return is_documented_default(self.declared(key), value)

    def declared(self, key: str) -> dict[str, Any]:
        """What the source's schema says of an argument, defaults and descriptions included, which
        normalising does not keep; {} when nothing."""
        parameters = self.tool.parameters if self.tool else None
        properties = parameters.get("properties") if parameters else None
        found = properties.get(key) if isinstance(properties, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def properties(self) -> dict[str, dict[str, Any]]:
        """Every declared argument that has a description of its own, normalised."""
        found = {} if self.validator is None else self.validator.schema.get("properties")
        if not isinstance(found, dict):
            return {}
        return {key: inner for key, inner in found.items() if isinstance(inner, dict)}

    @property
    def required(self) -> list[str]:
        """The arguments that the schema requires."""
        found = [] if self.validator is None else self.validator.schema.get("required")
        return [key for key in found if isinstance(key, str)] if isinstance(found, list) else []

    def leaves(self) -> list[tuple[str, Any]]:
        """(JSON Pointer, value) of everything in the arguments that is no container."""
        return list(walk(self.arguments))


class RightStep(Struct, frozen=True, dict=True):
    """A step, its tools and what came before it."""

    message: Message
    tools: tuple[ToolSpec, ...]
    context: tuple[Message, ...] = ()

    @cached_property
    def calls(self) -> tuple[RightCall, ...]:
        """The calls whose arguments can be read."""
        by_name = {tool.name: tool for tool in self.tools}
        found = []
        for index, call in enumerate(self.message.tool_calls):
            arguments = call.parsed().value
            tool = by_name.get(call.name)
            if arguments is not None:
                validator = None if tool is None else validator_for(tool)
                found.append(RightCall(index, call, arguments, tool, validator))
        return tuple(found)

    @cached_property
    def asked(self) -> str:
        """All that users said, in small letters."""
        return "\n".join(m.text for m in self.context if m.role is Role.USER).lower()

    @cached_property
    def said(self) -> str:
        """All texts and arguments before the step."""
        texts = [m.text for m in self.context]
        calls = [call.raw_arguments for m in self.context for call in m.tool_calls]
        return "\n".join([*texts, *calls])

    def with_call(self, index: int, call: ToolCall) -> Message:
        """The message with one call replaced."""
        calls = self.message.tool_calls
        return replace(self.message, tool_calls=(*calls[:index], call, *calls[index + 1 :]))

    def with_arguments(self, call: RightCall, arguments: dict[str, Any]) -> Message:
        """The message with other arguments in one call, spelt as its old ones were."""
        raw = spelling_of(call.call.raw_arguments, call.arguments)(arguments)
        return self.with_call(call.index, replace(call.call, raw_arguments=raw))


Spelling = Callable[[Any], str]

_SPELLINGS: tuple[Spelling, ...] = (
    lambda value: msgspec.json.encode(value).decode(),
    lambda value: json.dumps(value, ensure_ascii=False),
    json.dumps,
    lambda value: json.dumps(value, separators=(",", ":")),
    lambda value: json.dumps(value, ensure_ascii=False, indent=2),
    lambda value: json.dumps(value, ensure_ascii=False, indent=4),
)


def spelling_of(raw: str, value: Any) -> Spelling:
    """The way of writing JSON that gave `raw` for `value`; compact where none of ours did."""
    return next((spell for spell in _SPELLINGS if spell(value) == raw), _SPELLINGS[0])


def put_at(value: Any, pointer: str, new: Any) -> Any:
    """A copy of a JSON value with the part at a JSON Pointer replaced; the part must be there."""
    if not pointer:
        return new
    part, _, rest = pointer[1:].partition("/")
    below = f"/{rest}" if rest or pointer.count("/") > 1 else ""
    if isinstance(value, list):
        at = int(part)
        return [put_at(v, below, new) if i == at else v for i, v in enumerate(value)]
    key = unescape(part)
    return {k: put_at(v, below, new) if k == key else v for k, v in value.items()}


def pointer_to(key: str) -> str:
    """The JSON Pointer of a top-level argument."""
    return f"/{escape(key)}"


def quoted(value: Any) -> str:
    """A value as notes quote it."""
    text = f"“{value}”" if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else f"{text[:79]}…"
