"""What all tables share. The class base has a registry of its own because Streamlit's reload
would define tables twice on the shared one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes on both databases; SQLite would hand back naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime was about to be stored")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value


class Base(SQLModel, registry=registry()):
    """Base of all rows."""


Base.metadata.naming_convention = NAMING


def table_of(row_class: type[Base]) -> Table:
    """The Core table of a row class: what queries and bulk paths use."""
    return Base.metadata.tables[str(row_class.__tablename__)]


def utc(**kwargs: Any) -> Any:
    """A field of aware UTC datetimes."""
    return Field(sa_type=UtcDateTime, **kwargs)
