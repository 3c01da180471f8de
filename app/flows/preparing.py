"""The first half of ingest: files in, batches ready to be written out; touches no database.

Reading, pivoting, encoding, hashing and compressing cost about as much as writing does, so for all
but small imports this half runs in a process of its own (`prepared_batches` decides) while the
parent only writes. Both ways walk the same generator, `prepare`: same batches, same order. A batch
says where reading stood at its end, which is what a checkpoint keeps.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct

from app.flows.reading import detect_format, import_context, read_records
from app.flows.side_by_side import streamed
from curation.field_mapping import read_mapping
from curation.importing import (
    DETECTION_RECORDS,
    FORMATS,
    Format,
    ImportContext,
    Imported,
    Problem,
    Record,
    RecordError,
    SourceAnnotation,
    explain_unknown,
    gathered,
    pivot_record,
)
from curation.mapped_rows import MappedRows
from curation.prediction_importing import detect_predictions
from curation.trajectory import Role, ToolSpec, Trajectory
from storage.preparation import NewPrediction, NewTrajectory, new_prediction, new_trajectory

BATCH_ROWS = 1_000
BATCH_BYTES = 16 << 20
"""A batch ends at this many rows or bytes of text, so that memory stays flat for long rows too."""

OWN_PROCESS_FROM_BYTES = 8 << 20
"""Below this much to read, starting another process costs more than it saves."""

_UNSTORABLE = (UnicodeEncodeError, OverflowError, RecursionError, TypeError, ValueError)


class Plan(Struct, frozen=True):
    """What to read, and from where on."""

    files: tuple[str, ...]
    format: str = "auto"
    tools: tuple[ToolSpec, ...] = ()
    tool_sets: dict[str, tuple[ToolSpec, ...]] = {}
    """The same by the file they stood in."""
    mapping: str = ""
    """Text of a field mapping, which takes the place of the format; "" for none."""
    mapping_name: str = "mapping"
    """How errors name the mapping."""
    max_record_bytes: int = 64 << 20
    first_file: int = 0
    """Index of the file to go on with."""
    after_items: int = 0
    """How many records and problems of that file were dealt with."""


class PreparedRow(Struct, frozen=True):
    """One imported trajectory, ready to be written."""

    trajectory: NewTrajectory
    source_id: str
    where: str
    source: bytes
    predictions: tuple[NewPrediction, ...]
    annotations: tuple[SourceAnnotation, ...] = ()


class PreparedBatch(Struct, frozen=True):
    """Rows and problems in the order of the files, and where reading stands after them."""

    rows: tuple[PreparedRow, ...]
    problems: tuple[Problem, ...]
    n_records: int
    file: int
    items: int
    """Files, and records and problems of the next file, dealt with after this batch."""
    formats: tuple[str, ...]
    """Formats of the files this batch is from."""


class _Batch:
    """A batch that is being filled."""

    def __init__(self) -> None:
        self.rows: list[PreparedRow] = []
        self.problems: list[Problem] = []
        self.n_records = 0
        self.n_bytes = 0
        self.formats: list[str] = []

    def take(self, item: Record | Problem, entry: Format, context: ImportContext) -> None:
        """Add what comes of one item of a file."""
        if isinstance(item, Problem):
            self.problems.append(item)
            return
        self.n_records += 1
        try:
            for imported in pivot_record(entry, item, context):
                self._add(prepared_row(imported, item.where))
            self.problems += context.take_problems()
        except RecordError as problem:
            self.problems.append(problem.at(item.where))
        except _UNSTORABLE as problem:
            self.problems.append(
                Problem(
                    item.where,
                    f"The record cannot be stored: {problem}.",
                    "Look for half a surrogate pair or extreme nesting in its texts.",
                )
            )

    def _add(self, row: PreparedRow) -> None:
        self.rows.append(row)
        new = row.trajectory
        self.n_bytes += len(new.words) + len(new.content) + len(new.tool_set_body) + len(row.source)

    @property
    def is_full(self) -> bool:
        n = max(len(self.rows), len(self.problems))
        return n >= BATCH_ROWS or self.n_bytes >= BATCH_BYTES

    def closed(self, file: int, items: int) -> PreparedBatch:
        return PreparedBatch(
            tuple(self.rows),
            tuple(self.problems),
            self.n_records,
            file,
            items,
            tuple(dict.fromkeys(self.formats)),
        )


def prepare(plan: Plan) -> Iterator[PreparedBatch]:
    """All batches of a plan. Problems are part of them; nothing in a file ends the run."""
    batch = _Batch()
    for number in range(plan.first_file, len(plan.files)):
        path = Path(plan.files[number])
        entry = _format_of(path, plan)
        if entry is None:
            batch.problems.extend(_why_unknown(path, plan))
            continue
        batch.formats.append(entry.name)
        context = import_context(path, plan.tools, plan.tool_sets)
        done = plan.after_items if number == plan.first_file else 0
        items = gathered(entry, read_records(path, max_record_bytes=plan.max_record_bytes))
        for position, item in enumerate(islice(items, done, None), start=done):
            if batch.is_full:
                yield batch.closed(number, position)
                batch = _Batch()
                batch.formats.append(entry.name)
            batch.take(item, entry, context)
    if batch.n_records or batch.problems:
        yield batch.closed(len(plan.files), 0)


def _format_of(path: Path, plan: Plan) -> Format | None:
    if plan.mapping:
        return MappedRows(read_mapping(plan.mapping, plan.mapping_name))
    if plan.format != "auto":
        return FORMATS.get(plan.format)
    return detect_format(path, max_record_bytes=plan.max_record_bytes)


def _why_unknown(path: Path, plan: Plan) -> list[Problem]:
    """Problems of a file that no format recognises: those of its records, then of the whole."""
    problems: list[Problem] = []
    values = []
    for item in read_records(path, max_record_bytes=plan.max_record_bytes):
        if isinstance(item, Record):
            values.append(item.value)
        else:
            problems.append(item)
        if len(values) == DETECTION_RECORDS or len(problems) == BATCH_ROWS:
            break
    if values:
        problems.append(Problem(str(path), *(_of_predictions(values) or explain_unknown(values))))
    return problems


def _of_predictions(values: Sequence[object]) -> tuple[str, str] | None:
    """Message and hint for a file of other models' answers, which are no trajectories."""
    known = detect_predictions(values)
    if known is None:
        return None
    return (
        f"The file holds other models' answers ({known.title}), not trajectories.",
        "Import what they answer first, then them: `loopwright ingest-predictions FILE --dataset "
        "NAME --model NAME`, or the page Ingest.",
    )


def prepared_row(imported: Imported, where: str) -> PreparedRow:
    """A trajectory with its predictions, ready to be written."""
    return PreparedRow(
        trajectory=new_trajectory(imported.trajectory, group_key(imported), task_key(imported)),
        source_id=imported.source_id,
        where=where,
        source=msgspec.json.encode(imported.source),
        predictions=tuple(
            new_prediction(
                p.message_index,
                p.model,
                p.message,
                p.perplexity,
                n_samples=p.n_samples,
                source=p.source,
            )
            for p in imported.predictions
        ),
        annotations=imported.annotations,
    )


def group_key(imported: Imported) -> str:
    """The family of a trajectory, whatever dataset or format it comes in.

    The first user message (case and spacing aside): samples of one request belong together however
    different the answers are. Without one, the source's task; `task_key` joins the two.
    """
    text = _first_request(imported.trajectory)
    normalised = " ".join(text.casefold().split())
    if normalised:
        return "user:" + _hash(normalised)
    return task_key(imported) or imported.trajectory.uid


def task_key(imported: Imported) -> str | None:
    """The task a source made it for, however its samples put the request; None when unnamed."""
    if not imported.group:
        return None
    task = imported.group
    is_plain = len(task) <= 80 and task.isascii() and task.isprintable()
    return "task:" + (task if is_plain else _hash(task))


def _first_request(trajectory: Trajectory) -> str:
    """The first user message that is no demonstration: those are the same for many requests."""
    asked = (m for m in trajectory.messages if m.role is Role.USER)
    return next((m.text for m in asked if not m.extra.get("is_demo")), "")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


# --- in a process of its own --------------------------------------------------------------------


def prepared_batches(
    plan: Plan, *, processes: int | None = None
) -> Generator[PreparedBatch, None, None]:
    """`prepare(plan)`, in another process when that is worth it.

    Args:
        processes: 1 keeps it in this process, 2 takes another; None decides by size.

    Raises:
        RuntimeError: the other process was killed (out of memory), or failed.
    """
    if not _is_worth_a_process(plan, processes):
        yield from prepare(plan)
        return
    yield from streamed(prepare, plan)


def _is_worth_a_process(plan: Plan, processes: int | None) -> bool:
    if processes is not None:
        return processes > 1
    size = sum(p.stat().st_size for p in map(Path, plan.files[plan.first_file :]) if p.is_file())
    return size >= OWN_PROCESS_FROM_BYTES and (os.cpu_count() or 1) > 1
