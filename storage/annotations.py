"""Committed annotations: revisions appended per trajectory and annotator, the highest counts.

A retracted revision says that the annotator took everything back. Marks have rows of their own for
filters and charts; they count only while their annotation is the annotator's latest. What stands is
told under the names that categories have now; the rows keep those they were made with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.sql.selectable import FromClause

from curation.annotation import Annotation
from curation.taxonomy_change import Renames, renamed
from storage.renames import renames_in_force
from storage.tables import (
    AnnotationRow,
    AnnotatorRow,
    ItemRow,
    MarkRow,
    TrajectoryRow,
    table_of,
)

annotation = table_of(AnnotationRow)
annotator = table_of(AnnotatorRow)
mark = table_of(MarkRow)
item = table_of(ItemRow)
trajectory = table_of(TrajectoryRow)


def stands(rows: FromClause) -> ColumnElement[bool]:
    """The annotation is its annotator's latest of the trajectory and was not retracted."""
    later = annotation.alias()
    newer = (
        select(1)
        .select_from(later)
        .where(
            later.c.trajectory_id == rows.c.trajectory_id,
            later.c.annotator_id == rows.c.annotator_id,
            later.c.revision > rows.c.revision,
        )
        .correlate(rows)
        .exists()
    )
    return and_(rows.c.retracted.is_(False), ~newer)


class CommittedAnnotation(Struct, frozen=True):
    """One revision of what one annotator says of one trajectory."""

    id: int
    trajectory_id: int
    uid: str
    annotator_id: int
    annotator: str
    annotator_kind: str
    revision: int
    retracted: bool
    annotation: Annotation
    act_id: int
    created_at: datetime


def append_revision(
    conn: Connection,
    *,
    trajectory_id: int,
    annotator_id: int,
    said: Annotation,
    act_id: int,
    retracted: bool = False,
) -> int:
    """Append the next revision with its marks; returns its number (1, 2, …).

    The caller holds the annotator (`hold_annotator`), so two revisions never race for a number.
    """
    whose = {"of_trajectory": trajectory_id, "of_annotator": annotator_id}
    latest = conn.execute(_LAST_REVISION, whose).scalar_one_or_none()
    revision = (latest or 0) + 1
    inserted = conn.execute(
        insert(annotation).values(
            trajectory_id=trajectory_id,
            annotator_id=annotator_id,
            revision=revision,
            retracted=retracted,
            outcome=said.outcome.value if said.outcome else None,
            content=msgspec.json.encode(said).decode(),
            act_id=act_id,
            created_at=datetime.now(UTC),
        )
    )
    (annotation_id,) = inserted.inserted_primary_key or (None,)
    rows = [
        {
            "annotation_id": annotation_id,
            "mark_id": m.mark_id,
            "trajectory_id": trajectory_id,
            "taxonomy": m.taxonomy,
            "category": m.category,
            "severity": m.severity.value,
            "message_index": m.anchor.message_index,
            "call_index": m.anchor.call_index,
            "pointer": m.anchor.pointer,
            "root_cause": m.root_cause,
            "train": m.train,
        }
        for m in said.marks
    ]
    if rows:
        conn.execute(insert(mark), rows)
    return revision


def latest_of(
    conn: Connection, trajectory_id: int, annotator_id: int
) -> CommittedAnnotation | None:
    """The annotator's latest revision, retracted or not; None when they never committed."""
    whose = {"of_trajectory": trajectory_id, "of_annotator": annotator_id}
    row = conn.execute(_LATEST, whose).one_or_none()
    return None if row is None else _committed(row)


def standing_annotations(conn: Connection, trajectory_id: int) -> list[CommittedAnnotation]:
    """What everybody says of the trajectory now, in the order in which they first said it."""
    renames = renames_in_force(conn)
    rows = conn.execute(_STANDING, {"of_trajectory": trajectory_id})
    return [_committed(row, renames) for row in rows]


def standing_among(
    conn: Connection, trajectory_ids: Sequence[int]
) -> dict[int, list[CommittedAnnotation]]:
    """What everybody says of these trajectories (1,000 at most), each in the order first said."""
    renames = renames_in_force(conn)
    rows = conn.execute(_STANDING_AMONG, {"of_trajectories": list(trajectory_ids)})
    found: dict[int, list[CommittedAnnotation]] = {}
    for row in rows:
        found.setdefault(row.trajectory_id, []).append(_committed(row, renames))
    return found


def iter_standing(conn: Connection, dataset_id: int | None = None) -> Iterator[CommittedAnnotation]:
    """Every annotation that stands, oldest first, optionally of one dataset's trajectories."""
    wanted = _WHOLE.where(stands(annotation))
    if dataset_id is not None:
        member = select(literal(1)).where(
            item.c.dataset_id == dataset_id, item.c.trajectory_id == annotation.c.trajectory_id
        )
        wanted = wanted.where(exists(member))
    renames = renames_in_force(conn)
    streamed = wanted.order_by(annotation.c.id).execution_options(yield_per=500)
    for row in conn.execute(streamed):
        yield _committed(row, renames)


def _committed(row: Row[Any], renames: Renames | None = None) -> CommittedAnnotation:
    return CommittedAnnotation(
        id=row.id,
        trajectory_id=row.trajectory_id,
        uid=row.uid,
        annotator_id=row.annotator_id,
        annotator=row.annotator,
        annotator_kind=row.annotator_kind,
        revision=row.revision,
        retracted=row.retracted,
        annotation=renamed(_decoder.decode(row.content), renames or {}),
        act_id=row.act_id,
        created_at=row.created_at,
    )


_decoder = msgspec.json.Decoder(Annotation)

# Statements are built once: at every commit, building them would cost more than running them.
_WHOLE = (
    select(
        annotation,
        trajectory.c.uid,
        annotator.c.name.label("annotator"),
        annotator.c.kind.label("annotator_kind"),
    )
    .join(annotator, annotator.c.id == annotation.c.annotator_id)
    .join(trajectory, trajectory.c.id == annotation.c.trajectory_id)
)
_of_trajectory = annotation.c.trajectory_id == bindparam("of_trajectory")
_of_annotator = annotation.c.annotator_id == bindparam("of_annotator")
_LAST_REVISION = select(func.max(annotation.c.revision)).where(_of_trajectory, _of_annotator)
_LATEST = (
    _WHOLE.where(_of_trajectory, _of_annotator).order_by(annotation.c.revision.desc()).limit(1)
)
_stands = _WHOLE.where(stands(annotation)).order_by(annotation.c.id)
_STANDING = _stands.where(_of_trajectory)
_STANDING_AMONG = _stands.where(
    annotation.c.trajectory_id.in_(bindparam("of_trajectories", expanding=True))
)
