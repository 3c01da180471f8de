"""What a trajectory's state becomes after somebody said something, and whether a rule decides.

Called inside the transaction of a commit, an undo, a decision or a change of a queue, so that the
projected state is never older than the rows it is derived from. A person's decision always stands
until a person withdraws it; a rule's decision stands only while the rule would decide the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from curation.adjudication import Rule, Said, Settlement, settle
from curation.annotation import Annotation, Outcome
from curation.queueing import State
from storage import decisions, queues, tasks, trajectories
from storage.annotations import CommittedAnnotation, standing_annotations
from storage.decisions import DecisionInfo


def settle_states(conn: Connection, trajectory_ids: Iterable[int]) -> None:
    """Settle several trajectories whose slots changed."""
    for trajectory_id in trajectory_ids:
        settle_state(conn, trajectory_id)


def settle_state(conn: Connection, trajectory_id: int) -> State:
    """Derive state and outcome from what stands; append or withdraw a rule's decision.

    Everything is derived from rows, so settling again changes nothing.
    """
    latest = decisions.latest_decision(conn, trajectory_id)
    if latest is not None and latest.decided_by is not None and latest.outcome is not None:
        decisions.project_state(conn, trajectory_id, State.DECIDED, latest.outcome)
        return State.DECIDED
    standing = standing_annotations(conn, trajectory_id)
    is_left = _is_left_to_a_person(latest, standing)
    rule = Rule() if is_left else _rule(conn, trajectory_id, standing)
    open_slots, slots = tasks.slots_of(conn, trajectory_id)
    said = [Said(one.annotator, one.annotation) for one in standing]
    settled = settle(said, rule, open_slots=open_slots, slots=slots)
    _record(conn, trajectory_id, settled, latest)
    decisions.project_state(conn, trajectory_id, settled.state, _outcome(settled, standing))
    return settled.state


def _is_left_to_a_person(latest: DecisionInfo | None, standing: list[CommittedAnnotation]) -> bool:
    """A person withdrew the decision, and nobody has committed since."""
    return (
        latest is not None
        and latest.outcome is None
        and latest.decided_by is not None
        and all(one.created_at <= latest.created_at for one in standing)
    )


def _rule(conn: Connection, trajectory_id: int, standing: list[CommittedAnnotation]) -> Rule:
    """The strictest of the queues that ask for the trajectory; in none, a person decides, or a
    certificate where the step that it is about is all there is."""
    asking = queues.queues_of(conn, trajectory_id)
    by_judges = bool(standing) and all(one.annotator_kind == "judge" for one in standing)
    return Rule(
        overlap=max((q.overlap for q in asking), default=1),
        decide_alone=bool(asking) and all(q.decide_alone for q in asking),
        is_certified=by_judges and trajectories.n_steps_of(conn, trajectory_id) == 1,
    )


def _record(
    conn: Connection, trajectory_id: int, settled: Settlement, latest: DecisionInfo | None
) -> None:
    """Append the rule's decision when it is new, or take back one that no longer holds."""
    stands = latest is not None and latest.outcome is not None
    if settled.adopted is not None:
        result_id = result_of(conn, trajectory_id, settled.adopted)
        if (
            latest is not None
            and latest.outcome is settled.adopted.outcome
            and latest.result_id == result_id
            and latest.annotation == settled.adopted
        ):
            return
        decisions.append_decision(
            conn,
            trajectory_id=trajectory_id,
            outcome=settled.adopted.outcome,
            result_id=result_id,
            adopted=settled.adopted,
            decided_by=None,
            rule=settled.rule,
            note="",
        )
    elif stands and latest is not None:
        decisions.append_decision(
            conn,
            trajectory_id=trajectory_id,
            outcome=None,
            result_id=None,
            adopted=Annotation(),
            decided_by=None,
            rule=latest.rule,
            note="The annotations it rested on have changed.",
        )


def result_of(conn: Connection, trajectory_id: int, adopted: Annotation) -> int:
    """Id of what export uses: the adopted correction, else the trajectory itself."""
    if adopted.correction_uid is None:
        return trajectory_id
    found = tasks.ids_of(conn, [adopted.correction_uid])
    return found[0] if found else trajectory_id


def _outcome(settled: Settlement, standing: list[CommittedAnnotation]) -> Outcome | None:
    if settled.adopted is not None:
        return settled.adopted.outcome
    newest = max(standing, key=lambda one: one.id, default=None)
    return newest.annotation.outcome if newest is not None else None
