"""Near-duplicates of what came in become one family with it, so that no split separates them.

Every trajectory is looked at once: its keys are kept, and later ones are compared with those that
share a key. How near is near: `curation.near_duplicates`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct
from sqlalchemy import Connection

from app.flows.running import Run
from app.flows.side_by_side import how_many_processes, workers
from curation.near_duplicates import THRESHOLD, Shingles, jaccard, keys_of, shingles
from storage import groups, near_keys
from storage.engine import Store
from storage.near_keys import RawMessages

PAGE = 500
POOL_FROM_ROWS = 2_000
"""Below this many trajectories, starting processes costs more than it saves."""

MOST_COMPARED = 50
"""Members of one family that a trajectory is compared with; more are taken for strangers."""


Candidates = dict[str, dict[int, bool]]
"""Family -> trajectories of it that share a key -> whether that is the key of the whole."""


class NearReport(Struct, frozen=True):
    """What the search came to."""

    looked_at: int
    """Trajectories that were new."""
    near: int
    """Those of them that joined a family for being near to one of it."""
    given_up: int
    """Pairs of trajectory and family of which not all were compared."""


class Keyed(Struct, frozen=True):
    """A trajectory with its keys and what they are made of."""

    id: int
    keys: tuple[int, ...]
    shingles: Shingles


def link_near_duplicates(
    store: Store, run: Run = Run(), *, processes: int | None = None
) -> NearReport:
    """Look at every trajectory that was not looked at yet.

    Args:
        processes: how many look at once; None: one per core, none of its own for a few rows.

    Raises:
        Cancelled: the user stopped it; finished pages stay.
    """
    with store.read() as conn:
        total = near_keys.count_without_keys(conn)
    if not total:
        return NearReport(0, 0, 0)
    search = _Search(store)
    n = how_many_processes(processes, worthwhile=total >= POOL_FROM_ROWS)
    with workers(n) as those:
        for _, page in those.map(keyed, _pages(store)):
            search.add(page)
            run.report(search.looked_at, total, "trajectories looked at for near-duplicates")
    return NearReport(search.looked_at, search.near, search.given_up)


def keyed(page: Sequence[RawMessages]) -> list[Keyed]:
    """The work of a process."""
    found = [shingles(one.decode()) for one in page]
    keys = keys_of(found)
    return [Keyed(one.id, its, of_it) for one, its, of_it in zip(page, keys, found, strict=True)]


def _pages(store: Store) -> Iterator[list[RawMessages]]:
    after = 0
    while True:
        with store.read() as conn:
            page = near_keys.without_keys(conn, after, PAGE)
        if not page:
            return
        after = page[-1].id
        yield page


class _Search:
    """Compares pages with all that came before them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.looked_at = self.near = self.given_up = 0
        with store.read() as conn:
            self._above = groups.families(conn)

    def add(self, page: Sequence[Keyed]) -> None:
        """Compare one page, and keep its keys and what it was found near to."""
        sharing: dict[int, list[int]] = defaultdict(list)
        for one in page:
            for key in one.keys:
                sharing[key].append(one.id)
        with self._store.read() as conn:
            for key, row_id in near_keys.sharing(conn, sorted(sharing)):
                sharing[key].append(row_id)
            ids = {i for found in sharing.values() for i in found}
            group_of = near_keys.groups_among(conn, sorted(ids | {one.id for one in page}))
            candidates = [(one, self._candidates(one, sharing, group_of)) for one in page]
            known = {one.id: one.shingles for one in page}
            for row_id, found in _shingles_of(conn, candidates, known):
                known[row_id] = found
        links: list[tuple[str, str]] = []
        for one, families in candidates:
            found_near = self._near(one, families, group_of, known)
            links += [(group_of[one.id], other) for other in found_near]
            self.near += bool(found_near)
        with self._store.write() as conn:
            near_keys.add_keys(conn, [(one.id, one.keys) for one in page])
            groups.link(conn, links)
        self.looked_at += len(page)

    def _candidates(
        self, one: Keyed, sharing: dict[int, list[int]], group_of: dict[int, str]
    ) -> Candidates:
        own = self._top(group_of[one.id])
        whole = one.keys[0] if one.keys else None
        found: Candidates = {}
        for key in one.keys:
            if len(sharing[key]) == 1:
                continue  # nobody but itself, as nearly always
            for row_id in sharing[key]:
                family = self._top(group_of[row_id])
                if family != own:
                    members = found.setdefault(family, {})
                    members[row_id] = members.get(row_id, False) or key == whole
        return found

    def _near(
        self,
        one: Keyed,
        families: Candidates,
        group_of: dict[int, str],
        known: dict[int, Shingles],
    ) -> list[str]:
        """Group keys of other families that this one is near to; it joins them."""
        own = group_of[one.id]
        found: list[str] = []
        for family, members in families.items():
            if self._top(family) == self._top(own):
                continue  # an earlier one of the page brought them together
            near = _equal_to(members)
            if near is None:
                some = list(members)[:MOST_COMPARED]
                alike = (i for i in some if jaccard(one.shingles, known[i]) >= THRESHOLD)
                near = next(alike, None)
                self.given_up += near is None and len(members) > MOST_COMPARED
            if near is not None:
                found.append(group_of[near])
                self._join(own, group_of[near])
        return found

    def _top(self, key: str) -> str:
        above = self._above
        while (upper := above.get(key, key)) != key:
            key = upper
        return key

    def _join(self, one: str, other: str) -> None:
        first, second = sorted((self._top(one), self._top(other)))
        self._above[second] = first


def _equal_to(members: dict[int, bool]) -> int | None:
    return next((row_id for row_id, is_equal in members.items() if is_equal), None)


def _shingles_of(
    conn: Connection, candidates: Sequence[tuple[Keyed, Candidates]], known: dict[int, Shingles]
) -> Iterator[tuple[int, Shingles]]:
    """Those of older trajectories that are going to be compared."""
    wanted = {
        row_id
        for _, families in candidates
        for members in families.values()
        if _equal_to(members) is None
        for row_id in islice(members, MOST_COMPARED)
    }
    for one in near_keys.messages_of(conn, sorted(wanted - known.keys())):
        yield one.id, shingles(one.decode())
