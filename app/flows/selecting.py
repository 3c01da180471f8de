"""Select: what a recipe takes of the candidates of an export, with nothing written.

The command and the Export page show the funnel that the export then records.
"""

from __future__ import annotations

from msgspec import Struct

from app.flows.contamination import known_leaks
from app.flows.export import closed_round, wanted_datasets
from app.flows.export_request import ExportRequest, include_named
from app.flows.export_selecting import columns_of, refuse_unknown
from app.flows.near_duplicates import link_near_duplicates
from app.flows.running import Run
from app.flows.selection_columns import Columns
from app.flows.splits import known_sides
from curation.composition import Part, composition
from curation.exporting import choose
from curation.funnel import Funnel
from curation.selecting import select
from curation.selection import Dedup, check_selection
from storage import selecting
from storage.embeddings import embedding_models
from storage.engine import Store


class Preview(Struct, frozen=True):
    """What a selection comes to."""

    funnel: Funnel
    composition: tuple[Part, ...]


def look_up(store: Store, request: ExportRequest) -> Columns:
    """The candidates of a request, for `look`. Enters nothing in the split ledger.

    Raises:
        ExportError: an impossible pair of type and layout.
        NotFound: no such dataset or round.
        SettingsError: the round has no mixture yet.
    """
    kind, _ = choose(request.type, request.layout)
    with store.read() as conn:
        mixed = closed_round(conn, request.round)
        wanted = wanted_datasets(conn, request)
        sides = known_sides(conn, request.ledger)
        leaks = known_leaks(conn, request.decontaminate)
        return columns_of(conn, kind, request, wanted, mixed.id if mixed else None, sides, leaks)


def data_version(store: Store) -> tuple[int, ...]:
    """Another one says that candidates have to be looked up again."""
    with store.read() as conn:
        return selecting.data_version(conn)


def look(
    store: Store, request: ExportRequest, columns: Columns | None = None, run: Run = Run()
) -> Preview:
    """What the request's selection takes, and what both sides are made up of.

    Args:
        columns: of the same candidates, where they were looked up before.

    Raises:
        ExportError: the selection contradicts itself; else as `look_up`.
    """
    asked = request.selection
    include_named(request.include)
    check_selection(asked)
    if asked.dedup is not Dedup.NONE:
        link_near_duplicates(store, run)
    columns = columns or look_up(store, request)
    with store.read() as conn:
        refuse_unknown(conn, asked)
        chosen = select(columns.facts(conn, asked, composition=True), asked)
    return Preview(chosen.funnel, composition(chosen))


def models(store: Store) -> list[str]:
    """Whose predictions there are: by whom difficulty can be measured."""
    with store.read() as conn:
        return selecting.models_with_predictions(conn)


def models_of_vectors(store: Store) -> list[str]:
    """Whose vectors there are: by whom what users ask can be compared."""
    with store.read() as conn:
        return embedding_models(conn)
