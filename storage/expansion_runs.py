"""Runs that grow new samples from errors: who was asked, how, and what it cost. No key is ever part
of one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from curation.consensus import ConsensusRule
from storage.datasets import dataset
from storage.runs import address_alone
from storage.tables import ExpansionRunRow, table_of

expansion_run = table_of(ExpansionRunRow)


class NewExpansionRun(Struct, frozen=True):
    """A run that begins."""

    dataset: str
    """"" for all."""
    model: str
    base_url: str
    judge_models: tuple[str, ...]
    judge_url: str
    rubric: str
    rubric_version: int
    rule: ConsensusRule
    parameters: dict[str, Any] = {}
    job_id: int | None = None


class ExpansionRun(NewExpansionRun, frozen=True, kw_only=True):
    """A run on record."""

    id: int
    target: str
    """The dataset that admitted samples join."""
    created_at: datetime


class ExpansionSpending(Struct, frozen=True):
    """What a run cost so far."""

    answers: int
    unpriced: int
    """Of them: without a price."""
    tokens_in: int
    tokens_out: int
    cost_usd: float


def add_expansion_run(conn: Connection, new: NewExpansionRun, target: str) -> int:
    """Record that a run begins; returns its id."""
    values = {
        **_setup(new),
        "target": target,
        "job_id": new.job_id,
        "answers": 0,
        "unpriced": 0,
        "tokens_in": 0,
        "tokens_out": 0,
        "cost_usd": 0.0,
        "created_at": datetime.now(UTC),
    }
    return int(
        conn.execute(
            insert(expansion_run).values(values).returning(expansion_run.c.id)
        ).scalar_one()
    )


def expansion_run_of_job(conn: Connection, job_id: int) -> ExpansionRun | None:
    """The run that a job began, for a job that goes on; None when it had not come so far."""
    return _first(conn, expansion_run.c.job_id == job_id)


def same_expansion_run(conn: Connection, new: NewExpansionRun) -> ExpansionRun | None:
    """The latest run with the same setup, whatever job it was; None when there is none."""
    return _first(
        conn, and_(*(expansion_run.c[name] == value for name, value in _setup(new).items()))
    )


def get_expansion_run(conn: Connection, run_id: int) -> ExpansionRun:
    """The run with this id, which is known to be there."""
    found = _first(conn, expansion_run.c.id == run_id)
    assert found is not None
    return found


def list_expansion_runs(conn: Connection, limit: int = 50) -> list[ExpansionRun]:
    """Runs, the newest first."""
    query = select(expansion_run).order_by(expansion_run.c.id.desc()).limit(limit)
    return [_run(row) for row in conn.execute(query)]


def free_target(conn: Connection, stem: str) -> str:
    """`<stem>-<n>` with the lowest n that neither a dataset nor another run has."""
    like = f"{stem}-"
    taken = {
        name
        for column in (dataset.c.name, expansion_run.c.target)
        for name in conn.execute(
            select(column).where(column.startswith(like, autoescape=True))
        ).scalars()
    }
    n = 1
    while f"{stem}-{n}" in taken:
        n += 1
    return f"{stem}-{n}"


def add_expansion_spending(conn: Connection, run_id: int, more: ExpansionSpending) -> None:
    """Add the cost of replies, in the transaction that stores them."""
    changes = {
        name: expansion_run.c[name] + getattr(more, name)
        for name in ExpansionSpending.__struct_fields__
    }
    conn.execute(update(expansion_run).where(expansion_run.c.id == run_id).values(changes))


def expansion_spending(conn: Connection, run_id: int) -> ExpansionSpending:
    """What the run cost so far."""
    columns = [expansion_run.c[name] for name in ExpansionSpending.__struct_fields__]
    row = conn.execute(select(*columns).where(expansion_run.c.id == run_id)).one()
    return ExpansionSpending(*row)


def _setup(new: NewExpansionRun) -> dict[str, Any]:
    """By column: what makes two runs the same."""
    return {
        "dataset": new.dataset,
        "model": new.model,
        "base_url": address_alone(new.base_url),
        "judge_models": _json(new.judge_models),
        "judge_url": address_alone(new.judge_url),
        "rubric": new.rubric,
        "rubric_version": new.rubric_version,
        "rule": _json(new.rule),
        "parameters": _json(new.parameters),
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _first(conn: Connection, where: ColumnElement[bool]) -> ExpansionRun | None:
    query = select(expansion_run).where(where).order_by(expansion_run.c.id.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else _run(row)


def _run(row: Any) -> ExpansionRun:
    return ExpansionRun(
        row.dataset,
        row.model,
        row.base_url,
        msgspec.json.decode(row.judge_models, type=tuple[str, ...]),
        row.judge_url,
        row.rubric,
        row.rubric_version,
        msgspec.json.decode(row.rule, type=ConsensusRule),
        msgspec.json.decode(row.parameters),
        row.job_id,
        id=row.id,
        target=row.target,
        created_at=row.created_at,
    )
