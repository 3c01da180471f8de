"""The errors that new samples are grown from, read from the store page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct
from sqlalchemy import Connection

from app.flows.expand_setup import ExpandRequest, kinds_of
from curation.expansion.seeds import ErrorSeed, NoSeed, seed_of
from curation.standing import RulerKind
from storage import trajectories
from storage.engine import Store
from storage.error_seeds import (
    ErrorOnRecord,
    analyses_of,
    committed_corrections,
    errors_on_record,
)

PAGE = 100
"""Errors read at a time."""

DISPUTED = "disputed"
"""Why an error is no seed, besides `curation.expansion.seeds.NoSeed`: judges or people contradict
each other."""


class Sown(Struct, frozen=True):
    """A seed, and where it stands."""

    seed: ErrorSeed
    seed_id: str
    prediction_id: int
    verdict_id: int
    parent_id: int
    parent_uid: str
    group_key: str
    message_index: int


class Seeds:
    """The seeds of a dataset, each once.

    Args:
        dataset_id: None for all data.
    """

    def __init__(self, store: Store, dataset_id: int | None, request: ExpandRequest) -> None:
        self._store = store
        self._dataset_id = dataset_id
        self._request = request
        self.skipped: Counter[str] = Counter()
        """Why errors are no seeds, as far as was read."""

    def pages(self) -> Iterator[list[Sown]]:
        """All of them, in the order of their predictions; a page may be empty."""
        self.skipped.clear()
        seen: set[str] = set()
        after = 0
        while True:
            with self._store.read() as conn:
                errors = errors_on_record(
                    conn, self._dataset_id, kinds_of(self._request), after, PAGE
                )
                if not errors:
                    return
                found = self._sown(conn, errors)
            after = errors[-1].prediction.id
            fresh = {one.seed_id: one for one in reversed(found) if one.seed_id not in seen}
            seen.update(fresh)
            yield list(reversed(fresh.values()))

    def _sown(self, conn: Connection, errors: Sequence[ErrorOnRecord]) -> list[Sown]:
        clear = [one for one in errors if not one.is_disputed]
        self.skipped[DISPUTED] += len(errors) - len(clear)
        ids = sorted({one.prediction.trajectory_id for one in clear})
        corrections = committed_corrections(conn, ids)
        wanted = sorted({*ids, *corrections.values()})
        bodies = {one.id: one for one in trajectories.load_many(conn, wanted)}
        analyses = analyses_of(conn, [(one.prediction.id, one.verdict) for one in clear])
        found = []
        for one in clear:
            parent = bodies[one.prediction.trajectory_id]
            corrected = bodies.get(corrections.get(parent.id, 0))
            seed = seed_of(
                parent.trajectory,
                one.prediction.message_index,
                one.prediction.message,
                one.verdict,
                correction=corrected.trajectory if corrected else None,
                prediction_stands=one.kind is not RulerKind.HUMAN,
                with_text=self._request.with_text,
                analysis=one.note or analyses.get(one.prediction.id, ""),
            )
            if isinstance(seed, NoSeed):
                self.skipped[seed.value] += 1
                continue
            found.append(
                Sown(
                    seed,
                    seed.seed_id,
                    one.prediction.id,
                    one.verdict_id,
                    parent.id,
                    parent.uid,
                    parent.group_key,
                    one.prediction.message_index,
                )
            )
        return found
