"""The same calls with the same arguments: nothing is forgiven but spelling and order of calls."""

from __future__ import annotations

from collections.abc import Sequence

from curation.argument_diff import same_value
from curation.diffing import canonical_calls
from curation.gold import GoldCall
from curation.matching import Match, matcher
from curation.mismatches import compare_whole
from curation.trajectory import Message, ToolSpec


@matcher
class Strict:
    """Canonical JSON, calls as a multiset.

    Forgiven: the order of the calls, the order of an object's keys, spacing and escapes, ids.
    Significant: how often a call is made, the order of a list, and types: 1, 1.0 and true are
    three values, as they are in a diff, in a uid and to a tool that validates its input. (JSON
    Schema would let 1.0 pass for an integer; whoever wants that uses `bfcl`.) Calls that do not
    parse are equal when their text is. Tool-N1's exact match is the same rule (methods §4.2).
    """

    name = "strict"
    title = "Strict"
    description = (
        "The same calls in any order with equal arguments; list order, repetition and types count."
    )

    def compare(
        self,
        reference: Message,
        prediction: Message,
        tools: Sequence[ToolSpec],
        gold: Sequence[GoldCall] | None,
    ) -> Match:
        return compare_whole(
            reference,
            prediction,
            lambda: sorted(canonical_calls(reference)) == sorted(canonical_calls(prediction)),
            same_value,
        )
