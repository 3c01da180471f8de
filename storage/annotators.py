"""Who annotates: people and judges, by name.

Names are what people type; ids are what other rows refer to. Nothing about sessions or tokens
lives here.
"""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from curation.errors import NotFound, StoreError
from storage.tables import AnnotatorRow, table_of

annotator = table_of(AnnotatorRow)

NAME_LENGTH = 100
"""Longest name, in characters; longer ones are pasted by mistake."""

_TURN = 7_246_153
"""Any constant of our own (see `storage/trajectories.py` for the other one)."""


class AnnotatorInfo(Struct, frozen=True):
    """A person or a judge."""

    id: int
    name: str
    kind: str = "human"


def ensure_annotator(conn: Connection, name: str, kind: str = "human") -> AnnotatorInfo:
    """The annotator called `name`, added when new.

    Raises:
        StoreError: the name is blank or longer than `NAME_LENGTH`.
    """
    name = tidy_name(name)
    if not name or len(name) > NAME_LENGTH:
        raise StoreError(
            "An annotator needs a name." if not name else "The annotator's name is too long.",
            hint=f"Give a name of 1 to {NAME_LENGTH} characters in the settings.",
        )
    found = find_annotator(conn, name)
    if found is not None:
        return found
    try:
        with conn.begin_nested():
            conn.execute(insert(annotator).values(name=name, kind=kind, created_at=_now()))
    except IntegrityError:
        # Somebody with the same name arrived between the two statements (PostgreSQL only).
        pass
    found = find_annotator(conn, name)
    assert found is not None
    return found


def tidy_name(name: str) -> str:
    """A name as it is stored: without surrounding, repeated or invisible separators."""
    return " ".join(name.replace("\x00", "").split())


def find_annotator(conn: Connection, name: str) -> AnnotatorInfo | None:
    """The annotator called `name`, or None."""
    row = conn.execute(_columns.where(annotator.c.name == name)).one_or_none()
    return None if row is None else AnnotatorInfo(*row)


def get_annotator(conn: Connection, annotator_id: int) -> AnnotatorInfo:
    """The annotator with this id.

    Raises:
        NotFound: there is none.
    """
    row = conn.execute(_columns.where(annotator.c.id == annotator_id)).one_or_none()
    if row is None:
        raise NotFound(
            f"There is no annotator {annotator_id}.", hint="Reload the page to sign in again."
        )
    return AnnotatorInfo(*row)


def hold_annotator(conn: Connection, annotator_id: int) -> None:
    """Let no other transaction act for this annotator until ours ends.

    SQLite has one writer anyway (the lock is not even sent); PostgreSQL locks the row, so that two
    tabs of one person cannot both claim a slot of one trajectory or both find an act undelivered.
    """
    # "No key update": others may still refer to the annotator in rows of their own.
    lock = select(annotator.c.id).where(annotator.c.id == annotator_id)
    conn.execute(lock.with_for_update(key_share=True))


def take_turn(conn: Connection) -> None:
    """Let transactions that change what was said, and the slots and states that follow from it,
    come one after the other.

    They lock tasks, trajectories and queues in the order of whatever was sent to them, so two of
    them could wait for each other. SQLite has one writer anyway; on PostgreSQL claims and imports
    still run beside them.
    """
    if conn.dialect.name != "sqlite":
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")


_columns = select(annotator.c.id, annotator.c.name, annotator.c.kind)


def _now() -> datetime:
    return datetime.now(UTC)
