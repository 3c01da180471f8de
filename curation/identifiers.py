"""Which values name one thing and no other: codes, addresses, account numbers.

The values that a model must copy and cannot know; the others may be common knowledge.
"""

from __future__ import annotations

import re
from typing import Any

_ADDRESS = re.compile(r"\S+@\S+\.\w+\Z|\w+://\S+\Z")
_CODE = re.compile(r"(?=\S*(?:[0-9][A-Za-z_-]|[A-Za-z_-][0-9]))[^\s()+*/=<>]{4,}\Z")
_PLAIN = re.compile(r"[\d.:/T+-]+Z?\Z|-?\d+(?:\.\d+)?\s?[A-Za-z%]{1,3}\Z")
"""Dates, times and measures: they have digits and name nothing."""


LONGEST = 300
"""Characters of an address or a code; longer texts are looked into no further."""


def is_address(value: str) -> bool:
    """Whether a text is an e-mail or web address."""
    return len(value) <= LONGEST and _ADDRESS.match(value) is not None


def is_identifier(value: Any) -> bool:
    """Whether a value names one thing and no other: an address, a code of letters and digits, a
    whole number too long to be an amount."""
    if isinstance(value, str):
        if is_address(value):
            return True
        if value.isdigit():
            return len(value) >= 5
        return len(value) <= LONGEST and bool(_CODE.match(value)) and not _PLAIN.match(value)
    return isinstance(value, int) and not isinstance(value, bool) and _is_number_code(value)


def _is_number_code(value: int) -> bool:
    """Round numbers are amounts."""
    return abs(value) >= 10_000 and value % 100 != 0


_TRACES = re.compile(r"[0-9][A-Za-z_-]|[A-Za-z_-][0-9]|[0-9]{5}|@|://")


def may_hold_identifier(raw: str) -> bool:
    """Whether raw arguments may hold an identifier; most hold none, and none is missed."""
    return _TRACES.search(raw) is not None
