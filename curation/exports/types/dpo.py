"""Preference pairs: the correction against the original it replaced.

Where and how the two are cut is `curation.exports.pairs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from curation.annotation import Outcome
from curation.export_reasons import Dropped, DropReason
from curation.exporting import TYPES, Curated, Options, Pair
from curation.exports.pairs import cut_pair


class Dpo:
    """See the module."""

    name = "dpo"
    title = "Preference pairs (DPO)"
    description = "Accepted corrections against their originals, cut at the first difference."
    shapes: tuple[type[Struct], ...] = (Pair,)
    splits = True

    def examples(self, curated: Curated, options: Options) -> Iterator[Pair | Dropped]:
        """At most one pair."""
        if curated.outcome is Outcome.REJECT:
            yield Dropped(DropReason.REJECTED)
        else:
            yield cut_pair(curated)


TYPES.register(Dpo(), __name__)
