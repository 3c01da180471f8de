"""Committed annotations: revisions appended per trajectory and annotator, the highest counts.

A retracted revision says that the annotator took everything back. Marks have rows of their own for
filters and charts; they count only while their annotation is the annotator's latest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, exists, func, insert, literal, select

from curation.annotation import Annotation
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
    latest = conn.execute(
        select(func.max(annotation.c.revision)).where(
            annotation.c.trajectory_id == trajectory_id,
            annotation.c.annotator_id == annotator_id,
        )
    ).scalar_one_or_none()
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
    found = _read(
        conn,
        annotation.c.trajectory_id == trajectory_id,
        annotation.c.annotator_id == annotator_id,
        _is_latest(),
    )
    return next(found, None)


def standing_annotations(conn: Connection, trajectory_id: int) -> list[CommittedAnnotation]:
    """What everybody says of the trajectory now, in the order in which they first said it."""
    return list(
        _read(
            conn,
            annotation.c.trajectory_id == trajectory_id,
            annotation.c.retracted.is_(False),
            _is_latest(),
        )
    )


def iter_standing(conn: Connection, dataset_id: int | None = None) -> Iterator[CommittedAnnotation]:
    """Every annotation that stands, oldest first, optionally of one dataset's trajectories."""
    conditions: list[ColumnElement[bool]] = [annotation.c.retracted.is_(False), _is_latest()]
    if dataset_id is not None:
        conditions.append(
            exists(
                select(literal(1)).where(
                    item.c.dataset_id == dataset_id,
                    item.c.trajectory_id == annotation.c.trajectory_id,
                )
            )
        )
    return _read(conn, *conditions)


def _is_latest() -> ColumnElement[bool]:
    later = annotation.alias("later")
    return ~exists(
        select(literal(1)).where(
            later.c.trajectory_id == annotation.c.trajectory_id,
            later.c.annotator_id == annotation.c.annotator_id,
            later.c.revision > annotation.c.revision,
        )
    )


def _read(conn: Connection, *conditions: ColumnElement[bool]) -> Iterator[CommittedAnnotation]:
    rows = conn.execute(
        select(
            annotation,
            trajectory.c.uid,
            annotator.c.name.label("annotator"),
            annotator.c.kind.label("annotator_kind"),
        )
        .join(annotator, annotator.c.id == annotation.c.annotator_id)
        .join(trajectory, trajectory.c.id == annotation.c.trajectory_id)
        .where(*conditions)
        .order_by(annotation.c.id)
    )
    for row in rows:
        yield CommittedAnnotation(
            id=row.id,
            trajectory_id=row.trajectory_id,
            uid=row.uid,
            annotator_id=row.annotator_id,
            annotator=row.annotator,
            annotator_kind=row.annotator_kind,
            revision=row.revision,
            retracted=row.retracted,
            annotation=_decoder.decode(row.content),
            act_id=row.act_id,
            created_at=row.created_at,
        )


_decoder = msgspec.json.Decoder(Annotation)
