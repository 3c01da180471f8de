"""Runs of probes and judges: who was asked, how, and what it cost. No key is ever part of one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Table, and_, func, insert, select, update

from curation.consensus import ConsensusRule
from curation.errors import NotFound
from curation.judging import Order
from curation.rubric import About
from storage.tables import JudgeRunRow, ProbeRunRow, table_of

probe_run = table_of(ProbeRunRow)
judge_run = table_of(JudgeRunRow)


class NewProbeRun(Struct, frozen=True):
    """A probe that begins."""

    dataset: str
    """"" for all."""
    model: str
    base_url: str
    parameters: dict[str, Any] = {}
    job_id: int | None = None


class ProbeRun(NewProbeRun, frozen=True, kw_only=True):
    """A probe on record."""

    id: int
    created_at: datetime


class NewJudgeRun(Struct, frozen=True):
    """A run of a judge that begins."""

    dataset: str
    """"" for all."""
    backend: str
    models: tuple[str, ...]
    base_url: str
    """"" for judges that are no model."""
    rubric: str
    rubric_version: int
    rule: ConsensusRule
    parameters: dict[str, Any] = {}
    job_id: int | None = None
    about: About = About.PAIR
    """What the rubric is asked of."""

    @property
    def orders(self) -> tuple[Order, ...]:
        """In which every vote is asked."""
        return self.rule.orders


class JudgeRun(NewJudgeRun, frozen=True, kw_only=True):
    """A run of a judge on record."""

    id: int
    tokens_in: int
    tokens_out: int
    cost_usd: float | None
    """None while no price is on record."""
    created_at: datetime


def add_probe_run(conn: Connection, new: NewProbeRun) -> int:
    """Record that a probe begins; returns its id."""
    return _added(
        conn,
        probe_run,
        {
            "dataset": new.dataset,
            "model": new.model,
            "base_url": address_alone(new.base_url),
            "parameters": _json(new.parameters),
            "job_id": new.job_id,
            "answers": 0,
            "unpriced": 0,
            "tokens_in": 0,
            "tokens_out": 0,
            "cost_usd": 0.0,
        },
    )


def add_judge_run(conn: Connection, new: NewJudgeRun) -> int:
    """Record that a judge begins; returns its id."""
    return _added(
        conn,
        judge_run,
        {
            "dataset": new.dataset,
            "backend": new.backend,
            "models": _json(new.models),
            "base_url": address_alone(new.base_url),
            "rubric": new.rubric,
            "rubric_version": new.rubric_version,
            "about": new.about.value,
            "votes": new.rule.votes,
            "orders": _json(new.orders),
            "rule": _json(new.rule),
            "parameters": _json(new.parameters),
            "job_id": new.job_id,
            "tokens_in": 0,
            "tokens_out": 0,
        },
    )


def get_probe_run(conn: Connection, run_id: int) -> ProbeRun:
    """The probe with this id.

    Raises:
        NotFound: there is none.
    """
    found = _probe_runs(conn, probe_run.c.id == run_id)
    if not found:
        raise NotFound(f"There is no probe {run_id}.", hint="See the page Jobs.")
    return found[0]


def get_judge_run(conn: Connection, run_id: int) -> JudgeRun:
    """The run of a judge with this id.

    Raises:
        NotFound: there is none.
    """
    found = _judge_runs(conn, judge_run.c.id == run_id)
    if not found:
        raise NotFound(f"There is no run {run_id} of a judge.", hint="See the page Jobs.")
    return found[0]


def probe_run_of_job(conn: Connection, job_id: int) -> ProbeRun | None:
    """The probe that a job began, for a job that goes on; None when it had not come so far."""
    return next(iter(_probe_runs(conn, probe_run.c.job_id == job_id)), None)


def judge_run_of_job(conn: Connection, job_id: int) -> JudgeRun | None:
    """The run of a judge that a job began, for a job that goes on; None when there is none yet."""
    return next(iter(_judge_runs(conn, judge_run.c.job_id == job_id)), None)


def same_judge_run(conn: Connection, new: NewJudgeRun) -> JudgeRun | None:
    """The latest run with the same setup, whatever job it was: what it asked need not be asked
    again. None when there is none."""
    found = _judge_runs(
        conn,
        and_(
            judge_run.c.dataset == new.dataset,
            judge_run.c.backend == new.backend,
            judge_run.c.models == _json(new.models),
            judge_run.c.base_url == address_alone(new.base_url),
            judge_run.c.rubric == new.rubric,
            judge_run.c.rubric_version == new.rubric_version,
            judge_run.c.rule == _json(new.rule),
            judge_run.c.parameters == _json(new.parameters),
        ),
    )
    return next(iter(found), None)


def same_probe_run(conn: Connection, new: NewProbeRun) -> ProbeRun | None:
    """The latest probe with the same setup, whatever job it was; None when there is none."""
    found = _probe_runs(
        conn,
        and_(
            probe_run.c.dataset == new.dataset,
            probe_run.c.model == new.model,
            probe_run.c.base_url == address_alone(new.base_url),
            probe_run.c.parameters == _json(new.parameters),
        ),
    )
    return next(iter(found), None)


def list_probe_runs(conn: Connection, limit: int = 50) -> list[ProbeRun]:
    """Probes, the newest first."""
    return _probe_runs(conn, probe_run.c.id > 0, limit)


def list_judge_runs(conn: Connection, limit: int = 50) -> list[JudgeRun]:
    """Runs of judges that compared two answers, the newest first."""
    return _judge_runs(conn, judge_run.c.about == About.PAIR.value, limit)


def add_spending(
    conn: Connection, run_id: int, tokens_in: int, tokens_out: int, cost_usd: float | None
) -> None:
    """Add what votes cost to the run of a judge, in the transaction that stores them.

    Args:
        cost_usd: None when no price is on record; the sum of a run without any price stays None.
    """
    changes: dict[str, Any] = {
        "tokens_in": judge_run.c.tokens_in + tokens_in,
        "tokens_out": judge_run.c.tokens_out + tokens_out,
    }
    if cost_usd is not None:
        changes["cost_usd"] = func.coalesce(judge_run.c.cost_usd, 0.0) + cost_usd
    conn.execute(update(judge_run).where(judge_run.c.id == run_id).values(changes))


def address_alone(url: str) -> str:
    """A base URL without user, password, query and fragment, any of which may hold a key."""
    parts = urlsplit(url.strip())
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _added(conn: Connection, table: Table, values: dict[str, Any]) -> int:
    values |= {"created_at": datetime.now(UTC)}
    return int(conn.execute(insert(table).values(values).returning(table.c.id)).scalar_one())


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _probe_runs(conn: Connection, where: ColumnElement[bool], limit: int = 1) -> list[ProbeRun]:
    query = select(probe_run).where(where).order_by(probe_run.c.id.desc()).limit(limit)
    return [
        ProbeRun(
            row.dataset,
            row.model,
            row.base_url,
            msgspec.json.decode(row.parameters),
            row.job_id,
            id=row.id,
            created_at=row.created_at,
        )
        for row in conn.execute(query)
    ]


def _judge_runs(conn: Connection, where: ColumnElement[bool], limit: int = 1) -> list[JudgeRun]:
    query = select(judge_run).where(where).order_by(judge_run.c.id.desc()).limit(limit)
    return [
        JudgeRun(
            row.dataset,
            row.backend,
            _names.decode(row.models),
            row.base_url,
            row.rubric,
            row.rubric_version,
            _rule.decode(row.rule),
            msgspec.json.decode(row.parameters),
            row.job_id,
            About(row.about),
            id=row.id,
            tokens_in=row.tokens_in,
            tokens_out=row.tokens_out,
            cost_usd=row.cost_usd,
            created_at=row.created_at,
        )
        for row in conn.execute(query)
    ]


_names = msgspec.json.Decoder(tuple[str, ...])
_rule = msgspec.json.Decoder(ConsensusRule)
