"""TL-Training's ladder: one category per call, and the reward that goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from curation.argument_diff import same_value
from curation.assignment import best_assignment
from curation.rewarding import PlainCall, Scored, plain_calls, reward
from curation.schema_dialects import normalise
from curation.trajectory import Message, ToolSpec


class Rung(StrEnum):
    """What is wrong with a call, by rule."""

    UNPARSABLE = "unparsable-output"
    TOOL_HALLUCINATION = "tool-hallucination"
    HALLUCINATION_REDUNDANCY_MISSING = "parameter-hallucination-redundancy-missing"
    WRONG_TOOL = "wrong-tool"
    HALLUCINATION_AND_MORE = "parameter-hallucination-and-redundancy-or-missing"
    REDUNDANCY_MISSING = "parameter-redundancy-and-missing"
    HALLUCINATION = "parameter-hallucination"
    REDUNDANCY_OR_MISSING = "parameter-redundancy-or-missing"
    CONTENT = "parameter-content-error"
    CORRECT = "correct"


LADDER: dict[Rung, float] = {
    Rung.UNPARSABLE: -2.0,
    Rung.TOOL_HALLUCINATION: -2.0,
    Rung.HALLUCINATION_REDUNDANCY_MISSING: -1.8,
    Rung.WRONG_TOOL: -1.5,
    Rung.HALLUCINATION_AND_MORE: -1.3,
    Rung.REDUNDANCY_MISSING: -1.0,
    Rung.HALLUCINATION: -0.8,
    Rung.REDUNDANCY_OR_MISSING: -0.5,
    Rung.CONTENT: -0.25,
    Rung.CORRECT: 1.0,
}
"""Rewards of the source, from worst to best."""
_WORST = {rung: place for place, rung in enumerate(LADDER)}


@reward("tl-training", title="TL-Training ladder", low=-2.0, high=1.0)
def tl_training(scored: Scored) -> float | None:
    """TL-Training (arXiv 2412.15495, `ppo_trainer.py`): the reward of the call's category.

    -2 unparsable or an invented tool, -1.5 another tool, -1.8 parameters invented, redundant and
    missing at once, -1.3 invented with one of the two, -1 redundant and missing, -0.8 invented,
    -0.5 redundant or missing, -0.25 another value, +1 identical. Invented: not in the tool's
    schema; redundant: in the schema, not in the reference. The source knows one call a step. Ours:
    of several, paired at best, the worst decides; a call too many or too few is another tool.
    Where a tool's parameters are not known, none is called invented. None when the reference
    makes no call or does not parse.
    """
    rung = rung_of(scored.reference, scored.prediction, scored.tools)
    return None if rung is None else LADDER[rung]


def rung_of(reference: Message, prediction: Message, tools: Sequence[ToolSpec]) -> Rung | None:
    """The category of a prediction: the worst of its calls. None when the reference has no call
    that could be compared."""
    gold = plain_calls(reference)
    if not gold:
        return None
    found = plain_calls(prediction)
    if not found:
        return Rung.UNPARSABLE
    declared = _declared(tools)
    if declared and any(name not in declared for name, _ in found):
        return Rung.TOOL_HALLUCINATION
    table = [[_rung(wanted, made, declared) for made in found] for wanted in gold]
    # Raised above 0, where the assignment begins to pair.
    pairs = best_assignment([[LADDER[rung] + 3 for rung in row] for row in table])
    rungs = [table[i][j] for i, j in pairs]
    if len(gold) != len(found):
        rungs.append(Rung.WRONG_TOOL)
    return min(rungs, key=_WORST.__getitem__)


def _rung(gold: PlainCall, call: PlainCall, declared: dict[str, set[str] | None]) -> Rung:
    """The category of one call of an offered tool."""
    (name, wanted), (other, given) = gold, call
    if name != other:
        return Rung.WRONG_TOOL
    known = declared.get(other)
    invented = known is not None and not given.keys() <= known
    redundant = any(key not in wanted and (known is None or key in known) for key in given)
    missing = any(key not in given for key in wanted)
    if invented and redundant and missing:
        return Rung.HALLUCINATION_REDUNDANCY_MISSING
    if invented and (redundant or missing):
        return Rung.HALLUCINATION_AND_MORE
    if redundant and missing:
        return Rung.REDUNDANCY_MISSING
    if invented:
        return Rung.HALLUCINATION
    if redundant or missing:
        return Rung.REDUNDANCY_OR_MISSING
    return Rung.CORRECT if same_value(wanted, given) else Rung.CONTENT


def _declared(tools: Sequence[ToolSpec]) -> dict[str, set[str] | None]:
    """Tool -> names of its parameters; None where the schema does not list them."""
    found: dict[str, set[str] | None] = {}
    for tool in tools:
        properties: Any = normalise(tool.parameters).schema.get("properties")
        found[tool.name] = set(properties) if isinstance(properties, dict) else None
    return found
