"""Drawing cases by chance that can be repeated: blind samples, audits, and what a case stands for.

A case's place in the draw comes from a hash of its key and a salt, not from a generator: the choice
is the same on every machine and in every run, does not depend on what else is there, and a larger
share keeps everything that a smaller one chose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from msgspec import Struct

S = TypeVar("S", bound=Hashable)


def place_in_draw(key: str, salt: str) -> float:
    """Where `key` falls in [0, 1): evenly over keys, always the same for one key and salt."""
    # The length keeps ("ab", "c") and ("a", "bc") apart.
    text = f"{len(salt)}:{salt}{key}".encode("utf-8", "surrogatepass")
    # 53 bits are what a float holds exactly; more would round some keys up to 1.0.
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") // 2**11 / 2**53


def is_chosen(key: str, share: float, salt: str) -> bool:
    """Whether `key` is in the share (0 to 1) that is drawn."""
    return place_in_draw(key, salt) < share


def draw(keys: Mapping[S, Iterable[str]], n_each: int, salt: str) -> dict[S, list[str]]:
    """Up to `n_each` keys of every stratum, in the order they were drawn.

    Drawing more later begins with the same keys. A gold sample takes the judge's verdicts as
    strata, with the matched steps that no judge saw as one more (methods §6.3).
    """
    return {
        stratum: sorted(set(members), key=lambda key: (place_in_draw(key, salt), key))[:n_each]
        for stratum, members in keys.items()
    }


class StratumWeights(Struct, frozen=True):
    """What the cases of a stratified sample stand for."""

    weights: dict[Hashable, float]
    """Stratum -> cases of the whole that each of its sampled cases stands for, N_h / n_h."""
    uncovered: tuple[Hashable, ...]
    """Strata with cases of which none was sampled: figures say nothing of them."""


def stratum_weights(whole: Mapping[S, int], sampled: Mapping[S, int]) -> StratumWeights:
    """Weights N_h / n_h (Horvitz and Thompson): a stratum sampled thinly counts for more.

    Args:
        whole: cases of each stratum altogether.
        sampled: cases of each stratum that people ruled on.

    Raises:
        ValueError: more were sampled of a stratum than it has.
    """
    weights: dict[Hashable, float] = {}
    for stratum, n in sampled.items():
        if n > whole.get(stratum, 0):
            raise ValueError(f"{n} sampled of {whole.get(stratum, 0)} in {stratum!r}")
        if n:
            weights[stratum] = whole[stratum] / n
    uncovered = tuple(s for s, n in whole.items() if n and s not in weights)
    return StratumWeights(weights, uncovered)
