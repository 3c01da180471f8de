"""Whatever is corrected: no exported row holds a result of a call as it was before, unattested.

The judge here knows nothing of `curation.stale`: it compares calls and results of each finished row
with those of the imported trajectory, by their ids.
"""

from __future__ import annotations

import json
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from curation.export_reasons import Dropped
from curation.exporting import TYPES, Completion, Conversation, Judged, Options, Pair
from curation.exports.suffix import without_stale
from curation.importing import FORMATS, ImportContext, Record, pivot_record
from curation.synthesis.build import make_row
from curation.trajectory import Message, Role, ToolCall, Trajectory
from tests.curated_examples import curated


def conversation(seed: int) -> Trajectory:
    """A generated trajectory, imported as one."""
    row = Record("row", 1, make_row(seed, seed).record())
    [imported] = pivot_record(FORMATS.get("loopwright"), row, ImportContext())
    return imported.trajectory


def revise_somehow(parent: Trajectory, random: Random) -> tuple[Trajectory, set[int]]:
    """A correction as hasty people make them, and what they attest of it."""
    messages = list(parent.messages)
    steps = [i for i, m in enumerate(messages) if m.tool_calls]
    for index in random.sample(steps, min(len(steps), random.choice([1, 1, 2]))):
        messages[index] = change_a_call(messages[index], random)
    for index, message in enumerate(messages):
        if message.role is Role.TOOL and random.random() < 0.3:
            messages[index] = replace(message, content=f'{{"anew": {random.random()}}}')
    if random.random() < 0.3:
        del messages[random.randrange(1, len(messages)) :]
    elif random.random() < 0.2:
        del messages[random.randrange(len(messages))]
    attested = {i for i in range(len(messages)) if random.random() < 0.3}
    return Trajectory(tuple(messages), parent.tools), attested


def change_a_call(message: Message, random: Random) -> Message:
    calls = list(message.tool_calls)
    at = random.randrange(len(calls))
    if random.random() < 0.2:
        del calls[at]
    else:
        value = calls[at].parsed().value or {}
        value = {**value, "changed": random.random()}
        calls[at] = replace(calls[at], raw_arguments=json.dumps(value))
    return replace(message, tool_calls=tuple(calls))


def calls_by_id(messages: tuple[Message, ...]) -> dict[str | None, ToolCall]:
    return {c.id: c for m in messages for c in m.tool_calls}


def lies(row: tuple[Message, ...], parent: Trajectory, attested: set[int]) -> list[int]:
    """Message indexes of results in a row that were given to another call than stands there."""
    before, now = calls_by_id(parent.messages), calls_by_id(row)
    old = {m.tool_call_id: m for m in parent.messages if m.role is Role.TOOL}
    return [
        i
        for i, m in enumerate(row)
        if m.role is Role.TOOL
        and i not in attested
        and m == old.get(m.tool_call_id)
        and _question(before.get(m.tool_call_id)) != _question(now.get(m.tool_call_id))
    ]


def _question(call: ToolCall | None) -> object:
    return None if call is None else (call.name, json.dumps(call.parsed().value, sort_keys=True))


@given(st.integers(0, 10**6), st.sampled_from(["sft", "kto", "dpo"]), st.booleans())
def test_no_row_holds_a_result_of_a_call_that_was_changed(
    seed: int, kind: str, per_step: bool
) -> None:
    parent = conversation(seed)
    ids = [c.id for _, _, c in parent.calls()]
    if not ids or len(set(ids)) < len(ids):
        return  # the judge tells calls apart by their ids
    correction, attested = revise_somehow(parent, Random(seed))
    value = replace(curated(correction, original=parent), attested=tuple(sorted(attested)))
    for example in without_stale(TYPES.get(kind).examples(value, Options(per_step)), value):
        match example:
            case Dropped():
                continue
            case Conversation(messages=messages):
                row = messages
            case (
                Completion(prompt=prompt, completion=completion)
                | Judged(prompt=prompt, completion=completion)
            ):
                row = (*prompt, *completion)
            case Pair(prompt=prompt, chosen=chosen):
                row = (*prompt, chosen)
            case other:
                raise AssertionError(other)
        assert lies(row, parent, attested) == []


@given(st.integers(0, 10**6))
def test_the_judge_finds_the_lie_where_nobody_guards(seed: int) -> None:
    """Else the property above would say nothing."""
    parent = conversation(seed)
    answered = [i for i, m in enumerate(parent.messages) if m.role is Role.TOOL and m.tool_call_id]
    ids = [c.id for _, _, c in parent.calls()]
    if not answered or len(set(ids)) < len(ids):
        return
    wanted = parent.messages[answered[0]].tool_call_id
    messages = tuple(
        replace(
            m,
            tool_calls=tuple(
                replace(c, raw_arguments='{"other": 1}') if c.id == wanted else c
                for c in m.tool_calls
            ),
        )
        for m in parent.messages
    )
    if wanted in set(ids):
        assert lies(messages, parent, set()) == [answered[0]]
