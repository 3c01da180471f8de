"""Items of the tools' checklists: every version is appended, the latest of an item counts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select

from curation.checklists import ChecklistItem
from storage.tables import AnnotatorRow, ChecklistItemRow, table_of

item = table_of(ChecklistItemRow)
annotator = table_of(AnnotatorRow)


def items_of(conn: Connection, tools: Collection[str]) -> dict[str, list[ChecklistItem]]:
    """Tool -> its items that stand, in the order in which they were first written."""
    if not tools:
        return {}
    latest = (
        select(func.max(item.c.id).label("last"), func.min(item.c.id).label("first"))
        .where(item.c.tool.in_(list(tools)))
        .group_by(item.c.tool, item.c.item_id)
        .subquery()
    )
    rows = conn.execute(
        select(
            item.c.item_id,
            item.c.tool,
            item.c.text,
            item.c.category,
            item.c.tool_hash,
            annotator.c.name,
            item.c.created_at,
        )
        .join(latest, latest.c.last == item.c.id)
        .join(annotator, annotator.c.id == item.c.annotator_id)
        .where(item.c.retired.is_(False))
        .order_by(latest.c.first)
    )
    found: dict[str, list[ChecklistItem]] = {}
    for row in rows:
        one = ChecklistItem(*row)
        found.setdefault(one.tool, []).append(one)
    return found


def all_items(conn: Connection) -> tuple[ChecklistItem, ...]:
    """Every item that stands, tool by tool in alphabetical order."""
    tools = list(conn.execute(select(item.c.tool).distinct().order_by(item.c.tool)).scalars())
    found = items_of(conn, tools)
    return tuple(one for tool in tools for one in found.get(tool, []))


def append_item(
    conn: Connection,
    *,
    item_id: str,
    tool: str,
    text: str,
    category: str,
    tool_hash: str,
    retired: bool,
    annotator_id: int,
) -> None:
    """Append a version of an item; nothing is overwritten, answers keep their item."""
    conn.execute(
        insert(item).values(
            item_id=item_id,
            tool=tool,
            text=text,
            category=category,
            tool_hash=tool_hash,
            retired=retired,
            annotator_id=annotator_id,
            created_at=datetime.now(UTC),
        )
    )


def has_item(conn: Connection, item_id: str) -> bool:
    """Whether an item of this id was ever written."""
    found = conn.execute(select(item.c.id).where(item.c.item_id == item_id).limit(1)).first()
    return found is not None


def texts_of(conn: Connection, item_ids: Collection[str]) -> dict[str, str]:
    """Item -> its latest text, retired or not."""
    rows = conn.execute(
        select(item.c.item_id, item.c.text)
        .where(item.c.item_id.in_(list(item_ids)))
        .order_by(item.c.id)
    )
    return {row[0]: row[1] for row in rows}
