"""Preference pairs: the correction against the original it replaced, steps against rejected tries.

Where and how original and correction are cut is `curation.exports.pairs`; what is made of the tries
of a step is `curation.exports.siblings`, and what of a step that was ruled wrong while a prediction
was right `curation.exports.ruled_wrong`. A pair never rejects what is accepted besides.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from curation.annotation import Outcome
from curation.export_reasons import Dropped, DropReason
from curation.exporting import TYPES, Curated, Options, Pair
from curation.exports.pairs import cut_pair
from curation.exports.ruled_wrong import better_pairs
from curation.exports.siblings import is_accepted, sibling_pairs


class Dpo:
    """See the module."""

    name = "dpo"
    title = "Preference pairs (DPO)"
    description = (
        "Accepted corrections against their originals, cut at the first difference; accepted steps "
        "against their rejected tries; predictions ruled right against steps ruled wrong."
    )
    shapes: tuple[type[Struct], ...] = (Pair,)
    splits = True
    wants_facts = True

    def examples(self, curated: Curated, options: Options) -> Iterator[Pair | Dropped]:
        """One pair for a correction, one for every rejected try, and one for every prediction that
        was ruled better than its step."""
        if curated.outcome is Outcome.REJECT:
            yield Dropped(DropReason.REJECTED)
            return
        siblings = [*sibling_pairs(curated), *better_pairs(curated)]
        if curated.original is not None or not siblings:
            yield _unless_accepted(curated, cut_pair(curated))
        yield from siblings


def _unless_accepted(curated: Curated, pair: Pair | Dropped) -> Pair | Dropped:
    if isinstance(pair, Pair) and is_accepted(curated, pair.step, pair.rejected):
        return Dropped(DropReason.REJECTED_IS_ACCEPTED, f"message {pair.step}", pair.step)
    return pair


TYPES.register(Dpo(), __name__)
