"""Licence and origin of datasets: appended, the latest row of a dataset counts."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct
from sqlalchemy import Connection, func, insert, select

from curation.export_sources import Terms
from storage.preparation import plain_text
from storage.tables import AnnotatorRow, DatasetRow, DatasetTermsRow, table_of

annotator = table_of(AnnotatorRow)
dataset = table_of(DatasetRow)
row = table_of(DatasetTermsRow)


class DescribedDataset(Struct, frozen=True):
    """A dataset and what is said of its terms."""

    name: str
    format: str
    n_items: int
    terms: Terms = Terms()
    said_by: str = ""
    """"" where nobody said anything or the import read it beside the data."""
    said_at: datetime | None = None


def add_terms(conn: Connection, dataset_id: int, terms: Terms, annotator_id: int | None) -> None:
    """Say under which terms a dataset may be used; `annotator_id` is None for what was read."""
    values = {
        "dataset_id": dataset_id,
        "license": plain_text(terms.license),
        "source_url": plain_text(terms.source_url),
        "citation": plain_text(terms.citation),
        "annotator_id": annotator_id,
        "created_at": datetime.now(UTC),
    }
    conn.execute(insert(row).values(values))


def described_datasets(conn: Connection) -> list[DescribedDataset]:
    """Every dataset by name, with what was said of it last."""
    latest = select(func.max(row.c.id)).group_by(row.c.dataset_id)
    found = conn.execute(
        select(
            dataset.c.name,
            dataset.c.format,
            dataset.c.n_items,
            row.c.license,
            row.c.source_url,
            row.c.citation,
            annotator.c.name,
            row.c.created_at,
        )
        .outerjoin(row, (row.c.dataset_id == dataset.c.id) & row.c.id.in_(latest))
        .outerjoin(annotator, annotator.c.id == row.c.annotator_id)
        .order_by(dataset.c.name)
    )
    return [
        DescribedDataset(
            name, format, n, Terms(license or "", url or "", citation or ""), by or "", at
        )
        for name, format, n, license, url, citation, by, at in found
    ]
