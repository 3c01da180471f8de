"""What an export would hold, counted on its first candidates before anything is written.

Only rows and their labels: which of them are left out by a selection, a template or the files'
being read back is known when it is written.
"""

from __future__ import annotations

from msgspec import Struct

from app.flows.export_preview import MOST_LOOKED_AT, first_rows
from app.flows.export_request import ExportRequest
from curation.exporting import choose
from curation.kto_balance import Balance
from storage.engine import Store


class Forecast(Struct, frozen=True):
    """Of the first trajectories of an export."""

    trajectories: int
    """How many were looked at."""
    rows: int
    balance: Balance | None
    """Wanted and unwanted; None where nothing is judged."""

    @property
    def text(self) -> str:
        """One sentence for people."""
        first = "the first " if self.trajectories >= MOST_LOOKED_AT else ""
        said = f"Of {first}{self.trajectories:,} trajectories: {self.rows:,} rows"
        if self.balance is None:
            return f"{said}."
        return f"{said}, {self.balance.wanted:,} wanted and {self.balance.unwanted:,} unwanted."


def forecast(store: Store, request: ExportRequest) -> Forecast:
    """Count the rows that the first candidates give.

    Raises:
        ExportError: an impossible pair of type and layout.
        NotFound: no such dataset or round.
    """
    choose(request.type, request.layout)
    looked_at = rows = 0
    counts = {True: 0, False: 0}
    for _, made in first_rows(store, request):
        looked_at += 1
        rows += len(made.rows)
        for row in made.rows:
            if row.label is not None:
                counts[row.label] += 1
    judged = any(counts.values())
    return Forecast(looked_at, rows, Balance(counts[True], counts[False]) if judged else None)
