"""Set-valued gold: calls whose parameters may take any of several values (formats §8).

What BFCL's `possible_answer` says and what imports keep under `ground_truth`. Only reading; who
compares with it is `curation/matchers/bfcl.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from curation.trajectory import Message, Trajectory

OMITTED = ""
"""Stands among the accepted values of a parameter that may be left out."""


class GoldParameter(Struct, frozen=True):
    """One parameter and what is accepted for it."""

    name: str
    accepted: tuple[Any, ...]
    """Values, any of which will do. An object among them holds lists of accepted values at its
    keys in turn, and so does every object in a list of nothing but objects."""
    may_be_omitted: bool = False


class GoldCall(Struct, frozen=True):
    """One expected call."""

    name: str
    parameters: tuple[GoldParameter, ...] = ()

    def accepted(self) -> dict[str, tuple[Any, ...]]:
        """Parameter -> accepted values."""
        return {one.name: one.accepted for one in self.parameters}


def read_ground_truth(value: Any) -> tuple[GoldCall, ...] | None:
    """`[{function: {parameter: [accepted values]}}]` as BFCL writes it for one turn.

    None for anything else: gold of several turns (texts of calls), no gold at all, another shape.
    """
    if not isinstance(value, list) or not value:
        return None
    found: list[GoldCall] = []
    for call in value:
        if not isinstance(call, dict) or len(call) != 1:
            return None
        ((name, parameters),) = call.items()
        if not isinstance(parameters, dict):
            return None
        found.append(GoldCall(str(name), tuple(_parameter(k, v) for k, v in parameters.items())))
    return tuple(found)


def _parameter(name: str, accepted: Any) -> GoldParameter:
    values = accepted if isinstance(accepted, list) else [accepted]
    return GoldParameter(name, tuple(values), OMITTED in values)


def gold_of_only_step(
    gold: Sequence[GoldCall] | None, trajectory: Trajectory
) -> tuple[GoldCall, ...]:
    """A source's gold where it speaks of a step: it is of one turn, so it says nothing of one step
    among several."""
    return tuple(gold or ()) if len(trajectory.assistant_indexes()) == 1 else ()


def gold_of(message: Message) -> tuple[GoldCall, ...] | None:
    """The calls of a message as gold that accepts nothing else; None when one does not parse."""
    found: list[GoldCall] = []
    for call in message.tool_calls:
        arguments = call.parsed().value
        if arguments is None:
            return None
        found.append(
            GoldCall(call.name, tuple(GoldParameter(k, (_only(v),)) for k, v in arguments.items()))
        )
    return tuple(found)


def _only(value: Any) -> Any:
    """A value as the only accepted one, in the shape that objects have in gold."""
    if isinstance(value, dict):
        return {key: [inner] for key, inner in value.items()}
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return [_only(one) for one in value]
    return value
