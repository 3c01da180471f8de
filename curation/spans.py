"""Spans in one form, whoever wrote them down: OTLP JSON, an SDK's exporter, a table, Datadog.

A record of a file holds one span, or a batch of them (OTLP's `resourceSpans`, a list under `data`,
what `trace_gathering` put together). Reading turns attributes into a plain map and times into
nanoseconds; what the attributes mean is the formats' business. Relied on: the OTLP/JSON encoding of
the OpenTelemetry protocol (typed attribute values, 64-bit integers as text), the `to_json` of
OpenTelemetry's Python SDK (`context`, `attributes`), and the columns `attributes.…` of Phoenix.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

GATHERED = "spans"
"""Key of a record under which the spans of one trace stand as they were read."""

_PREFIX = "attributes."
_TRACE_KEYS = ("traceId", "trace_id", "context.trace_id")
_SPAN_KEYS = ("spanId", "span_id", "context.span_id")
_PARENT_KEYS = ("parentSpanId", "parent_span_id", "parent_id")
_START_KEYS = ("startTimeUnixNano", "start_ns", "start_time_unix_nano", "start_time", "startTime")
_END_KEYS = ("endTimeUnixNano", "end_time_unix_nano", "end_time", "endTime")
_KNOWN = frozenset(
    (*_TRACE_KEYS, *_SPAN_KEYS, *_PARENT_KEYS, *_START_KEYS, *_END_KEYS, "name", "context",
     "attributes", "events", "status", "kind", "resource", "links", "flags", "traceState",
     "droppedAttributesCount", "droppedEventsCount", "droppedLinksCount")
)  # fmt: skip


class Span(Struct, frozen=True):
    """One span with its attributes as a plain map."""

    trace_id: str
    """"" where the source gives none."""
    span_id: str
    parent_id: str
    name: str
    start: int | None
    """Nanoseconds since the epoch; None when absent or unreadable."""
    attributes: dict[str, Any]
    """Those of its events are in it too, where the span itself does not have them."""
    facts: dict[str, Any]
    """Times, kind and status as written."""
    beside: dict[str, Any]
    """Further keys of the record."""


def raw_spans(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The spans of a record as they stand in it, one or many; a batch's resource goes with each."""
    if isinstance(record.get(GATHERED), list):
        yield from (span for span in record[GATHERED] if isinstance(span, dict))
        return
    batches = record.get("resourceSpans", record.get("resource_spans"))
    if not isinstance(batches, list):
        yield record
        return
    for batch in batches:
        resource = batch.get("resource")
        for scope in batch.get("scopeSpans") or batch.get("instrumentationLibrarySpans") or ():
            for span in scope.get("spans") or ():
                yield {**span, "resource": resource} if resource else span


def trace_id_of(raw: dict[str, Any]) -> str:
    """The trace a raw span belongs to; "" when it does not say."""
    return _text(raw, _TRACE_KEYS)


def read_span(raw: dict[str, Any]) -> Span:
    """One raw span in our form."""
    attributes = dict(_attributes(raw))
    for event in raw.get("events") or ():
        if isinstance(event, dict):
            for key, value in _plain(event.get("attributes")).items():
                attributes.setdefault(key, value)
    taken = {k for k in raw if k.startswith(_PREFIX)} | _KNOWN | attributes.keys()
    facts = {
        "name": raw.get("name"),
        "span_id": _text(raw, _SPAN_KEYS),
        "parent_id": _text(raw, _PARENT_KEYS),
        "kind": raw.get("kind"),
        "start": _first(raw, _START_KEYS),
        "end": _first(raw, _END_KEYS),
        "status": raw.get("status"),
    }
    return Span(
        trace_id=trace_id_of(raw),
        span_id=_text(raw, _SPAN_KEYS),
        parent_id=_text(raw, _PARENT_KEYS),
        name=raw["name"] if isinstance(raw.get("name"), str) else "",
        start=_nanoseconds(_first(raw, _START_KEYS)),
        attributes=attributes,
        facts={k: v for k, v in facts.items() if v not in (None, "", {})},
        beside={k: v for k, v in raw.items() if k not in taken},
    )


def resource_of(raw: dict[str, Any]) -> dict[str, Any]:
    """What the span says of the service it is from."""
    resource = raw.get("resource")
    return _plain(resource.get("attributes")) if isinstance(resource, dict) else {}


def in_time(spans: list[Span]) -> list[Span]:
    """Spans by their start; as they came where one of them has no readable time."""
    if any(span.start is None for span in spans):
        return spans
    return sorted(spans, key=lambda span: span.start or 0)


def _attributes(raw: dict[str, Any]) -> dict[str, Any]:
    """Attributes under their key, as columns, or bare among the keys of the span."""
    given = raw.get("attributes")
    if given is not None:
        return _plain(given)
    columns = {k.removeprefix(_PREFIX): v for k, v in raw.items() if k.startswith(_PREFIX)}
    if columns:
        return {k: v for k, v in columns.items() if v is not None}  # a table has every column
    return {k: v for k, v in raw.items() if "." in k and k not in _KNOWN}


def _plain(attributes: Any) -> dict[str, Any]:
    """A map of attributes from OTLP's list of keys and typed values, or as it is."""
    if isinstance(attributes, dict):
        return attributes
    if not isinstance(attributes, list):
        return {}
    return {a["key"]: _value(a.get("value")) for a in attributes if isinstance(a.get("key"), str)}


def _value(typed: Any) -> Any:
    """The value of OTLP's `AnyValue`."""
    if not isinstance(typed, dict):
        return typed
    for key, value in typed.items():
        match key:
            case "stringValue" | "boolValue" | "doubleValue" | "bytesValue":
                return value
            case "intValue":
                return int(value)
            case "arrayValue":
                return [_value(inner) for inner in value.get("values") or ()]
            case "kvlistValue":
                return _plain(value.get("values") or [])
    return None


def _first(raw: dict[str, Any], keys: tuple[str, ...]) -> Any:
    """The value of the first key that has one, at the span or in its context."""
    context = raw.get("context")
    inner = context if isinstance(context, dict) else {}
    for key in keys:
        value = raw.get(key, inner.get(key))
        if value is not None:
            return value
    return None


def _text(raw: dict[str, Any], keys: tuple[str, ...]) -> str:
    value = _first(raw, keys)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _nanoseconds(value: Any) -> int | None:
    if isinstance(value, datetime):  # from a table
        return int(value.timestamp() * 1_000_000) * 1_000
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value)
    if not isinstance(value, str):
        return None
    if value.isdigit():
        return int(value)
    try:
        return _nanoseconds(datetime.fromisoformat(value))
    except ValueError:
        return None
