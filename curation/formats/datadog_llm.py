"""Datadog's LLM observability spans: the body of its intake, an export, or one span a line.

Relied on: Datadog's pages "HTTP API reference" and "Export API" of LLM (Agent) Observability. A
span has `trace_id`, `span_id`, `parent_id`, `start_ns` and `meta` with its kind, input and output;
an exported one has those at its top with `span_kind`. Messages carry `tool_calls` (`name`,
`arguments`, `tool_id`) and `tool_results` (`result`, `tool_id`); `tool_definitions` carry `schema`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.importing import ImportContext, Imported, Problem, Record, import_format
from curation.openai_messages import ROLES, read_arguments
from curation.spans import GATHERED, Span
from curation.threads import ModelCall, ToolRun
from curation.tool_schemas import read_tools
from curation.trace_gathering import gather_traces
from curation.traces import as_text, decoded, read_trace
from curation.trajectory import Message, Role, ToolCall

_KINDS = frozenset(
    ("llm", "agent", "workflow", "tool", "task", "embedding", "retrieval", "experiment")
)
_META = "meta."
_CONTENT = ("meta.input", "meta.output", "meta.tool_definitions")
_HINT = "Export spans of the kind llm with their input and output messages."


@import_format
class DatadogLLM:
    """Spans of kind llm, tool, agent, …; those of one trace become one trajectory."""

    name = "datadog-llm"
    title = "Datadog LLM spans"
    description = (
        "LLM observability spans with meta.kind, meta.input and meta.output, one a line or in the "
        "body of Datadog's API. Traces are gathered as for otel-genai."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        spans = list(_spans(record))
        return bool(spans) and all(_kind(span) in _KINDS and "trace_id" in span for span in spans)

    def gather(self, items: Iterator[Record | Problem]) -> Iterator[Record | Problem]:
        return gather_traces(_unpacked(item) for item in items)

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        spans = [_flat(span) for span in _spans(record)]
        return read_trace(
            {**_beside(record), GATHERED: spans}, context, _read, is_content=_is_content, hint=_HINT
        )


def _unpacked(item: Record | Problem) -> Record | Problem:
    """A body with many spans as the gathering takes it; one span as it is."""
    if isinstance(item, Problem) or not isinstance(item.value, dict):
        return item
    try:
        spans = list(_spans(item.value))
    except (AttributeError, TypeError):  # no body after all: reading it says what is wrong
        return item
    if not all(isinstance(span, dict) for span in spans):
        return item
    if len(spans) == 1 and spans[0] is item.value:
        return item
    told = _beside(item.value)
    spans = [{**told, **span} for span in spans]
    return Record(item.where, item.position, {GATHERED: spans}, item.raw)


def _spans(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The spans of a body of the intake, of an answer of the search, or the record itself."""
    data = record.get("data")
    if isinstance(record.get(GATHERED), list):
        yield from record[GATHERED]
    elif isinstance(data, dict | list):
        for entry in data if isinstance(data, list) else [data]:
            inner = entry.get("attributes", entry)
            spans = inner.get("spans")
            yield from spans if isinstance(spans, list) else [inner]
    elif isinstance(record.get("attributes"), dict) and "trace_id" in record["attributes"]:
        yield record["attributes"]
    else:
        yield record


def _beside(record: dict[str, Any]) -> dict[str, Any]:
    """What a body says of all its spans."""
    data = record.get("data")
    inner = data.get("attributes") if isinstance(data, dict) else None
    told = {k: v for k, v in inner.items() if k != "spans"} if isinstance(inner, dict) else {}
    if not told.keys().isdisjoint(("trace_id", "meta")):
        told = {}  # it is the span itself
    if isinstance(data, dict | list) or GATHERED in record:
        told.update({k: v for k, v in record.items() if k not in ("data", GATHERED)})
    return told


def _kind(span: dict[str, Any]) -> Any:
    meta = span.get("meta")
    if not isinstance(meta, dict):
        return span.get("span_kind")
    inner = meta.get("span")
    return (
        meta.get("kind") or meta.get("span.kind") or (inner.get("kind") if inner else None)
    ) or span.get("span_kind")


def _flat(span: dict[str, Any]) -> dict[str, Any]:
    """A span whose input, output and facts are attributes, as the reading of spans wants it."""
    meta = span.get("meta")
    known = dict(meta) if isinstance(meta, dict) else {}
    rest = {k: v for k, v in span.items() if k != "meta"}
    for key in ("input", "output", "tool_definitions", "metadata", "metrics", "tags", "span_kind"):
        if key in rest:
            known.setdefault(key, rest.pop(key))
    known["kind"] = _kind(span)
    return {**rest, "attributes": {_META + key: value for key, value in known.items()}}


def _is_content(key: str) -> bool:
    return key.startswith(_CONTENT)


def _read(span: Span) -> ModelCall | ToolRun | None:
    has = span.attributes.get
    given, answered = has("meta.input"), has("meta.output")
    if has("meta.kind") == "tool":
        metadata = has("meta.metadata") or {}
        call_id = metadata.get("tool_id") if isinstance(metadata, dict) else None
        return ToolRun(as_text(call_id), span.name, as_text(_value(answered)))
    if has("meta.kind") != "llm":
        return None
    tools = [
        {("parameters" if k == "schema" else k): v for k, v in tool.items()}
        for tool in has("meta.tool_definitions") or ()
    ]
    return ModelCall(
        given=_messages(given, Role.USER),
        answers=tuple(m for m in _messages(answered, Role.ASSISTANT) if m.role is Role.ASSISTANT),
        tools=read_tools(tools),
        model=as_text(has("meta.model_name") or (has("meta.metadata") or {}).get("model_name")),
    )


def _value(side: Any) -> Any:
    return side.get("value") if isinstance(side, dict) else side


def _messages(side: Any, speaker: Role) -> tuple[Message, ...]:
    """The messages of a side; a bare value is one message of `speaker`."""
    listed = decoded(side.get("messages")) if isinstance(side, dict) else None
    if not isinstance(listed, list):
        value = _value(side)
        return (Message(speaker, as_text(value)),) if value else ()
    return tuple(message for raw in listed for message in _message(raw, speaker))


def _message(raw: dict[str, Any], speaker: Role) -> Iterator[Message]:
    results = raw.get("tool_results") or ()
    for result in results:
        name, call_id = result.get("name"), result.get("tool_id")
        yield Message(
            Role.TOOL,
            as_text(result.get("result")),
            tool_call_id=call_id or None,
            name=name or None,
        )
    calls = tuple(
        ToolCall(
            as_text(call.get("name")), read_arguments(call.get("arguments")), call.get("tool_id")
        )
        for call in raw.get("tool_calls") or ()
    )
    content = raw.get("content")
    if results and not content and not calls:
        return
    call_id = raw.get("tool_id")
    yield Message(
        ROLES.get(raw.get("role") or "", speaker),
        None if content is None else as_text(content),
        calls,
        tool_call_id=call_id if isinstance(call_id, str) and call_id else None,
    )
