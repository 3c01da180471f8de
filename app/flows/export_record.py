"""What an export records of itself: the manifest, the dataset card, what its trainer needs beside
the rows, and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from app.flows.export_disclosing import EXAMPLE, KEPT, REDACTED, TRAJECTORIES, Disclosed
from app.flows.export_folder import Folder
from app.flows.export_request import ExportReport, ExportRequest
from app.flows.export_streaming import Streaming
from curation.checking import CHECKS, catalogue_fingerprint
from curation.disclosing import DISCLOSURES
from curation.export_lineage import LINEAGE
from curation.export_manifest import (
    CARD,
    DROPPED,
    INDEX,
    MANIFEST,
    RENDERING,
    FileEntry,
    Manifest,
    MixtureEntry,
    Request,
    Versions,
    card,
    cautions,
    encode_manifest,
)
from curation.export_reasons import Adaptation, DropReason
from curation.export_sources import DisclosureCount, ImportEntry, SourceEntry, Tally, Terms
from curation.exporting import Completion, ExportType, Layout
from curation.rubric import builtin_rubrics
from curation.splits import Split
from storage.imports import list_imports
from storage.rounds import Round
from storage.taxonomies import list_taxonomies
from storage.terms import described_datasets


def manifest_of(
    conn: Connection,
    streaming: Streaming,
    files: tuple[FileEntry, ...],
    request: ExportRequest,
) -> Manifest:
    writing = streaming.writing
    rows = {entry.split: entry.rows for entry in files}
    by_split = {split.value: rows.get(split.value, 0) for split in Split}
    rendering = streaming.look.entry() if streaming.look is not None else None
    others = [CARD, INDEX, LINEAGE, *([DROPPED] if writing.lists_dropped else [])]
    others += [RENDERING] if rendering is not None else []
    names = {entry.split: entry.name for entry in files}
    others += streaming.layout.companions(names, _shape(streaming.kind, request.per_step))
    return Manifest(
        created_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        request=Request(
            type=request.type,
            layout=request.layout,
            include=request.include.value,
            dataset=request.dataset,
            per_step=request.per_step,
            shares=request.shares,
            salt=request.salt,
            stratify=tuple(sorted(request.stratify)),
            test_datasets=request.test_datasets,
            tool_sets=request.tool_sets,
            round=request.round,
            template=request.template,
            context=request.context,
            selection=request.selection,
            rl=request.rl,
            decontaminate=request.decontaminate,
            augment=request.augment,
            redact=request.redact,
        ),
        versions=Versions(
            loopwright=_version(),
            checks=catalogue_fingerprint(),
            taxonomies={t.name: t.version for t in list_taxonomies(conn)},
            each_check={check.name: check.version for check in CHECKS},
            rubrics={rubric.name: rubric.version for rubric in builtin_rubrics()},
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
        sources=_sources(conn, writing.tally),
        people=writing.tally.people(),
        judges=writing.tally.judges(),
        looks=writing.tally.looks(),
        composition=writing.tally.composition(),
        disclosures=_disclosures(writing.disclosed),
        selection=streaming.selecting.funnel if streaming.selecting is not None else None,
        benchmarks=streaming.leaks.avoided,
        augmented=writing.copies.entries(request.augment),
    )


def _disclosures(found: Disclosed) -> tuple[DisclosureCount, ...]:
    """Counts by kind, of the kinds of which something was found."""
    names = sorted({name for name, _ in found})
    return tuple(
        DisclosureCount(
            name,
            DISCLOSURES.get(name).title,
            **{what: found[name, what] for what in (TRAJECTORIES, KEPT, REDACTED, EXAMPLE)},
        )
        for name in names
    )


IMPORTS_LISTED = 100
"""Imports of one dataset that the manifest lists, the latest first."""


def _sources(conn: Connection, tally: Tally) -> tuple[SourceEntry, ...]:
    """The datasets that rows come from, under which terms."""
    known = {one.name: one for one in described_datasets(conn)}
    found = []
    for name, rows in sorted(tally.rows.items()):
        dataset = known.get(name)
        entries = list_imports(conn, name, IMPORTS_LISTED) if dataset else []
        imported = tuple(
            ImportEntry(
                one.id,
                one.created_at.isoformat(timespec="seconds"),
                one.about.format,
                tuple(Path(path).name for path in one.about.paths),
            )
            for one in entries
        )
        format, terms = (dataset.format, dataset.terms) if dataset else ("", Terms())
        found.append(SourceEntry(name, format, terms, rows, tally.trajectories[name], imported))
    return tuple(found)


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


def _shape(kind: ExportType, per_step: bool) -> str:
    """Name of the shape of the rows, by which a layout knows what its trainer needs."""
    shape = Completion if per_step and Completion in kind.shapes else kind.shapes[0]
    return shape.__name__


def _version() -> str:
    try:
        return version("loopwright")
    except PackageNotFoundError:
        return "unknown"


def write_companions(folder: Folder, manifest: Manifest, kind: ExportType, layout: Layout) -> None:
    names = {entry.split: entry.name for entry in manifest.files}
    for name, text in layout.companions(names, _shape(kind, manifest.request.per_step)).items():
        folder.write_text(name, text)
    title = f"{kind.title}, {layout.title}"
    folder.write_text(CARD, card(manifest, title, layout.advice(kind.name)))
    folder.write_text(MANIFEST, encode_manifest(manifest))


def report_of(manifest: Manifest, request: ExportRequest) -> ExportReport:
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
        augmented=manifest.augmented,
        files=(*(entry.name for entry in manifest.files), *manifest.other_files, MANIFEST),
        manifest=str(out / MANIFEST),
        balance=dict(manifest.balance),
        selection=manifest.selection,
    )
