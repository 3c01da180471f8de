"""What selecting for an export reads: narrow columns of many trajectories, no bodies but where a
count needs them.

Everything is given by trajectory id and streamed; who asks puts it into columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, Table, func, select, true

from storage.annotations import stands
from storage.bulk import MAX_KEYS
from storage.compression import unpack
from storage.predictions import prediction
from storage.renames import renames_in_force
from storage.tables import (
    AnnotationRow,
    BodyRow,
    DatasetRow,
    FindingRow,
    ItemRow,
    MarkRow,
    ScoreRow,
    ToolRow,
    ToolUseRow,
    TrajectoryRow,
    table_of,
)

annotation = table_of(AnnotationRow)
body = table_of(BodyRow)
dataset = table_of(DatasetRow)
finding = table_of(FindingRow)
item = table_of(ItemRow)
mark = table_of(MarkRow)
score = table_of(ScoreRow)
tool = table_of(ToolRow)
tool_use = table_of(ToolUseRow)
trajectory = table_of(TrajectoryRow)

_STREAM = {"yield_per": 10_000}


class Narrow(Struct, frozen=True, gc=False):
    """The counts of a trajectory."""

    id: int
    n_steps: int
    n_calls: int
    n_tools: int


def _rows(conn: Connection, query: Select[Any]) -> Iterator[Any]:
    yield from conn.execute(query.execution_options(**_STREAM))


def _names(conn: Connection, table: Table) -> dict[int, str]:
    return {row.id: row.name for row in conn.execute(select(table.c.id, table.c.name))}


def iter_narrow(conn: Connection) -> Iterator[Narrow]:
    """The counts of every trajectory."""
    t = trajectory.c
    for row in _rows(conn, select(t.id, t.n_steps, t.n_calls, t.n_tools)):
        yield Narrow(*row)


def iter_tools_called(conn: Connection) -> Iterator[tuple[int, str]]:
    """(trajectory id, name of a tool that it calls)."""
    query = select(tool_use.c.trajectory_id, tool_use.c.tool_id)
    names = _names(conn, tool)
    for row_id, tool_id in _rows(conn, query):
        yield row_id, names[tool_id]


def iter_categories(conn: Connection) -> Iterator[tuple[int, str]]:
    """(trajectory id, `taxonomy/category` of a committed mark), as it is called now; repeats."""
    renames = renames_in_force(conn)
    query = (
        select(mark.c.trajectory_id, mark.c.taxonomy, mark.c.category)
        .join(annotation, annotation.c.id == mark.c.annotation_id)
        .where(stands(annotation))
    )
    for row_id, taxonomy, category in _rows(conn, query):
        yield row_id, f"{taxonomy}/{renames.get((taxonomy, category), category)}"


def iter_datasets(conn: Connection) -> Iterator[tuple[int, str]]:
    """(trajectory id, name of a dataset that holds it)."""
    names = _names(conn, dataset)
    for row_id, dataset_id in _rows(conn, select(item.c.trajectory_id, item.c.dataset_id)):
        yield row_id, names[dataset_id]


def iter_sources(conn: Connection, key: str) -> Iterator[tuple[int, str]]:
    """(trajectory id, what its source says under `key`), where it says anything."""
    # Cheap first: most sources carry no such key, and reading JSON costs more than looking for it.
    query = select(item.c.trajectory_id, item.c.source).where(
        item.c.source.contains(f'"{key}"', autoescape=True)
    )
    for row_id, source in _rows(conn, query):
        said = msgspec.json.decode(source).get(key)
        if said is not None:
            yield row_id, said if isinstance(said, str) else msgspec.json.encode(said).decode()


def ids_with_finding(conn: Connection, check: str) -> Iterator[int]:
    """Trajectories in which a check found something; repeats."""
    query = select(finding.c.trajectory_id).where(finding.c.check == check)
    for (row_id,) in _rows(conn, query):
        yield row_id


def models_with_predictions(conn: Connection) -> list[str]:
    """Whose predictions there are."""
    query = select(prediction.c.model).distinct().order_by(prediction.c.model)
    return list(conn.execute(query).scalars())


def iter_perplexities(conn: Connection, model: str) -> Iterator[tuple[int, int, float]]:
    """(trajectory id, message index, perplexity) of the model's answers; of equal places by value,
    so that sums do not depend on the order of import."""
    p = prediction.c
    query = (
        select(p.trajectory_id, p.message_index, p.perplexity)
        .where(p.model == model, p.perplexity.is_not(None))
        .order_by(p.trajectory_id, p.message_index, p.perplexity)
    )
    yield from ((a, b, c) for a, b, c in _rows(conn, query))


def iter_passes(conn: Connection, model: str) -> Iterator[tuple[int, int, int]]:
    """(trajectory id, answers of the model that match the reference, all its compared answers)."""
    p = prediction.c
    matching = func.sum(p.n_samples).filter(p.matches_strict.is_(True))
    query = (
        select(p.trajectory_id, func.coalesce(matching, 0), func.sum(p.n_samples))
        .where(p.model == model, p.matches_strict.is_not(None))
        .group_by(p.trajectory_id)
    )
    yield from ((a, int(b), int(c)) for a, b, c in _rows(conn, query))


def iter_scores(conn: Connection, reward: str, model: str | None) -> Iterator[tuple[int, float]]:
    """(trajectory id, score of an answer), of equal trajectories by value."""
    query = (
        select(prediction.c.trajectory_id, score.c.value)
        .join(score, score.c.prediction_id == prediction.c.id)
        .where(score.c.reward == reward, _of_model(model))
        .order_by(prediction.c.trajectory_id, score.c.value)
    )
    yield from ((a, b) for a, b in _rows(conn, query))


def _of_model(model: str | None) -> ColumnElement[bool]:
    return true() if model is None else prediction.c.model == model


class _Said(Struct):
    role: str
    tool_calls: tuple[msgspec.Raw, ...] = ()


_roles = msgspec.json.Decoder(tuple[_Said, ...])


def iter_turns(conn: Connection) -> Iterator[tuple[int, int, int]]:
    """(trajectory id, messages of the user, steps that call something); reads bodies."""
    query = select(body.c.trajectory_id, body.c.content).execution_options(yield_per=500)
    for row_id, content in conn.execute(query):
        messages = _roles.decode(unpack(content))
        turns = sum(one.role == "user" for one in messages)
        yield row_id, turns, sum(bool(one.tool_calls) for one in messages)


class Named(Struct, frozen=True, gc=False):
    """How a trajectory is called in lists of what was left out."""

    uid: str
    source_id: str
    datasets: tuple[str, ...]


def named_among(
    conn: Connection, ids: Sequence[int], dataset_ids: Sequence[int]
) -> dict[int, Named]:
    """Trajectory id -> how it is called, the first of `dataset_ids` first."""
    found: dict[int, Named] = {}
    names = _names(conn, dataset)
    for start in range(0, len(ids), MAX_KEYS):
        some = ids[start : start + MAX_KEYS]
        members: dict[int, list[tuple[str, str]]] = {}
        query = (
            select(item.c.trajectory_id, item.c.dataset_id, item.c.source_id)
            .where(item.c.trajectory_id.in_(some))
            .order_by(item.c.trajectory_id, item.c.dataset_id)
        )
        for row_id, number, source_id in conn.execute(query):
            of_row = members.setdefault(row_id, [])
            of_row.insert(
                0 if number in dataset_ids[:1] else len(of_row), (names[number], source_id)
            )
        uids = select(trajectory.c.id, trajectory.c.uid).where(trajectory.c.id.in_(some))
        for row_id, uid in conn.execute(uids):
            of_row = members.get(row_id, [])
            source_id = of_row[0][1] if of_row else ""
            found[row_id] = Named(uid, source_id, tuple(name for name, _ in of_row))
    return found


_COUNTED = (
    "trajectory",
    "annotation",
    "decision",
    "act",
    "prediction",
    "verdict",
    "job",
    "contamination_hit",
    "embedding",
)
"""Tables whose rows are only ever appended, so that their last id says whether they grew."""


def data_version(conn: Connection) -> tuple[int, ...]:
    """Numbers that change when something is imported, said, checked or judged."""
    checked = select(func.count()).where(trajectory.c.checked_with > "")
    parts = [
        select(func.coalesce(func.max(trajectory.metadata.tables[name].c.id), 0))
        for name in _COUNTED
    ]
    parts += [select(func.coalesce(func.sum(dataset.c.n_items), 0)), checked]
    found = conn.execute(select(*(part.scalar_subquery() for part in parts))).one()
    return tuple(int(n) for n in found)
