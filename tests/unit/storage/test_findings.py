"""Findings are replaced as a whole, and the narrow row follows."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, select

from curation.checking import Finding, Severity
from curation.trajectory import Anchor
from storage.datasets import NewItem, add_items, ensure_dataset
from storage.engine import Store
from storage.findings import (
    Checked,
    FoundIn,
    count_unchecked,
    findings_of,
    iter_findings,
    replace_findings,
    summary,
    unchecked_bodies,
)
from storage.tables import TrajectoryRow, table_of
from storage.trajectories import add_batch, iter_bodies, new_trajectory
from tests.unit.storage.rows import weather

ERROR = Finding(
    "calls/wrong-type", 1, Severity.ERROR, Anchor(1, 0, "/city"), "It is a number.", "Quote it."
)
WARNING = Finding("flow/role-order", 2, Severity.WARNING, Anchor(2), "Odd order.")
WHOLE = Finding("tools/no-name", 1, Severity.INFO, Anchor(), "A tool has no name.")


@pytest.fixture
def three(any_store: Store) -> Store:
    """Trajectories 1, 2 and 3; the first two in dataset `d`, the second in `e` too."""
    with any_store.write() as conn:
        ids = add_batch(conn, [new_trajectory(weather(c), "g") for c in ("A", "B", "C")]).ids
        assert ids == (1, 2, 3)
        for name, members in (("d", (1, 2)), ("e", (2,))):
            dataset = ensure_dataset(conn, name, "x")
            add_items(conn, dataset, [NewItem(i, f"row-{i}", "f:1", b"{}") for i in members])
    return any_store


def _row(store: Store, trajectory_id: int) -> tuple[object, ...]:
    columns = table_of(TrajectoryRow).c
    query = select(columns.checked_with, columns.suspicion, columns.n_errors, columns.n_warnings)
    with store.read() as conn:
        return tuple(conn.execute(query.where(columns.id == trajectory_id)).one())


def test_findings_come_back_in_the_order_of_the_trace(three: Store) -> None:
    found = (FoundIn(WARNING), FoundIn(ERROR, "get_weather"), FoundIn(WHOLE))
    with three.write() as conn:
        replace_findings(conn, [Checked(1, 10_101.0, found), Checked(2, 0.0)], "c1")
    with three.read() as conn:
        assert findings_of(conn, 1) == [WHOLE, ERROR, WARNING]
        assert findings_of(conn, 2) == []
    assert _row(three, 1) == ("c1", 10_101.0, 1, 1)
    assert _row(three, 2) == ("c1", 0.0, 0, 0)
    assert _row(three, 3) == ("", 0.0, 0, 0)


def test_a_newer_catalogue_replaces_what_an_older_one_found(three: Store) -> None:
    with three.write() as conn:
        replace_findings(conn, [Checked(1, 10_000.0, (FoundIn(ERROR),))], "c1")
        replace_findings(conn, [Checked(2, 100.0, (FoundIn(WARNING),))], "c1")
    with three.write() as conn:
        replace_findings(conn, [Checked(1, 0.0)], "c2")
        assert findings_of(conn, 1) == []
        assert findings_of(conn, 2) == [WARNING]
    assert _row(three, 1) == ("c2", 0.0, 0, 0)


def _unchecked(
    conn: Connection,
    catalogue: str,
    after_id: int = 0,
    max_rows: int = 10,
    max_bytes: int = 1 << 20,
    dataset_id: int | None = None,
) -> list[int]:
    bodies = unchecked_bodies(
        conn, catalogue, after_id, max_rows=max_rows, max_bytes=max_bytes, dataset_id=dataset_id
    )
    return [body.id for body in bodies]


def test_what_is_unchecked_is_what_this_catalogue_has_not_seen(three: Store) -> None:
    with three.write() as conn:
        replace_findings(conn, [Checked(2, 0.0)], "c1")
        assert _unchecked(conn, "c1") == [1, 3]
        assert _unchecked(conn, "c1", after_id=1) == [3]
        assert _unchecked(conn, "c2") == [1, 2, 3]
        assert _unchecked(conn, "c2", dataset_id=1) == [1, 2]
        assert count_unchecked(conn, "c1") == 2
        assert count_unchecked(conn, "c1", dataset_id=1) == 1


def test_unchecked_bodies_end_at_their_number_and_at_their_bytes(three: Store) -> None:
    with three.read() as conn:
        assert _unchecked(conn, "c1", max_rows=1) == [1]
        assert _unchecked(conn, "c1", max_bytes=1) == [1]
        first, *_ = unchecked_bodies(conn, "c1", 0, max_rows=10, max_bytes=1 << 20)
        [stored] = iter_bodies(conn, ids=[1])
    assert (first.content, first.tools) == (stored.content, stored.tools)


def test_the_list_of_all_findings_names_dataset_and_source(three: Store) -> None:
    batch = [
        Checked(1, 1.0, (FoundIn(ERROR, "get_weather"),)),
        Checked(2, 1.0, (FoundIn(WARNING),)),
        Checked(3, 1.0, (FoundIn(WHOLE),)),
    ]
    with three.write() as conn:
        replace_findings(conn, batch, "c1")
    with three.read() as conn:
        listed = [(f.dataset, f.source_id, f.finding, f.tool) for f in iter_findings(conn)]
        errors = list(iter_findings(conn, severity=Severity.ERROR))
        of_e = list(iter_findings(conn, "e"))
    assert listed == [
        ("d", "row-1", ERROR, "get_weather"),
        ("d", "row-2", WARNING, None),
        ("e", "row-2", WARNING, None),
    ]
    assert [f.finding for f in errors] == [ERROR]
    assert [f.dataset for f in of_e] == ["e"]


def test_the_summary_counts_a_dataset_or_everything(three: Store) -> None:
    batch = [
        Checked(1, 1.0, (FoundIn(ERROR), FoundIn(WARNING))),
        Checked(2, 1.0, (FoundIn(WARNING),)),
        Checked(3, 1.0, (FoundIn(ERROR),)),
    ]
    with three.write() as conn:
        replace_findings(conn, batch, "c1")
        everything, of_d = summary(conn), summary(conn, 1)
    assert (everything.n_trajectories, everything.n_with_errors) == (3, 2)
    assert everything.by_check == {"calls/wrong-type": 2, "flow/role-order": 2}
    assert (of_d.n_trajectories, of_d.n_with_errors) == (2, 1)
    assert of_d.by_check == {"calls/wrong-type": 1, "flow/role-order": 2}
