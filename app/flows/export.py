"""Export: from what was decided to files that a trainer loads.

Streams candidates from the store, lets the export type make examples, lets the layout write them,
reads the files back, and only then puts them into the folder. Counts are compared with a query of
their own: every trajectory looked at gave a row or stands in the list of what was dropped.
"""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import Connection

from app.flows.contamination import leaks_of, refuse_untrained
from app.flows.export_arrow import refuse_changed
from app.flows.export_disclosing import check_kinds
from app.flows.export_folder import Folder
from app.flows.export_reading import read_back, read_whole
from app.flows.export_record import manifest_of, report_of, write_companions
from app.flows.export_request import ExportReport, ExportRequest, include_named
from app.flows.export_streaming import Streaming, looking, refuse_nothing
from app.flows.export_writing import Writing
from app.flows.rounds import refuse_open
from app.flows.running import Run
from app.flows.side_by_side import how_many_processes, workers
from app.flows.splits import enter_all
from app.flows.template_files import read_template
from curation.augmenting import check_augment
from curation.export_manifest import encode_manifest
from curation.exporting import choose
from curation.splits import check_shares
from storage import candidates, exports
from storage.datasets import dataset_id
from storage.engine import Store
from storage.exports import ExportInfo
from storage.rounds import Round, get_round

__all__ = [
    "ExportInfo",
    "ExportReport",
    "ExportRequest",
    "closed_round",
    "export",
    "list_exports",
    "wanted_datasets",
]

POOL_FROM_ROWS = 2_000
"""Below this many trajectories, starting processes costs more than it saves."""


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
    refuse_untrained(request.decontaminate, kind)
    check_augment(request.augment, kind.name)
    check_kinds(request.redact, "redact")
    request = replace(
        request,
        include=include_named(request.include),
        per_step=request.per_step or request.round is not None,
    )
    source = read_template(Path(request.template), request.context) if request.template else None
    with store.read() as conn:
        mixed = closed_round(conn, request.round)
        wanted = wanted_datasets(conn, request)
        with Folder(Path(request.out)) as folder:
            sides = enter_all(store, request.ledger, run or Run(), processes=processes)
            leaks = leaks_of(store, request.decontaminate, run or Run(), processes=processes)
            writing = Writing(folder, layout, request.redact)
            streaming = Streaming(kind, layout, request, writing, mixed, sides, leaks)
            total = candidates.count_candidates(
                conn, request.include, wanted, mixed.id if mixed else None
            )
            n = how_many_processes(processes, worthwhile=total >= POOL_FROM_ROWS)
            with workers(n) as those, looking(source, kind, layout) as streaming.look:
                streaming.write(conn, wanted, total, run or Run(), those)
                written = streaming.writing.close()
                files = tuple(file.entry for file in written)
                refuse_nothing(streaming, files, request)
                if layout.divisible:
                    for file in written:
                        read_back(folder.path, layout, file, those)
            # What needs one process only, when the others have given back their memory.
            for file in written:
                if not layout.divisible:
                    read_whole(folder.path, layout, file, apart=n > 1)
                if layout.through_arrow:
                    refuse_changed(folder.path, file, apart=n > 1)
            manifest = manifest_of(conn, streaming, files, request)
            write_companions(folder, manifest, kind, layout)
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
    return report_of(manifest, request)


def list_exports(store: Store, limit: int = 50) -> list[ExportInfo]:
    """Finished exports, the latest first."""
    with store.read() as conn:
        return exports.list_exports(conn, limit)


def closed_round(conn: Connection, number: int | None) -> Round | None:
    if number is None:
        return None
    found = get_round(conn, number)
    refuse_open(found)
    return found


def wanted_datasets(conn: Connection, request: ExportRequest) -> list[int]:
    """Ids of the datasets to export from, the one that was asked for first; [] for all."""
    if request.dataset is None:
        return []
    return [dataset_id(conn, name) for name in (request.dataset, *request.test_datasets)]
