"""What is known of a page of trajectories besides their content: for exports.

Decisions, annotations, memberships and named corrections, each by one query a page.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, func, select

from curation.annotation import Annotation, Outcome, RuledTry, StepVerdict, TryRuling
from curation.exporting import AnsweredTry, Decided, Said
from curation.simulated import SimulatedResult
from curation.standing import RulerKind
from curation.taxonomy_change import Renames, renamed
from curation.trajectory import Message
from curation.tries import try_id
from curation.verdicts import Verdict
from storage.corrections import attested_of, simulated_of
from storage.packed_episodes import PackedEpisode
from storage.predictions import prediction, predictions_of
from storage.renames import renames_in_force
from storage.tables import (
    AnnotationRow,
    AnnotatorRow,
    CorrectionRow,
    DatasetRow,
    DecisionRow,
    ItemRow,
    TrajectoryRow,
    table_of,
)
from storage.trajectories import iter_bodies

annotation = table_of(AnnotationRow)
annotator = table_of(AnnotatorRow)
correction = table_of(CorrectionRow)
dataset = table_of(DatasetRow)
decision = table_of(DecisionRow)
item = table_of(ItemRow)
trajectory = table_of(TrajectoryRow)

_message_decoder = msgspec.json.Decoder(Message)
_annotation_decoder = msgspec.json.Decoder(Annotation, strict=False)

Decision = tuple[Decided, Annotation, int | None]
"""The decision in force, the annotation it adopted, the id of its result."""


def among(column: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """That a column holds one of the sorted `ids`.

    Pages mostly have no gaps; naming 500 numbers costs more than fetching what they number.
    """
    if ids[-1] - ids[0] == len(ids) - 1:
        return column.between(ids[0], ids[-1])
    return column.in_(ids)


class Corrected(Struct, frozen=True):
    """A correction's content."""

    id: int
    uid: str
    body: PackedEpisode
    attested: tuple[int, ...] = ()
    """Message indexes that a person says are still true."""


def latest_decisions() -> Select[Any]:
    """Ids of the latest decision of every trajectory, withdrawals included."""
    return select(func.max(decision.c.id)).group_by(decision.c.trajectory_id)


def decisions_of(conn: Connection, ids: Sequence[int]) -> dict[int, Decision]:
    """Trajectory id -> the decision in force."""
    renames = renames_in_force(conn)
    latest = latest_decisions().where(among(decision.c.trajectory_id, ids))
    rows = conn.execute(
        select(decision, annotator.c.name.label("decider"))
        .outerjoin(annotator, annotator.c.id == decision.c.decided_by)
        .where(decision.c.id.in_(latest), decision.c.outcome.is_not(None))
    )
    return {
        row.trajectory_id: (
            Decided(
                Outcome(row.outcome), row.decider or f"rule {row.rule}", row.note, row.created_at
            ),
            renamed(_annotation_decoder.decode(row.content), renames),
            row.result_id,
        )
        for row in rows
    }


def said_of(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[Said, ...]]:
    """Trajectory id -> every annotator's standing annotation, in the order first said."""
    rows = conn.execute(
        select(annotation, annotator.c.name.label("annotator"))
        .join(annotator, annotator.c.id == annotation.c.annotator_id)
        .where(among(annotation.c.trajectory_id, ids))
        .order_by(annotation.c.trajectory_id, annotation.c.annotator_id, annotation.c.revision)
    )
    renames = renames_in_force(conn)
    made_up = simulated_of(conn, among(correction.c.parent_id, ids))
    latest: dict[int, dict[int, Any]] = {}
    for row in rows:
        latest.setdefault(row.trajectory_id, {})[row.annotator_id] = row
    return {
        trajectory_id: tuple(
            _said(row, made_up, renames)
            for row in sorted(by_annotator.values(), key=lambda row: int(row.id))
            if not row.retracted
        )
        for trajectory_id, by_annotator in latest.items()
    }


def _said(
    row: Any,
    made_up: dict[tuple[int, str], tuple[SimulatedResult, ...]],
    renames: Renames,
) -> Said:
    said = renamed(_annotation_decoder.decode(row.content), renames)
    simulated = made_up.get((row.annotator_id, said.correction_uid or ""), ())
    return Said(row.annotator, said, row.created_at, simulated)


def members_of(
    conn: Connection, ids: Sequence[int], dataset_id: int | None
) -> dict[int, list[tuple[str, str, str]]]:
    """Trajectory id -> (dataset, source id, place), the requested dataset first."""
    datasets: dict[int, str] = {}
    for number, name in conn.execute(select(dataset.c.id, dataset.c.name)):
        datasets[number] = name
    rows = conn.execute(
        select(item.c.trajectory_id, item.c.dataset_id, item.c.source_id, item.c.where)
        .where(among(item.c.trajectory_id, ids))
        .order_by(item.c.trajectory_id, item.c.dataset_id)
    ).all()
    found: dict[int, list[tuple[str, str, str]]] = {}
    for trajectory_id, member_of, source_id, where in rows:
        names = found.setdefault(trajectory_id, [])
        place = 0 if member_of == dataset_id else len(names)
        names.insert(place, (datasets[member_of], source_id, where))
    return found


_RULED = {
    Verdict.PRED_WRONG.value: TryRuling.REJECTED,
    Verdict.BOTH_CORRECT.value: TryRuling.ALTERNATIVE,
    Verdict.BOTH_WRONG.value: TryRuling.REJECTED,
}
"""What verdicts say of the prediction as a try; LABEL_WRONG makes it the step."""
_RIGHT = (Verdict.PRED_WRONG.value, Verdict.BOTH_CORRECT.value)
_WRONG = (Verdict.LABEL_WRONG.value, Verdict.BOTH_WRONG.value)
"""Those that hold the reference right, and those that hold it wrong."""
_APPLIED = (RulerKind.HUMAN.value, RulerKind.AUTO.value)


def court_of(conn: Connection, ids: Sequence[int]) -> dict[int, Annotation]:
    """Trajectory id -> what verdicts in force say of its steps and of tries of them; what is
    disputed, or not alike for several predictions of a step, is not said.

    A ruling of the court holds whether or not its author ever commits an annotation.
    """
    rows = conn.execute(
        select(
            prediction.c.trajectory_id,
            prediction.c.message_index,
            prediction.c.content,
            prediction.c.standing,
        )
        .where(
            among(prediction.c.trajectory_id, ids),
            prediction.c.standing.in_([*_RIGHT, *_WRONG]),
            prediction.c.decided_by.in_(_APPLIED),
            prediction.c.is_disputed.is_(False),
        )
        .order_by(prediction.c.trajectory_id, prediction.c.message_index, prediction.c.id)
    )
    ruled: dict[int, dict[tuple[int, str], set[TryRuling]]] = {}
    held: dict[int, dict[int, set[bool]]] = {}
    for trajectory_id, index, content, standing in rows:
        held.setdefault(trajectory_id, {}).setdefault(index, set()).add(standing in _RIGHT)
        tries = ruled.setdefault(trajectory_id, {})
        if standing in _RULED:
            place = (index, try_id(_message_decoder.decode(content)))
            tries.setdefault(place, set()).add(_RULED[standing])
    # The same answer of two models may have been ruled on twice, and not alike.
    return {
        trajectory_id: Annotation(
            step_verdicts={i: StepVerdict.INCORRECT for i, s in of_step.items() if s == {False}},
            tries=tuple(
                RuledTry(*place, *rulings)
                for place, rulings in ruled[trajectory_id].items()
                if len(rulings) == 1
            ),
        )
        for trajectory_id, of_step in held.items()
    }


def tries_of(
    conn: Connection,
    decisions: dict[int, Decision],
    said: dict[int, tuple[Said, ...]],
    court: dict[int, Annotation],
) -> dict[int, tuple[AnsweredTry, ...]]:
    """Trajectory id -> the tries that its decision, an annotation or the court ruled on."""
    adopted = [(i, annotation) for i, (_, annotation, _) in decisions.items()]
    spoken = [(i, one.annotation) for i, all_of in said.items() for one in all_of]
    places: dict[int, set[tuple[int, str]]] = {}
    for trajectory_id, content in (*adopted, *spoken, *court.items()):
        if content.tries:
            ruled = {(t.message_index, t.try_id) for t in content.tries}
            places.setdefault(trajectory_id, set()).update(ruled)
    found: dict[int, tuple[AnsweredTry, ...]] = {}
    for trajectory_id, wanted in places.items():
        tries: dict[tuple[int, str], AnsweredTry] = {}
        for stored in predictions_of(conn, trajectory_id):
            place = (stored.message_index, try_id(stored.message))
            if place not in wanted:
                continue
            before = tries.get(place)
            models = dict.fromkeys([*(before.models if before else ()), stored.model])
            message = before.message if before else stored.message
            tries[place] = AnsweredTry(*place, message, tuple(models))
        found[trajectory_id] = tuple(tries.values())
    return found


def corrections_of(
    conn: Connection,
    decisions: dict[int, Decision],
    said: dict[int, tuple[Said, ...]],
) -> dict[str, Corrected]:
    """Every correction that the page's decisions and annotations name, by uid."""
    uids = {s.annotation.correction_uid for spoken in said.values() for s in spoken} - {None}
    ids = {
        result_id
        for trajectory_id, (_, _, result_id) in decisions.items()
        if result_id is not None and result_id != trajectory_id
    }
    if uids:
        named = select(trajectory.c.id).where(trajectory.c.uid.in_(sorted(map(str, uids))))
        ids |= set(conn.execute(named).scalars())
    return {one.uid: one for one in corrected_by_id(conn, ids).values()}


def corrected_by_id(conn: Connection, ids: Collection[int]) -> dict[int, Corrected]:
    """Id -> content of corrections."""
    if not ids:
        return {}
    attested = attested_of(conn, ids)
    return {
        raw.id: Corrected(
            raw.id,
            raw.uid,
            PackedEpisode(raw.content, raw.tools),
            tuple(sorted(attested.get(raw.id, ()))),
        )
        for raw in iter_bodies(conn, ids=sorted(ids))
    }
