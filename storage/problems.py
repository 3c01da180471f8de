"""Records that could not be imported, kept so that nothing is lost in silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct
from sqlalchemy import Connection, func, select

from storage.bulk import insert_many, plain_text, stored_time
from storage.tables import ProblemRow, table_of

problem = table_of(ProblemRow)


class StoredProblem(Struct, frozen=True):
    """What was wrong with a record, where, and what to do about it."""

    where: str
    message: str
    hint: str


def add_problems(conn: Connection, dataset_id: int, problems: Sequence[StoredProblem]) -> None:
    """Store problems of a dataset, those already known (same place and message) left out."""
    known = {
        (where, message)
        for where, message in conn.execute(
            select(problem.c.where, problem.c.message).where(
                problem.c.dataset_id == dataset_id,
                problem.c.where.in_([plain_text(p.where) for p in problems]),
            )
        )
    }
    now = stored_time(conn, datetime.now(UTC))
    insert_many(
        conn,
        problem,
        ("dataset_id", "where", "message", "hint", "created_at"),
        [
            (dataset_id, plain_text(p.where), plain_text(p.message), plain_text(p.hint), now)
            for p in problems
            if (plain_text(p.where), plain_text(p.message)) not in known
        ],
    )


def list_problems(conn: Connection, dataset_id: int, limit: int = 100) -> list[StoredProblem]:
    """Problems of a dataset in the order found."""
    query = (
        select(problem.c.where, problem.c.message, problem.c.hint)
        .where(problem.c.dataset_id == dataset_id)
        .order_by(problem.c.id)
        .limit(limit)
    )
    return [StoredProblem(*row) for row in conn.execute(query)]


def count_problems(conn: Connection, dataset_id: int) -> int:
    """How many records of a dataset could not be imported."""
    query = select(func.count()).where(problem.c.dataset_id == dataset_id)
    return int(conn.execute(query).scalar_one())
