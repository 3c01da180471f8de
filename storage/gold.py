"""Gold: predictions that a judge and people ruled on, and how much a judge said altogether.

A judge here is the set of its runs; what makes two runs one judge is `curation/judge_identity.py`.
Everything can be told apart by slices of the data, grouped in the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, select, true
from sqlalchemy.sql.selectable import FromClause, Subquery

from curation.judging import Order
from curation.standing import RulerKind
from curation.verdicts import Verdict
from storage.groups import families
from storage.predictions import prediction
from storage.tables import ToolRow, ToolUseRow, table_of
from storage.verdicts import annotator, dataset, item, trajectory, verdict
from storage.votes import vote

tool = table_of(ToolRow)
tool_use = table_of(ToolUseRow)


class SliceKind(StrEnum):
    """By what the data is told apart."""

    ALL = "all"
    DATASET = "dataset"
    TOOL = "tool"
    """Trajectories that call it, as in Browse."""
    MODEL = "model"
    """That made the predictions."""


class Within(Struct, frozen=True):
    """To what a question is limited."""

    runs: tuple[int, ...]
    """Of one judge."""
    dataset: str | None = None


class GoldRow(Struct, frozen=True):
    """A prediction that a judge and people ruled on."""

    prediction_id: int
    slice: str
    """Name of the slice it is told in; one in several slices is there for each."""
    judge: Verdict | None
    human: Verdict
    family: str
    """Of its trajectory's group."""
    uid: str
    message_index: int
    model: str
    ruled_by: str
    is_blind: bool
    ruled_at: datetime


class OrderCount(Struct, frozen=True):
    """Votes that were readable in both orders."""

    same: int
    n: int
    predictions: int
    """How many predictions they are about: votes on one are not independent."""


def gold_rows(
    conn: Connection, within: Within, by: SliceKind = SliceKind.ALL, *, blind_only: bool = True
) -> list[GoldRow]:
    """What both ruled on, in the order of people's rulings.

    Of people the newest ruling in force counts; with `blind_only` the newest of those given before
    anything was shown, also where its author ruled otherwise later: what stands has changed, not
    what they saw unprompted. Who takes a ruling back altogether has said nothing.
    """
    said, ruled = _said(within.runs), _ruled(blind_only)
    judged, human = verdict.alias("judged"), verdict.alias("human")
    name, source = _sliced(by)
    query = (
        select(
            prediction.c.id,
            name.label("slice"),
            judged.c.verdict.label("judge"),
            human.c.verdict.label("human"),
            trajectory.c.group_key,
            trajectory.c.uid,
            prediction.c.message_index,
            prediction.c.model,
            annotator.c.name.label("ruled_by"),
            human.c.is_blind,
            human.c.created_at,
        )
        .select_from(source)
        .join(said, said.c.prediction_id == prediction.c.id)
        .join(judged, judged.c.id == said.c.id)
        .join(ruled, ruled.c.prediction_id == prediction.c.id)
        .join(human, human.c.id == ruled.c.id)
        .join(annotator, annotator.c.id == human.c.annotator_id)
        .where(_is_within(within))
        .order_by(human.c.id, name)
    )
    family = families(conn)
    return [
        GoldRow(
            row.id,
            row.slice,
            Verdict(row.judge) if row.judge else None,
            Verdict(row.human),
            family.get(row.group_key, row.group_key),
            row.uid,
            row.message_index,
            row.model,
            row.ruled_by,
            bool(row.is_blind),
            row.created_at,
        )
        for row in conn.execute(query)
    ]


def judged_counts(
    conn: Connection, within: Within, by: SliceKind = SliceKind.ALL
) -> dict[str, Counter[Verdict | None]]:
    """How often a judge gave each verdict (None: unscored), by slice."""
    said = _said(within.runs)
    name, source = _sliced(by)
    query = (
        select(name, verdict.c.verdict, func.count())
        .select_from(source)
        .join(said, said.c.prediction_id == prediction.c.id)
        .join(verdict, verdict.c.id == said.c.id)
        .where(_is_within(within))
        .group_by(name, verdict.c.verdict)
    )
    found: dict[str, Counter[Verdict | None]] = {}
    for one, given, n in conn.execute(query):
        found.setdefault(one, Counter())[Verdict(given) if given else None] += n
    return found


def order_counts(
    conn: Connection, within: Within, by: SliceKind = SliceKind.ALL
) -> dict[str, OrderCount]:
    """How often a vote named the same verdict in both orders, by slice."""
    first, second = vote.alias("first"), vote.alias("second")
    name, source = _sliced(by)
    query = (
        select(
            name,
            func.sum(case((first.c.verdict == second.c.verdict, 1), else_=0)),
            func.count(),
            func.count(func.distinct(prediction.c.id)),
        )
        .select_from(source)
        .join(first, first.c.prediction_id == prediction.c.id)
        .join(
            second,
            and_(
                second.c.run_id == first.c.run_id,
                second.c.prediction_id == first.c.prediction_id,
                second.c.model == first.c.model,
                second.c.number == first.c.number,
            ),
        )
        .where(
            _is_within(within),
            first.c.run_id.in_(within.runs),
            first.c.order == Order.REFERENCE_FIRST.value,
            second.c.order == Order.PREDICTION_FIRST.value,
            first.c.verdict.is_not(None),
            second.c.verdict.is_not(None),
        )
        .group_by(name)
    )
    return {
        one: OrderCount(int(same), int(n), int(predictions))
        for one, same, n, predictions in conn.execute(query)
    }


class Candidate(Struct, frozen=True):
    """A judge's verdict in force that nobody else ruled on."""

    prediction_id: int
    key: str
    """Of the prediction, the same in every studio."""
    run_id: int
    annotator_id: int
    """The judge."""
    seen: int
    """Id of the last row on record of it: a ruling that came in since makes this stale."""


def candidates(conn: Connection, within: Within, given: Verdict) -> list[Candidate]:
    """Predictions whose verdict in force is `given`, by this judge, and contradicted by nobody.

    What a person ruled on, what was applied already and what other judges dispute is not among
    them.
    """
    said = _said(within.runs)
    row = verdict.alias()
    last = select(func.max(row.c.id)).where(row.c.prediction_id == prediction.c.id)
    query = (
        select(
            prediction.c.id,
            trajectory.c.uid,
            prediction.c.message_index,
            prediction.c.model,
            prediction.c.content_hash,
            last.scalar_subquery().label("seen"),
            verdict.c.run_id,
            verdict.c.annotator_id,
        )
        .select_from(_sliced(SliceKind.ALL)[1])
        .join(said, said.c.prediction_id == prediction.c.id)
        .join(verdict, verdict.c.id == said.c.id)
        .where(
            _is_within(within),
            verdict.c.verdict == given.value,
            prediction.c.standing == given.value,
            prediction.c.decided_by == RulerKind.JUDGE.value,
            prediction.c.is_disputed.is_(False),
        )
        .order_by(prediction.c.id)
    )
    return [
        Candidate(row.id, f"{row.uid}/{row.message_index}/{row.model}/{row.content_hash}",
                  row.run_id, row.annotator_id, row.seen)
        for row in conn.execute(query)
    ]  # fmt: skip


def _said(runs: Sequence[int]) -> Subquery:
    """(prediction, id) of the newest verdict of these runs that was not taken back."""
    return _newest(verdict.c.kind == RulerKind.JUDGE.value, verdict.c.run_id.in_(runs))


def _ruled(blind_only: bool) -> Subquery:
    """(prediction, id) of people's newest ruling."""
    is_human = verdict.c.kind == RulerKind.HUMAN.value
    ruled = and_(is_human, verdict.c.verdict.is_not(None))
    if not blind_only:
        return _newest(ruled)
    later = verdict.alias("later")
    still_ruling = select(later.c.id).where(
        later.c.prediction_id == verdict.c.prediction_id,
        later.c.annotator_id == verdict.c.annotator_id,
        later.c.kind == RulerKind.HUMAN.value,
        later.c.verdict.is_not(None),
        ~_withdrawals_of(later).exists(),
    )
    taken_back = _withdrawals_of(verdict).where(_withdrawal.c.session_id.is_not(None)).exists()
    return _newest_of(ruled, verdict.c.is_blind.is_(True), still_ruling.exists(), ~taken_back)


def _newest(*conditions: ColumnElement[bool]) -> Subquery:
    return _newest_of(*conditions, ~_withdrawals_of(verdict).exists())


def _newest_of(*conditions: ColumnElement[bool]) -> Subquery:
    return (
        select(verdict.c.prediction_id, func.max(verdict.c.id).label("id"))
        .where(verdict.c.withdraws.is_(None), *conditions)
        .group_by(verdict.c.prediction_id)
        .subquery()
    )


_withdrawal = verdict.alias("withdrawal")


def _withdrawals_of(given: FromClause) -> Select[tuple[int]]:
    """Rows that take a verdict back. Those without a session belong to a later ruling of the same
    person, which takes the place of the earlier one."""
    return select(_withdrawal.c.id).where(_withdrawal.c.withdraws == given.c.id)


def _sliced(by: SliceKind) -> tuple[ColumnElement[str], FromClause]:
    """The name of the slice, and predictions joined to what it is read from."""
    source = prediction.join(trajectory, trajectory.c.id == prediction.c.trajectory_id)
    match by:
        case SliceKind.DATASET:
            members = source.join(item, item.c.trajectory_id == trajectory.c.id)
            return dataset.c.name, members.join(dataset, dataset.c.id == item.c.dataset_id)
        case SliceKind.TOOL:
            used = source.join(tool_use, tool_use.c.trajectory_id == trajectory.c.id)
            return tool.c.name, used.join(tool, tool.c.id == tool_use.c.tool_id)
        case SliceKind.MODEL:
            return prediction.c.model, source
        case SliceKind.ALL:
            return literal(""), source


def _is_within(within: Within) -> ColumnElement[bool]:
    if within.dataset is None:
        return true()
    member, its = item.alias(), dataset.alias()
    inside: Select[Any] = (
        select(member.c.trajectory_id)
        .join(its, its.c.id == member.c.dataset_id)
        .where(its.c.name == within.dataset)
    )
    return prediction.c.trajectory_id.in_(inside)
