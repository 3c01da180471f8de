"""Full-text search over messages, names of called tools and raw arguments.

SQLite: FTS5 without a copy of the text, rowid = trajectory id. PostgreSQL: a tsvector with GIN.
Both see the same words: runs of letters and digits, lower case, without accents. What a user types
is words that must all occur, "quoted phrases" and prefix*; no operator of either database can be
reached from it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, Integer, MetaData, Table, Text, func
from sqlalchemy.dialects.postgresql import TSVECTOR

MAX_WORDS_BYTES = 400_000
"""PostgreSQL indexes this much of one trajectory (its tsvector may not exceed 1 MB)."""

_apart = MetaData()
_fts5 = Table("trajectory_text", _apart, Column("rowid", Integer), Column("trajectory_text", Text))
_tsvector = Table(
    "trajectory_text", MetaData(), Column("trajectory_id", Integer), Column("words", TSVECTOR)
)

_TOKEN = re.compile(r"[^\W_]+")
_TERM = re.compile(r'"([^"]*)"?|(\S+)')


@dataclass(frozen=True)
class _Term:
    words: tuple[str, ...]
    is_prefix: bool


def index_batch(conn: Connection, texts: Sequence[tuple[int, str]]) -> None:
    """Index the text of trajectories that are not indexed yet."""
    if not texts:
        return
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("INSERT INTO trajectory_text(rowid, words) VALUES (?, ?)", list(texts))
        return
    conn.exec_driver_sql(
        "INSERT INTO trajectory_text(trajectory_id, words) VALUES (%s, to_tsvector('simple', %s))",
        [(i, " ".join(_tokens(_shortened(text)))) for i, text in texts],
    )


def match(conn: Connection, text: str) -> tuple[Table, ColumnElement[int], ColumnElement[bool]]:
    """What a query needs to find `text`: the table, its trajectory id, and the condition.

    Text without any letter or digit matches nothing.
    """
    terms = _terms(text)
    if conn.dialect.name == "sqlite":
        clause = _fts5.c.trajectory_text.op("MATCH", is_comparison=True)(_fts5_query(terms))
        return _fts5, _fts5.c.rowid, clause
    query = func.to_tsquery("simple", _tsquery(terms))
    return (
        _tsvector,
        _tsvector.c.trajectory_id,
        _tsvector.c.words.op("@@", is_comparison=True)(query),
    )


def _terms(text: str) -> list[_Term]:
    terms: list[_Term] = []
    for found in _TERM.finditer(text):
        phrase, word = found.groups()
        words = tuple(_tokens(phrase if phrase is not None else word))
        if words:
            terms.append(_Term(words, word is not None and word.endswith("*")))
    return terms


def _tokens(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _TOKEN.findall(bare)


def _fts5_query(terms: Sequence[_Term]) -> str:
    # A quoted string is never an operator; an empty one matches nothing.
    if not terms:
        return '""'
    return " AND ".join(f'"{" ".join(t.words)}"{" *" if t.is_prefix else ""}' for t in terms)


def _tsquery(terms: Sequence[_Term]) -> str:
    return " & ".join(f"({' <-> '.join(t.words)}{':*' if t.is_prefix else ''})" for t in terms)


def _shortened(text: str) -> str:
    data = text.encode()
    return data[:MAX_WORDS_BYTES].decode(errors="ignore") if len(data) > MAX_WORDS_BYTES else text
