"""The court's queues: which predictions wait for a person, in order, and how many there are.

Narrow rows only; one case with all that belongs to it is `app/flows/court.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    tuple_,
)

from curation.court import CourtClass, CourtOrder
from curation.scoring import CLOSENESS
from curation.standing import UNSCORED, RulerKind
from curation.verdicts import Verdict
from storage.matches import MATCHED
from storage.predictions import prediction
from storage.scores import score
from storage.tables import DatasetRow, ItemRow, table_of

dataset = table_of(DatasetRow)
item = table_of(ItemRow)


COUNT_CAP = 10_000
"""Nobody needs to know more exactly how many wait: a page counts at every ruling."""


class CourtFilter(Struct, frozen=True):
    """Which predictions are asked about, and in which order."""

    dataset: str | None = None
    model: str | None = None
    order: CourtOrder = CourtOrder.CAME
    score: str = CLOSENESS
    """A name of `curation.scoring.score_kinds`: what it is ordered by, and bound by."""
    low: float | None = None
    high: float | None = None
    """Only those whose score is within these bounds, both included; None: no bound."""
    mastered_by: str = "strict"
    """The matcher whose match waits for nobody; a key of `storage.matches.MATCHED`."""

    @property
    def is_bound(self) -> bool:
        """Whether only some scores are asked for."""
        return self.low is not None or self.high is not None

    @property
    def is_scored(self) -> bool:
        """Whether predictions without this score are left out."""
        return self.is_bound or self.order is not CourtOrder.CAME


class QueuedCase(Struct, frozen=True):
    """A prediction that waits."""

    prediction_id: int
    model: str
    standing: str
    is_disputed: bool


def queue_of_verdicts(
    conn: Connection,
    wanted: CourtFilter,
    cls: CourtClass,
    after: int = 0,
    limit: int = 1,
) -> list[QueuedCase]:
    """Predictions of a class behind the prediction `after`, in the order that is wanted."""
    columns = (
        prediction.c.id,
        prediction.c.model,
        prediction.c.standing,
        prediction.c.is_disputed,
    )
    query = (
        _of(wanted, *columns)
        .where(in_class(wanted, cls), _beyond(conn, wanted, after) if after else true())
        .order_by(*_key(wanted))
        .limit(limit)
    )
    return [QueuedCase(*row) for row in conn.execute(query)]


def previous_of(conn: Connection, wanted: CourtFilter, cls: CourtClass, before: int) -> int | None:
    """The prediction of a class right before another one; None at the head of the queue."""
    query = (
        _of(wanted, prediction.c.id)
        .where(in_class(wanted, cls), _beyond(conn, wanted, before, backwards=True))
        .order_by(*_key(wanted, backwards=True))
        .limit(1)
    )
    found: int | None = conn.execute(query).scalar_one_or_none()
    return found


def is_waiting(conn: Connection, wanted: CourtFilter, cls: CourtClass, at: int) -> bool:
    """Whether a prediction is in a class."""
    query = _of(wanted, prediction.c.id).where(prediction.c.id == at, in_class(wanted, cls))
    return conn.execute(query).one_or_none() is not None


def place_of(conn: Connection, wanted: CourtFilter, cls: CourtClass, at: int) -> int:
    """1-based position of a prediction that waits in a class, counted up to `COUNT_CAP`."""
    before = _of(wanted, prediction.c.id).where(
        in_class(wanted, cls), _beyond(conn, wanted, at, backwards=True)
    )
    some = before.limit(COUNT_CAP - 1).subquery()
    return 1 + int(conn.execute(select(func.count()).select_from(some)).scalar_one())


def count_classes(conn: Connection, wanted: CourtFilter) -> dict[CourtClass, int]:
    """How many predictions every class holds, each counted up to `COUNT_CAP`."""
    return {cls: _counted(conn, wanted, in_class(wanted, cls)) for cls in CourtClass}


def count_mastered(conn: Connection, wanted: CourtFilter) -> int:
    """How many predictions say what the reference says, and so wait for nobody; up to
    `COUNT_CAP`."""
    return _counted(conn, wanted, MATCHED[wanted.mastered_by].is_(True))


def _counted(conn: Connection, wanted: CourtFilter, *conditions: ColumnElement[bool]) -> int:
    if wanted.score == CLOSENESS and not wanted.is_bound:
        # Every prediction that was compared has it; without the join nobody waits for counts.
        some = select(prediction.c.id).where(*_conditions(wanted))
    else:
        some = _of(wanted, prediction.c.id)
    some = some.where(*conditions).limit(COUNT_CAP)
    return int(conn.execute(select(func.count()).select_from(some.subquery())).scalar_one())


def models_predicted(conn: Connection) -> list[str]:
    """Models that any prediction is of, by name."""
    query = select(prediction.c.model).distinct().order_by(prediction.c.model)
    return list(conn.execute(query).scalars())


def in_class(wanted: CourtFilter, cls: CourtClass) -> ColumnElement[bool]:
    """The condition of being in a class; no prediction meets those of two, `OPEN` aside."""
    p = prediction.c
    by_person = p.decided_by == RulerKind.HUMAN.value
    settled = and_(not_(p.is_disputed), not_(by_person))
    is_mastered = MATCHED[wanted.mastered_by].is_(True)
    if cls is CourtClass.OPEN:
        waits = or_(p.standing != "", not_(is_mastered))
        return and_(waits, or_(p.is_disputed, not_(by_person)))
    if cls is CourtClass.DISAGREEMENT:
        return p.is_disputed.is_(True)
    if cls is CourtClass.RULED:
        return and_(by_person, not_(p.is_disputed))
    if cls is CourtClass.NOT_JUDGED:
        return and_(p.standing == "", not_(is_mastered))
    standing = UNSCORED if cls is CourtClass.UNSCORED else Verdict(cls.value).value
    return and_(p.standing == standing, settled)


def _of(wanted: CourtFilter, *columns: ColumnElement[Any]) -> Select[Any]:
    """Columns of the predictions that are asked about."""
    query = select(*columns).where(*_conditions(wanted))
    if not wanted.is_scored:
        return query
    held = and_(score.c.prediction_id == prediction.c.id, score.c.reward == wanted.score)
    query = query.select_from(prediction.join(score, held))
    if wanted.low is not None:
        query = query.where(score.c.value >= wanted.low)
    if wanted.high is not None:
        query = query.where(score.c.value <= wanted.high)
    return query


def _columns(wanted: CourtFilter) -> tuple[ColumnElement[Any], ...]:
    """What the order goes by; `ix_score_reward_value_prediction_id` holds it."""
    if wanted.order is CourtOrder.CAME:
        return (prediction.c.id,)
    return score.c.value, score.c.prediction_id


def _key(wanted: CourtFilter, *, backwards: bool = False) -> list[ColumnElement[Any]]:
    falls = (wanted.order is CourtOrder.RIGHT) is not backwards
    return [column.desc() if falls else column.asc() for column in _columns(wanted)]


def _beyond(
    conn: Connection, wanted: CourtFilter, at: int, *, backwards: bool = False
) -> ColumnElement[bool]:
    """The condition of coming behind a prediction, or before it. Before one without the score that
    orders them comes nothing, and behind it everything."""
    place: tuple[float, ...] = (at,)
    if wanted.order is not CourtOrder.CAME:
        value = conn.execute(
            select(score.c.value).where(score.c.prediction_id == at, score.c.reward == wanted.score)
        ).scalar_one_or_none()
        if value is None:
            return false() if backwards else true()
        place = (value, at)
    key, held = tuple_(*_columns(wanted)), tuple_(*map(literal, place))
    falls = (wanted.order is CourtOrder.RIGHT) is not backwards
    return key < held if falls else key > held


def _conditions(wanted: CourtFilter) -> Iterator[ColumnElement[bool]]:
    yield true() if wanted.model is None else prediction.c.model == wanted.model
    if wanted.dataset is not None:
        member: Select[Any] = (
            select(item.c.trajectory_id)
            .join(dataset, dataset.c.id == item.c.dataset_id)
            .where(
                item.c.trajectory_id == prediction.c.trajectory_id,
                dataset.c.name == wanted.dataset,
            )
        )
        yield member.exists()
