"""Which candidates ask nearly the same by the vectors of an embedding model.

Vectors are read once from the store, in the order of their texts, into a file that is gone
afterwards; of that, blocks are compared (`curation.embedding_families`). So memory stays the same
however many vectors there are, and the order of imports is of no account.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import groupby
from typing import BinaryIO

import numpy as np
from sqlalchemy import Connection

from curation.embedding_families import embedding_families
from curation.embeddings import STORED, Vectors
from curation.errors import ExportError
from curation.selection_facts import Numbers, Vectored
from storage import embeddings

MAKE_THEM = "Make them: Make vectors on the page Export, or loopwright embed --model MODEL."


def model_of_vectors(known: list[str], named: str | None) -> str:
    """Whose vectors a selection goes by: the named model, or the only one.

    Raises:
        ExportError: there are none, or it is not clear whose.
    """
    if named in known:
        return str(named)
    if named is None and len(known) == 1:
        return known[0]
    what = f"There are no vectors of {named!r}" if named else "No embedding model is named"
    hint = f"Name one of {', '.join(known)}, or make others: loopwright embed." if known else ""
    raise ExportError(
        f"{what}, and duplicates are looked for by embeddings.",
        where="selection.embedding_model",
        hint=hint or MAKE_THEM,
    )


def find_vectored(conn: Connection, ids: Numbers, model: str, threshold: float) -> Vectored:
    """The families of candidates with these ids.

    Raises:
        ExportError: not one of them has a vector.
    """
    row_of = {key: row for row, key in enumerate(ids.tolist())}
    family = -1 - np.arange(len(ids), dtype=np.int64)  # who has no vector has a family of its own
    lacking = np.ones(len(ids), dtype=bool)
    texts = 0
    dimension = 0
    with tempfile.TemporaryFile() as file:
        for packed, rows in _texts(conn, model, row_of):
            lacking[rows] = False
            if packed:
                dimension = dimension or len(packed) // STORED.itemsize
                file.write(packed)
                family[rows] = texts
                texts += 1
        if len(ids) and lacking.all():
            raise ExportError(
                f"No candidate has a vector of {model}.",
                where="selection.embedding_model",
                hint=MAKE_THEM.replace("MODEL", model),
            )
        file.flush()
        found = embedding_families(
            lambda start, end: _read(file, start, end, dimension), texts, dimension, threshold
        )
    has = family >= 0
    family[has] = found[family[has]]
    return Vectored(model, family, lacking)


def _texts(
    conn: Connection, model: str, row_of: dict[int, int]
) -> Iterator[tuple[bytes, list[int]]]:
    """(vector, rows) of every text that a candidate says."""
    for _, same in groupby(embeddings.iter_vectors(conn, model), key=lambda one: one.text_key):
        packed = b""
        rows: list[int] = []
        for one in same:
            packed = packed or one.packed
            row = row_of.get(one.trajectory_id)
            if row is not None:
                rows.append(row)
        if rows:
            yield packed, rows


def _read(file: BinaryIO, start: int, end: int, dimension: int) -> Vectors:
    width = dimension * STORED.itemsize
    file.seek(start * width)
    content = file.read((end - start) * width)
    return np.frombuffer(content, dtype=STORED).reshape(-1, dimension)
