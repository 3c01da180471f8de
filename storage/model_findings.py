"""What judges find wanting in passes, beside what checks find.

They stand in the table of findings, so that lists, filters and screens show them as they show
those; the run that said so tells them apart, and a newer catalogue of checks leaves them alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, delete, func, select, update

from curation.checking import Finding, Severity
from storage.bulk import MAX_KEYS, insert_many
from storage.preparation import plain_text
from storage.tables import FindingRow, TrajectoryRow, table_of

finding = table_of(FindingRow)
trajectory = table_of(TrajectoryRow)

_COLUMNS = (
    "trajectory_id",
    "check",
    "version",
    "severity",
    "message_index",
    "message",
    "hint",
    "run_id",
)


class Judged(Struct, frozen=True):
    """What a run says of one place."""

    trajectory_id: int
    message_index: int
    check: str
    """Name of the pass, as its findings have it."""
    findings: tuple[Finding, ...]
    """() where nothing is wanting: what an earlier run found there is gone then."""


def put_model_findings(conn: Connection, run_id: int, judged: Sequence[Judged]) -> None:
    """Store what a run found, in the place of what an earlier one did under the same name."""
    for one in judged:
        conn.execute(
            delete(finding).where(
                finding.c.trajectory_id == one.trajectory_id,
                finding.c.message_index == one.message_index,
                finding.c.check == one.check,
                finding.c.run_id.is_not(None),
            )
        )
    rows = [
        (
            one.trajectory_id,
            found.check,
            found.version,
            found.severity.value,
            found.anchor.message_index,
            plain_text(found.message),
            plain_text(found.hint),
            run_id,
        )
        for one in judged
        for found in one.findings
    ]
    insert_many(conn, finding, _COLUMNS, rows)
    count_warnings_again(conn, sorted({one.trajectory_id for one in judged}))


def with_model_findings(conn: Connection, trajectory_ids: Sequence[int]) -> list[int]:
    """Those of the trajectories that a judge found anything in."""
    found: list[int] = []
    for start in range(0, len(trajectory_ids), MAX_KEYS):
        some = trajectory_ids[start : start + MAX_KEYS]
        query = select(finding.c.trajectory_id).distinct()
        query = query.where(finding.c.trajectory_id.in_(some), finding.c.run_id.is_not(None))
        found.extend(conn.execute(query).scalars())
    return found


def count_warnings_again(conn: Connection, trajectory_ids: Sequence[int]) -> None:
    """Bring the projected number of warnings up to date, whoever found them."""
    n = select(func.count()).select_from(finding)
    n = n.where(
        finding.c.trajectory_id == trajectory.c.id, finding.c.severity == Severity.WARNING.value
    )
    for start in range(0, len(trajectory_ids), MAX_KEYS):
        some = trajectory_ids[start : start + MAX_KEYS]
        conn.execute(
            update(trajectory)
            .where(trajectory.c.id.in_(some))
            .values(n_warnings=n.scalar_subquery())
        )
