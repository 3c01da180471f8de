"""Import other models' answers for steps of a dataset; bad rows are problems and end nothing.

Rows name their trajectory by uid or by its id in the source, or bring it along. Every batch is one
transaction that also holds the checkpoint. Importing twice adds nothing. What comes in is compared
with the references at the end (`app/flows/match.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from app.flows.ingest import SHOWN_PROBLEMS
from app.flows.match import Following, MatchReport, match
from app.flows.preparing import PreparedRow, prepared_row
from app.flows.reading import MAX_RECORD_BYTES, find_files, read_records
from app.flows.running import Run
from curation.errors import IngestError
from curation.importing import DETECTION_RECORDS, Problem, Record, RecordError
from curation.prediction_importing import (
    PREDICTION_FORMATS,
    PredictionFormat,
    Target,
    detect_predictions,
    read_predictions,
    target_of,
)
from storage import datasets, trajectories
from storage.datasets import NewItem
from storage.engine import Store
from storage.predictions import NewPrediction, add_predictions, new_prediction
from storage.trajectories import StoredTrajectory

BATCH = 1_000
"""Rows in one transaction."""

_UNSTORABLE = (UnicodeEncodeError, OverflowError, RecursionError, TypeError, ValueError)


class PredictionsReport(Struct, frozen=True):
    """What came of an import of predictions."""

    dataset: str
    model: str
    records: int
    """Rows read and decoded, good or bad."""
    added: int
    duplicates: int
    """Answers that were there already, or repeat another row."""
    unmatched: int
    """Rows whose trajectory is not in the dataset; those of one file are one problem."""
    n_problems: int
    problems: tuple[Problem, ...] = ()
    """The first `SHOWN_PROBLEMS`."""


class _Progress(Struct):
    """Where an import stands; what a checkpoint holds."""

    file: int = 0
    items: int = 0
    """Rows and problems of that file that were dealt with."""
    records: int = 0
    added: int = 0
    duplicates: int = 0
    unmatched: int = 0
    n_problems: int = 0
    problems: list[Problem] = []
    strays: int = 0
    """Of this file: rows whose trajectory the dataset does not have."""
    first_stray: tuple[str, str] = ("", "")
    """Where it is, and the trajectory it names."""

    def complain(self, problem: Problem) -> None:
        self.n_problems += 1
        if len(self.problems) < SHOWN_PROBLEMS:
            self.problems.append(problem)


class _Rehearsed(Exception):
    """Ends the transaction of a batch that was only tried."""


class _Aimed(Struct):
    """A row, what it answers, and, once known, the trajectory."""

    record: Record
    target: Target
    prepared: PreparedRow | None = None
    trajectory_id: int | None = None


def ingest_predictions(
    store: Store,
    paths: Sequence[Path],
    *,
    dataset: str,
    model: str,
    dry_run: bool = False,
    max_record_bytes: int = MAX_RECORD_BYTES,
    run: Run = Run(),
) -> PredictionsReport:
    """Import files and folders of predictions.

    Args:
        dataset: whose steps they answer; made new only for rows that bring their trajectories.
        model: whose answers they are, where a row does not say.
        dry_run: say what would happen; write nothing.

    Raises:
        IngestError: a path does not exist, or no name was given for the model.
        NotFound: there is no such dataset, and the rows do not bring their trajectories along.
        Cancelled: the user stopped it; finished batches stay.
    """
    if not model.strip():
        raise IngestError("The model has no name.", hint="Name it with --model.")
    importing = _Importing(store, dataset.strip(), model.strip(), dry_run, max_record_bytes, run)
    files = find_files(paths)
    run.report(importing.progress.records, None, "rows")
    for number in range(importing.progress.file, len(files)):
        importing.read_file(number, files[number])
    progress = importing.progress
    return PredictionsReport(
        importing.dataset,
        importing.model,
        progress.records,
        progress.added,
        progress.duplicates,
        progress.unmatched,
        progress.n_problems,
        tuple(progress.problems),
    )


def ingest_and_match(
    store: Store,
    paths: Sequence[Path],
    *,
    dataset: str,
    model: str,
    max_record_bytes: int = MAX_RECORD_BYTES,
    mastered_by: str = "strict",
    run: Run = Run(),
) -> tuple[PredictionsReport, MatchReport]:
    """Import, then compare what is new with the references. Raises as `ingest_predictions`."""
    report = ingest_predictions(
        store,
        paths,
        dataset=dataset,
        model=model,
        max_record_bytes=max_record_bytes,
        run=run,
    )
    with store.read() as conn:
        known = any(one.name == report.dataset for one in datasets.list_datasets(conn))
    return report, match(
        store, report.dataset if known else None, mastered_by=mastered_by, run=Following(run)
    )


class _Importing:
    def __init__(
        self, store: Store, dataset: str, model: str, dry_run: bool, most_bytes: int, run: Run
    ) -> None:
        self.store = store
        self.dataset = dataset
        self.model = model
        self.dry_run = dry_run
        self.most_bytes = most_bytes
        self.run = run
        checkpoint = {} if dry_run else run.checkpoint
        self.progress = msgspec.convert(checkpoint or {}, _Progress)
        self.seen: set[tuple[str, int, str, str, str]] = set()
        """Of a rehearsal: what the batches before would have added."""

    def read_file(self, number: int, path: Path) -> None:
        entry = self._format(path)
        if entry is None:
            names = ", ".join(PREDICTION_FORMATS.names())
            self.progress.complain(
                Problem(
                    str(path),
                    "The rows are in no known format of predictions.",
                    f"Known are {names}; see `loopwright formats`.",
                )
            )
            return
        done = self.progress.items if number == self.progress.file else 0
        items = islice(read_records(path, max_record_bytes=self.most_bytes), done, None)
        while batch := list(islice(items, BATCH)):
            done += len(batch)
            self._take(entry, batch, number, done)
        self._tell_strays()
        self.progress.file, self.progress.items = number + 1, 0

    def _tell_strays(self) -> None:
        """One problem for all of a file: a model's results often cover more than one dataset."""
        n, (where, name) = self.progress.strays, self.progress.first_stray
        self.progress.strays = 0
        if n == 0:
            return
        rows = "A row answers" if n == 1 else f"{n:,} rows of the file, from here on, answer"
        self.progress.complain(
            Problem(
                where,
                f"{rows} for trajectories that the dataset {self.dataset} does not have, the "
                f"first for {name!r}.",
                "Import them first, or name the dataset they are in with --dataset.",
            )
        )

    def _format(self, path: Path) -> PredictionFormat | None:
        values = (
            r.value
            for r in read_records(path, max_record_bytes=self.most_bytes)
            if isinstance(r, Record)
        )
        return detect_predictions(list(islice(values, DETECTION_RECORDS)))

    def _take(
        self, entry: PredictionFormat, batch: Sequence[Record | Problem], file: int, items: int
    ) -> None:
        """One transaction: trajectories that rows bring along, predictions, the checkpoint."""
        # On a copy: a batch that is rolled back has not happened.
        after = msgspec.convert(msgspec.to_builtins(self.progress), _Progress)
        aimed = list(_aimed(entry, batch, after))
        after.file, after.items = file, items
        try:
            with self.store.write() as conn:
                self._store(conn, entry, aimed, after)
                if self.dry_run:
                    raise _Rehearsed
                self.run.save(conn, msgspec.to_builtins(after))
        except _Rehearsed:
            pass
        self.progress = after
        self.run.report(after.records, None, "rows")
        self.store.give_way()

    def _store(
        self, conn: Connection, entry: PredictionFormat, aimed: list[_Aimed], after: _Progress
    ) -> None:
        self._find(conn, entry, aimed, after)
        ids = sorted({one.trajectory_id for one in aimed if one.trajectory_id is not None})
        bodies = {one.id: one for one in trajectories.load_many(conn, ids)}
        fresh: list[tuple[int, NewPrediction]] = []
        n_read = 0
        for one in aimed:
            if one.trajectory_id is None:
                continue
            body = bodies[one.trajectory_id]
            for new in self._read(entry, one.record, body, after):
                n_read += 1
                # By uid: what a rehearsal rolls back leaves its ids to others.
                key = (body.uid, new.message_index, new.model, new.kind.value, new.content_hash)
                if self.dry_run and key in self.seen:
                    continue
                if self.dry_run:
                    self.seen.add(key)
                fresh.append((one.trajectory_id, new))
        added = add_predictions(conn, fresh)
        after.added += added
        after.duplicates += n_read - added

    def _read(
        self,
        entry: PredictionFormat,
        record: Record,
        stored: StoredTrajectory,
        after: _Progress,
    ) -> Iterator[NewPrediction]:
        try:
            found = [
                new_prediction(
                    one.message_index,
                    one.model or self.model,
                    one.message,
                    one.perplexity,
                    n_samples=one.n_samples,
                    source=one.source,
                    kind=one.kind,
                    n_tokens=one.n_tokens,
                    sum_logprob=one.sum_logprob,
                )
                for one in read_predictions(entry, record, stored.trajectory)
            ]
        except RecordError as problem:
            after.complain(problem.at(record.where))
            return
        except _UNSTORABLE as problem:
            after.complain(
                Problem(
                    record.where,
                    f"The answer cannot be stored: {problem}.",
                    "Look at its log-probabilities, and for half a surrogate pair in its texts.",
                )
            )
            return
        yield from found

    def _find(
        self, conn: Connection, entry: PredictionFormat, aimed: list[_Aimed], after: _Progress
    ) -> None:
        """Tell every row its trajectory; rows without one become problems."""
        brought = [one for one in aimed if one.prepared is not None]
        if brought:
            self._add_brought(conn, entry.name, brought)
        named = [one for one in aimed if one.prepared is None]
        if not named:
            return
        number = datasets.dataset_id(conn, self.dataset)
        by_uid = datasets.ids_by_uid(conn, number, [one.target.uid for one in named])
        by_source = datasets.ids_by_source(
            conn, number, [one.target.source_id for one in named if one.target.source_id]
        )
        for one in named:
            target = one.target
            ids = by_source.get(target.source_id, []) if target.source_id else []
            if target.uid in by_uid:
                ids = [by_uid[target.uid]]
            if len(ids) == 1:
                one.trajectory_id = ids[0]
                continue
            after.unmatched += 1
            name = target.uid or target.source_id or ""
            if not ids:
                after.first_stray = after.first_stray if after.strays else (one.record.where, name)
                after.strays += 1
                continue
            after.complain(
                Problem(
                    one.record.where,
                    f"The dataset {self.dataset} has {len(ids)} trajectories {name!r}.",
                    "Name it by its uid.",
                )
            )

    def _add_brought(self, conn: Connection, format: str, brought: list[_Aimed]) -> None:
        rows = [one.prepared for one in brought if one.prepared is not None]
        number = datasets.ensure_dataset(conn, self.dataset, format)
        added = trajectories.add_batch(conn, [row.trajectory for row in rows])
        items = [
            NewItem(i, row.source_id, row.where, row.source)
            for i, row in zip(added.ids, rows, strict=True)
        ]
        datasets.add_items(conn, number, items)
        for one, trajectory_id in zip(brought, added.ids, strict=True):
            one.trajectory_id = trajectory_id


def _aimed(
    entry: PredictionFormat, batch: Sequence[Record | Problem], after: _Progress
) -> Iterator[_Aimed]:
    for item in batch:
        if isinstance(item, Problem):
            after.complain(item)
            continue
        after.records += 1
        try:
            target = target_of(entry, item)
            prepared = None if target.own is None else prepared_row(target.own, item.where)
        except RecordError as problem:
            after.complain(problem.at(item.where))
        except _UNSTORABLE as problem:
            after.complain(
                Problem(
                    item.where,
                    f"The row cannot be stored: {problem}.",
                    "Look for half a surrogate pair or extreme nesting in its texts.",
                )
            )
        else:
            yield _Aimed(item, target, prepared)
