"""A table as CSV that is safe wherever it may be opened."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from curation.spreadsheets import neutralised

CSV_ROWS = 100_000
"""A download is made in the studio's memory and ends after this many rows (some 30 MB)."""


def csv_bytes(
    header: Sequence[str], rows: Iterable[Sequence[object]], limit: int = CSV_ROWS
) -> bytes:
    """The first `limit` rows under a header; a last line says so when there were more.

    Text a spreadsheet would run as a formula gets an apostrophe; numbers stay numbers.
    """
    out = io.BytesIO()
    with io.TextIOWrapper(out, encoding="utf-8", errors="replace", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(header)
        for number, row in enumerate(rows):
            if number == limit:
                writer.writerow([f"Cut here: only the first {limit:,} rows are in this file."])
                break
            writer.writerow([neutralised(cell) if isinstance(cell, str) else cell for cell in row])
        text.flush()
        return out.getvalue()
