"""One row of an export as the model will see it, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from app.flows.contamination import known_leaks
from app.flows.export import ExportRequest, closed_round, wanted_datasets
from app.flows.export_making import Made, Making, RowText, Settled, make
from app.flows.export_rendering import Rendering, ask
from app.flows.export_settling import Settling
from app.flows.side_by_side import apart
from app.flows.template_files import read_template
from curation.augmenting import NO_AUGMENT
from curation.errors import ExportError
from curation.export_reasons import Dropped
from curation.exporting import TYPES, Options, choose
from curation.rendering.rows import RenderedText
from curation.split_ledger import Sides
from storage import candidates
from storage.engine import Store

MOST_LOOKED_AT = 500
"""Trajectories; a row behind them is not looked for."""


class Preview(Struct, frozen=True):
    """A row under the chat template."""

    uid: str
    source_id: str
    step: int | None
    texts: tuple[RenderedText, ...] = ()
    measured: RowText | None = None
    dropped: Dropped | None = None
    """Why the row is not going to be in the export; then there is no text."""
    context: int | None = None
    learnt_by_blocks: bool = False


def preview(store: Store, request: ExportRequest, number: int = 1) -> Preview:
    """The row with that number, counted from 1, rendered with the request's template.

    Raises:
        ExportError: there is no such row, or the template cannot be used.
    """
    source = read_template(Path(request.template or ""), request.context)
    kind, layout = choose(request.type, request.layout)
    if not kind.splits:
        raise ExportError(
            "A table of labels is not trained on.", hint="Choose another type to see a row."
        )
    found = None
    rows = ((settled, row) for settled, made in first_rows(store, request) for row in made.rows)
    for n, (settled, row) in enumerate(rows, 1):
        if n == number:
            found = settled, row
            break
    if found is None:
        raise ExportError(
            f"There is no row {number} among the first {MOST_LOOKED_AT} trajectories.",
            hint="Choose a smaller number, or include more.",
        )
    settled, row = found
    work = Rendering(source, layout.name, [row.encoded], datetime.now(UTC), with_texts=True)
    with apart() as process:
        done = ask(process, work)
    (rendered,) = done.rows
    curated = settled.curated
    seen = Preview(
        curated.uid,
        curated.source_id,
        row.step,
        dropped=rendered.dropped,
        context=source.context,
        learnt_by_blocks=done.marks_generation,
    )
    if rendered.row is None:
        return seen
    return replace(seen, texts=rendered.row.texts, measured=rendered.text)


def first_rows(
    store: Store, request: ExportRequest, *, copied: bool = False
) -> Iterator[tuple[Settled, Made]]:
    """The first candidates of an export with what is made of them, before any selection.

    Args:
        copied: whether augmented copies stand behind their sources, as in the export.
    """
    with store.read() as conn:
        mixed = closed_round(conn, request.round)
        wanted = wanted_datasets(conn, request)
        # A ledger that nobody keeps: which split the row is in does not matter here.
        settling = Settling(
            Sides(request.ledger, {}, {}),
            stem=None,
            taken=frozenset(candidates.chosen_corrections(conn)),
            leaks=known_leaks(conn, request.decontaminate),
        )
        found = candidates.iter_candidates(
            conn,
            request.include,
            wanted,
            mixed.id if mixed else None,
            with_facts=TYPES.get(request.type).wants_facts,
        )
        for n, candidate in enumerate(found):
            if n >= MOST_LOOKED_AT:
                return
            settled = settling.settle(candidate)
            options = Options(request.per_step or mixed is not None, request.rl)
            making = Making(
                request.type,
                request.layout,
                options,
                (settled,),
                frozenset(),
                augment=request.augment if copied else NO_AUGMENT,
                redact=request.redact,
            )
            yield settled, make(making)
