"""Labels that a source carries, kept as annotations of whoever gave them.

They are said in acts like anybody's, so that agreement, queues and exports see no difference, and
are committed where they hold an outcome. Importing again says only what changed: nothing, most of
the time. What a person has meanwhile said under that name by hand is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from app.flows.delivery import draft_of
from app.flows.placing import check_payload
from app.flows.settling import settle_state
from curation.annotation import ActKind, EmptyPayload, Payload
from curation.errors import LoopwrightError
from curation.importing import Problem, SourceAnnotation
from curation.saying import acts_between
from storage import acts, tasks, trajectories
from storage.annotations import append_revision
from storage.annotators import AnnotatorInfo, ensure_annotator, hold_annotator

IMPORT = "import/"
"""Begins the session of the acts that an import performed."""


def keep_annotations(
    conn: Connection, trajectory_id: int, where: str, said: Sequence[SourceAnnotation]
) -> Iterator[Problem | None]:
    """Keep what the source says of one trajectory, within the caller's transaction.

    The caller has taken its turn (`take_turn`) before it wrote anything. Gives None for each
    annotation that said something new, and a problem for each that cannot be kept.
    """
    for one in said:
        try:
            with conn.begin_nested():
                if _keep(conn, trajectory_id, one):
                    yield None
        except LoopwrightError as problem:
            yield Problem(
                where,
                f"What {one.annotator} says of it was not kept: {problem.message}",
                problem.hint,
            )


def _keep(conn: Connection, trajectory_id: int, one: SourceAnnotation) -> bool:
    """Whether anything had to be said."""
    who = ensure_annotator(conn, one.annotator, one.kind)
    hold_annotator(conn, who.id)
    before = draft_of(conn, trajectory_id, who.id)
    news = acts_between(before.annotation, one.annotation)
    is_committed = before.committed or one.annotation.outcome is None
    if not news and is_committed:
        return False
    _refuse_if_changed_by_hand(conn, trajectory_id, who)
    session = f"{IMPORT}{acts.uid_of(conn, trajectory_id)}/{who.id}"
    n = acts.last_of_session(conn, session)
    for kind, payload in news:
        n += 1
        _perform(conn, trajectory_id, who, kind, payload, session, n)
    if one.annotation.outcome is not None:
        _commit(conn, trajectory_id, who, session, n + 1)
    return True


def _refuse_if_changed_by_hand(conn: Connection, trajectory_id: int, who: AnnotatorInfo) -> None:
    live = acts.live_acts(conn, trajectory_id, who.id)
    if any(not act.session_id.startswith(IMPORT) for act in live):
        raise LoopwrightError(
            "somebody has changed it by hand under that name.",
            hint="It stays as it is; change it in Annotate if the source is right.",
        )


def _perform(
    conn: Connection,
    trajectory_id: int,
    who: AnnotatorInfo,
    kind: ActKind,
    payload: Payload,
    session: str,
    n: int,
) -> int:
    check_payload(
        conn,
        trajectory_id,
        payload,
        lambda: trajectories.load_by_id(conn, trajectory_id).trajectory,
    )
    return acts.append_act(
        conn,
        trajectory_id=trajectory_id,
        annotator_id=who.id,
        kind=kind,
        payload=payload,
        session_id=session,
        n=n,
    )


def _commit(conn: Connection, trajectory_id: int, who: AnnotatorInfo, session: str, n: int) -> None:
    said = draft_of(conn, trajectory_id, who.id).annotation
    act_id = _perform(conn, trajectory_id, who, ActKind.COMMIT, EmptyPayload(), session, n)
    append_revision(
        conn, trajectory_id=trajectory_id, annotator_id=who.id, said=said, act_id=act_id
    )
    if who.kind == "human":  # a judge fills no slot that asks for a person
        tasks.finish(conn, who.id, trajectory_id, datetime.now(UTC))
    settle_state(conn, trajectory_id)
