"""Text that is safe in a spreadsheet, and the way back.

Spreadsheets run a cell that looks like a formula, leading spaces aside. An apostrophe in front
makes it text; text that begins with an apostrophe gets one too, so that taking one away is the
exact inverse.
"""

from __future__ import annotations

_MARKED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")


def neutralised(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_MARKED) else text


def restored(text: str) -> str:
    """Inverse of `neutralised`."""
    return text[1:] if text.startswith("'") else text
