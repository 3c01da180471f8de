"""Checklists of tools: what annotators ask themselves at every call of one tool."""

from __future__ import annotations

from msgspec import Struct

from curation.checklists import MAX_ITEM, ChecklistItem
from curation.errors import AnnotationError
from storage import checklists
from storage.annotators import AnnotatorInfo, hold_annotator, take_turn
from storage.engine import Store

MAX_ID = 100
MAX_TOOL = 200


class ItemEdit(Struct, frozen=True, forbid_unknown_fields=True):
    """A version of an item as somebody writes it."""

    item_id: str
    """Chosen by the client; the same id again is a new version of the item."""
    tool: str
    text: str
    category: str = ""
    tool_hash: str = ""
    retired: bool = False


def edit_item(store: Store, who: AnnotatorInfo, edit: ItemEdit) -> list[ChecklistItem]:
    """Append a version of an item; returns the tool's items that stand now.

    Of two people who edit one item the later one counts; both versions stay on record.

    Raises:
        AnnotationError: no text, or one too long to be read at every call.
    """
    text = " ".join(edit.text.replace("\x00", "").split())
    if not edit.item_id or len(edit.item_id) > MAX_ID or not 0 < len(edit.tool) <= MAX_TOOL:
        raise AnnotationError("The item names no tool.", where="checklist", hint="Reload the page.")
    if not text or len(text) > MAX_ITEM:
        raise AnnotationError(
            "The item says nothing." if not text else f"The item has {len(text)} characters.",
            where="checklist",
            hint=f"Write one short sentence (at most {MAX_ITEM} characters).",
        )
    with store.write() as conn:
        take_turn(conn)
        hold_annotator(conn, who.id)
        checklists.append_item(
            conn,
            item_id=edit.item_id,
            tool=edit.tool,
            text=text,
            category=edit.category[:MAX_TOOL],
            tool_hash=edit.tool_hash[:MAX_ID],
            retired=edit.retired,
            annotator_id=who.id,
        )
        return checklists.items_of(conn, [edit.tool]).get(edit.tool, [])
