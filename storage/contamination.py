"""Hits: trajectories that agree with an entry of a benchmark, and what people say of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, select

from curation.decontamination import HitKind
from curation.errors import NotFound
from storage.benchmarks import Benchmark, benchmark, entry, hit, in_dataset
from storage.bulk import change_many
from storage.tables import (
    AnnotatorRow,
    DatasetRow,
    HitRulingRow,
    ItemRow,
    TrajectoryRow,
    table_of,
)

ruling = table_of(HitRulingRow)
annotator = table_of(AnnotatorRow)
trajectory = table_of(TrajectoryRow)
item = table_of(ItemRow).alias("first_item")
dataset = table_of(DatasetRow).alias("first_dataset")

PAGE = 1_000
_later = ruling.alias("later")


def _same(one: Any, other: Any) -> list[ColumnElement[bool]]:
    return [one.c[name] == other.c[name] for name in ("trajectory_id", "entry_id", "kind")]


IS_DISMISSED = (
    select(literal(1))
    .where(
        *_same(ruling, hit),
        ruling.c.dismissed,
        ~select(literal(1)).where(*_same(_later, ruling), _later.c.id > ruling.c.id).exists(),
    )
    .exists()
)
"""Condition on `hit`: a person called it a false alarm."""
COUNTS = hit.c.score > 0
"""Condition on `hit`: it is one."""


class Hit(Struct, frozen=True):
    """A trajectory and an entry that agree."""

    id: int
    benchmark: str
    entry: str
    """Its id in the source."""
    entry_id: int
    trajectory_id: int
    uid: str
    preview: str
    kind: HitKind
    score: float
    dismissed: bool
    dataset: str
    """The oldest that the trajectory is in."""
    source_id: str
    """Of the trajectory, there."""


class KindCount(Struct, frozen=True):
    """Hits of one kind."""

    trajectories: int
    entries: int
    hits: int
    dismissed: int
    """Of the hits."""


class EntryCount(Struct, frozen=True):
    """Hits of one entry and kind."""

    entry: str
    kind: HitKind
    trajectories: int
    best: float
    """The highest score."""


class Leak(Struct, frozen=True):
    """A hit for which an export leaves a family out."""

    group_key: str
    uid: str
    benchmark: str
    entry: str
    kind: HitKind
    score: float


class Ruling(Struct, frozen=True):
    """What a person said of a hit."""

    by: str
    dismissed: bool
    reason: str
    at: datetime


def _of(known: Benchmark, dataset_id: int | None) -> list[ColumnElement[bool]]:
    return [hit.c.benchmark_id == known.id, COUNTS, *in_dataset(dataset_id)]


_any_item = table_of(ItemRow).alias("any_item")
_OLDEST = (
    select(func.min(_any_item.c.dataset_id))
    .where(_any_item.c.trajectory_id == trajectory.c.id)
    .scalar_subquery()
)
_HITS: Select[Any] = (
    select(
        hit.c.id,
        benchmark.c.name,
        entry.c.source_id,
        hit.c.entry_id,
        hit.c.trajectory_id,
        trajectory.c.uid,
        trajectory.c.preview,
        hit.c.kind,
        hit.c.score,
        IS_DISMISSED,
        dataset.c.name,
        item.c.source_id,
    )
    .join(benchmark, benchmark.c.id == hit.c.benchmark_id)
    .join(entry, entry.c.id == hit.c.entry_id)
    .join(trajectory, trajectory.c.id == hit.c.trajectory_id)
    .outerjoin(item, (item.c.trajectory_id == trajectory.c.id) & (item.c.dataset_id == _OLDEST))
    .outerjoin(dataset, dataset.c.id == item.c.dataset_id)
)


def _hit(row: Sequence[Any]) -> Hit:
    *facts, kind, score, dismissed, named, source_id = row
    number, benchmark_name, entry_name, entry_id, trajectory_id, uid, preview = facts
    return Hit(
        number, benchmark_name, entry_name, entry_id, trajectory_id, uid, preview, HitKind(kind),
        score, bool(dismissed), named or "", source_id or "",
    )  # fmt: skip


def iter_hits(conn: Connection, known: Benchmark, dataset_id: int | None = None) -> Iterator[Hit]:
    """All hits, in the order they were found."""
    query = _HITS.where(*_of(known, dataset_id)).order_by(hit.c.id)
    after = 0
    while rows := conn.execute(query.where(hit.c.id > after).limit(PAGE)).all():
        yield from map(_hit, rows)
        after = rows[-1][0]


def best_hits(
    conn: Connection,
    known: Benchmark,
    kinds: Collection[HitKind],
    limit: int,
    dataset_id: int | None = None,
    *,
    dismissed: bool | None = None,
) -> list[Hit]:
    """The hits of these kinds with the highest scores; of those with one score the first found."""
    query = _HITS.where(*_of(known, dataset_id), hit.c.kind.in_([kind.value for kind in kinds]))
    if dismissed is not None:
        query = query.where(IS_DISMISSED if dismissed else ~IS_DISMISSED)
    rows = conn.execute(query.order_by(hit.c.score.desc(), hit.c.id).limit(limit))
    return [_hit(row) for row in rows]


def get_hit(conn: Connection, hit_id: int) -> Hit:
    """One hit.

    Raises:
        NotFound: there is none of that id.
    """
    row = conn.execute(_HITS.where(hit.c.id == hit_id)).one_or_none()
    if row is None:
        raise NotFound(
            f"There is no hit {hit_id}.", hint="List them with `loopwright contamination NAME`."
        )
    return _hit(row)


def same_hit(conn: Connection, seen: Hit) -> Hit:
    """A hit that was looked at before, as it is now.

    Raises:
        NotFound: it is no hit any more.
    """
    query = _HITS.where(
        hit.c.trajectory_id == seen.trajectory_id,
        hit.c.entry_id == seen.entry_id,
        hit.c.kind == seen.kind.value,
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(
            f"{seen.uid} does not hit {seen.entry} any more.",
            hint="The benchmark was compared anew; look at its hits again.",
        )
    return _hit(row)


def count_by_kind(
    conn: Connection, known: Benchmark, dataset_id: int | None = None
) -> dict[HitKind, KindCount]:
    """Hits by kind; kinds without any are not there."""
    query = (
        select(
            hit.c.kind,
            func.count(hit.c.trajectory_id.distinct()),
            func.count(hit.c.entry_id.distinct()),
            func.count(),
            func.sum(case((IS_DISMISSED, 1), else_=0)),
        )
        .join(trajectory, trajectory.c.id == hit.c.trajectory_id)
        .where(*_of(known, dataset_id))
        .group_by(hit.c.kind)
    )
    found = {HitKind(kind): KindCount(*map(int, n)) for kind, *n in conn.execute(query)}
    return {kind: found[kind] for kind in HitKind if kind in found}


def count_by_entry(
    conn: Connection, known: Benchmark, limit: int, dataset_id: int | None = None
) -> list[EntryCount]:
    """Entries and kinds with the most trajectories, dismissed hits aside."""
    n = func.count(hit.c.trajectory_id.distinct())
    query = (
        select(entry.c.source_id, hit.c.kind, n, func.max(hit.c.score))
        .join(entry, entry.c.id == hit.c.entry_id)
        .join(trajectory, trajectory.c.id == hit.c.trajectory_id)
        .where(*_of(known, dataset_id), ~IS_DISMISSED)
        .group_by(entry.c.id, entry.c.source_id, hit.c.kind)
        .order_by(n.desc(), entry.c.id, hit.c.kind)
        .limit(limit)
    )
    return [EntryCount(one, HitKind(kind), *rest) for one, kind, *rest in conn.execute(query)]


def count_scores(
    conn: Connection, known: Benchmark, bins: int, dataset_id: int | None = None
) -> dict[HitKind, list[int]]:
    """Hits by kind and score: bin i counts scores from i/bins; a score of 1 is in the last."""
    rounded = func.round(hit.c.score * 1000)
    query = (
        select(hit.c.kind, rounded, func.count())
        .join(trajectory, trajectory.c.id == hit.c.trajectory_id)
        .where(*_of(known, dataset_id))
        .group_by(hit.c.kind, rounded)
    )
    found: dict[HitKind, list[int]] = {}
    for kind, score, n in conn.execute(query):
        counts = found.setdefault(HitKind(kind), [0] * bins)
        counts[min(bins - 1, int(score) * bins // 1000)] += n
    return {kind: found[kind] for kind in HitKind if kind in found}


def count_dismissed(conn: Connection, known: Benchmark, kinds: Collection[HitKind]) -> int:
    """Hits of these kinds that people called false alarms."""
    query = select(func.count()).where(
        hit.c.benchmark_id == known.id,
        COUNTS,
        hit.c.kind.in_([kind.value for kind in kinds]),
        IS_DISMISSED,
    )
    return int(conn.execute(query).scalar_one())


def iter_leaks(conn: Connection, known: Benchmark, kinds: Collection[HitKind]) -> Iterator[Leak]:
    """Hits of these kinds that stand, in the order they were found."""
    query = (
        select(
            hit.c.id,
            trajectory.c.group_key,
            trajectory.c.uid,
            entry.c.source_id,
            hit.c.kind,
            hit.c.score,
        )
        .join(entry, entry.c.id == hit.c.entry_id)
        .join(trajectory, trajectory.c.id == hit.c.trajectory_id)
        .where(
            hit.c.benchmark_id == known.id,
            COUNTS,
            hit.c.kind.in_([kind.value for kind in kinds]),
            ~IS_DISMISSED,
        )
        .order_by(hit.c.id)
    )
    after = 0
    while rows := conn.execute(query.where(hit.c.id > after).limit(PAGE)).all():
        for _, group, uid, source_id, kind, score in rows:
            yield Leak(group, uid, known.name, source_id, HitKind(kind), score)
        after = rows[-1][0]


# --- runs of words that turn out to be common ----------------------------------------------------


class RunHit(Struct, frozen=True):
    """A hit by shared runs of words."""

    id: int
    group_key: str
    entry_id: int
    score: float
    runs: bytes


def iter_run_hits(conn: Connection, known: Benchmark) -> Iterator[RunHit]:
    """Hits by runs of words, also those that count no more."""
    query = (
        select(hit.c.id, trajectory.c.group_key, hit.c.entry_id, hit.c.score, hit.c.runs)
        .join(trajectory, trajectory.c.id == hit.c.trajectory_id)
        .where(hit.c.benchmark_id == known.id, hit.c.kind == HitKind.NGRAM.value)
        .order_by(hit.c.id)
    )
    after = 0
    while rows := conn.execute(query.where(hit.c.id > after).limit(PAGE)).all():
        yield from (RunHit(*row) for row in rows)
        after = rows[-1].id


def change_scores(conn: Connection, scores: Sequence[tuple[int, float]]) -> None:
    """Set the scores of hits, given as (id, score)."""
    change_many(conn, hit, ("score",), [(score, hit_id) for hit_id, score in scores])


# --- what people say of hits ----------------------------------------------------------------------


def rule_on(
    conn: Connection, about: Hit, annotator_id: int, *, dismissed: bool, reason: str
) -> None:
    """Note what a person says of a hit."""
    conn.execute(
        ruling.insert().values(
            trajectory_id=about.trajectory_id,
            entry_id=about.entry_id,
            kind=about.kind.value,
            dismissed=dismissed,
            reason=reason,
            annotator_id=annotator_id,
            created_at=datetime.now(UTC),
        )
    )


def rulings_on(conn: Connection, about: Hit) -> list[Ruling]:
    """What was said of a hit, the latest first."""
    query = (
        select(annotator.c.name, ruling.c.dismissed, ruling.c.reason, ruling.c.created_at)
        .join(annotator, annotator.c.id == ruling.c.annotator_id)
        .where(
            ruling.c.trajectory_id == about.trajectory_id,
            ruling.c.entry_id == about.entry_id,
            ruling.c.kind == about.kind.value,
        )
        .order_by(ruling.c.id.desc())
    )
    return [Ruling(*row) for row in conn.execute(query)]
