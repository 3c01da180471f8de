"""What an export reads: trajectories with all that was settled about them, streamed by id.

Pages of ids first, then the rows, bodies, decisions, annotations and memberships of that page, so
memory does not grow with the store and no query joins bodies with anything that multiplies them.
What becomes of a candidate (train, drop, why) is `app.flows.export` and `curation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import (
    Connection,
    Select,
    exists,
    func,
    insert,
    literal,
    select,
    union,
)

from curation.annotation import Annotation, Outcome
from curation.exporting import Decided, Episode, Include, Said, ToolText, read_tool_texts
from curation.trajectory import decode_messages
from storage.compression import unpack
from storage.tables import (
    AnnotationRow,
    AnnotatorRow,
    BodyRow,
    DatasetRow,
    DecisionRow,
    ExportRow,
    ItemRow,
    ToolSetRow,
    TrajectoryRow,
    table_of,
)
from storage.trajectories import iter_bodies

PAGE = 500
"""Trajectories fetched at a time."""
TOOL_SETS_KEPT = 512
"""Decoded tool sets remembered while streaming."""

annotation = table_of(AnnotationRow)
annotator = table_of(AnnotatorRow)
body = table_of(BodyRow)
dataset = table_of(DatasetRow)
decision = table_of(DecisionRow)
export = table_of(ExportRow)
item = table_of(ItemRow)
tool_set = table_of(ToolSetRow)
trajectory = table_of(TrajectoryRow)

_annotation_decoder = msgspec.json.Decoder(Annotation, strict=False)


class Candidate(Struct, frozen=True):
    """A trajectory an export looks at."""

    id: int
    uid: str
    group_key: str
    trajectory: Episode
    source_id: str
    datasets: tuple[str, ...]
    """Names, the requested dataset first; `source_id` is the first one's."""
    n_errors: int
    n_warnings: int
    checked: bool
    decision: Decided | None
    """The decision in force; None when there is none or it was withdrawn."""
    adopted: Annotation | None
    """The annotation the decision adopted."""
    said: tuple[Said, ...]
    corrections: dict[str, Corrected]
    """Corrections that the decision or an annotation names, by uid."""
    result_uid: str | None
    """uid of the correction that the decision chose; None when it chose the trajectory itself."""


class Corrected(Struct, frozen=True):
    """A correction's content."""

    id: int
    uid: str
    trajectory: Episode


class ExportInfo(Struct, frozen=True):
    """One finished export."""

    id: int
    type: str
    layout: str
    out: str
    n_rows: int
    manifest: dict[str, Any]
    created_at: datetime


def count_candidates(conn: Connection, include: Include, dataset_id: int | None) -> int:
    """How many candidates there are, counted by one query apart from the stream."""
    wanted = union(*_sources(include, dataset_id)).subquery()
    return int(conn.execute(select(func.count()).select_from(wanted)).scalar_one())


def iter_candidates(
    conn: Connection, include: Include, dataset_id: int | None
) -> Iterator[Candidate]:
    """Every candidate in the order of import."""
    tool_sets: dict[int, tuple[ToolText, ...]] = {}
    after = 0
    while ids := _page(conn, include, dataset_id, after):
        yield from _candidates(conn, ids, dataset_id, tool_sets)
        after = ids[-1]


def chosen_corrections(conn: Connection) -> set[int]:
    """Ids of the corrections that decisions in force chose: small, one per corrected trajectory."""
    latest = _latest_decisions()
    rows = conn.execute(
        select(decision.c.result_id).where(
            decision.c.id.in_(latest),
            decision.c.outcome == Outcome.ACCEPT.value,
            decision.c.result_id != decision.c.trajectory_id,
        )
    )
    return set(rows.scalars())


def _latest_decisions() -> Select[Any]:
    return select(func.max(decision.c.id)).group_by(decision.c.trajectory_id)


def _sources(include: Include, dataset_id: int | None) -> list[Select[Any]]:
    """Queries whose union is the set of ids looked at."""
    later = decision.alias("later")
    in_force = select(decision.c.trajectory_id.label("id")).where(
        decision.c.outcome.is_not(None),
        ~exists(
            select(literal(1)).where(
                later.c.trajectory_id == decision.c.trajectory_id, later.c.id > decision.c.id
            )
        ),
    )
    newer = annotation.alias("newer")
    standing = select(annotation.c.trajectory_id.label("id")).where(
        annotation.c.retracted.is_(False),
        ~exists(
            select(literal(1)).where(
                newer.c.trajectory_id == annotation.c.trajectory_id,
                newer.c.annotator_id == annotation.c.annotator_id,
                newer.c.revision > annotation.c.revision,
            )
        ),
    )
    members = select(item.c.trajectory_id.label("id"))
    if dataset_id is not None:
        members = members.where(item.c.dataset_id == dataset_id)
        in_force = in_force.where(_is_member(decision.c.trajectory_id, dataset_id))
        standing = standing.where(_is_member(annotation.c.trajectory_id, dataset_id))
    return {
        Include.DECIDED: [in_force],
        Include.ANNOTATED: [in_force, standing],
        Include.ALL: [members, in_force, standing],
    }[include]


def _is_member(trajectory_id: Any, dataset_id: int) -> Any:
    return exists(
        select(literal(1)).where(
            item.c.dataset_id == dataset_id, item.c.trajectory_id == trajectory_id
        )
    )


def _page(conn: Connection, include: Include, dataset_id: int | None, after: int) -> list[int]:
    """The next ids. Each source is limited by itself, or every page would read all of it."""
    ids: set[int] = set()
    for source in _sources(include, dataset_id):
        column = source.selected_columns[0]
        page = source.where(column > after).distinct().order_by(column).limit(PAGE)
        ids |= set(conn.execute(page).scalars())
    return sorted(ids)[:PAGE]


def _candidates(
    conn: Connection,
    ids: Sequence[int],
    dataset_id: int | None,
    tool_sets: dict[int, tuple[ToolText, ...]],
) -> Iterator[Candidate]:
    decisions = _decisions(conn, ids)
    said = _said(conn, ids)
    members = _members(conn, ids, dataset_id)
    corrections = _corrections(conn, decisions, said, tool_sets)
    # Fetched at once: a page is small, and row by row costs more than decoding.
    rows = conn.execute(_WHOLE.where(trajectory.c.id.in_(ids)).order_by(trajectory.c.id)).all()
    for row_id, uid, group, n_errors, n_warnings, checked_with, tools_id, content, tools in rows:
        decided, adopted, result_id = decisions.get(row_id, _UNDECIDED)
        spoken = said.get(row_id, ())
        names = members.get(row_id, ())
        found = _named(row_id, adopted, result_id, spoken, corrections) if corrections else {}
        yield Candidate(
            id=row_id,
            uid=uid,
            group_key=group,
            trajectory=_decoded(tools_id, content, tools, tool_sets),
            source_id=names[0][1] if names else "",
            datasets=tuple([name for name, _ in names]),
            n_errors=n_errors,
            n_warnings=n_warnings,
            checked=bool(checked_with),
            decision=decided,
            adopted=adopted,
            said=spoken,
            corrections=found,
            result_uid=next(
                (u for u, c in found.items() if c.id == result_id and c.id != row_id), None
            ),
        )


_UNDECIDED = (None, None, None)
_WHOLE = (
    select(
        trajectory.c.id,
        trajectory.c.uid,
        trajectory.c.group_key,
        trajectory.c.n_errors,
        trajectory.c.n_warnings,
        trajectory.c.checked_with,
        trajectory.c.tool_set_id,
        body.c.content,
        tool_set.c.body,
    )
    .join(body, body.c.trajectory_id == trajectory.c.id)
    .join(tool_set, tool_set.c.id == trajectory.c.tool_set_id)
)


def _named(
    row_id: int,
    adopted: Annotation | None,
    result_id: int | None,
    spoken: tuple[Said, ...],
    corrections: dict[str, Corrected],
) -> dict[str, Corrected]:
    """The corrections of the page that concern one trajectory."""
    uids = {s.annotation.correction_uid for s in spoken}
    if adopted is not None:
        uids.add(adopted.correction_uid)
    return {uid: c for uid, c in corrections.items() if uid in uids or c.id == result_id}


def _decoded(
    tool_set_id: int, content: bytes, tools: bytes, tool_sets: dict[int, tuple[ToolText, ...]]
) -> Episode:
    """The trajectory; equal tool sets are decoded once."""
    known = tool_sets.get(tool_set_id)
    if known is None:
        if len(tool_sets) >= TOOL_SETS_KEPT:
            tool_sets.clear()
        known = tool_sets[tool_set_id] = read_tool_texts(unpack(tools))
    return Episode(messages=decode_messages(unpack(content)), tools=known)


_Decision = tuple[Decided, Annotation, int | None]


def _decisions(conn: Connection, ids: Sequence[int]) -> dict[int, _Decision]:
    """Trajectory id -> the decision in force."""
    latest = _latest_decisions().where(decision.c.trajectory_id.in_(ids))
    rows = conn.execute(
        select(decision, annotator.c.name.label("decider"))
        .outerjoin(annotator, annotator.c.id == decision.c.decided_by)
        .where(decision.c.id.in_(latest), decision.c.outcome.is_not(None))
    )
    return {
        row.trajectory_id: (
            Decided(
                Outcome(row.outcome), row.decider or f"rule {row.rule}", row.note, row.created_at
            ),
            _annotation_decoder.decode(row.content),
            row.result_id,
        )
        for row in rows
    }


def _said(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[Said, ...]]:
    """Trajectory id -> every annotator's standing annotation, in the order first said."""
    rows = conn.execute(
        select(annotation, annotator.c.name.label("annotator"))
        .join(annotator, annotator.c.id == annotation.c.annotator_id)
        .where(annotation.c.trajectory_id.in_(ids))
        .order_by(annotation.c.trajectory_id, annotation.c.annotator_id, annotation.c.revision)
    )
    latest: dict[int, dict[int, Any]] = {}
    for row in rows:
        latest.setdefault(row.trajectory_id, {})[row.annotator_id] = row
    return {
        trajectory_id: tuple(
            Said(row.annotator, _annotation_decoder.decode(row.content), row.created_at)
            for row in sorted(by_annotator.values(), key=lambda row: int(row.id))
            if not row.retracted
        )
        for trajectory_id, by_annotator in latest.items()
    }


def _members(
    conn: Connection, ids: Sequence[int], dataset_id: int | None
) -> dict[int, list[tuple[str, str]]]:
    """Trajectory id -> (dataset, source id), the requested dataset first."""
    datasets: dict[int, str] = {}
    for number, name in conn.execute(select(dataset.c.id, dataset.c.name)):
        datasets[number] = name
    rows = conn.execute(
        select(item.c.trajectory_id, item.c.dataset_id, item.c.source_id)
        .where(item.c.trajectory_id.in_(ids))
        .order_by(item.c.trajectory_id, item.c.dataset_id)
    ).all()
    found: dict[int, list[tuple[str, str]]] = {}
    for trajectory_id, member_of, source_id in rows:
        names = found.setdefault(trajectory_id, [])
        place = 0 if member_of == dataset_id else len(names)
        names.insert(place, (datasets[member_of], source_id))
    return found


def _corrections(
    conn: Connection,
    decisions: dict[int, _Decision],
    said: dict[int, tuple[Said, ...]],
    tool_sets: dict[int, tuple[ToolText, ...]],
) -> dict[str, Corrected]:
    """Every correction that the page's decisions and annotations name, by uid."""
    uids = {s.annotation.correction_uid for spoken in said.values() for s in spoken} - {None}
    ids = {
        result_id
        for trajectory_id, (_, _, result_id) in decisions.items()
        if result_id is not None and result_id != trajectory_id
    }
    if uids:
        named = select(trajectory.c.id).where(trajectory.c.uid.in_(sorted(map(str, uids))))
        ids |= set(conn.execute(named).scalars())
    if not ids:
        return {}
    return {
        raw.uid: Corrected(
            raw.id, raw.uid, _decoded(raw.tool_set_id, raw.content, raw.tools, tool_sets)
        )
        for raw in iter_bodies(conn, ids=sorted(ids))
    }


def record_export(
    conn: Connection, *, type: str, layout: str, out: str, n_rows: int, manifest: bytes
) -> int:
    """Remember a finished export with its manifest; returns its id."""
    inserted = conn.execute(
        insert(export).values(
            type=type,
            layout=layout,
            out=out,
            n_rows=n_rows,
            manifest=manifest.decode(),
            created_at=datetime.now(UTC),
        )
    )
    (export_id,) = inserted.inserted_primary_key or (None,)
    assert export_id is not None
    return int(export_id)


def list_exports(conn: Connection, limit: int = 50) -> list[ExportInfo]:
    """Finished exports, the latest first."""
    rows = conn.execute(select(export).order_by(export.c.id.desc()).limit(limit))
    return [
        ExportInfo(
            row.id,
            row.type,
            row.layout,
            row.out,
            row.n_rows,
            msgspec.json.decode(row.manifest),
            row.created_at,
        )
        for row in rows
    ]
