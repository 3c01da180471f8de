"""Records that a dataset's latest import could not read, so that nothing is lost in silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from sqlalchemy import Connection, func, select

from storage.bulk import insert_many, stored_time
from storage.preparation import plain_text
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


def forget_problems(conn: Connection, dataset_id: int) -> None:
    """Forget the problems of a dataset: another import begins."""
    conn.execute(problem.delete().where(problem.c.dataset_id == dataset_id))


def list_problems(conn: Connection, dataset_id: int, limit: int = 100) -> list[StoredProblem]:
    """The first problems of a dataset, in the order found."""
    return list(iter_problems(conn, dataset_id, limit))


def iter_problems(
    conn: Connection, dataset_id: int, limit: int | None = None
) -> Iterator[StoredProblem]:
    """Problems of a dataset in the order found."""
    query = (
        select(problem.c.where, problem.c.message, problem.c.hint)
        .where(problem.c.dataset_id == dataset_id)
        .order_by(problem.c.id)
        .limit(limit)
    )
    for row in conn.execute(query):
        yield StoredProblem(*row)


def count_by_dataset(conn: Connection) -> dict[int, int]:
    """How many records could not be imported, of the datasets that have any."""
    query = select(problem.c.dataset_id, func.count().label("n")).group_by(problem.c.dataset_id)
    return {row.dataset_id: row.n for row in conn.execute(query)}
