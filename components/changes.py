"""Diffs as tables: what a correction changed, or in what two versions are not the same.

Calls were matched before (`curation/diffing.py`), so a row is about one argument of one call,
whatever the order of the calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pandas as pd
import streamlit as st
from msgspec import Struct

from curation.diffing import ArgumentChange, CallChange, FieldChange, MessageChange


class Sides(Struct, frozen=True):
    """What the two sides of a diff are called, and what its kinds are in words."""

    before: str = "before"
    after: str = "after"
    words: dict[str, str] = {}
    """Kind of change -> words, where the kind itself does not say it."""

    def told(self, kind: str) -> str:
        """A kind of change in words."""
        return self.words.get(kind, kind)


def two_versions(one: str, other: str) -> Sides:
    """Sides of two versions of which neither came before the other."""
    one, other = (one, other) if one != other else (f"{one} (1)", f"{other} (2)")
    words = {
        "added": f"only {other}",
        "removed": f"only {one}",
        "changed": "differs",
        "retyped": "another type",
        "renamed": "another name",
        "name": "another tool",
    }
    return Sides(one, other, words)


def draw_changes(changes: Sequence[MessageChange], sides: Sides | None = None) -> None:
    """A table of changes: place, what, and the two sides."""
    rows = change_rows(changes, sides or Sides())
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True)


def change_rows(changes: Sequence[MessageChange], sides: Sides) -> list[dict[str, str]]:
    """The rows of `draw_changes`: `where`, `what` and a column for each side."""
    return [row for change in changes for row in _message_rows(change, sides)]


def _message_rows(change: MessageChange, sides: Sides) -> list[dict[str, str]]:
    index = change.after_index if change.after_index is not None else change.before_index
    where = f"message {index} ({change.role})"
    if change.kind != "changed":
        return [_row(sides, where, f"message: {sides.told(change.kind)}")]
    rows = [_field_row(sides, where, f) for f in change.fields]
    for call in change.calls:
        rows += _call_rows(sides, where, call)
    if change.reordered:
        rows.append(_row(sides, where, "calls in another order"))
    return rows


def _call_rows(sides: Sides, where: str, call: CallChange) -> list[dict[str, str]]:
    at = f"{where} · {call.name}"
    if call.kind != "changed":
        return [_row(sides, at, f"call: {sides.told(call.kind)}")]
    rows = [_argument_row(sides, at, a) for a in call.arguments]
    return rows or [_field_row(sides, at, f) for f in call.fields]


def _argument_row(sides: Sides, at: str, change: ArgumentChange) -> dict[str, str]:
    where = f"{at} · {change.pointer}" if change.pointer else at
    if change.kind == "renamed":
        names = (change.pointer, change.new_pointer)
        return _row(sides, where, sides.told("renamed"), *(n.rpartition("/")[2] for n in names))
    return _row(sides, where, sides.told(change.kind), _text(change.before), _text(change.after))


def _field_row(sides: Sides, where: str, change: FieldChange) -> dict[str, str]:
    return _row(
        sides, where, change.spelling or change.field, change.before or "", change.after or ""
    )


def _row(sides: Sides, where: str, what: str, before: str = "", after: str = "") -> dict[str, str]:
    return {"where": where, "what": what, sides.before: before, sides.after: after}


def _text(value: Any) -> str:
    """A value as a person reads it: text as it is, the rest as JSON; nothing for what is absent."""
    if value is None or value is msgspec.UNSET:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
