"""Import files into a dataset: read, pivot, deduplicate, store; problems never end the run.

`app.flows.preparing` makes batches; here each one becomes one transaction that also holds the
checkpoint, so an interrupted import goes on where it stopped. Importing twice adds nothing:
trajectories are known by content, and belong to a dataset once. Other models' answers that come
with them are compared with the references at the end (`app/flows/match.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import Struct

from app.flows.match import Following, match
from app.flows.preparing import Plan, PreparedBatch, prepared_batches
from app.flows.reading import MAX_RECORD_BYTES, find_files, read_tool_sets
from app.flows.running import Run
from app.flows.source_annotations import keep_annotations
from app.flows.terms import take_over
from curation.errors import IngestError
from curation.field_mapping import read_mapping
from curation.importing import FORMATS, Problem
from curation.mapped_rows import NAME
from storage import datasets, imports, predictions, problems, trajectories
from storage.annotators import take_turn
from storage.datasets import NewItem
from storage.engine import Store
from storage.imports import ImportRecord
from storage.problems import StoredProblem

SHOWN_PROBLEMS = 100
"""A report carries this many problems; the store keeps all."""


class IngestReport(Struct, frozen=True):
    """What came of an import."""

    dataset: str
    format: str
    """Name of the format; several, comma-separated, when the files differ."""
    records: int
    """Records read and decoded, good or bad."""
    added: int
    """Trajectories that joined the dataset."""
    duplicates: int
    """Trajectories that were in it already, or repeat another record."""
    predictions: int
    n_problems: int
    problems: tuple[Problem, ...] = ()
    """The first `SHOWN_PROBLEMS`."""
    annotations: int = 0
    """Labels of people and judges that came with them and were new, kept as annotations."""


class _Progress(Struct):
    """Where an import stands; what a checkpoint holds."""

    file: int = 0
    items: int = 0
    dataset_id: int | None = None
    formats: list[str] = []
    records: int = 0
    added: int = 0
    duplicates: int = 0
    predictions: int = 0
    annotations: int = 0
    n_problems: int = 0
    problems: list[Problem] = []

    def note(self, batch: PreparedBatch) -> None:
        self.file, self.items = batch.file, batch.items
        self.formats = sorted({*self.formats, *batch.formats})
        self.records += batch.n_records
        self.complain(batch.problems)

    def complain(self, found: Sequence[Problem]) -> None:
        self.n_problems += len(found)
        self.problems += found[: SHOWN_PROBLEMS - len(self.problems)]

    def report(self, dataset: str, asked: str) -> IngestReport:
        return IngestReport(
            dataset=dataset,
            format=", ".join(self.formats) or asked,
            records=self.records,
            added=self.added,
            duplicates=self.duplicates,
            predictions=self.predictions,
            n_problems=self.n_problems,
            problems=tuple(self.problems),
            annotations=self.annotations,
        )


def ingest(
    store: Store,
    paths: Sequence[Path],
    *,
    dataset: str | None = None,
    format: str = "auto",
    tools: Path | None = None,
    mapping: str = "",
    mapping_name: str = "mapping",
    dry_run: bool = False,
    max_record_bytes: int = MAX_RECORD_BYTES,
    run: Run = Run(),
    processes: int | None = None,
) -> IngestReport:
    """Import files and folders into one dataset.

    Args:
        dataset: its name; None takes the name of the first file (without endings) or folder.
        format: name of an import format, or "auto" to tell each file's by its content.
        tools: definitions for sources whose rows carry none: a file, or a folder of files.
        mapping: text of a field mapping that says where things stand in records of no known format
            ("" for none); it is kept with the import.
        mapping_name: how errors name it.
        dry_run: say what would happen; write nothing.
        processes: 1 or 2; None decides by size (see `app.flows.preparing`).

    Raises:
        IngestError: a path does not exist, the format is unknown, the tools or the mapping
            cannot be read.
        Cancelled: the user stopped it; finished batches stay.
    """
    if mapping:
        if format != "auto":
            raise IngestError(
                "A format and a field mapping were both given.",
                hint="The mapping takes the format's place: leave one of them out.",
            )
        read_mapping(mapping, mapping_name)  # refused before anything is read
    sets = read_tool_sets(tools) if tools is not None else {}
    plan = Plan(
        files=tuple(str(path) for path in find_files(paths)),
        format=_known_format(format),
        tools=tuple(tool for found in sets.values() for tool in found),
        tool_sets=sets,
        mapping=mapping,
        mapping_name=mapping_name,
        max_record_bytes=max_record_bytes,
    )
    name = dataset_name(dataset, paths)
    if dry_run:
        return _rehearse(store, plan, name, run, processes)
    about = ImportRecord(
        paths=tuple(str(path.resolve()) for path in paths),
        format=NAME if mapping else format,
        tools=str(tools.resolve()) if tools is not None else "",
        mapping=mapping,
    )
    progress = msgspec.convert(run.checkpoint or {}, _Progress)
    rest = msgspec.structs.replace(plan, first_file=progress.file, after_items=progress.items)
    run.report(progress.records, None, "records")
    with closing(prepared_batches(rest, processes=processes)) as batches:
        for batch in batches:
            _store_batch(store, batch, name, about, progress, run)
            run.report(progress.records, None, "records")
            store.give_way()
    _drop_if_empty(store, progress)
    take_over(store, name, paths)
    if progress.predictions:
        match(store, name, run=Following(run))
        run.report(progress.records, None, "records")
    return progress.report(name, format)


def dataset_name(given: str | None, paths: Sequence[Path]) -> str:
    """The dataset that `ingest` puts these paths into."""
    return (given or "").strip() or default_name(paths)


def default_name(paths: Sequence[Path]) -> str:
    """The dataset's name where none is given: the first path's, without the endings that say how
    it is packed."""
    first = paths[0].resolve()
    if first.is_dir():
        return first.name or "import"
    name = first.name
    for ending in (".gz", ".jsonl", ".ndjson", ".json", ".parquet", ".traj"):
        name = name.removesuffix(ending)
    return name or "import"


def _known_format(name: str) -> str:
    if name != "auto" and name not in FORMATS.names():
        raise IngestError(
            f"There is no import format {name!r}.",
            hint=f"Choose auto or one of {', '.join(FORMATS.names())}.",
        )
    return name


def _store_batch(
    store: Store,
    batch: PreparedBatch,
    name: str,
    about: ImportRecord,
    progress: _Progress,
    run: Run,
) -> None:
    """One transaction: rows, memberships, predictions, problems and the checkpoint; with the first
    batch also what is imported, and how."""
    # On a copy: a batch that is rolled back has not happened.
    after = msgspec.convert(msgspec.to_builtins(progress), _Progress)
    after.note(batch)
    with store.write() as conn:
        if any(row.annotations for row in batch.rows):
            take_turn(conn)  # before anything is written, as everybody does who annotates
        first_format = batch.formats[0] if batch.formats else ""
        is_first = progress.dataset_id is None
        after.dataset_id = datasets.ensure_dataset(conn, name, first_format)
        if is_first:
            problems.forget_problems(conn, after.dataset_id)
            imports.add_import(conn, after.dataset_id, about)
        added = trajectories.add_batch(conn, [row.trajectory for row in batch.rows])
        joined = datasets.add_items(
            conn,
            after.dataset_id,
            [
                NewItem(trajectory_id, row.source_id, row.where, row.source)
                for trajectory_id, row in zip(added.ids, batch.rows, strict=True)
            ],
        )
        after.added += joined
        after.duplicates += len(batch.rows) - joined
        after.predictions += predictions.add_predictions(
            conn,
            [
                (trajectory_id, prediction)
                for trajectory_id, row in zip(added.ids, batch.rows, strict=True)
                for prediction in row.predictions
            ],
        )
        kept = [
            outcome
            for trajectory_id, row in zip(added.ids, batch.rows, strict=True)
            for outcome in keep_annotations(conn, trajectory_id, row.where, row.annotations)
        ]
        refused = [outcome for outcome in kept if outcome is not None]
        after.annotations += len(kept) - len(refused)
        after.complain(refused)
        problems.add_problems(
            conn,
            after.dataset_id,
            [StoredProblem(p.where, p.message, p.hint) for p in (*batch.problems, *refused)],
        )
        run.save(conn, msgspec.to_builtins(after))
    for field in _Progress.__struct_fields__:
        setattr(progress, field, getattr(after, field))


def _drop_if_empty(store: Store, progress: _Progress) -> None:
    """A file that held nothing readable leaves no empty dataset behind; the report says why."""
    if progress.dataset_id is not None and progress.added + progress.duplicates == 0:
        with store.write() as conn:
            datasets.drop_empty(conn, progress.dataset_id)


def _rehearse(store: Store, plan: Plan, name: str, run: Run, processes: int | None) -> IngestReport:
    """The report an import would give. Remembers 16 bytes a trajectory to see repeats."""
    progress = _Progress()
    seen: set[bytes] = set()
    with closing(prepared_batches(plan, processes=processes)) as batches:
        for batch in batches:
            progress.note(batch)
            uids = [row.trajectory.uid for row in batch.rows]
            with store.read() as conn:
                present = datasets.uids_in(conn, name, uids)
            for row in batch.rows:
                key = bytes.fromhex(row.trajectory.uid.rpartition("-")[2])
                is_new = row.trajectory.uid not in present and key not in seen
                seen.add(key)
                progress.added += is_new
                progress.duplicates += not is_new
                progress.predictions += len(row.predictions)
                progress.annotations += len(row.annotations) if is_new else 0
            run.report(progress.records, None, "records")
    return progress.report(name, plan.format)
