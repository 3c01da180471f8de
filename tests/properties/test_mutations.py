"""Mutants of any sound step: really another answer, wrong in the one place that is named."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.diffing import PartKind, diff_calls, same_calls
from curation.matching import MATCHERS, match_step
from curation.mutating import MUTATIONS, Mutant, mutants
from curation.taxonomy import Applies, builtin_taxonomies
from curation.trajectory import Message, Role, ToolCall, ToolSpec, decode_messages, encode_messages
from curation.tries import keeps_schema

APPLIES = {(t.name, c.name): c.applies for t in builtin_taxonomies() for c in t.categories}
NAMES = st.sampled_from(["city", "a/b", "x~y", "guest_id", "n", "ü", ""])
TEXTS = st.sampled_from(["Oslo", "G-4711", "", "42", "2026-05-01", "<b>“x”</b>", "two\nlines"])
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "integer": st.integers(-5, 10**7),
    "number": st.floats(-1e6, 1e6),
    "boolean": st.booleans(),
    "array": st.lists(TEXTS, max_size=3),
    "object": st.dictionaries(NAMES, TEXTS, max_size=2),
}


@st.composite
def tools_and_calls(draw: st.DrawFn) -> tuple[tuple[ToolSpec, ...], tuple[ToolCall, ...]]:
    tools, calls = [], []
    for name in draw(st.lists(st.sampled_from(["f", "get_x", "getX", "y.z"]), unique=True)):
        kinds = draw(st.dictionaries(NAMES, st.sampled_from(sorted(KINDS)), max_size=4))
        required = [key for key in kinds if draw(st.booleans())]
        properties = {key: {"type": kind} for key, kind in kinds.items()}
        parameters = {"type": "object", "properties": properties, "required": required}
        tools.append(ToolSpec(name, "", parameters))
        for _ in range(draw(st.integers(0, 2))):
            given_keys = [key for key in kinds if key in required or draw(st.booleans())]
            arguments = {key: draw(KINDS[kinds[key]]) for key in given_keys}
            raw = draw(st.sampled_from([json.dumps, lambda v: msgspec.json.encode(v).decode()]))
            calls.append(ToolCall(name, raw(arguments), draw(st.sampled_from([None, "c1", "c2"]))))
    return tuple(tools), tuple(calls)


CONTEXTS = st.lists(
    st.builds(Message, st.sampled_from([Role.USER, Role.TOOL, Role.ASSISTANT]), TEXTS), max_size=4
).map(tuple)


@given(tools_and_calls(), CONTEXTS, st.sampled_from([None, "", "Let me see."]), st.text(max_size=3))
@settings(max_examples=60, deadline=None)
def test_every_mutant_is_wrong_in_the_place_it_names(
    offered: tuple[tuple[ToolSpec, ...], tuple[ToolCall, ...]],
    context: tuple[Message, ...],
    text: str | None,
    seed: str,
) -> None:
    tools, calls = offered
    right = Message(Role.ASSISTANT, text, calls)
    before = encode_messages((right, *context))
    found = mutants(right, tools, context, seed=seed)
    assert found == mutants(right, tools, context, seed=seed)
    assert encode_messages((right, *context)) == before
    if not calls:
        assert found == []
    for mutant in found:
        assert not same_calls(right, mutant.message)
        assert not match_step(MATCHERS.get("strict"), right, mutant.message, tools=tools).matched
        (stored,) = decode_messages(encode_messages((mutant.message,)))
        assert stored == mutant.message
        _assert_anchored(right, mutant, len(context))
    texts = [(m.message.tool_calls, m.message.text) for m in found]
    assert len(texts) == len({repr(t) for t in texts})


def _assert_anchored(right: Message, mutant: Mutant, index: int) -> None:
    anchor = mutant.anchor
    assert anchor.message_index == index
    applies = APPLIES[mutant.taxonomy, mutant.category]
    assert (anchor.call_index is not None) == (applies is Applies.CALL)
    if anchor.call_index is None:
        assert len(mutant.message.tool_calls) != len(right.tool_calls)
        return
    # One call differs, the one that is named; all else is byte for byte as it was.
    pairs = zip(right.tool_calls, mutant.message.tool_calls, strict=True)
    changed = [i for i, (old, new) in enumerate(pairs) if old != new]
    assert changed == [anchor.call_index]
    assert mutant.message.content == right.content
    old, new = right.tool_calls[changed[0]], mutant.message.tool_calls[changed[0]]
    assert old.id == new.id
    if anchor.pointer:
        (change,) = diff_calls((old,), (new,))
        assert change.kind is PartKind.CHANGED
        for argument in change.arguments:
            assert argument.pointer.startswith(anchor.pointer)


@given(tools_and_calls(), CONTEXTS, st.text(max_size=3))
@settings(max_examples=50, deadline=None)
def test_mutations_of_meaning_keep_the_schema_and_those_of_form_break_it(
    offered: tuple[tuple[ToolSpec, ...], tuple[ToolCall, ...]],
    context: tuple[Message, ...],
    seed: str,
) -> None:
    tools, calls = offered
    right = Message(Role.ASSISTANT, None, calls)
    if not keeps_schema(right, tools):
        return  # two calls under one id, say
    for mutant in mutants(right, tools, context, seed=seed):
        if mutant.mutation in {"value-from-elsewhere", "made-up-identifier", "unasked-key"}:
            assert keeps_schema(mutant.message, tools)
        if mutant.mutation in {"misspelt-tool", "missing-key", "cast-value", "broken-json"}:
            assert not keeps_schema(mutant.message, tools)


@given(tools_and_calls(), st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_is_accepted_is_not_among_them(
    offered: tuple[tuple[ToolSpec, ...], tuple[ToolCall, ...]], data: st.DataObject
) -> None:
    tools, calls = offered
    right = Message(Role.ASSISTANT, None, calls)
    found = mutants(right, tools, seed="s")
    if not found:
        return
    accepted = data.draw(st.sampled_from(found)).message
    again = mutants(right, tools, seed="s", alternatives=[accepted])
    assert all(
        not same_calls(m.message, accepted)
        or (not accepted.tool_calls and m.message.text != accepted.text)
        for m in again
    )
    assert len(again) <= len(MUTATIONS)
