"""Export: from what was decided to files that a trainer loads.

Streams candidates from the store, lets the export type make examples, lets the layout write them,
reads the files back, and only then puts them into the folder. Counts are compared with a query of
their own: every trajectory looked at gave a row or stands in the list of what was dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from app.flows.export_folder import Folder
from app.flows.export_writing import WHOLE, Writing, read_back
from app.flows.running import Run
from curation import adjudication
from curation.annotation import Annotation, Outcome
from curation.checking import catalogue_fingerprint
from curation.errors import ExportError
from curation.export_manifest import (
    CARD,
    DROPPED,
    INDEX,
    MANIFEST,
    FileEntry,
    Manifest,
    Request,
    Versions,
    card,
    encode_manifest,
)
from curation.export_reasons import WHY, Adaptation, Dropped, DropReason
from curation.exporting import Curated, ExportType, Include, Layout, Options, choose
from curation.splits import DEFAULT_SALT, DEFAULT_SHARES, Split, assign, check_shares
from storage import exports
from storage.datasets import dataset_id
from storage.engine import Store
from storage.exports import Candidate, Corrected, ExportInfo
from storage.taxonomies import list_taxonomies

REPORT_EVERY = 500
"""Trajectories between two reports of progress."""


class ExportRequest(Struct, frozen=True):
    """What to export, and where to."""

    type: str
    layout: str
    out: str
    include: Include = Include.DECIDED
    dataset: str | None = None
    per_step: bool = False
    shares: tuple[float, float, float] = DEFAULT_SHARES
    salt: str = DEFAULT_SALT


class ExportReport(Struct, frozen=True):
    """What was exported."""

    type: str
    layout: str
    out: str
    rows: int
    trajectories: int
    """How many were looked at."""
    by_split: dict[str, int]
    dropped: dict[str, int]
    adapted: dict[str, int]
    files: tuple[str, ...]
    manifest: str


def export(store: Store, request: ExportRequest, run: Run | None = None) -> ExportReport:
    """Write, verify and publish one export.

    Raises:
        ExportError: an impossible pair of type and layout, shares that do not add up, a folder
            with other files, nothing to write, or files that do not read back equal.
        NotFound: no such dataset.
    """
    kind, layout = choose(request.type, request.layout)
    check_shares(request.shares)
    request = replace(request, include=_include(request.include))
    with store.read() as conn:
        wanted = dataset_id(conn, request.dataset) if request.dataset is not None else None
        with Folder(Path(request.out)) as folder:
            streaming = _Streaming(kind, layout, request, Writing(folder, layout))
            streaming.write(conn, wanted, run or Run())
            files = streaming.writing.close()
            _refuse_nothing(streaming, files, request)
            for entry in files:
                read_back(folder.path, layout, entry)
            manifest = _manifest(conn, streaming, files, request)
            _write_companions(folder, manifest, kind, layout)
            folder.publish()
    with store.write() as conn:
        exports.record_export(
            conn,
            type=kind.name,
            layout=layout.name,
            out=request.out,
            n_rows=manifest.rows,
            manifest=encode_manifest(manifest),
        )
    return _report(manifest, request)


def _include(name: str) -> Include:
    try:
        return Include(name)
    except ValueError:
        known = ", ".join(include.value for include in Include)
        raise ExportError(
            f"Nothing is called {name!r} to include.", hint=f"Choose one of {known}."
        ) from None


def list_exports(store: Store, limit: int = 50) -> list[ExportInfo]:
    """Finished exports, the latest first."""
    with store.read() as conn:
        return exports.list_exports(conn, limit)


class _Streaming:
    """One pass over the candidates: counts what is looked at and what becomes of it."""

    def __init__(
        self, kind: ExportType, layout: Layout, request: ExportRequest, writing: Writing
    ) -> None:
        self.kind = kind
        self.layout = layout
        self.request = request
        self.writing = writing
        self.trajectories = 0
        self._options = Options(per_step=request.per_step)

    def write(self, conn: Connection, dataset: int | None, run: Run) -> None:
        """Write every row and check that no candidate was missed."""
        include = self.request.include
        total = exports.count_candidates(conn, include, dataset)
        taken = exports.chosen_corrections(conn)
        written: set[int] = set()
        for candidate in exports.iter_candidates(conn, include, dataset):
            self._write_one(candidate, taken, written)
            self.trajectories += 1
            if self.trajectories % REPORT_EVERY == 0:
                run.report(self.trajectories, total, "trajectories")
        run.report(self.trajectories, total, "trajectories")
        if self.trajectories != total:
            raise ExportError(
                f"{self.trajectories} trajectories were read where the store counts {total}.",
                where=self.request.out,
                hint="Nothing was published. Run `loopwright doctor` on the database.",
            )

    def _write_one(self, candidate: Candidate, taken: set[int], written: set[int]) -> None:
        split = assign(candidate.group_key, self.request.shares, self.request.salt)
        curated, dropped = _curate(candidate, split, needs_outcome=self.kind.splits)
        if dropped is None and self.kind.splits:
            dropped = _repeated(candidate, curated, taken, written)
        if dropped is not None:
            self.writing.drop(curated, dropped)
            return
        stem = split.value if self.kind.splits else WHOLE
        n_rows = 0
        for example in self.kind.examples(curated, self._options):
            if isinstance(example, Dropped):
                self.writing.drop(curated, example)
            else:
                n_rows += self.writing.add(curated, example, stem)
        if n_rows:
            self.writing.notes[Adaptation.UNCHECKED] += not candidate.checked


def _curate(
    candidate: Candidate, split: Split, *, needs_outcome: bool
) -> tuple[Curated, Dropped | None]:
    """What was settled about a candidate, or why it cannot be used."""
    outcome, annotation, by, result, reason = _settled(candidate)
    curated = Curated(
        uid=candidate.uid,
        source_id=candidate.source_id,
        datasets=candidate.datasets,
        group=candidate.group_key,
        trajectory=result.trajectory if result is not None else candidate.trajectory,
        original=candidate.trajectory if result is not None else None,
        outcome=outcome,
        annotation=annotation,
        decided_by=by,
        n_errors=candidate.n_errors,
        n_warnings=candidate.n_warnings,
        said=candidate.said,
        decision=candidate.decision,
        split=split.value,
        correction_uid=result.uid if result is not None else "",
    )
    return curated, Dropped(reason) if reason is not None and needs_outcome else None


_Name = TypeVar("_Name", DropReason, Adaptation)
_Settled = tuple[Outcome | None, Annotation | None, str, Corrected | None, DropReason | None]


def _settled(candidate: Candidate) -> _Settled:
    """Outcome, annotation, who decided, the correction to train on, or the reason against it."""
    if candidate.decision is not None:
        found = candidate.corrections.get(candidate.result_uid or "")
        accepted = candidate.decision.outcome is Outcome.ACCEPT
        return (
            candidate.decision.outcome,
            candidate.adopted,
            candidate.decision.by,
            found if accepted else None,
            None,
        )
    if not candidate.said:
        reason = DropReason.HAS_ERRORS if candidate.n_errors else None
        return None, None, "", None, reason
    said = [adjudication.Said(s.annotator, s.annotation) for s in candidate.said]
    if adjudication.differences(said).is_dispute:
        return None, None, "", None, DropReason.DISPUTED
    together = adjudication.merge(said) if len(said) > 1 else said[0].annotation
    by = ", ".join(s.annotator for s in said)
    found = candidate.corrections.get(together.correction_uid or "")
    match together.outcome:
        case Outcome.ACCEPT:
            return together.outcome, together, by, found, None
        case Outcome.REJECT:
            return together.outcome, together, by, None, None
        case Outcome.UNSURE:
            return together.outcome, together, by, None, DropReason.UNSURE
        case None:
            return None, together, by, None, DropReason.UNDECIDED


def _repeated(
    candidate: Candidate, curated: Curated, taken: set[int], written: set[int]
) -> Dropped | None:
    """Refuse content that the export holds already as somebody's correction."""
    if curated.original is None:
        return Dropped(DropReason.DUPLICATE) if candidate.id in taken else None
    uid = curated.correction_uid
    corrected = candidate.corrections.get(uid)
    if corrected is None:
        return None
    if corrected.id in written:
        return Dropped(DropReason.DUPLICATE, f"the same correction as another, {uid}")
    written.add(corrected.id)
    return None


def _refuse_nothing(
    streaming: _Streaming, files: tuple[FileEntry, ...], request: ExportRequest
) -> None:
    if any(entry.rows for entry in files):
        return
    if not streaming.trajectories:
        raise ExportError(
            f"There is nothing to export: no trajectory is {request.include.value}"
            f"{f' in the dataset {request.dataset}' if request.dataset else ''}.",
            where=request.out,
            hint="Annotate and decide first, or export with --include annotated or all.",
        )
    reasons = "; ".join(
        f"{n} × {reason.value} ({WHY[reason]})"
        for reason, n in streaming.writing.dropped.most_common(5)
    )
    raise ExportError(
        f"None of {streaming.trajectories} trajectories gives a row: {reasons}",
        where=request.out,
        hint=f"No export of type {request.type} in the layout {request.layout} was written.",
    )


def _manifest(
    conn: Connection,
    streaming: _Streaming,
    files: tuple[FileEntry, ...],
    request: ExportRequest,
) -> Manifest:
    writing = streaming.writing
    rows = {entry.split: entry.rows for entry in files}
    by_split = {split.value: rows.get(split.value, 0) for split in Split}
    others = [CARD, INDEX, *([DROPPED] if writing.dropped else [])]
    names = {entry.split: entry.name for entry in files}
    others += streaming.layout.companions(names, _shape(streaming.kind))
    return Manifest(
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        request=Request(
            type=request.type,
            layout=request.layout,
            include=request.include.value,
            dataset=request.dataset,
            per_step=request.per_step,
            shares=request.shares,
            salt=request.salt,
        ),
        versions=Versions(
            loopwright=_version(),
            checks=catalogue_fingerprint(),
            taxonomies={t.name: t.version for t in list_taxonomies(conn)},
        ),
        trajectories=streaming.trajectories,
        rows=sum(rows.values()),
        by_split=by_split if streaming.kind.splits else rows,
        balance=writing.balance(),
        dropped=dict(_by_name(writing.dropped)),
        adapted={kind: n for kind, n in _by_name(writing.notes) if n},
        files=files,
        other_files=tuple(sorted(others)),
    )


def _by_name(counts: Counter[_Name]) -> Iterator[tuple[_Name, int]]:
    yield from sorted(counts.items(), key=lambda pair: pair[0].value)


def _shape(kind: ExportType) -> str:
    return kind.shapes[0].__name__


def _version() -> str:
    try:
        return version("loopwright")
    except PackageNotFoundError:
        return "unknown"


def _write_companions(folder: Folder, manifest: Manifest, kind: ExportType, layout: Layout) -> None:
    names = {entry.split: entry.name for entry in manifest.files}
    for name, text in layout.companions(names, _shape(kind)).items():
        folder.write_text(name, text)
    title = f"{kind.title}, {layout.title}"
    folder.write_text(CARD, card(manifest, title, layout.advice(kind.name)))
    folder.write_text(MANIFEST, encode_manifest(manifest))


def _report(manifest: Manifest, request: ExportRequest) -> ExportReport:
    out = Path(request.out)
    return ExportReport(
        type=request.type,
        layout=request.layout,
        out=request.out,
        rows=manifest.rows,
        trajectories=manifest.trajectories,
        by_split=dict(manifest.by_split),
        dropped={reason.value: n for reason, n in manifest.dropped.items()},
        adapted={kind.value: n for kind, n in manifest.adapted.items()},
        files=(*(entry.name for entry in manifest.files), *manifest.other_files, MANIFEST),
        manifest=str(out / MANIFEST),
    )
