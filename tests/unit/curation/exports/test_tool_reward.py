"""The reward function that stands beside rows: run as it is delivered, by the matcher's rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.exports.beside import text_of_file
from curation.exports.types.rl import NO_CALLS, calls_as_json, gold_call
from curation.gold import read_ground_truth
from curation.matchers.strict import Strict
from curation.trajectory import Message, Role, ToolCall
from tests.curated_examples import call

PAIR = call(("f", '{"a": 1, "b": [1, 2]}'), ("g", ""), ids=False)
TRUTH = calls_as_json(PAIR) or ""


@pytest.fixture(scope="module")
def beside() -> dict[str, Any]:
    """The file as a program of its own, without Loopwright on its path."""
    text = text_of_file("tool_reward.py")
    assert "import curation" not in text and "from curation" not in text
    space: dict[str, Any] = {"__name__": "tool_reward"}
    exec(compile(text, "tool_reward.py", "exec"), space)
    return space


def block(*calls: tuple[str, str]) -> str:
    return "\n".join(
        f'<tool_call>\n{{"name": "{name}", "arguments": {raw}}}\n</tool_call>'
        for name, raw in calls
    )


F, G = ("f", '{"b": [1, 2], "a": 1}'), ("g", "{}")
ANSWERS: list[tuple[object, float]] = [
    (block(F, G), 1.0),
    (block(G, F), 1.0),
    ("Let me look.\n" + block(F, G), 1.0),
    (f"<think>I could <tool_call> f or g.</think>\n{block(F, G)}", 1.0),
    (f"So g it is.</think>{block(F, G)}", 1.0),
    (block(F, G).removesuffix("\n</tool_call>"), 1.0),
    ('<tool_call>[{"name": "f", "parameters": {"a": 1, "b": [1, 2]}}, {"name": "g"}]</tool_call>',
     1.0),
    ('<tool_call>\n{"name": "f", "arguments": {"a": 1, "b": [1, 2]}}\n{"name": "g", '
     '"arguments": {}}\n</tool_call>', 1.0),
    ([{"role": "assistant", "content": block(F, G)}], 1.0),
    ({"role": "assistant", "content": None, "tool_calls": [
        {"type": "function", "function": {"name": "f", "arguments": {"a": 1, "b": [1, 2]}}},
        {"type": "function", "function": {"name": "g", "arguments": ""}}]}, 1.0),
    (block(F), 0.0),
    (block(F, G, G), 0.0),
    (block(F, ("h", "{}")), 0.0),
    (block(("f", '{"a": 1.0, "b": [1, 2]}'), G), 0.0),
    (block(("f", '{"a": true, "b": [1, 2]}'), G), 0.0),
    (block(("f", '{"a": "1", "b": [1, 2]}'), G), 0.0),
    (block(("f", '{"a": 1, "b": [2, 1]}'), G), 0.0),
    (block(("f", '{"a": 1, "b": [1, 2'), G), 0.0),
    (block(("f", '{"a": NaN, "b": [1, 2]}'), G), 0.0),
    (block(F, G) + "<tool_call></tool_call>", 0.0),
    ("f(a=1, b=[1, 2])", 0.0),
    ("", 0.0),
    (None, 0.0),
    ("<tool_call>" + "[" * 100_000, 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "earned"), ANSWERS)
def test_an_answer_earns_what_its_calls_are_worth(
    beside: dict[str, Any], answer: object, earned: float
) -> None:
    assert beside["reward"](answer, TRUTH) == earned
    assert beside["compute_score"]("loopwright", answer, TRUTH, {"alternatives": []}) == earned


def test_any_accepted_answer_earns_the_reward(beside: dict[str, Any]) -> None:
    other = '[{"arguments":{},"name":"h"}]'
    rewarded = beside["tool_reward"](
        prompts=["?", "?", "?"],
        completions=[block(("h", "{}")), "No need.", block(("h", "{}"))],
        ground_truth=[TRUTH] * 3,
        alternatives=[[other], [NO_CALLS], []],
        step=[1, 1, 1],
    )
    assert rewarded == [1.0, 1.0, 0.0]


def test_words_are_right_where_no_call_is_and_silence_is_not(beside: dict[str, Any]) -> None:
    for answer, earned in (("Hello!", 1.0), ("", 0.0), (block(F), 0.0), ("<tool_call>{", 0.0)):
        assert beside["reward"](answer, NO_CALLS) == earned


GOLD = read_ground_truth(
    [{"f": {"a": [1, 2], "b": ["x", ""], "o": [{"k": ["v", "w"], "z": ["", 3]}]}}]
)


@pytest.mark.parametrize(
    ("raw", "earned"),
    [
        ('{"a": 2, "b": "x", "o": {"k": "w"}}', 1.0),
        ('{"a": 1, "o": {"k": "v", "z": 3}}', 1.0),
        ('{"a": 3, "o": {"k": "v"}}', 0.0),
        ('{"a": 1.0, "o": {"k": "v"}}', 0.0),
        ('{"b": "x", "o": {"k": "v"}}', 0.0),
        ('{"a": 1, "o": {"z": 3}}', 0.0),
        ('{"a": 1, "o": {"k": "v"}, "c": 1}', 0.0),
    ],
)
def test_gold_of_a_benchmark_accepts_any_of_its_values(
    beside: dict[str, Any], raw: str, earned: float
) -> None:
    accepted = json.dumps([gold_call(one) for one in GOLD or ()])
    assert beside["reward"](block(("f", raw)), TRUTH, [], accepted) == earned


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([1.0, 0.5, -0.0]) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=3,
)
arguments = st.dictionaries(st.sampled_from("ab"), values, max_size=2).map(json.dumps)
raws = arguments | st.sampled_from(["", "{", "[]", "null", '{"a": 1}', '{"a": 1.0}'])
calls = st.builds(ToolCall, st.sampled_from(["f", "g"]), raws)
answers = st.lists(calls, max_size=3).map(lambda some: Message(Role.ASSISTANT, "So.", tuple(some)))


@settings(max_examples=60)
@given(answers, answers)
def test_the_reward_is_the_strict_matcher(
    beside: dict[str, Any], reference: Message, answer: Message
) -> None:
    truth = calls_as_json(reference)
    if truth is None:
        return  # such a step gives no row
    said = {
        "role": "assistant",
        "content": answer.text,
        "tool_calls": [
            {"function": {"name": one.name, "arguments": one.raw_arguments}}
            for one in answer.tool_calls
        ],
    }
    matched = Strict().compare(reference, answer, (), None).matched
    assert beside["reward"](said, truth) == float(matched)


def test_every_ground_truth_earns_its_own_reward(
    beside: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"ground_truth": TRUTH, "alternatives": [], "reply": ""},
        {"ground_truth": NO_CALLS, "alternatives": [], "reply": "Hello."},
    ]
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert beside["main"]([str(tmp_path / "train.jsonl")]) == 0
    assert capsys.readouterr().out == "2 of 2 ground truths earn their reward.\n"
    rows[1]["reply"] = ""
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert beside["main"]([str(tmp_path / "train.jsonl")]) == 1
