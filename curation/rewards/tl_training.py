"""TL-Training's ladder: what is wrong with a call by rule, and the reward that goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from curation.argument_diff import same_value
from curation.assignment import best_assignment
from curation.rewarding import PlainCall, Scored, plain_calls, reward
from curation.schema_dialects import normalise
from curation.trajectory import Message, ToolSpec


class Fault(StrEnum):
    """What is wrong with a call, by rule; the categories of the `tl-training` taxonomy."""

    UNPARSABLE = "unparsable_output"
    INVENTED_TOOL = "tool_hallucination"
    WRONG_TOOL = "wrong_tool"
    INVENTED = "parameter_hallucination"
    """A parameter that the tool's schema does not know."""
    REDUNDANT = "parameter_redundancy"
    """A parameter that the schema knows and the reference does not give."""
    MISSING = "parameter_missing"
    CONTENT = "parameter_content_error"
    """The same parameters with another value."""


Faults = frozenset[Fault]

LADDER: dict[Faults, float] = {
    frozenset((Fault.UNPARSABLE,)): -2.0,
    frozenset((Fault.INVENTED_TOOL,)): -2.0,
    frozenset((Fault.INVENTED, Fault.REDUNDANT, Fault.MISSING)): -1.8,
    frozenset((Fault.WRONG_TOOL,)): -1.5,
    frozenset((Fault.INVENTED, Fault.REDUNDANT)): -1.3,
    frozenset((Fault.INVENTED, Fault.MISSING)): -1.3,
    frozenset((Fault.REDUNDANT, Fault.MISSING)): -1.0,
    frozenset((Fault.INVENTED,)): -0.8,
    frozenset((Fault.REDUNDANT,)): -0.5,
    frozenset((Fault.MISSING,)): -0.5,
    frozenset((Fault.CONTENT,)): -0.25,
    frozenset(): 1.0,
}
"""The source's reward for every set of faults that a call can have, from worst to best."""


@reward("tl-training", title="TL-Training ladder", low=-2.0, high=1.0)
def tl_training(scored: Scored) -> float | None:
    """TL-Training (arXiv 2412.15495, `ppo_trainer.py`): the reward for what is wrong.

    -2 unparsable or an invented tool, -1.5 another tool, -1.8 parameters invented, redundant and
    missing at once, -1.3 invented with one of the two, -1 redundant and missing, -0.8 invented,
    -0.5 redundant or missing, -0.25 another value, +1 identical. Invented: not in the tool's
    schema; redundant: in the schema, not in the reference. The source knows one call a step. Ours:
    of several, paired at best, the worst decides; a call too many or too few is another tool.
    Where a tool's parameters are not known, none is called invented. None when the reference
    makes no call or does not parse.
    """
    faults = faults_of(scored.reference, scored.prediction, scored.tools)
    return None if faults is None else LADDER[faults]


def faults_of(reference: Message, prediction: Message, tools: Sequence[ToolSpec]) -> Faults | None:
    """What is wrong with the worst call of a prediction; empty for a right one.

    None when the reference has no call that could be compared.
    """
    gold = plain_calls(reference)
    if not gold:
        return None
    found = plain_calls(prediction)
    if not found:
        return frozenset((Fault.UNPARSABLE,))
    declared = _declared(tools)
    if declared and any(name not in declared for name, _ in found):
        return frozenset((Fault.INVENTED_TOOL,))
    table = [[_faults(wanted, made, declared) for made in found] for wanted in gold]
    # Raised above 0, where the assignment begins to pair.
    pairs = best_assignment([[LADDER[faults] + 3 for faults in row] for row in table])
    of_calls = [table[i][j] for i, j in pairs]
    if len(gold) != len(found):
        of_calls.append(frozenset((Fault.WRONG_TOOL,)))
    return min(of_calls, key=LADDER.__getitem__)


def _faults(gold: PlainCall, call: PlainCall, declared: dict[str, set[str] | None]) -> Faults:
    """What is wrong with one call of an offered tool."""
    (name, wanted), (other, given) = gold, call
    if name != other:
        return frozenset((Fault.WRONG_TOOL,))
    known = declared.get(other)
    found: set[Fault] = set()
    if known is not None and not given.keys() <= known:
        found.add(Fault.INVENTED)
    if any(key not in wanted and (known is None or key in known) for key in given):
        found.add(Fault.REDUNDANT)
    if not wanted.keys() <= given.keys():
        found.add(Fault.MISSING)
    if not found and not same_value(wanted, given):
        found.add(Fault.CONTENT)
    return frozenset(found)


def _declared(tools: Sequence[ToolSpec]) -> dict[str, set[str] | None]:
    """Tool -> names of its parameters; None where the schema does not list them."""
    found: dict[str, set[str] | None] = {}
    for tool in tools:
        properties: Any = normalise(tool.parameters).schema.get("properties")
        found[tool.name] = set(properties) if isinstance(properties, dict) else None
    return found
