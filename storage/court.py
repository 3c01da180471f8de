"""The court's queues: which predictions wait for a person, in order, and how many there are.

Narrow rows only; one case with all that belongs to it is `app/flows/court.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, or_, select, true

from curation.court import CourtClass
from curation.standing import UNSCORED, RulerKind
from curation.verdicts import Verdict
from storage.predictions import prediction
from storage.tables import DatasetRow, ItemRow, table_of

dataset = table_of(DatasetRow)
item = table_of(ItemRow)


COUNT_CAP = 10_000
"""Nobody needs to know more exactly how many wait: a page counts at every ruling."""


class CourtFilter(Struct, frozen=True):
    """Which predictions are asked about."""

    dataset: str | None = None
    model: str | None = None


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
    """Predictions of a class behind the prediction `after`, in the order they came."""
    query = (
        select(prediction.c.id, prediction.c.model, prediction.c.standing, prediction.c.is_disputed)
        .where(in_class(cls), prediction.c.id > after, *_conditions(wanted))
        .order_by(prediction.c.id)
        .limit(limit)
    )
    return [QueuedCase(*row) for row in conn.execute(query)]


def previous_of(conn: Connection, wanted: CourtFilter, cls: CourtClass, before: int) -> int | None:
    """The prediction of a class right before another one; None at the head of the queue."""
    query = select(func.max(prediction.c.id)).where(
        in_class(cls), prediction.c.id < before, *_conditions(wanted)
    )
    found: int | None = conn.execute(query).scalar_one()
    return found


def is_waiting(conn: Connection, wanted: CourtFilter, cls: CourtClass, at: int) -> bool:
    """Whether a prediction is in a class."""
    query = select(prediction.c.id).where(
        prediction.c.id == at, in_class(cls), *_conditions(wanted)
    )
    return conn.execute(query).one_or_none() is not None


def place_of(conn: Connection, wanted: CourtFilter, cls: CourtClass, at: int) -> int:
    """1-based position of a prediction in its queue, counted up to `COUNT_CAP`: how many wait up to
    it, itself included."""
    return _counted(conn, wanted, in_class(cls), prediction.c.id <= at)


def count_classes(conn: Connection, wanted: CourtFilter) -> dict[CourtClass, int]:
    """How many predictions every class holds, each counted up to `COUNT_CAP`."""
    return {cls: _counted(conn, wanted, in_class(cls)) for cls in CourtClass}


def count_mastered(conn: Connection, wanted: CourtFilter) -> int:
    """How many predictions say what the reference says, and so wait for nobody; up to
    `COUNT_CAP`."""
    return _counted(conn, wanted, prediction.c.matches_strict.is_(True))


def _counted(conn: Connection, wanted: CourtFilter, *conditions: ColumnElement[bool]) -> int:
    some = select(prediction.c.id).where(*conditions, *_conditions(wanted)).limit(COUNT_CAP)
    return int(conn.execute(select(func.count()).select_from(some.subquery())).scalar_one())


def models_predicted(conn: Connection) -> list[str]:
    """Models that any prediction is of, by name."""
    query = select(prediction.c.model).distinct().order_by(prediction.c.model)
    return list(conn.execute(query).scalars())


def in_class(cls: CourtClass) -> ColumnElement[bool]:
    """The condition of being in a class; no prediction meets those of two, `OPEN` aside."""
    p = prediction.c
    by_person = p.decided_by == RulerKind.HUMAN.value
    settled = and_(not_(p.is_disputed), not_(by_person))
    if cls is CourtClass.OPEN:
        waits = or_(p.standing != "", p.matches_strict.is_not(True))
        return and_(waits, or_(p.is_disputed, not_(by_person)))
    if cls is CourtClass.DISAGREEMENT:
        return p.is_disputed.is_(True)
    if cls is CourtClass.RULED:
        return and_(by_person, not_(p.is_disputed))
    if cls is CourtClass.NOT_JUDGED:
        return and_(p.standing == "", p.matches_strict.is_not(True))
    standing = UNSCORED if cls is CourtClass.UNSCORED else Verdict(cls.value).value
    return and_(p.standing == standing, settled)


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
