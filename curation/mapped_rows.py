"""Applying a field mapping: the format that a person described, in place of a registered one.

Errors of a row say which message, what was looked for and by which line of the mapping, and what
stands there instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from curation.field_mapping import CALL_ROLE, Field, FieldMapping
from curation.field_paths import MISSING, at, opened
from curation.importing import ImportContext, Imported, RecordError, json_text
from curation.openai_messages import read_arguments
from curation.tool_schemas import read_tool, read_tools
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory, json_type

NAME = "mapping"
"""Stored as the format of a dataset that was imported with a field mapping."""

GOLD = "ground_truth"
"""Where the source keeps a gold answer, as for other formats."""


class MappedRows:
    """A `Format` made of a field mapping; it is not registered, because it recognises nothing."""

    name = NAME
    title = "the field mapping"
    description = "Rows as a field mapping describes them."
    extends: tuple[str, ...] = ()

    def __init__(self, mapping: FieldMapping) -> None:
        self.mapping = mapping

    def sniff(self, record: dict[str, Any]) -> bool:
        return bool(record)

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        messages = [
            *self._single(record, "record.system", Role.SYSTEM),
            *self._single(record, "record.user", Role.USER),
            *self._listed(record),
            *self._single(record, "record.assistant", Role.ASSISTANT),
        ]
        found = self._find(record, "record.tools")
        yield Imported(
            trajectory=Trajectory(
                tuple(messages), context.tools if found in (MISSING, None) else self._tools(found)
            ),
            source_id=self._word(record, "record.id") or context.where,
            source=self._source(record),
            group=self._word(record, "record.group"),
        )

    # --- finding ------------------------------------------------------------------------------

    def _find(self, value: Any, key: str) -> Any:
        """What stands where the mapping looks for `key`; MISSING where nothing does."""
        field = self.mapping.fields.get(key)
        for path in field.paths if field is not None else ():
            found = at(value, path)
            if found is not MISSING:
                return found
        return MISSING

    def _word(self, value: Any, key: str) -> str | None:
        """An id or name as text; None where there is none."""
        found = self._find(value, key)
        if found is MISSING or found is None or found == "":
            return None
        return found if isinstance(found, str) else json_text(found)

    def _place(self, key: str) -> str:
        field: Field | None = self.mapping.fields.get(key)
        return field.words if field is not None else key

    # --- messages -----------------------------------------------------------------------------

    def _single(self, record: dict[str, Any], key: str, role: Role) -> Iterator[Message]:
        """A message that stands by itself in the record; calls of it stand beside it."""
        found = self._find(record, key)
        if found is MISSING or found is None or found == "":
            if key == "record.user" and "record.messages" not in self.mapping.fields:
                raise self._nothing(record, key, "the question", "The record")
            return
        yield Message(role, _content(found))

    def _listed(self, record: dict[str, Any]) -> Iterator[Message]:
        """The messages of the list, and the results that stand with their calls."""
        if "record.messages" not in self.mapping.fields:
            return
        listed = opened(self._find(record, "record.messages"))
        if listed is MISSING:
            raise self._nothing(record, "record.messages", "the messages", "The record")
        if not isinstance(listed, list):
            raise RecordError(
                f"The messages at {self._place('record.messages')} are a JSON "
                f"{json_type(listed)}, not a list.",
                "Correct the path, so that it leads to the list.",
            )
        step: Message | None = None  # the assistant's message that calls may still join
        results: list[Message] = []
        for index, raw in enumerate(listed):
            role = self._role(raw, index)
            if role == CALL_ROLE:
                call, result = self._call(raw, f"Message {index}")
                before = step if step is not None else Message(Role.ASSISTANT, None)
                step = msgspec.structs.replace(before, tool_calls=(*before.tool_calls, call))
                results += result
                continue
            if step is not None:
                yield step
                step = None
            yield from results
            results = []
            message, told = self._message(raw, Role(role), index)
            if message.role is Role.ASSISTANT:
                step, results = message, told
            else:
                yield message
        if step is not None:
            yield step
        yield from results

    def _role(self, raw: Any, index: int) -> str:
        found = self._find(raw, "message.role")
        if found is MISSING or found is None:
            if self.mapping.default_role:
                return self.mapping.default_role
            raise self._nothing(raw, "message.role", "the role", f"Message {index}")
        word = found if isinstance(found, str) else json_text(found)
        role = self.mapping.roles.get(word.lower())
        if role is None:
            raise RecordError(
                f"Message {index}: the role {word!r} at {self._place('message.role')} is unknown.",
                f"Say under [roles] what it is: {json_text(word)} = "
                '"user", "assistant", "system", "tool" or "call".',
            )
        return role

    def _message(self, raw: Any, role: Role, index: int) -> tuple[Message, list[Message]]:
        """A message, and the results that stand with its calls."""
        calls: list[ToolCall] = []
        results: list[Message] = []
        listed = opened(self._find(raw, "message.calls"))
        is_itself = listed is raw  # a step that is its call, or has none
        if role is Role.ASSISTANT and listed not in (MISSING, None, "", []):
            for number, one in enumerate(listed if isinstance(listed, list) else [listed]):
                if is_itself and self._word(one, "call.name") is None:
                    continue
                call, result = self._call(one, f"Message {index}, call {number}")
                calls.append(call)
                results += result
        content = self._find(raw, "message.content")
        return (
            Message(
                role,
                UNSET if content is MISSING else _content(content),
                tuple(calls),
                tool_call_id=self._word(raw, "message.call_id") if role is Role.TOOL else None,
                name=self._word(raw, "message.name"),
                reasoning=self._word(raw, "message.reasoning") if role is Role.ASSISTANT else None,
            ),
            results,
        )

    def _call(self, raw: Any, place: str) -> tuple[ToolCall, list[Message]]:
        raw = opened(raw)
        name = self._word(raw, "call.name")
        if name is None:
            raise self._nothing(raw, "call.name", "the name of the tool", place)
        arguments = self._find(raw, "call.arguments")
        call_id = self._word(raw, "call.id")
        result = self._find(raw, "call.result")
        answered = (
            [Message(Role.TOOL, _content(result), tool_call_id=call_id, name=name)]
            if result is not MISSING and result is not None
            else []
        )
        text = read_arguments(None if arguments is MISSING else arguments)
        return ToolCall(name, text, call_id), answered

    # --- the rest -----------------------------------------------------------------------------

    def _tools(self, value: Any) -> tuple[ToolSpec, ...]:
        """Tools whose parts the mapping names; any other spelling is told as for all formats."""
        value = opened(value)
        if not isinstance(value, list):
            return read_tools(value)
        return tuple(self._tool(definition) for definition in value)

    def _tool(self, definition: Any) -> ToolSpec:
        definition = opened(definition)
        name = self._word(definition, "tool.name")
        parameters = opened(self._find(definition, "tool.parameters"))
        if name is None or not isinstance(definition, dict):
            return read_tool(definition)
        plain = read_tool(definition)
        if plain.name == name and plain.parameters is not None:
            return plain
        told = {"name": name, "description": self._word(definition, "tool.description") or ""}
        return read_tool({**told, **({} if parameters is MISSING else {"parameters": parameters})})

    def _source(self, record: dict[str, Any]) -> dict[str, Any]:
        """Gold, and what the mapping keeps: what it names, else all that nothing else takes."""
        wanted = self.mapping.metadata
        if wanted is not None:
            found = {name: at(record, path) for name, path in wanted.items()}
            source = {name: value for name, value in found.items() if value is not MISSING}
        else:
            source = record
            for key, field in self.mapping.fields.items():
                for path in field.paths if key.startswith("record.") else ():
                    source = _without(source, path)
        gold = self._find(record, "record.gold")
        if gold is not MISSING and gold is not None:
            source = {**source, GOLD: gold}
        return source

    def _nothing(self, value: Any, key: str, what: str, place: str) -> RecordError:
        """The error for a path that leads nowhere."""
        has = ", ".join(sorted(map(str, value))[:8]) if isinstance(value, dict) else ""
        there = f"It has the keys {has}." if has else f"It is a JSON {json_type(value)}."
        return RecordError(
            f"{place}: nothing stands at {self._place(key)}, where {what} should be. {there}",
            f"Correct {key.partition('.')[2]} under [{key.partition('.')[0]}] in the mapping.",
        )


def _without(value: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """An object without what stands at a path, and without an object that only held that."""
    if not path or path[0] not in value:
        return value
    rest = {k: v for k, v in value.items() if k != path[0]}
    inner = value[path[0]]
    if len(path) > 1 and isinstance(inner, dict):
        kept = _without(inner, path[1:])
        if kept:
            rest[path[0]] = kept
    elif len(path) > 1:
        return value
    return rest


def _content(value: Any) -> Any:
    """Text and null as they are, typed parts as parts, anything else as its JSON text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(_is_part(part) for part in value):
        return value
    return json_text(value)


def _is_part(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str)
