"""OpenInference's spans of model calls, as Phoenix and Arize record them (formats §13).

Attributes are flat with indexed keys, `llm.input_messages.0.message.role`; a table exported from
Phoenix has them as columns `attributes.…`, lists unflattened. Relied on: the project's
spec/semantic_conventions.md and spec/tool_calling.md. A tool's name is `tool.name` where given
(newer), else what its JSON schema says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.flattened import nested
from curation.importing import ImportContext, Imported, Problem, Record, import_format
from curation.openai_messages import ROLES, read_arguments
from curation.spans import Span, raw_spans, read_span
from curation.threads import ModelCall, ToolRun
from curation.tool_schemas import read_tool
from curation.trace_gathering import gather_traces
from curation.traces import as_text, decoded, read_trace
from curation.trajectory import Message, Role, ToolCall, ToolSpec

_CONTENT = ("llm.input_messages", "llm.output_messages", "llm.tools", "input.", "output.")
_SPEAKERS = {**ROLES, "human": Role.USER, "ai": Role.ASSISTANT, "model": Role.ASSISTANT}
_HINT = (
    "Model calls need llm.input_messages or llm.output_messages; look whether hiding inputs "
    "(OPENINFERENCE_HIDE_INPUTS, OPENINFERENCE_HIDE_OUTPUTS) was on when they were recorded."
)


@import_format
class OpenInference:
    """Spans with `llm.*` attributes; those of one trace become one trajectory."""

    name = "openinference"
    title = "OpenInference spans"
    description = (
        "Spans with openinference.span.kind and indexed keys such as "
        "llm.input_messages.0.message.role, one a line, as OTLP JSON or as a table from Phoenix. "
        "Traces are gathered as for otel-genai."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        return any(
            any(k == "openinference.span.kind" or k.startswith("llm.output_m") for k in attributes)
            for attributes in (read_span(raw).attributes for raw in raw_spans(record))
        )

    def gather(self, items: Iterator[Record | Problem]) -> Iterator[Record | Problem]:
        return gather_traces(items)

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        return read_trace(record, context, _read, is_content=_is_content, hint=_HINT)


def _is_content(key: str) -> bool:
    return key.startswith(_CONTENT)


def _read(span: Span) -> ModelCall | ToolRun | None:
    attributes = span.attributes
    kind = as_text(attributes.get("openinference.span.kind")).upper()
    if kind == "TOOL":
        return ToolRun(
            as_text(attributes.get("tool_call.id") or attributes.get("tool.id")),
            as_text(attributes.get("tool.name")) or span.name,
            as_text(attributes.get("output.value")),
        )
    given = _messages(nested(attributes, "llm.input_messages"))
    answers = _messages(nested(attributes, "llm.output_messages"))
    if kind not in ("", "LLM") or not (given or answers):
        return None
    return ModelCall(
        given=given,
        answers=tuple(m for m in answers if m.role is Role.ASSISTANT),
        tools=_tools(nested(attributes, "llm.tools")),
        model=as_text(attributes.get("llm.model_name")),
    )


def _messages(value: Any) -> tuple[Message, ...]:
    value = decoded(value)
    return tuple(_message(raw) for raw in value) if isinstance(value, list) else ()


def _message(raw: dict[str, Any]) -> Message:
    said = raw.get("message", raw)
    role = _SPEAKERS.get(as_text(said.get("role")).lower(), Role.ASSISTANT)
    content: Any = said.get("content")
    reasoning: list[str] = []
    if content is None and isinstance(said.get("contents"), list):
        content = _parts([c.get("message_content", c) for c in said["contents"]], reasoning)
    calls = tuple(_call(c.get("tool_call", c)) for c in said.get("tool_calls") or ())
    if not calls and said.get("function_call_name"):
        arguments = read_arguments(said.get("function_call_arguments_json"))
        calls = (ToolCall(as_text(said["function_call_name"]), arguments),)
    call_id, name = said.get("tool_call_id"), said.get("name")
    return Message(
        role,
        content if content is None or isinstance(content, list) else as_text(content),
        calls,
        tool_call_id=as_text(call_id) if call_id is not None else None,
        name=as_text(name) if name is not None else None,
        reasoning="\n".join(reasoning) or None,
    )


def _parts(parts: list[dict[str, Any]], reasoning: list[str]) -> Any:
    """Text when there is one text and nothing else, else typed parts."""
    texts = [p for p in parts if p.get("type") == "text"]
    reasoning += [as_text(p.get("text")) for p in parts if p.get("type") == "reasoning"]
    rest = [p for p in parts if p.get("type") != "reasoning"]
    if len(rest) == len(texts) == 1:
        return as_text(texts[0].get("text"))
    return rest or None


def _call(raw: dict[str, Any]) -> ToolCall:
    function = raw.get("function") or {}
    call_id = raw.get("id")
    return ToolCall(
        as_text(function.get("name")),
        read_arguments(function.get("arguments")),
        as_text(call_id) if call_id is not None else None,
    )


def _tools(value: Any) -> tuple[ToolSpec, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(_tool(raw.get("tool", raw)) for raw in value)


def _tool(raw: dict[str, Any]) -> ToolSpec:
    """A definition, whole or only its parameters, with the name that stands beside it."""
    schema = decoded(raw.get("json_schema"))
    if not isinstance(schema, dict):
        schema = {"parameters": raw.get("parameters")} if raw.get("parameters") else {}
    named = {k: raw[k] for k in ("name", "description") if isinstance(raw.get(k), str)}
    if "function" in schema or "name" in schema or not ("type" in schema or "properties" in schema):
        read = read_tool(schema)
        if read.name or not named:
            return read
        return read_tool({**schema, **named})
    return read_tool({**named, "parameters": schema})
