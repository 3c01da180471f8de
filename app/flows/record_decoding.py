"""From the bytes of one record to its value, or to words about why there is none.

Bounds what a record may be (depth, length) so that nothing behind this door meets a value that
cannot be encoded again. Where records begin and end is `json_splitting`'s knowledge.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from app.flows.json_splitting import Piece
from curation.importing import Problem, Record

MAX_DEPTH = 200
"""Levels of nesting; real rows have about 15, and every level costs stack when encoding."""

_decode = msgspec.json.decode


def decoded(piece: Piece, name: str, position: int, limit: int) -> Record | Problem:
    """The record of a piece, or the problem in its place.

    Args:
        name: the file, as it is shown to people.
        position: 1-based count of pieces.
        limit: bytes a record may have; only for the message.
    """
    where = f"{name}:{piece.line}"
    if piece.problem:
        return _no_record(piece, where, limit)
    data = piece.data
    try:
        value = _decode(data)
    except RecursionError:
        return _too_deep(where)
    except UnicodeDecodeError as problem:
        byte = f"byte 0x{problem.object[problem.start]:02x}" if problem.object else "a byte"
        return Problem(
            where, f"The text is not UTF-8: {byte} cannot be read.", "Save the file as UTF-8."
        )
    except ValueError as problem:
        return Problem(where, *_explain(data, problem))
    # Counting is cheap and nearly always settles it; only rows with many brackets are walked.
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH and depth_exceeds(value, MAX_DEPTH):
        return _too_deep(where)
    return Record(where, position, value, data)


def _no_record(piece: Piece, where: str, limit: int) -> Problem:
    match piece.problem:
        case "oversize":
            return Problem(
                where,
                f"The record is longer than {limit:,} bytes and was skipped.",
                "Raise LOOPWRIGHT_MAX_RECORD_BYTES if it is meant, or check for a missing line "
                "break or bracket.",
            )
        case "unfinished":
            return Problem(
                where,
                "The file ends in the middle of this record or array.",
                "It was probably cut off; what came before was read.",
            )
        case "foreign":
            return Problem(
                where,
                f"This is not JSON: it begins with {shown(piece.data)}.",
                "Give JSON, JSON Lines, gzip or parquet.",
            )
        case "scalar":
            return Problem(
                where,
                f"There is no record here but {shown(piece.data)}.",
                "Records are JSON objects.",
            )
        case _:
            return Problem(
                where,
                f"Something follows the end of the data: {shown(piece.data)}.",
                "Remove it; what came before was read.",
            )


def _too_deep(where: str) -> Problem:
    return Problem(
        where,
        f"The record is nested more than {MAX_DEPTH} levels deep.",
        "Flatten it, or remove it if it is damaged.",
    )


def _explain(data: bytes, problem: ValueError) -> tuple[str, str]:
    """Message and hint for text that is not JSON."""
    if re.search(rb"[\s:,\[]-?(NaN|Infinity)\b", data):
        return (
            "The record holds NaN or Infinity, which JSON does not have.",
            "Write null or a number (in Python: json.dumps(..., allow_nan=False) finds it).",
        )
    if re.search(rb"\\u[dD][89a-fA-F]", data) and "surrogate" in str(problem):
        return (
            "A text holds half of a surrogate pair (\\ud800 to \\udfff), which is not Unicode.",
            "Write the whole pair, or U+FFFD in its place.",
        )
    return (
        f"This is not JSON: {str(problem).removeprefix('JSON is malformed: ')}.",
        "Correct this line; the others were read.",
    )


def shown(data: bytes) -> str:
    """A short quotation of foreign bytes, safe to print."""
    text = data[:40].decode("utf-8", "replace").strip()
    return repr(text + ("…" if len(data) > 40 else ""))


def depth_exceeds(value: Any, limit: int) -> bool:
    """Whether containers nest deeper than `limit`; walks level by level, without recursion."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True
