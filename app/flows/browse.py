"""Browse: find trajectories, and act on all that were found.

A bulk action first says what it would do (`preview`) and then does it in chunks, each its own
transaction, so that a large one never holds the database and can be stopped half way with every
finished chunk kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from app.flows.pass_setup import pass_names
from curation.checking import CHECKS
from curation.errors import NotFound
from curation.passes import PREFIX
from storage import browse, charts, datasets, saved_views
from storage.browse import Count, Filter, ListedTrajectory, Page
from storage.engine import Store


class Found(Struct, frozen=True):
    """A page with the capped number of all that pass."""

    page: Page
    count: Count


class Choices(Struct, frozen=True):
    """What the filter bar offers."""

    datasets: tuple[str, ...]
    checks: tuple[str, ...]
    categories: tuple[str, ...]
    tools: tuple[str, ...]


def find(
    store: Store, wanted: Filter, cursor: tuple[float, int] | None = None, limit: int = 50
) -> Found:
    """One page of trajectories and how many there are."""
    with store.read() as conn:
        return Found(browse.page(conn, wanted, cursor, limit), browse.count(conn, wanted))


def refuse_unknown(store: Store, wanted: Filter) -> None:
    """Refuse names that cannot find anything: in a command they are misspelt.

    Raises:
        NotFound: there is no such dataset or check; the message names those that exist.
    """
    if wanted.dataset is not None:
        with store.read() as conn:
            datasets.dataset_id(conn, wanted.dataset)
    passes = [f"{PREFIX}{name}" for name in pass_names()]
    if wanted.check is not None and wanted.check not in (*CHECKS.names(), *passes):
        raise NotFound(
            f"There is no check {wanted.check!r}.",
            hint=f"`loopwright checks` lists them; passes of judges are {', '.join(passes)}.",
        )


def preview(store: Store, wanted: Filter, n_samples: int = 5) -> Found:
    """What a bulk action on `wanted` would touch: the exact number, and the first few."""
    with store.read() as conn:
        total = sum(len(chunk) for chunk in browse.iter_ids(conn, wanted, 10_000))
        page = browse.page(conn, wanted, None, n_samples)
    return Found(page, Count(total, is_capped=False))


def all_rows(store: Store, wanted: Filter) -> Iterator[ListedTrajectory]:
    """Every listed row of `wanted`, page by page, for download."""
    cursor: tuple[float, int] | None = None
    while True:
        with store.read() as conn:
            page = browse.page(conn, wanted, cursor, 1_000)
        yield from page.rows
        if page.next_cursor is None:
            return
        cursor = page.next_cursor


def choices(store: Store) -> Choices:
    """Names to choose from, as they occur in the store."""
    with store.read() as conn:
        return Choices(
            datasets=tuple(d.name for d in datasets.list_datasets(conn)),
            checks=tuple(browse.checks_found(conn)),
            categories=tuple(browse.categories_marked(conn)),
            tools=tuple(browse.tools_called(conn)),
        )


def views(store: Store) -> list[saved_views.SavedView]:
    """Saved views by name."""
    with store.read() as conn:
        return saved_views.list_views(conn)


def save_view(store: Store, name: str, wanted: Filter) -> None:
    """Keep `wanted` under `name`, replacing a view of that name."""
    with store.write() as conn:
        saved_views.save_view(conn, name.strip(), wanted)


def drop_view(store: Store, name: str) -> None:
    """Forget a saved view."""
    with store.write() as conn:
        saved_views.drop_view(conn, name)


def states(store: Store, dataset: str | None = None) -> dict[str, int]:
    """How many trajectories are in each state."""
    with store.read() as conn:
        return charts.states(conn, dataset)
