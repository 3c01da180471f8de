"""Whether a new sample is too like what is there: its parent, its siblings, the rest of the data.

All that a run compares with is held in memory, about half a kilobyte a trajectory. One sample is
looked at at a time, and one that passes is part of the data for those after it, so that of two
alike ones that come in together only the first stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from msgspec import Struct

from app.flows.expand_seeds import Sown
from curation.expansion.near_copies import Corpus, sample_text, similarity
from curation.trajectory import Trajectory
from storage.engine import Store
from storage.probing import trajectories_to_probe

PAGE = 500
"""Trajectories read at a time."""


class Likeness(Struct, frozen=True):
    """How like a sample is to what is there."""

    parent: float
    """0 to 1."""
    nearest: float | None = None
    """None when nothing else is as like as the threshold."""
    nearest_to: str = ""
    too_like: str = ""
    """What it is too like, in words; "" when nothing."""


class Copies:
    """What new samples are held against.

    Args:
        dataset_ids: of the source and of the samples so far; None for all data.
        threshold: what is as like as this is too like.
    """

    def __init__(self, store: Store, dataset_ids: Sequence[int | None], threshold: float) -> None:
        self._store = store
        self._dataset_ids = dataset_ids
        self._threshold = threshold
        self._corpus: Corpus | None = None
        self._turn = asyncio.Lock()

    async def look(self, sown: Sown, number: int, sample: Trajectory) -> Likeness:
        """Compare child `number` of a seed; what is not too like is remembered."""
        text = sample_text(sample.messages)
        how_like = similarity(text, sample_text([*sown.seed.context, sown.seed.correct]))
        async with self._turn:
            if self._corpus is None:
                self._corpus = await asyncio.to_thread(self._read)
            corpus = self._corpus
            near = await asyncio.to_thread(corpus.nearest, text, self._threshold)
            too_like = ""
            if how_like >= self._threshold:
                too_like = f"{how_like:.2f} like its parent"
            elif near is not None:
                too_like = f"{near.similarity:.2f} like {near.name}"
            else:
                corpus.add(f"child {number + 1} of {sown.seed_id}", text)
        if near is None:
            return Likeness(how_like, too_like=too_like)
        return Likeness(how_like, near.similarity, near.name, too_like)

    def _read(self) -> Corpus:
        return Corpus(self._samples())

    def _samples(self) -> Iterator[tuple[str, str]]:
        for dataset_id in self._dataset_ids:
            after = 0
            while True:
                with self._store.read() as conn:
                    page = trajectories_to_probe(conn, dataset_id, after, PAGE)
                if not page:
                    break
                after = page[-1].id
                for one in page:
                    yield one.uid, sample_text(one.trajectory.messages)
