"""Rounds of the loop: begun, closed once with counts and mixture, and the steps of that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, func, insert, select, true, update

from curation.errors import NotFound
from curation.mixture import Mixture, MixtureRecord, Part
from curation.rounds import RoundCounts, RoundSetup
from storage.bulk import insert_many
from storage.preparation import plain_text
from storage.tables import AnnotatorRow, MixtureStepRow, RoundRow, TrajectoryRow, table_of

loop_round = table_of(RoundRow)
mixture_step = table_of(MixtureStepRow)
annotator = table_of(AnnotatorRow)
trajectory = table_of(TrajectoryRow)

_setup = msgspec.json.Decoder(RoundSetup)
_counts = msgspec.json.Decoder(RoundCounts)
_mixture = msgspec.json.Decoder(MixtureRecord)


class Round(Struct, frozen=True):
    """A round on record."""

    id: int
    number: int
    setup: RoundSetup
    probe_run_id: int | None
    note: str
    started_by: str
    created_at: datetime
    counts: RoundCounts | None
    """As of when it closed; None while it is open."""
    mixture: MixtureRecord | None
    """Likewise."""
    closed_by: str | None
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether its mixture is still to be drawn."""
        return self.closed_at is None


class MixtureStep(Struct, frozen=True):
    """A step of a mixture."""

    uid: str
    message_index: int
    part: Part
    prediction_id: int | None
    perplexity: float | None
    correction_uid: str | None
    """Trained on in the trajectory's place."""


def begin_round(
    conn: Connection, setup: RoundSetup, annotator_id: int, note: str, probe_run_id: int | None
) -> Round:
    """Begin the next round."""
    number = 1 + int(
        conn.execute(select(func.coalesce(func.max(loop_round.c.number), 0))).scalar_one()
    )
    values: dict[str, Any] = {
        "number": number,
        "setup": _json(setup),
        "probe_run_id": probe_run_id,
        "note": plain_text(note),
        "annotator_id": annotator_id,
        "created_at": datetime.now(UTC),
        "counts": "",
        "mixture": "",
    }
    conn.execute(insert(loop_round).values(values))
    return get_round(conn, number)


def close_round(
    conn: Connection, round_id: int, counts: RoundCounts, mixture: Mixture, annotator_id: int
) -> bool:
    """Keep what a round came to, and its steps; False when it was closed before."""
    closed = conn.execute(
        update(loop_round)
        .where(loop_round.c.id == round_id, loop_round.c.closed_at.is_(None))
        .values(
            counts=_json(counts),
            mixture=_json(mixture.record),
            closed_by=annotator_id,
            closed_at=datetime.now(UTC),
        )
    )
    if closed.rowcount != 1:
        return False
    insert_many(
        conn,
        mixture_step,
        (
            "round_id",
            "trajectory_id",
            "message_index",
            "part",
            "result_id",
            "prediction_id",
            "perplexity",
        ),
        [
            (round_id, one.trajectory_id, one.message_index, part.value, one.result_id,
             one.prediction_id, one.perplexity)
            for part, steps in mixture.steps.items()
            for one in steps
        ],
    )  # fmt: skip
    return True


def list_rounds(conn: Connection) -> list[Round]:
    """All rounds by number."""
    return _rounds(conn, true())


def get_round(conn: Connection, number: int) -> Round:
    """The round with this number.

    Raises:
        NotFound: there is none.
    """
    found = _rounds(conn, loop_round.c.number == number)
    if not found:
        raise NotFound(
            f"There is no round {number}.", hint="`loopwright rounds` lists those there are."
        )
    return found[0]


def iter_mixture(
    conn: Connection, round_id: int, part: Part | None = None, limit: int | None = None
) -> Iterator[MixtureStep]:
    """The steps of a closed round's mixture, or of one set of it, by trajectory."""
    result = trajectory.alias()
    query = (
        select(
            trajectory.c.uid,
            mixture_step.c.message_index,
            mixture_step.c.part,
            mixture_step.c.prediction_id,
            mixture_step.c.perplexity,
            result.c.uid.label("correction_uid"),
        )
        .join(trajectory, trajectory.c.id == mixture_step.c.trajectory_id)
        .outerjoin(result, result.c.id == mixture_step.c.result_id)
        .where(
            mixture_step.c.round_id == round_id,
            true() if part is None else mixture_step.c.part == part.value,
        )
        .order_by(mixture_step.c.trajectory_id, mixture_step.c.message_index)
        .limit(limit)
        .execution_options(yield_per=1_000)
    )
    for uid, index, part, prediction_id, perplexity, correction_uid in conn.execute(query):
        yield MixtureStep(uid, index, Part(part), prediction_id, perplexity, correction_uid)


def mixed_among(
    conn: Connection, round_id: int, ids: Sequence[int]
) -> dict[int, dict[int, int | None]]:
    """Trajectory id -> message index of a step in the mixture -> the correction that is trained on,
    None for the trajectory itself."""
    query = select(
        mixture_step.c.trajectory_id, mixture_step.c.message_index, mixture_step.c.result_id
    ).where(mixture_step.c.round_id == round_id, mixture_step.c.trajectory_id.in_(ids))
    found: dict[int, dict[int, int | None]] = {}
    for trajectory_id, index, result_id in conn.execute(query):
        found.setdefault(trajectory_id, {})[index] = result_id
    return found


def is_mixed(round_id: int, trajectory_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """That the mixture of a round holds a step of the trajectory in this column."""
    return (
        select(mixture_step.c.round_id)
        .where(mixture_step.c.round_id == round_id, mixture_step.c.trajectory_id == trajectory_id)
        .exists()
    )


def _rounds(conn: Connection, where: ColumnElement[bool]) -> list[Round]:
    closer = annotator.alias()
    query = (
        select(loop_round, annotator.c.name.label("starter"), closer.c.name.label("closer"))
        .join(annotator, annotator.c.id == loop_round.c.annotator_id)
        .outerjoin(closer, closer.c.id == loop_round.c.closed_by)
        .where(where)
        .order_by(loop_round.c.number)
    )
    return [
        Round(
            row.id,
            row.number,
            _setup.decode(row.setup),
            row.probe_run_id,
            row.note,
            row.starter,
            row.created_at,
            _counts.decode(row.counts) if row.counts else None,
            _mixture.decode(row.mixture) if row.mixture else None,
            row.closer,
            row.closed_at,
        )
        for row in conn.execute(query)
    ]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
