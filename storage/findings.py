"""Findings of the rule checks: replaced as a whole per trajectory, with their projections.

What judges found in passes stands in the same table and is read with them; it is written, and stays
as it is when checks run again, in `storage/model_findings.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, delete, func, select

from curation.checking import Finding, Severity
from curation.trajectory import Anchor
from storage.bulk import change_many, insert_many
from storage.checked import Checked, FoundIn, PackedBody
from storage.conditions import is_listed
from storage.model_findings import count_warnings_again, with_model_findings
from storage.preparation import plain_text
from storage.tables import (
    BodyRow,
    DatasetRow,
    FindingRow,
    ItemRow,
    ToolSetRow,
    TrajectoryRow,
    table_of,
)

__all__ = [
    "Checked",
    "FindingSummary",
    "FoundAt",
    "FoundIn",
    "ListedFinding",
    "count_unchecked",
    "findings_of",
    "found_alike",
    "iter_findings",
    "replace_findings",
    "summary",
    "unchecked_bodies",
]

finding = table_of(FindingRow)
trajectory = table_of(TrajectoryRow)
item = table_of(ItemRow)
dataset = table_of(DatasetRow)
body = table_of(BodyRow)
tool_set = table_of(ToolSetRow)


class ListedFinding(Struct, frozen=True):
    """A finding with its trajectory's names, for lists and export."""

    dataset: str
    uid: str
    source_id: str
    finding: Finding
    tool: str | None


def replace_findings(conn: Connection, batch: Sequence[Checked], checked_with: str) -> None:
    """Store what the catalogue `checked_with` found, instead of what an earlier one did."""
    if not batch:
        return
    ids = [c.trajectory_id for c in batch]
    of_checks = finding.c.run_id.is_(None)
    conn.execute(delete(finding).where(finding.c.trajectory_id.in_(ids), of_checks))
    insert_many(
        conn,
        finding,
        ("trajectory_id", "check", "version", "severity", "message_index", "call_index",
         "pointer", "tool", "message", "hint"),
        [_values(c.trajectory_id, found) for c in batch for found in c.findings],
    )  # fmt: skip
    change_many(
        conn,
        trajectory,
        ("checked_with", "suspicion", "n_errors", "n_warnings"),
        [_projection(c, checked_with) for c in batch],
    )
    count_warnings_again(conn, with_model_findings(conn, ids))


def _projection(checked: Checked, checked_with: str) -> tuple[object, ...]:
    if not checked.findings:
        return checked_with, checked.suspicion, 0, 0, checked.trajectory_id
    n_errors, n_warnings = checked.count(Severity.ERROR), checked.count(Severity.WARNING)
    return checked_with, checked.suspicion, n_errors, n_warnings, checked.trajectory_id


def _values(trajectory_id: int, found: FoundIn) -> tuple[object, ...]:
    one = found.finding
    return (
        trajectory_id,
        one.check,
        one.version,
        one.severity.value,
        one.anchor.message_index,
        one.anchor.call_index,
        _stored_text(one.anchor.pointer),
        _stored_text(found.tool),
        plain_text(one.message),
        plain_text(one.hint),
    )


def _stored_text(text: str | None) -> str | None:
    return plain_text(text) if text is not None else None


_COLUMNS = (
    finding.c.check,
    finding.c.version,
    finding.c.severity,
    finding.c.message_index,
    finding.c.call_index,
    finding.c.pointer,
    finding.c.message,
    finding.c.hint,
)


def _finding(
    check: str,
    version: int,
    severity: str,
    message_index: int | None,
    call_index: int | None,
    pointer: str | None,
    message: str,
    hint: str,
) -> Finding:
    anchor = Anchor(message_index=message_index, call_index=call_index, pointer=pointer)
    return Finding(check, version, Severity(severity), anchor, message, hint)


def findings_of(conn: Connection, trajectory_id: int) -> list[Finding]:
    """Findings of one trajectory in the order of the trace; those about the whole come first."""
    query = (
        select(*_COLUMNS)
        .where(finding.c.trajectory_id == trajectory_id)
        .order_by(
            func.coalesce(finding.c.message_index, -1),
            func.coalesce(finding.c.call_index, -1),
            finding.c.id,
        )
    )
    return [_finding(*row) for row in conn.execute(query)]


def iter_findings(
    conn: Connection, dataset_name: str | None = None, severity: Severity | None = None
) -> Iterator[ListedFinding]:
    """Every finding of imported trajectories, streamed: by trajectory, then by place.

    A trajectory in two datasets is listed in each, unless one is asked for.
    """
    query = (
        select(dataset.c.name, trajectory.c.uid, item.c.source_id, finding.c.tool, *_COLUMNS)
        .join(trajectory, trajectory.c.id == finding.c.trajectory_id)
        .join(item, item.c.trajectory_id == finding.c.trajectory_id)
        .join(dataset, dataset.c.id == item.c.dataset_id)
        .order_by(finding.c.trajectory_id, dataset.c.id, finding.c.id)
    )
    if dataset_name is not None:
        query = query.where(dataset.c.name == dataset_name)
    if severity is not None:
        query = query.where(finding.c.severity == severity.value)
    for name, uid, source_id, tool, *rest in conn.execution_options(yield_per=1_000).execute(query):
        yield ListedFinding(name, uid, source_id, _finding(*rest), tool)


class FoundAt(Struct, frozen=True):
    """Where a finding is, without the trajectory's body."""

    trajectory_id: int
    uid: str
    source_id: str
    anchor: Anchor
    message: str


def found_alike(
    conn: Connection,
    dataset_id: int,
    check: str,
    *,
    tool: str | None,
    pointer: str | None,
    any_item: str,
    apart_from: int,
    limit: int,
) -> list[FoundAt]:
    """Findings of one check in a dataset at the same argument of the same tool, oldest first.

    Args:
        pointer: JSON Pointer in which `any_item` stands for any position in a list.
        apart_from: id of the trajectory whose findings are left out.
    """
    query = (
        select(
            finding.c.trajectory_id,
            trajectory.c.uid,
            item.c.source_id,
            finding.c.message_index,
            finding.c.call_index,
            finding.c.pointer,
            finding.c.message,
        )
        .join(trajectory, trajectory.c.id == finding.c.trajectory_id)
        .join(item, item.c.trajectory_id == finding.c.trajectory_id)
        .where(
            finding.c.check == check,
            item.c.dataset_id == dataset_id,
            finding.c.trajectory_id != apart_from,
            finding.c.tool.is_(None) if tool is None else finding.c.tool == _stored_text(tool),
            _at_pointer(_stored_text(pointer), any_item),
        )
        .order_by(finding.c.trajectory_id, finding.c.id)
        .limit(limit)
    )
    return [
        FoundAt(row_id, uid, source_id, Anchor(i, j, pointer), message)
        for row_id, uid, source_id, i, j, pointer, message in conn.execute(query)
    ]


def _at_pointer(pointer: str | None, any_item: str) -> ColumnElement[bool]:
    if pointer is None:
        return finding.c.pointer.is_(None)
    if any_item not in pointer.split("/"):
        return finding.c.pointer == pointer
    for sign in ("\\", "%", "_"):
        pointer = pointer.replace(sign, f"\\{sign}")
    pattern = "/".join("%" if part == any_item else part for part in pointer.split("/"))
    return finding.c.pointer.like(pattern, escape="\\")


class FindingSummary(Struct, frozen=True):
    """How much the checks found."""

    n_trajectories: int
    n_with_errors: int
    by_check: dict[str, int]


def summary(conn: Connection, dataset_id: int | None = None) -> FindingSummary:
    """Counts over a dataset, or over all that Browse lists, by check in alphabetical order."""
    sizes = select(func.count(), func.count().filter(trajectory.c.n_errors > 0)).select_from(
        trajectory
    )
    checks = select(finding.c.check, func.count()).group_by(finding.c.check).order_by("check")
    if dataset_id is not None:
        of_dataset = item.c.dataset_id == dataset_id
        sizes = sizes.join(item, item.c.trajectory_id == trajectory.c.id).where(of_dataset)
        checks = checks.join(item, item.c.trajectory_id == finding.c.trajectory_id).where(
            of_dataset
        )
    else:
        sizes = sizes.where(is_listed(trajectory.c.id))
        checks = checks.where(is_listed(finding.c.trajectory_id))
    n, with_errors = conn.execute(sizes).one()
    return FindingSummary(n, with_errors, {row[0]: row[1] for row in conn.execute(checks)})


def _unchecked(checked_with: str, dataset_id: int | None, *columns: Any) -> Select[Any]:
    query = (
        select(*columns).select_from(trajectory).where(trajectory.c.checked_with != checked_with)
    )
    if dataset_id is not None:
        query = query.join(item, item.c.trajectory_id == trajectory.c.id).where(
            item.c.dataset_id == dataset_id
        )
    return query


def count_unchecked(conn: Connection, checked_with: str, dataset_id: int | None = None) -> int:
    """How many trajectories another catalogue, or none, has looked at."""
    return int(conn.execute(_unchecked(checked_with, dataset_id, func.count())).scalar_one())


def unchecked_bodies(
    conn: Connection,
    checked_with: str,
    after_id: int,
    *,
    max_rows: int,
    max_bytes: int,
    dataset_id: int | None = None,
) -> list[PackedBody]:
    """Bodies after `after_id` that another catalogue, or none, has looked at; in id order.

    They end at `max_rows` or when they hold `max_bytes`, whichever comes first.
    """
    query = (
        _unchecked(checked_with, dataset_id, trajectory.c.id, body.c.content, tool_set.c.body)
        .join(body, body.c.trajectory_id == trajectory.c.id)
        .join(tool_set, tool_set.c.id == trajectory.c.tool_set_id)
        .where(trajectory.c.id > after_id)
        .order_by(trajectory.c.id)
        .limit(max_rows)
    )
    found: list[PackedBody] = []
    n_bytes = 0
    with conn.execution_options(yield_per=_FETCHED).execute(query) as rows:
        for row_id, content, tools in rows:
            found.append(PackedBody(row_id, content, tools))
            n_bytes += len(content) + len(tools)
            if n_bytes >= max_bytes:
                break
    return found


_FETCHED = 50
"""Rows in memory beyond `max_bytes` at most: single bodies may be long."""
