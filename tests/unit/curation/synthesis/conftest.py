"""Rows that several tests look at; making them takes a fraction of a second."""

from __future__ import annotations

import pytest

from curation.synthesis import SyntheticRow, make_row

SEED = 21


@pytest.fixture(scope="session")
def rows() -> list[SyntheticRow]:
    return [make_row(SEED, i) for i in range(1500)]
