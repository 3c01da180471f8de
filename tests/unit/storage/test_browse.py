"""Browse against the plainest possible implementation: filter everything in Python, then sort."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from storage import browse, saved_views, search
from storage.browse import Filter, Order
from storage.engine import Store, open_store
from storage.tables import (
    ActRow,
    AnnotationRow,
    AnnotatorRow,
    DatasetRow,
    FindingRow,
    ItemRow,
    MarkRow,
    ToolRow,
    ToolSetRow,
    ToolUseRow,
    TrajectoryRow,
    table_of,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = ("refund", "flight", "cancel", "invoice", "seat")


@dataclass
class Plain:
    """What one trajectory has, in Python."""

    id: int
    datasets: set[str]
    state: str
    outcome: str | None
    n_messages: int
    n_errors: int
    suspicion: float
    text: str
    checks: set[str] = field(default_factory=set)
    tools: set[str] = field(default_factory=set)
    categories: set[str] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)
    annotated: set[tuple[str, str]] = field(default_factory=set)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Store]:
    """One store for the whole file: these tests only read what `rows` wrote."""
    path = tmp_path_factory.mktemp("browse") / "loopwright.db"
    shutil.copyfile(migrated_file, path)
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def rows(store: Store) -> list[Plain]:
    """Ninety trajectories with every attribute drawn at random (seeded), stored and returned."""
    rng = random.Random(11)
    plain = [
        Plain(
            id=i,
            datasets={"a"} if i % 3 else {"a", "b"},
            state=rng.choice(["new", "queued", "annotated", "disputed", "decided"]),
            outcome=rng.choice([None, "accept", "reject"]),
            n_messages=rng.randint(2, 9),
            n_errors=rng.choice([0, 0, 1, 2]),
            suspicion=rng.choice([0.0, 1.0, 2.5]),
            text=" ".join(rng.sample(WORDS, 2)),
            checks={c for c in ("calls/x", "flow/y") if rng.random() < 0.3},
            tools={t for t in ("get", "put") if rng.random() < 0.5},
        )
        for i in range(1, 91)
    ]
    with store.write() as conn:
        conn.execute(insert(table_of(ToolSetRow)).values(id=1, hash="h", n_tools=0, body=b"x"))
        for position, name in enumerate(("a", "b"), start=1):
            conn.execute(
                insert(table_of(DatasetRow)).values(
                    id=position, name=name, format="f", created_at=NOW, n_items=0
                )
            )
        for position, name in enumerate(("get", "put"), start=1):
            conn.execute(insert(table_of(ToolRow)).values(id=position, name=name))
        for position, name in enumerate(("ada", "bob"), start=1):
            conn.execute(
                insert(table_of(AnnotatorRow)).values(
                    id=position, name=name, kind="human", created_at=NOW
                )
            )
        for row in plain:
            _store(conn, row)
        for row in plain[::4]:
            _annotate(conn, row, rng)
        search.index_batch(conn, [(row.id, row.text) for row in plain])
    return plain


def _store(conn, row: Plain) -> None:
    conn.execute(
        insert(table_of(TrajectoryRow)).values(
            id=row.id,
            uid=f"tj1-{row.id}",
            tool_set_id=1,
            group_key="g",
            n_messages=row.n_messages,
            n_steps=1,
            n_calls=1,
            n_tools=0,
            preview=row.text,
            created_at=NOW,
            checked_with="c",
            suspicion=row.suspicion,
            n_errors=row.n_errors,
            n_warnings=0,
            state=row.state,
            outcome=row.outcome,
        )
    )
    for name in row.datasets:
        conn.execute(
            insert(table_of(ItemRow)).values(
                dataset_id=1 if name == "a" else 2,
                trajectory_id=row.id,
                source_id=f"s{row.id}",
                where="f:1",
                source="{}",
            )
        )
    for check in row.checks:
        # Twice on purpose: two findings of one check must not list a trajectory twice.
        for message_index in (1, 3):
            conn.execute(
                insert(table_of(FindingRow)).values(
                    trajectory_id=row.id,
                    check=check,
                    version=1,
                    # Only an error in a call of a tool makes it a broken one.
                    severity="error" if check == "calls/x" else "warning",
                    tool="get" if check == "calls/x" else "put",
                    message_index=message_index,
                    message="m",
                    hint="",
                )
            )
    for tool in row.tools:
        conn.execute(
            insert(table_of(ToolUseRow)).values(
                tool_id=1 if tool == "get" else 2, trajectory_id=row.id, n_calls=1
            )
        )


def _annotate(conn, row: Plain, rng: random.Random) -> None:
    """One annotator, one or two revisions; only the marks of the last one count."""
    annotator = rng.randint(1, 2)
    revisions = rng.randint(1, 2)
    at = NOW + timedelta(days=rng.randint(0, 2))
    for revision in range(1, revisions + 1):
        act_id = conn.execute(
            insert(table_of(ActRow)).values(
                trajectory_id=row.id,
                annotator_id=annotator,
                kind="commit",
                payload="{}",
                session_id=f"s{row.id}",
                n=revision,
                created_at=at,
            )
        ).inserted_primary_key[0]
        annotation_id = conn.execute(
            insert(table_of(AnnotationRow)).values(
                trajectory_id=row.id,
                annotator_id=annotator,
                revision=revision,
                retracted=False,
                outcome="accept",
                content="{}",
                act_id=act_id,
                created_at=at,
            )
        ).inserted_primary_key[0]
        category = rng.choice(["wrong", "missing"])
        conn.execute(
            insert(table_of(MarkRow)).values(
                annotation_id=annotation_id,
                mark_id="m",
                trajectory_id=row.id,
                taxonomy="t",
                category=category,
                severity="major",
                root_cause=category == "wrong" and row.id % 2 == 0,
                train=row.id % 3 > 0,
            )
        )
        row.categories = {f"t/{category}"}
        row.marked = {"root-cause"} if category == "wrong" and row.id % 2 == 0 else set()
        row.marked |= set() if row.id % 3 else {"do-not-learn"}
        row.annotated.add(("ada" if annotator == 1 else "bob", at.date().isoformat()))


def passes(row: Plain, wanted: Filter) -> bool:
    """The meaning of a filter, said once more in the simplest way."""
    said = [
        wanted.dataset is None or wanted.dataset in row.datasets,
        wanted.state is None or row.state == wanted.state,
        wanted.reached is None or _has_reached(row, wanted.reached),
        wanted.broken_tool is None or (wanted.broken_tool == "get" and "calls/x" in row.checks),
        wanted.said is None or (wanted.said == "accept" and bool(row.annotated)),
        wanted.outcome is None or (row.outcome or "none") == wanted.outcome,
        wanted.check is None or wanted.check in row.checks,
        wanted.tool is None or wanted.tool in row.tools,
        wanted.category is None or wanted.category in row.categories,
        wanted.marked is None or wanted.marked in row.marked,
        wanted.min_messages is None or row.n_messages >= wanted.min_messages,
        wanted.max_messages is None or row.n_messages <= wanted.max_messages,
        wanted.with_errors is None or (row.n_errors > 0) == wanted.with_errors,
        wanted.text is None or all(w in row.text.split() for w in wanted.text.split()),
        (wanted.annotator is None and wanted.day is None)
        or any(
            (wanted.annotator in (None, who)) and (wanted.day in (None, day))
            for who, day in row.annotated
        ),
    ]
    return all(said)


def _has_reached(row: Plain, stage: str) -> bool:
    way = ["new", "queued", "annotated", "decided"]
    if stage == "accepted":
        return row.state == "decided" and row.outcome == "accept"
    at = "annotated" if row.state == "disputed" else row.state
    return stage == "checked" or (stage in way and way.index(at) >= way.index(stage))


KEYS = {
    Order.NEWEST: lambda r: -r.id,
    Order.OLDEST: lambda r: r.id,
    Order.SUSPICIOUS: lambda r: (-r.suspicion, -r.id),
    Order.LONGEST: lambda r: (-r.n_messages, -r.id),
}

FILTERS = [
    Filter(),
    Filter(dataset="b"),
    Filter(dataset="unknown"),
    Filter(state="queued"),
    Filter(outcome="none", with_errors=True),
    Filter(check="calls/x"),
    Filter(check="calls/x", tool="get", dataset="b"),
    Filter(category="t/wrong"),
    Filter(category="t/wrong", state="decided"),
    Filter(marked="root-cause"),
    Filter(marked="do-not-learn", dataset="b"),
    Filter(marked="do-not-learn", category="t/missing"),
    Filter(marked="nonsense"),
    Filter(min_messages=4, max_messages=6, with_errors=False),
    Filter(annotator="ada"),
    Filter(day="2026-03-02"),
    Filter(annotator="bob", day="2026-03-03", check="flow/y"),
    *[Filter(reached=stage) for stage in browse.STAGES],
    Filter(reached="annotated", check="calls/x", dataset="a"),
    Filter(reached="nowhere"),
    Filter(broken_tool="get"),
    Filter(broken_tool="put"),
    Filter(broken_tool="get", reached="queued"),
    Filter(said="accept"),
    Filter(said="reject"),
    Filter(said="accept", annotator="ada", day="2026-03-02"),
    Filter(text="refund"),
    Filter(text="refund seat", dataset="a", outcome="accept"),
]


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("wanted", FILTERS, ids=lambda f: "+".join(_set(f)) or "all")
def test_walking_the_pages_gives_exactly_what_passes_in_order(store, rows, wanted, order):
    wanted = Filter(**{n: getattr(wanted, n) for n in _set(wanted)}, order=order)
    expected = sorted((r for r in rows if passes(r, wanted)), key=KEYS[order])
    walked: list[int] = []
    cursor = None
    with store.read() as conn:
        for _ in range(60):
            page = browse.page(conn, wanted, cursor, limit=7)
            walked += [r.id for r in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert walked == [r.id for r in expected]


@pytest.mark.parametrize("wanted", FILTERS, ids=lambda f: "+".join(_set(f)) or "all")
def test_count_and_all_ids_agree_with_the_pages(store, rows, wanted):
    expected = [r.id for r in rows if passes(r, wanted)]
    with store.read() as conn:
        assert browse.count(conn, wanted).n == len(expected)
        chunks = list(browse.iter_ids(conn, wanted, chunk=8))
    assert [i for chunk in chunks for i in chunk] == expected


def test_a_count_stops_at_its_cap_and_says_so(store, rows):
    with store.read() as conn:
        counted = browse.count(conn, Filter(dataset="a"), cap=10)
    assert (counted.n, counted.is_capped, str(counted)) == (10, True, "10+")


def test_a_condition_rarer_than_the_cap_and_one_more_common_give_the_same_rows(
    store, rows, monkeypatch
):
    wanted = Filter(check="calls/x", dataset="a", order=Order.SUSPICIOUS)
    with store.read() as conn:
        rare = [r.id for r in browse.page(conn, wanted).rows]
        monkeypatch.setattr(browse, "RARE_CAP", 3)
        common = [r.id for r in browse.page(conn, wanted).rows]
    assert (
        rare
        == common
        == sorted(
            (r.id for r in rows if passes(r, wanted)),
            key=lambda i: KEYS[Order.SUSPICIOUS](rows[i - 1]),
        )
    )


def test_rows_show_the_filtered_dataset_and_its_source_id(store, rows):
    with store.read() as conn:
        page = browse.page(conn, Filter(dataset="b"))
    assert {r.dataset for r in page.rows} == {"b"}
    assert all(r.source_id == f"s{r.id}" for r in page.rows)


def test_choices_are_the_names_that_occur(store, rows):
    with store.read() as conn:
        assert browse.checks_found(conn) == ["calls/x", "flow/y"]
        assert browse.tools_called(conn) == ["get", "put"]
        assert set(browse.categories_marked(conn)) <= {"t/wrong", "t/missing"}


def test_a_saved_view_comes_back_equal_and_is_replaced_by_its_name(store):
    first = Filter(check="calls/x", order=Order.LONGEST, with_errors=False)
    with store.write() as conn:
        saved_views.save_view(conn, "mine", first)
        saved_views.save_view(conn, "mine", Filter(text="a b"))
        saved_views.save_view(conn, "other", first)
    with store.read() as conn:
        assert {v.name: v.filter for v in saved_views.list_views(conn)} == {
            "mine": Filter(text="a b"),
            "other": first,
        }
    with store.write() as conn:
        saved_views.drop_view(conn, "mine")
    with store.read() as conn:
        assert [v.name for v in saved_views.list_views(conn)] == ["other"]


def _set(wanted: Filter) -> list[str]:
    return [n for n in Filter.__struct_fields__ if getattr(wanted, n) not in (None, Order.NEWEST)]


def test_a_correction_is_not_listed_beside_its_parent(store, rows):
    with store.write() as conn:
        conn.execute(
            insert(table_of(TrajectoryRow)).values(
                id=500,
                uid="tj1-correction",
                tool_set_id=1,
                parent_id=1,
                group_key="g",
                n_messages=5,
                n_steps=1,
                n_calls=1,
                n_tools=0,
                preview="refund",
                created_at=NOW,
                state="new",
            )
        )
    with store.read() as conn:
        for wanted in (Filter(), Filter(min_messages=5), Filter(order=Order.LONGEST)):
            assert 500 not in [r.id for r in browse.page(conn, wanted, limit=200).rows]
            assert 500 not in [i for chunk in browse.iter_ids(conn, wanted) for i in chunk]
        assert browse.count(conn, Filter()).n == len(rows)
