"""Cells that are safe wherever a table may be opened."""

from __future__ import annotations

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutral_cell(value: object) -> object:
    """A value for CSV: text a spreadsheet would run as a formula gets a leading apostrophe.

    Numbers stay numbers; only text is touched.
    """
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value
