"""What an export takes of its candidates, in which order, and the reason of every other.

Decided from columns before anything is written; then content is read for what is taken, alone.
The same without an export is `app/flows/selecting.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Connection

from app.flows.contamination import Leaks
from app.flows.export_making import UNREAD, Settled
from app.flows.export_request import ExportRequest
from app.flows.export_settling import Settling
from app.flows.export_writing import WHOLE
from app.flows.pass_setup import pass_names
from app.flows.selection_columns import Columns
from curation.checking import CHECKS
from curation.errors import NotFound
from curation.export_lineage import Origin
from curation.export_reasons import Dropped
from curation.exporting import Curated, ExportType
from curation.funnel import Funnel
from curation.passes import PREFIX
from curation.selecting import Chosen, select
from curation.selection import Selection, check_selection
from curation.selection_facts import REASONS, TAKEN
from curation.split_ledger import Sides
from storage import candidates, selecting
from storage.datasets import dataset_id

if TYPE_CHECKING:
    from app.flows.export_streaming import Streaming

PAGE = 500

NOT_LOOKED_UP = Origin("", datetime.min.replace(tzinfo=UTC))
"""Of what is left out: it has no row whose lineage is told."""


def columns_of(
    conn: Connection,
    kind: ExportType,
    request: ExportRequest,
    datasets: Sequence[int],
    round_id: int | None,
    sides: Sides,
    leaks: Leaks,
) -> Columns:
    """The candidates of a request as columns."""
    settling = Settling(
        sides,
        stem=None if kind.splits else WHOLE,
        taken=frozenset(candidates.chosen_corrections(conn)),
        leaks=leaks,
    )
    found = candidates.iter_candidates(conn, request.include, datasets, round_id, bodies=False)
    return Columns(kind, settling, found)


class Selecting:
    """What one export takes, decided before anything is written."""

    def __init__(self, conn: Connection, streaming: Streaming, datasets: Sequence[int]) -> None:
        request = streaming.request
        check_selection(request.selection)
        refuse_unknown(conn, request.selection)
        self._round = streaming.mixed.id if streaming.mixed else None
        self._datasets = datasets
        columns = columns_of(
            conn, streaming.kind, request, datasets, self._round, streaming.sides, streaming.leaks
        )
        self._said = columns.details
        facts = columns.facts(conn, request.selection)
        self._ids = facts.ids
        self._numbers = facts.numbers
        self._chosen: Chosen = select(facts, request.selection)
        self._stem = None if streaming.kind.splits else WHOLE
        self._wants_facts = streaming.kind.wants_facts

    @property
    def funnel(self) -> Funnel:
        """How many were looked at, and what became of them."""
        return self._chosen.funnel

    def settle(self, conn: Connection, settling: Settling) -> Iterator[Settled]:
        """Everything settled: what is taken, in its order, and then what is left out."""
        taken = self._ids[self._chosen.taken].tolist()
        found = candidates.iter_among(
            conn, taken, self._datasets, self._round, with_facts=self._wants_facts
        )
        yield from map(settling.settle, found)
        yield from self._left_out(conn)

    def _left_out(self, conn: Connection) -> Iterator[Settled]:
        """Without content, by the number of their uid: in one order whatever the import's."""
        chosen = self._chosen
        gone = np.flatnonzero(chosen.reasons != TAKEN)
        rows = gone[np.argsort(self._numbers[gone], kind="stable")].tolist()
        for start in range(0, len(rows), PAGE):
            page = rows[start : start + PAGE]
            twins = {row: int(chosen.twins[row]) for row in page if chosen.twins[row] >= 0}
            wanted = sorted({int(self._ids[row]) for row in (*page, *twins.values())})
            names = selecting.named_among(conn, wanted, self._datasets)
            for row in page:
                named = names[int(self._ids[row])]
                detail = chosen.texts[int(chosen.details[row])] or self._said.get(row, "")
                if row in twins:
                    detail = f"{names[int(self._ids[twins[row]])].uid} is kept"
                reason = REASONS[int(chosen.reasons[row])]
                curated = Curated(
                    named.uid, named.source_id, named.datasets, group="", trajectory=UNREAD
                )
                yield Settled(
                    curated,
                    self._stem or "train",
                    checked=True,
                    origin=NOT_LOOKED_UP,
                    dropped=Dropped(reason, detail),
                )


def refuse_unknown(conn: Connection, asked: Selection) -> None:
    """Refuse datasets and checks that do not exist: they would find nothing, in silence."""
    known = {*CHECKS.names(), *(f"{PREFIX}{name}" for name in pass_names())}
    for check in asked.gates.clean:
        if check not in known:
            near = ", ".join(get_close_matches(check, sorted(known), 3))
            hint = f"Did you mean {near}?" if near else "`loopwright checks` lists them."
            raise NotFound(
                f"There is no check {check!r}.",
                where="selection.gates.clean",
                hint=hint,
            )
    for name in ("where", "unless"):
        wanted = getattr(asked, name)
        if wanted is not None and wanted.dataset is not None:
            try:
                dataset_id(conn, wanted.dataset)
            except NotFound as problem:
                raise NotFound(
                    problem.message, where=f"selection.{name}.dataset", hint=problem.hint
                ) from None
