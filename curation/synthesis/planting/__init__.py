"""Planting errors whose place and class are known.

A row gets one error, sometimes two. Those that cut or add messages go first, then those inside one
call, so that no planter pulls the ground from under another.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

from curation.synthesis.domain import Domain
from curation.synthesis.planting import answers, flow
from curation.synthesis.planting.calls import plant_call
from curation.synthesis.planting.meaning import MEANING
from curation.synthesis.planting.pins import Ground
from curation.synthesis.planting.shape import SHAPE
from curation.synthesis.row import Planted
from curation.synthesis.talk import Talk

Planter = Callable[[Ground], bool]
"""Plants one error; False when the conversation offers no opening."""

_CALLS: tuple[Planter, ...] = tuple(partial(plant_call, mutator=m) for m in (*SHAPE, *MEANING))
_TALKS: tuple[Planter, ...] = (
    answers.fabricated,
    answers.misread,
    answers.ignored,
    answers.no_question,
    answers.no_question,
    answers.no_confirmation,
    answers.no_confirmation,
    answers.premature_end,
    answers.premature_end,
    answers.asks_again,
    answers.wrong_weekday,
    flow.repeated,
    flow.needless,
    flow.dropped_call,
    flow.no_lookup,
    flow.lost_result,
    flow.stray_result,
    flow.unhandled_failure,
)


def plant(talk: Talk, domain: Domain, tools: list[dict[str, Any]], rng: Random) -> list[Planted]:
    """Put one or two errors into a conversation; none where nothing fits (a plain refusal)."""
    ground = Ground(talk, domain, tools, rng)
    roll = rng.random()
    if roll < 0.55:
        _first(ground, _CALLS) or _first(ground, _TALKS)
    elif roll < 0.85:
        _first(ground, _TALKS) or _first(ground, _CALLS)
    else:
        _first(ground, _TALKS)
        _first(ground, _CALLS)
    return ground.settled()


def _first(ground: Ground, planters: tuple[Planter, ...]) -> bool:
    """Plant with the first that finds an opening, in random order."""
    return any(planter(ground) for planter in ground.rng.sample(planters, len(planters)))
