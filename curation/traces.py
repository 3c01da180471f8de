"""What the formats of traces share: from the spans of a record to trajectories.

A format says what one span means (`SpanReader`); here the spans are read, put in the order of time
and turned into conversations. What the spans say beside messages and tools is kept in the source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from curation.importing import ImportContext, Imported, RecordError, json_text
from curation.spans import GATHERED, Span, in_time, raw_spans, read_span, resource_of
from curation.threads import ModelCall, ToolRun, conversations

SpanReader = Callable[[Span], ModelCall | ToolRun | None]
"""What a span recorded: a request to a model, a run of a tool, or neither."""


def read_trace(
    record: dict[str, Any],
    context: ImportContext,
    reader: SpanReader,
    *,
    is_content: Callable[[str], bool],
    hint: str,
) -> Iterator[Imported]:
    """The trajectories in the spans of one record.

    Args:
        is_content: whether an attribute holds messages or tools, which the source need not repeat.
        hint: what to do when no span holds messages.

    Raises:
        RecordError: no span holds messages.
    """
    raws = list(raw_spans(record))
    spans = in_time([read_span(raw) for raw in raws])
    calls: list[ModelCall] = []
    runs: list[ToolRun] = []
    for span in spans:
        found = reader(span)
        if isinstance(found, ModelCall):
            calls.append(found)
        elif found is not None:
            runs.append(found)
    if not any(call.given or call.answers for call in calls):
        raise RecordError(f"None of the {len(spans)} spans holds messages.", hint)
    trace_id = next((span.trace_id for span in spans if span.trace_id), "")
    yield from conversations(
        [call for call in calls if call.given or call.answers],
        runs,
        source_id=trace_id or context.where,
        source=_source(record, raws, spans, is_content),
        group=f"trace:{trace_id}" if trace_id else None,
        tools=context.tools,
    )


def _source(
    record: dict[str, Any],
    raws: list[dict[str, Any]],
    spans: list[Span],
    is_content: Callable[[str], bool],
) -> dict[str, Any]:
    """All that the spans say beside messages and tools."""
    source: dict[str, Any] = {}
    if raws and raws[0] is not record:
        source = {
            k: v
            for k, v in record.items()
            if k not in (GATHERED, "resourceSpans", "resource_spans", "data")
        }
    resource = next((found for raw in raws if (found := resource_of(raw))), None)
    if resource:
        source["resource"] = resource
    told = []
    common = {
        key: value
        for key, value in spans[0].beside.items()
        if all(key in span.beside and span.beside[key] == value for span in spans)
    }
    source.update(common)
    for span in spans:
        own = {k: v for k, v in span.beside.items() if k not in common}
        rest = {k: v for k, v in span.attributes.items() if not is_content(k)}
        told.append({**own, **span.facts, **({"attributes": rest} if rest else {})})
    return {**source, "spans": told}


def decoded(value: Any) -> Any:
    """A value that may be given as JSON text; text that is none stays text."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return value


def as_text(value: Any) -> str:
    """Text as it is, anything else as compact JSON, nothing as ""."""
    if isinstance(value, str):
        return value
    return "" if value is None else json_text(value)
