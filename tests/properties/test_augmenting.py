"""Copies of any row: what is right in the row is right in its copy, under every matcher."""

from __future__ import annotations

import json
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from curation.annotation import Outcome
from curation.augment_reasons import Barred
from curation.augmenting import AUGMENTATIONS, Augment, Original, copies
from curation.episodes import episode_of, tool_specs
from curation.example_parts import messages_of, trained
from curation.exporting import Conversation
from curation.json_members import members, reordered
from curation.matching import MATCHERS, match_step
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory, canonical_json
from tests.curated_examples import curated
from tests.properties.test_mutations import CONTEXTS, TEXTS, tools_and_calls

KEPT = ("rename-tools", "shuffle-parallel-calls", "shuffle-parameters", "shuffle-tools")
"""Augmentations that keep the meaning of every message."""


@given(tools_and_calls(), CONTEXTS, st.booleans(), st.text(max_size=3))
@settings(max_examples=40, deadline=None)
def test_the_gold_of_a_row_is_the_gold_of_its_copy(
    offered: tuple[tuple[ToolSpec, ...], tuple[ToolCall, ...]],
    context: tuple[Message, ...],
    described: bool,
    seed: str,
) -> None:
    tools, calls = offered
    if described:
        tools = tuple([replace(tool, description="Does its work.") for tool in tools])
    messages = (*context, Message(Role.USER, "Please."), Message(Role.ASSISTANT, None, calls))
    whole = curated(Trajectory(messages, tools), Outcome.ACCEPT)
    offer = episode_of(Trajectory(messages, tools)).tools
    wanted = Augment(dict.fromkeys(AUGMENTATIONS.names(), 1), seed=seed)
    original = Original(Conversation(messages, offer), whole)
    for copied in copies(original, wanted, None):
        if isinstance(copied.made, Barred) or copied.augmentation not in KEPT:
            continue
        copy = trained(copied.made)
        specs = tool_specs(copy.tools)
        names = {}
        if copied.augmentation == "rename-tools":
            names = {new.name: old.name for new, old in zip(specs, tools, strict=True)}
        assert len(messages_of(copy)) == len(messages)
        back = [_renamed(message, names) for message in messages_of(copy)]
        assert back[:-1] == list(messages[:-1])
        for matcher in MATCHERS:
            found = match_step(matcher, messages[-1], back[-1], tools=tools)
            assert found == match_step(matcher, messages[-1], messages[-1], tools=tools)
        restored = [replace(s, name=names.get(s.name, s.name)) for s in specs]
        assert sorted(map(canonical_json, restored)) == sorted(map(canonical_json, tools))


def _renamed(message: Message, names: dict[str, str]) -> Message:
    calls = [replace(call, name=names.get(call.name, call.name)) for call in message.tool_calls]
    return replace(message, tool_calls=tuple(calls))


@given(
    st.dictionaries(TEXTS, st.recursive(TEXTS | st.integers(), st.lists, max_leaves=4), max_size=5),
    st.sampled_from([(", ", ": "), (",", ":"), (" ,\n ", " : ")]),
    st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_members_in_another_order_keep_every_byte(
    value: dict[str, object], separators: tuple[str, str], rng: Random
) -> None:
    text = f" {json.dumps(value, separators=separators)}"
    found = members(text)
    assert [member.key for member in found] == list(value)
    assert [json.loads(text[m.value : m.end]) for m in found] == list(value.values())
    order = list(range(len(found)))
    rng.shuffle(order)
    changed = reordered(text, found, order)
    assert json.loads(changed) == value
    assert list(json.loads(changed)) == [found[n].key for n in order]
    assert sorted(changed) == sorted(text)
    inverse = [order.index(n) for n in range(len(order))]
    assert reordered(changed, members(changed), inverse) == text
