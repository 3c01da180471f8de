"""Editing the checklist of a tool from the viewer."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from app.flows.checklists import ItemEdit, edit_item
from storage.annotators import AnnotatorInfo
from storage.engine import Store


class EditItemRequest(Struct):
    """`checklist-item`: add an item, change it or retire it."""

    item: ItemEdit


def checklist_item(store: Store, who: AnnotatorInfo, asked: EditItemRequest) -> dict[str, Any]:
    items = edit_item(store, who, asked.item)
    return {"tool": asked.item.tool, "items": msgspec.to_builtins(items)}
