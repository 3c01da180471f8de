"""What is written and imported again is equal; no damaged record gets past the pivot."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from curation.call_text import read_calls
from curation.importing import FORMATS, ImportContext, Imported, Record, RecordError, pivot_record
from curation.trajectory import (
    Message,
    Role,
    ToolCall,
    ToolSpec,
    Trajectory,
    canonical_json,
    encode_messages,
    encode_tools,
)
from tests.unit.curation.formats.samples import SAMPLES

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, values, max_size=3)
extras = st.dictionaries(
    st.sampled_from(["weight", "metadata", "audio", "ünknown"]), values, max_size=2
).map(lambda d: dict(sorted(d.items())))
parts = st.lists(
    st.fixed_dictionaries({"type": st.just("text"), "text": texts}), min_size=1, max_size=2
)
contents = st.one_of(texts, st.none(), st.just(UNSET), parts)
calls = st.builds(ToolCall, name=texts, raw_arguments=texts, id=st.none() | texts)
messages = st.one_of(
    st.builds(
        Message,
        role=st.sampled_from([Role.SYSTEM, Role.DEVELOPER, Role.USER]),
        content=contents,
        extra=extras,
    ),
    st.builds(
        Message,
        role=st.just(Role.ASSISTANT),
        content=contents,
        tool_calls=st.lists(calls, max_size=3).map(tuple),
        reasoning=st.none() | texts,
        extra=extras,
    ),
    st.builds(
        Message,
        role=st.just(Role.TOOL),
        content=contents,
        tool_call_id=st.none() | texts,
        name=st.none() | texts,
        extra=extras,
    ),
)
tools = st.builds(
    ToolSpec,
    name=names,
    description=texts,
    parameters=st.none()
    | st.fixed_dictionaries({"type": st.just("object"), "properties": objects}),
)
trajectories = st.builds(
    Trajectory,
    messages=st.lists(messages, min_size=1, max_size=6).map(tuple),
    tools=st.lists(tools, max_size=3).map(tuple),
)


def as_chat(trajectory: Trajectory) -> dict[str, Any]:
    """The trajectory as an OpenAI chat record, written here and by no code under test."""
    return {
        "messages": [_chat_message(m) for m in trajectory.messages],
        "tools": [_chat_tool(t) for t in trajectory.tools],
    }


def _chat_message(message: Message) -> dict[str, Any]:
    raw: dict[str, Any] = {"role": message.role.value, **message.extra}
    if message.content is not UNSET:
        raw["content"] = message.content
    if message.tool_calls:
        raw["tool_calls"] = [_chat_call(c) for c in message.tool_calls]
    for key, value in (
        ("tool_call_id", message.tool_call_id),
        ("name", message.name),
        ("reasoning_content", message.reasoning),
    ):
        if value is not None:
            raw[key] = value
    return raw


def _chat_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.raw_arguments}
    raw: dict[str, Any] = {"type": "function", "function": function}
    return raw if call.id is None else {"id": call.id, **raw}


def _chat_tool(tool: ToolSpec) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name, "description": tool.description}
    if tool.parameters is not None:
        function["parameters"] = tool.parameters
    return {"type": "function", "function": function}


def shuffled(value: Any, order: random.Random) -> Any:
    """The same value with the keys of records, messages and calls in another order."""
    if isinstance(value, list):
        return [shuffled(v, order) for v in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    order.shuffle(keys)
    inner = ("messages", "tools", "tool_calls", "function", "parameters")
    return {k: shuffled(value[k], order) if k in inner else value[k] for k in keys}


def pivot(name: str, value: Any, context: ImportContext | None = None) -> list[Imported]:
    return pivot_record(FORMATS.get(name), Record("f:1", 1, value), context or ImportContext())


@given(trajectories)
def test_chat_records_come_back_equal(trajectory: Trajectory) -> None:
    stored = msgspec.json.decode(msgspec.json.encode(as_chat(trajectory)))
    (item,) = pivot("openai-chat", stored)
    assert item.trajectory == trajectory
    assert [m.content is UNSET for m in item.trajectory.messages] == [
        m.content is UNSET for m in trajectory.messages
    ]


@given(trajectories, st.randoms(use_true_random=False))
def test_the_uid_does_not_depend_on_key_order(trajectory: Trajectory, order: random.Random) -> None:
    record = as_chat(trajectory)
    (item,) = pivot("openai-chat", record)
    (turned,) = pivot("openai-chat", shuffled(record, order))
    assert turned.trajectory.uid == item.trajectory.uid == trajectory.uid


@given(st.lists(st.tuples(st.sampled_from(["f", "Find Hotel", "a/b.c"]), objects), min_size=1))
def test_calls_written_as_python_text_come_back_equal(pairs: list[tuple[str, Any]]) -> None:
    keyed = [(name, {f"k{i}": v for i, v in enumerate(o.values())}) for name, o in pairs]
    for write in (repr, lambda v: json.dumps(v, ensure_ascii=False), json.dumps):
        text = ", ".join(
            f"{name}({', '.join(f'{k}={write(v)}' for k, v in arguments.items())})"
            for name, arguments in keyed
        )
        found = read_calls(f"[{text}]")
        assert found is not None
        assert [(c.name, c.parsed().value) for c in found.calls] == keyed


@given(st.text(alphabet="[](){}'\"\\,=:fga1. \n", max_size=60))
def test_no_text_stops_the_reading_of_calls(text: str) -> None:
    found = read_calls(text, (ToolSpec("f"),))
    for call in found.calls if found else ():
        encode_messages((Message(Role.ASSISTANT, None, (call,)),))


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, Any]:
    """A sample record with some of its values replaced, removed or moved."""
    name = draw(st.sampled_from(sorted(SAMPLES)))
    record = copy.deepcopy(draw(st.sampled_from(SAMPLES[name].records)))
    for _ in range(draw(st.integers(1, 4))):
        node: Any = record
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            inner = node[key]
            if isinstance(inner, dict | list) and inner and draw(st.booleans()):
                node = inner
                continue
            if draw(st.booleans()):
                del node[key]
            elif isinstance(inner, str) and draw(st.booleans()):
                node[key] = inner[: draw(st.integers(0, len(inner)))] + draw(texts)
            else:
                node[key] = draw(values)
            break
    return name, record


@settings(max_examples=50)
@given(damaged())
def test_a_damaged_record_is_refused_in_words_or_imported_whole(given: tuple[str, Any]) -> None:
    name, record = given
    context = ImportContext(file_name="sample.json", companions=SAMPLES[name].companions.get)
    try:
        found = pivot(name, record, context)
    except RecordError as refusal:
        assert refusal.message
        assert refusal.hint
        return
    for item in found:
        assert item.trajectory.uid.startswith("tj1-")
        assert encode_messages(item.trajectory.messages)
        assert encode_tools(item.trajectory.tools)
        assert canonical_json(item.source)
        assert isinstance(item.source_id, str)
        assert item.group is None or isinstance(item.group, str)
        for prediction in item.predictions:
            assert msgspec.json.encode(prediction.message)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_pivoting_leaves_the_record_as_it_was(name: str) -> None:
    for record in SAMPLES[name].records:
        before = copy.deepcopy(record)
        pivot(name, record, ImportContext(companions=SAMPLES[name].companions.get))
        assert record == before
