"""Which of the mastered steps are worth training on again: those the model was least sure of.

LoopTool (arXiv 2511.09148, section 4.2) keeps "high-PPL" samples among the correct ones and states
no threshold, in the paper or in its code. So how many are kept is a rule of the user's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct

from curation.errors import SettingsError

T = TypeVar("T")


class KeepBy(StrEnum):
    """What the number of a rule means."""

    COUNT = "count"
    """At most so many."""
    SHARE = "share"
    """This share of them, 0 to 1; of a share above 0 at least one."""
    THRESHOLD = "threshold"
    """Those with at least this perplexity."""


class HighPerplexity(Struct, frozen=True):
    """How many are kept."""

    by: KeepBy = KeepBy.SHARE
    value: float = 1.0


ALL = HighPerplexity()


def check_rule(rule: HighPerplexity) -> None:
    """Raise SettingsError when the number makes no sense for its rule."""
    least, most = {
        KeepBy.COUNT: (0.0, math.inf),
        KeepBy.SHARE: (0.0, 1.0),
        KeepBy.THRESHOLD: (1.0, math.inf),
    }[rule.by]
    whole = rule.by is not KeepBy.COUNT or float(rule.value).is_integer()
    if not (least <= rule.value <= most and math.isfinite(rule.value) and whole):
        raise SettingsError(
            f"A {rule.by} of {rule.value:g} keeps no definite part of the steps.",
            where="high perplexity",
            hint="Say count=500, share=0.2, or threshold=1.5 (a perplexity is 1 or more).",
        )


def least_sure(
    found: Iterable[T], perplexity: Callable[[T], float], rule: HighPerplexity = ALL
) -> list[T]:
    """What the rule keeps, the highest perplexity first; equal ones in the order they came.

    Raises:
        SettingsError: see `check_rule`.
    """
    check_rule(rule)
    ordered = sorted(found, key=perplexity, reverse=True)
    match rule.by:
        case KeepBy.COUNT:
            return ordered[: int(rule.value)]
        case KeepBy.SHARE:
            # Rounded first: 0.1 * 30 is a little more than 3.
            return ordered[: math.ceil(round(rule.value * len(ordered), 9))]
        case KeepBy.THRESHOLD:
            return [one for one in ordered if perplexity(one) >= rule.value]
