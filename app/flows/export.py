"""Export: from what was decided to files that a trainer loads.

Streams candidates from the store, lets the export type make examples, lets the layout write them,
reads the files back, and only then puts them into the folder. Counts are compared with a query of
their own: every trajectory looked at gave a row or stands in the list of what was dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from app.flows.export_arrow import refuse_changed
from app.flows.export_folder import Folder
from app.flows.export_making import Making, make
from app.flows.export_reading import read_back
from app.flows.export_rendering import TemplateLook
from app.flows.export_settling import Settling, chunks
from app.flows.export_writing import WHOLE, Writing
from app.flows.rounds import refuse_open
from app.flows.running import Run
from app.flows.side_by_side import Workers, apart, how_many_processes, workers
from app.flows.splits import enter_all
from app.flows.template_files import read_template
from curation.checking import catalogue_fingerprint
from curation.errors import ExportError
from curation.export_manifest import (
    CARD,
    DROPPED,
    INDEX,
    MANIFEST,
    RENDERING,
    FileEntry,
    Manifest,
    MixtureEntry,
    RenderingEntry,
    Request,
    Versions,
    card,
    cautions,
    encode_manifest,
)
from curation.export_reasons import WHY, Adaptation, DropReason
from curation.exporting import ExportType, Include, Layout, Options, choose
from curation.rendering.template import TemplateSource
from curation.split_ledger import LedgerSetup, Sides
from curation.splits import DEFAULT_SALT, DEFAULT_SHARES, Split, check_shares
from storage import candidates, exports
from storage.datasets import dataset_id
from storage.engine import Store
from storage.exports import ExportInfo
from storage.rounds import Round, get_round
from storage.taxonomies import list_taxonomies

POOL_FROM_ROWS = 2_000
"""Below this many trajectories, starting processes costs more than it saves."""


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
    round: int | None = None
    """Only the steps of this round's mixture, one row each."""
    template: str | None = None
    """The chat template of the model to be trained: a folder, its tokenizer_config.json, or a
    .jinja file. Every row is rendered with it before it leaves."""
    context: int | None = None
    """Tokens that the model takes; None: as its files say."""


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
    cautions: tuple[str, ...]
    """What to know before training on it."""
    rendering: RenderingEntry | None
    files: tuple[str, ...]
    manifest: str


def export(
    store: Store,
    request: ExportRequest,
    run: Run | None = None,
    *,
    processes: int | None = None,
) -> ExportReport:
    """Write, verify and publish one export.

    Args:
        processes: how many make rows and read them back; None: one per core, none of its own for
            a small export. The files are the same.

    Raises:
        ExportError: an impossible pair of type and layout, shares that do not add up, a folder
            with other files, nothing to write, or files that do not read back equal.
        NotFound: no such dataset or round.
        SettingsError: the round has no mixture yet.
    """
    kind, layout = choose(request.type, request.layout)
    check_shares(request.shares)
    request = replace(
        request,
        include=_include(request.include),
        per_step=request.per_step or request.round is not None,
    )
    source = read_template(Path(request.template), request.context) if request.template else None
    with store.read() as conn:
        mixed = closed_round(conn, request.round)
        wanted = dataset_id(conn, request.dataset) if request.dataset is not None else None
        with Folder(Path(request.out)) as folder:
            setup = LedgerSetup(request.shares, request.salt)
            sides = enter_all(store, setup, run or Run(), processes=processes)
            streaming = _Streaming(kind, layout, request, Writing(folder, layout), mixed, sides)
            total = candidates.count_candidates(
                conn, request.include, wanted, mixed.id if mixed else None
            )
            n = how_many_processes(processes, worthwhile=total >= POOL_FROM_ROWS)
            with workers(n) as those, _looking(source, kind, layout) as streaming.look:
                streaming.write(conn, wanted, total, run or Run(), those)
                written = streaming.writing.close()
                files = tuple(file.entry for file in written)
                _refuse_nothing(streaming, files, request)
                for file in written:
                    read_back(folder.path, layout, file, those)
                    if layout.through_arrow:
                        refuse_changed(folder.path, file)
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
        self,
        kind: ExportType,
        layout: Layout,
        request: ExportRequest,
        writing: Writing,
        mixed: Round | None,
        sides: Sides,
    ) -> None:
        self.sides = sides
        self.kind = kind
        self.layout = layout
        self.request = request
        self.writing = writing
        self.mixed = mixed
        self.trajectories = 0
        self.look: TemplateLook | None = None

    def write(
        self, conn: Connection, dataset: int | None, total: int, run: Run, workers: Workers
    ) -> None:
        """Write every row and check that no candidate was missed."""
        for work, made in workers.map(make, self._work(conn, dataset)):
            self.writing.add(work.settled, made if self.look is None else self.look.look(made))
            self.trajectories += len(work.settled)
            run.report(self.trajectories, total, "trajectories")
        run.report(self.trajectories, total, "trajectories")
        if self.trajectories != total:
            raise ExportError(
                f"{self.trajectories} trajectories were read where the store counts {total}.",
                where=self.request.out,
                hint="Nothing was published. Run `loopwright doctor` on the database.",
            )

    def _work(self, conn: Connection, dataset: int | None) -> Iterator[Making]:
        settling = Settling(
            self.sides,
            stem=None if self.kind.splits else WHOLE,
            taken=frozenset(candidates.chosen_corrections(conn)),
        )
        round_id = self.mixed.id if self.mixed else None
        found = candidates.iter_candidates(conn, self.request.include, dataset, round_id)
        for settled in chunks(map(settling.settle, found)):
            yield Making(
                type=self.kind.name,
                layout=self.layout.name,
                options=Options(per_step=self.request.per_step),
                settled=settled,
                # A template may refuse rows, and so change which of them are compared.
                sampled=self.writing.sampled if self.look is None else frozenset(),
            )


@contextmanager
def _looking(
    source: TemplateSource | None, kind: ExportType, layout: Layout
) -> Iterator[TemplateLook | None]:
    """What renders rows, where there is a template and the type is trained on."""
    if source is None:
        yield None
        return
    if not kind.splits:
        raise ExportError(
            f"The type {kind.name} is not trained on, so no chat template applies.",
            where="--template",
            hint="Leave the template out, or export sft, dpo or kto.",
        )
    with apart() as process:
        yield TemplateLook(source, layout.name, process)


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
    rendering = streaming.look.entry() if streaming.look is not None else None
    others = [CARD, INDEX, *([DROPPED] if writing.dropped else [])]
    others += [RENDERING] if rendering is not None else []
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
            round=request.round,
            template=request.template,
            context=request.context,
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
        mixture=_mixture_entry(streaming.mixed),
        refused=tuple(writing.refused),
        rendering=rendering,
    )


def closed_round(conn: Connection, number: int | None) -> Round | None:
    if number is None:
        return None
    found = get_round(conn, number)
    refuse_open(found)
    return found


def _mixture_entry(mixed: Round | None) -> MixtureEntry | None:
    if mixed is None or mixed.mixture is None or mixed.closed_at is None:
        return None
    return MixtureEntry(
        mixed.number,
        mixed.setup.model,
        mixed.closed_at.isoformat(timespec="seconds"),
        mixed.mixture.spec.preset,
        mixed.mixture.spec.budget,
        {part.value: n for part, n in mixed.mixture.chosen.items()},
    )


_Name = TypeVar("_Name", DropReason, Adaptation)


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
        cautions=cautions(manifest),
        rendering=manifest.rendering,
        files=(*(entry.name for entry in manifest.files), *manifest.other_files, MANIFEST),
        manifest=str(out / MANIFEST),
    )
