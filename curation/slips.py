"""How values and argument texts go wrong by themselves: what planted errors and mutations share.

Each function makes one slip; that the result is wrong where it is put is the caller's to see to.
"""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec


def retyped(value: Any) -> Any:
    """The value in a type a model might confuse it with; None when there is no natural one."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            short = f"{value:g}"
            return short if float(short) == value else str(value)
        case list():
            return ", ".join(map(str, value)) if all(isinstance(v, str) for v in value) else None
        case dict():
            return msgspec.json.encode(value).decode()
        case str() if value.isdigit() and value[0] != "0" and len(value) < 10:
            return int(value)
        case _:
            return None


def transposed(value: str) -> str | None:
    """Two neighbouring digits exchanged, as when copying by hand; None without such two."""
    for i in range(len(value) - 1, 1, -1):
        a, b = value[i - 1], value[i]
        if a != b and a.isdigit() and b.isdigit() and a != "0" and b != "0":
            return value[: i - 1] + b + a + value[i + 1 :]
    return None


def renumbered(rng: Random, value: str) -> str:
    """The same form with other digits: an invented code."""
    return "".join(rng.choice("123456789") if c.isdigit() else c for c in value)


def broken_forms(rng: Random, right: str) -> tuple[str, ...]:
    """Five ways in which the JSON text of an object comes out broken: cut off, in Python's quotes,
    with a comma or a brace too many, in a code fence. Short texts survive some of them."""
    return (
        right[: rng.randint(len(right) // 2, len(right) - 1)],
        right.replace('"', "'"),
        right[:-1] + ",}",
        right + "}",
        "```json\n" + right + "\n```",
    )
