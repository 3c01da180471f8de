"""Augmentation: the parameters of every tool in another order, and the arguments with them."""

from __future__ import annotations

from random import Random

from msgspec import Raw
from msgspec.structs import replace

from curation.augment_reasons import Barred
from curation.augmenting import Original, augmentation
from curation.episodes import ToolText
from curation.example_parts import trained, with_each
from curation.exporting import Example
from curation.json_members import members, reordered
from curation.trajectory import Message, ToolCall

Ranks = dict[str, int]
"""Parameter -> its new place."""


@augmentation(
    "shuffle-parameters",
    title="Parameters in another order",
    types=("sft", "dpo", "kto", "stepwise", "rl"),
)
def shuffle_parameters(original: Original, rng: Random) -> Example | Barred:
    """The properties of every schema stand in another order, and the arguments of every call in the
    order of its schema then, so that their order can be told from the prompt. Keys, values and the
    spaces between them stay byte by byte.
    """
    example = trained(original.example)
    ranks: dict[str, Ranks] = {}
    tools = []
    for tool in example.tools:
        shuffled, rank = _shuffled(tool, rng, ranks.get(tool.name))
        tools.append(shuffled)
        if rank:
            ranks[tool.name] = rank
    if not ranks:
        return Barred.NOTHING_TO_CHANGE
    return with_each(example, tuple(tools), lambda message: _in_order(message, ranks))


def _shuffled(tool: ToolText, rng: Random, known: Ranks | None) -> tuple[ToolText, Ranks]:
    """The tool with its properties in another order; no ranks where there are not two of them.
    `known`: of a tool of the same name, which is the same tool."""
    text = bytes(tool.parameters).decode()
    try:
        schema = members(text) if text else []
        place = next((m for m in schema if m.key == "properties"), None)
        found = members(text, place.value) if place is not None else []
    except (ValueError, RecursionError):
        return tool, {}
    if len({m.key for m in found}) < max(2, len(found)):
        return tool, {}
    order = list(range(len(found)))
    if known is not None:
        order.sort(key=lambda n: known.get(found[n].key, len(known)))
    else:
        while order == sorted(order):
            rng.shuffle(order)
    changed = replace(tool, parameters=Raw(reordered(text, found, order).encode()))
    return changed, {found[source].key: new for new, source in enumerate(order)}


def _in_order(message: Message, ranks: dict[str, Ranks]) -> Message:
    if not any(call.name in ranks for call in message.tool_calls):
        return message
    calls = [
        _call_in_order(call, ranks[call.name]) if call.name in ranks else call
        for call in message.tool_calls
    ]
    return replace(message, tool_calls=tuple(calls))


def _call_in_order(call: ToolCall, rank: Ranks) -> ToolCall:
    """The call with its arguments by rank, undeclared ones last; broken text stays as it is."""
    try:
        found = members(call.raw_arguments)
    except (ValueError, RecursionError):
        return call
    order = sorted(range(len(found)), key=lambda n: rank.get(found[n].key, len(rank)))
    if order == sorted(order):
        return call
    return replace(call, raw_arguments=reordered(call.raw_arguments, found, order))
