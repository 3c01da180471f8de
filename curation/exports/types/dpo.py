"""Preference pairs: the correction against the original it replaced, steps against rejected tries.

Where and how original and correction are cut is `curation.exports.pairs`; what is made of the tries
of a step is `curation.exports.siblings`.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from curation.annotation import Outcome
from curation.export_reasons import Dropped, DropReason
from curation.exporting import TYPES, Curated, Options, Pair
from curation.exports.pairs import cut_pair
from curation.exports.siblings import sibling_pairs


class Dpo:
    """See the module."""

    name = "dpo"
    title = "Preference pairs (DPO)"
    description = (
        "Accepted corrections against their originals, cut at the first difference; accepted steps "
        "against their rejected tries."
    )
    shapes: tuple[type[Struct], ...] = (Pair,)
    splits = True

    def examples(self, curated: Curated, options: Options) -> Iterator[Pair | Dropped]:
        """One pair for a correction, and one for every rejected try."""
        if curated.outcome is Outcome.REJECT:
            yield Dropped(DropReason.REJECTED)
            return
        siblings = list(sibling_pairs(curated))
        if curated.original is not None or not siblings:
            yield cut_pair(curated)
        yield from siblings


TYPES.register(Dpo(), __name__)
