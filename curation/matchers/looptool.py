"""LoopTool's ToolMatch as released: for numbers that are comparable with the paper's."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from curation.gold import GoldCall
from curation.matching import Match, matcher
from curation.mismatches import compare_whole
from curation.trajectory import Message, ToolCall, ToolSpec


@matcher
class LoopTool:
    """Equal numbers of calls, then an unordered comparison by Python's equality (methods §1.4).

    Its pitfalls are kept, so that results compare with the paper's, and are these:

    - lists are sets: `["a", "b"]` equals `["b", "a"]`, `[1, 1, 2]` equals `[1, 2]`, and an empty
      list equals an empty object;
    - so are the calls of a step: [A, A, B] equals [A, B, B];
    - `1`, `1.0` and `true` are equal, `0` and `false` are;
    - text is compared letter by letter, and a default value spelled out is a difference.

    Source: `compare_parsed_content` in the authors' `dataloop/judgement_label_verification.py`.
    """

    name = "looptool"
    title = "LoopTool"
    description = (
        "The same set of calls as LoopTool's code compares: lists as sets, 1 equal to 1.0 and true."
    )

    def compare(
        self,
        reference: Message,
        prediction: Message,
        tools: Sequence[ToolSpec],
        gold: Sequence[GoldCall] | None,
    ) -> Match:
        ours, theirs = reference.tool_calls, prediction.tool_calls
        return compare_whole(
            reference,
            prediction,
            lambda: (
                len(ours) == len(theirs) and set(map(_hashed, ours)) == set(map(_hashed, theirs))
            ),
            lambda a, b: _unordered(a) == _unordered(b),
        )


def _hashed(call: ToolCall) -> tuple[str, Hashable]:
    arguments = call.parsed().value
    return call.name, call.raw_arguments if arguments is None else _unordered(arguments)


def _unordered(value: Any) -> Hashable:
    """A value without its order, and without what Python's equality does not tell apart."""
    if isinstance(value, dict):
        return frozenset((key, _unordered(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return frozenset(_unordered(inner) for inner in value)
    scalar: Hashable = value
    return scalar
