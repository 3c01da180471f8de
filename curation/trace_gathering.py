"""Putting the spans of a trace together that lie spread over a file.

What is held is bounded: `MAX_HELD_SPANS` spans and `MAX_HELD_BYTES` of their JSON. At the limit the
trace that has had no new span for longest is closed, which is right for files in the order of time,
where a trace ends long before that many others have passed. A span that comes after its trace was
closed so is not imported: it is a problem that says what to do, once a trace.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from msgspec import Struct

from curation.importing import Problem, Record, json_text
from curation.spans import GATHERED, raw_spans, trace_id_of

MAX_HELD_SPANS = 20_000
MAX_HELD_BYTES = 32 << 20
"""Bytes of JSON; decoded it takes some five times that."""

MAX_REMEMBERED = 100_000
"""Traces closed at the limit that are remembered, to know late spans; the oldest are forgotten."""


class _Trace(Struct):
    """A trace that is being put together."""

    first: Record
    spans: list[dict[str, object]]
    n_bytes: int = 0

    def record(self) -> Record:
        return Record(self.first.where, self.first.position, {GATHERED: self.spans})


def gather_traces(
    items: Iterator[Record | Problem],
    *,
    max_spans: int = MAX_HELD_SPANS,
    max_bytes: int = MAX_HELD_BYTES,
) -> Iterator[Record | Problem]:
    """One record `{spans: [...]}` a trace, in the order in which they are complete.

    Spans without a trace id stand alone, and what holds no spans goes through as it is.
    """
    held: OrderedDict[str, _Trace] = OrderedDict()
    closed: OrderedDict[str, bool] = OrderedDict()
    n_spans = n_bytes = 0
    for item in items:
        if isinstance(item, Problem) or not isinstance(item.value, dict):
            yield item
            continue
        try:
            raws = list(raw_spans(item.value))
        except (AttributeError, TypeError):  # no batch after all: its format says what is wrong
            yield item
            continue
        size = len(item.raw) if item.raw is not None else len(json_text(item.value))
        for raw in raws:
            trace_id = trace_id_of(raw)
            if not trace_id:
                alone = raw is item.value
                yield item if alone else Record(item.where, item.position, {GATHERED: [raw]})
                continue
            if trace_id in closed:
                if not closed[trace_id]:
                    closed[trace_id] = True
                    yield _late(item.where, trace_id, max_spans, max_bytes)
                continue
            trace = held.setdefault(trace_id, _Trace(item, []))
            trace.spans.append(raw)
            trace.n_bytes += size // len(raws)
            n_bytes += size // len(raws)
            n_spans += 1
            held.move_to_end(trace_id)
            while n_spans > max_spans or n_bytes > max_bytes:
                oldest, done = held.popitem(last=False)
                n_spans, n_bytes = n_spans - len(done.spans), n_bytes - done.n_bytes
                closed[oldest] = False
                if len(closed) > MAX_REMEMBERED:
                    closed.popitem(last=False)
                yield done.record()
    for trace in sorted(held.values(), key=lambda trace: trace.first.position):
        yield trace.record()


def _late(where: str, trace_id: str, max_spans: int, max_bytes: int) -> Problem:
    return Problem(
        where,
        f"Spans of the trace {trace_id} come after it was closed: at most {max_spans:,} spans and "
        f"{max_bytes >> 20:,} MiB are held at once. The trace was imported without them.",
        "Sort the file by trace id, or split it, and import it again.",
    )
