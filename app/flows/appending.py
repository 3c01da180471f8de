"""Appending acts of one session within a transaction, and which trajectories they touch."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from curation.annotation import ActKind, EmptyPayload, Payload, TryPayload
from storage import acts
from storage.acts import StoredAct
from storage.annotators import AnnotatorInfo


class Appending:
    """What performing an op needs: where its acts go, whose they are, and when."""

    def __init__(
        self,
        conn: Connection,
        annotator: AnnotatorInfo,
        session_id: str,
        now: datetime,
        lease: timedelta,
    ) -> None:
        self.conn = conn
        self.annotator = annotator
        self.session_id = session_id
        self.now = now
        self.until = now + lease
        self.touched: dict[int, str] = {}
        """id -> uid of the trajectories that ops were about, in order."""
        self.reruled: set[tuple[int, int]] = set()
        """(trajectory id, message index) of steps at which a try was ruled on, or no longer is."""

    def append(
        self,
        n: int,
        trajectory_id: int,
        kind: ActKind,
        payload: Payload,
        *,
        batch: str | None = None,
    ) -> int:
        """Append an act that says something; returns its id."""
        self._note(trajectory_id, payload)
        return self._append(n, trajectory_id, kind, payload, None, batch, self.session_id)

    def append_taking(self, n: int, kind: ActKind, taken: list[StoredAct]) -> dict[int, int]:
        """Append an act of `kind` for each act that it takes back; returns the latest one by
        trajectory id. One op may append many: those after the first are numbered apart from the
        page's own (`acts.of_op` finds them)."""
        latest: dict[int, int] = {}
        for i, act in enumerate(taken):
            original = act if act.undoes is None else acts.act_by_id(self.conn, act.undoes)
            self._note(original.trajectory_id, original.payload)
            session = self.session_id if i == 0 else acts.within_op(self.session_id, n)
            latest[act.trajectory_id] = self._append(
                i or n, act.trajectory_id, kind, EmptyPayload(), act.id, act.batch, session
            )
        return latest

    def _note(self, trajectory_id: int, payload: Payload) -> None:
        if isinstance(payload, TryPayload):
            self.reruled.add((trajectory_id, payload.message_index))

    def _append(
        self,
        n: int,
        trajectory_id: int,
        kind: ActKind,
        payload: Payload,
        undoes: int | None,
        batch: str | None,
        session_id: str,
    ) -> int:
        return acts.append_act(
            self.conn,
            trajectory_id=trajectory_id,
            annotator_id=self.annotator.id,
            kind=kind,
            payload=payload,
            session_id=session_id,
            n=n,
            undoes=undoes,
            batch=batch,
        )

    def touch(self, trajectory_id: int) -> str:
        """An op is about this trajectory; returns its uid."""
        uid = self.touched.pop(trajectory_id, None) or acts.uid_of(self.conn, trajectory_id)
        self.touched[trajectory_id] = uid
        return uid
