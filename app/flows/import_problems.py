"""What could not be imported: the problems of each dataset's latest import, for people to mend."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from storage import datasets, problems
from storage.engine import Store
from storage.problems import StoredProblem

SHOWN = 100
"""Problems shown of a dataset; `every_problem` gives all."""


class DatasetProblems(Struct, frozen=True):
    """The problems of one dataset's latest import."""

    dataset: str
    total: int
    first: tuple[StoredProblem, ...]


def datasets_with_problems(store: Store) -> list[DatasetProblems]:
    """Datasets whose latest import could not read everything, the newest first."""
    with store.read() as conn:
        counts = problems.count_by_dataset(conn)
        return [
            DatasetProblems(d.name, counts[d.id], tuple(problems.list_problems(conn, d.id, SHOWN)))
            for d in sorted(datasets.list_datasets(conn), key=lambda d: -d.id)
            if d.id in counts
        ]


def every_problem(store: Store, dataset: str) -> Iterator[StoredProblem]:
    """All problems of a dataset's latest import, in the order found.

    Raises:
        NotFound: no such dataset.
    """
    with store.read() as conn:
        yield from problems.iter_problems(conn, datasets.dataset_id(conn, dataset))
