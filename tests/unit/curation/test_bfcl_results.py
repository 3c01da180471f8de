"""Rows of BFCL result files, in the spellings that the published files have."""

from __future__ import annotations

import time
from typing import Any

import pytest

from curation.bfcl_results import BfclResult, is_bfcl_result, read_bfcl_result
from curation.importing import RecordError
from curation.trajectory import Message, Role, ToolSpec


def read(result: Any, question_id: str = "simple_python_1", **more: Any) -> BfclResult:
    return read_bfcl_result({"id": question_id, "result": result, **more})


def answer(result: Any, **more: Any) -> Message:
    found = read(result, **more).answer
    assert found is not None
    return found


def calls(message: Message) -> list[tuple[str, Any]]:
    return [(call.name, call.parsed().value) for call in message.tool_calls]


def test_native_calls_keep_their_argument_text() -> None:
    raw = '{"x": 4,  "y": 5.0}'
    found = answer([{"math.hypot": raw}, {"f": "{}"}])
    assert found.role is Role.ASSISTANT
    assert found.tool_calls[0].raw_arguments == raw
    assert calls(found) == [("math.hypot", {"x": 4, "y": 5.0}), ("f", {})]
    assert found.content is None


def test_native_arguments_may_be_an_object() -> None:
    assert calls(answer([{"f": {"a": [1, "b"]}}])) == [("f", {"a": [1, "b"]})]


@pytest.mark.parametrize(
    "text",
    [
        "[f(a=1, b=true), g(c='x')]",
        'f(a=1, b=True), g(c="x")',
        "[f(a=1, b=true), g(c='x')]<end_of_turn>",
        "[f(a=1, b=true), g(c='x')]\n<end_of_turn>",
        "f(a=1, b=true), g(c='x')<|im_end|>\n<|endoftext|>",
        "`[f(a=1, b=true), g(c='x')]`</s>",
    ],
)
def test_calls_as_text(text: str) -> None:
    found = answer(text)
    assert calls(found) == [("f", {"a": 1, "b": True}), ("g", {"c": "x"})]
    assert found.content is None


def test_positional_arguments_take_their_names_from_the_tools() -> None:
    tool = ToolSpec("f", parameters={"type": "dict", "properties": {"a": {}, "b": {}}})
    row = {"id": "x", "result": "[f(1, 'y')]"}
    found = read_bfcl_result(row, [tool]).answer
    assert found is not None
    assert calls(found) == [("f", {"a": 1, "b": "y"})]


@pytest.mark.parametrize(
    "text",
    [
        "No function matches the user's request.",
        "I cannot.\n\n[solve(a=5)]",
        "[f(a=1)]\n[f(a=2)]",
        "[f(a=1)] is what I would call.",
        "",
    ],
)
def test_what_is_not_only_calls_is_text(text: str) -> None:
    found = answer(text)
    assert found.tool_calls == ()
    assert found.content == text


@pytest.mark.parametrize("filler", [" ", "\n", "<", "<s>", "<s> ", "[", "f(", "f(a=1),"])
def test_noise_that_a_model_repeats_is_read_in_no_time(filler: str) -> None:
    before = time.perf_counter()
    answer(f"[f(a=1)]{filler * 50_000}.")
    answer(filler * 50_000)
    assert time.perf_counter() - before < 5


def test_a_list_that_breaks_off_keeps_its_calls_and_does_not_parse() -> None:
    first, broken = answer('[f(a=1), g(game="Texas H').tool_calls
    assert first.parsed().value == {"a": 1}
    assert broken.parsed().value is None
    assert broken.raw_arguments == 'game="Texas H'


def test_an_empty_list_is_an_answer_without_calls() -> None:
    found = answer([])
    assert found == Message(Role.ASSISTANT, None)
    assert read([], "multi_turn_base_3").turns == ()


def test_other_shapes_keep_what_was_there_as_text() -> None:
    assert answer([{"f": "{}"}, 3]).content == '[{"f":"{}"},3]'


def test_native_turns_and_steps() -> None:
    steps = [[{"pwd": "{}"}, {"ls": '{"a": true}'}], "You are in /alex."]
    found = read([steps, [], [[{"cd": "{}"}]]], "multi_turn_base_1")
    assert [len(turn) for turn in found.turns] == [2, 0, 1]
    assert calls(found.turns[0][0]) == [("pwd", {}), ("ls", {"a": True})]
    assert found.turns[0][1].content == "You are in /alex."
    assert found.answer is None


def test_prompted_turns_are_one_text_each_or_a_list_of_texts() -> None:
    found = read(["[cat(file_name='a'), pwd()]", ["[ls()]", "Done."]], "multi_turn_base_1")
    assert [[len(step.tool_calls) for step in turn] for turn in found.turns] == [[2], [1, 0]]


def test_thinking_and_everything_else_is_kept() -> None:
    row = read([{"f": "{}"}], reasoning_content="Hm.", latency=1.5, input_token_count=9)
    assert row.answer is not None
    assert row.answer.reasoning == "Hm."
    assert row.source == {"latency": 1.5, "input_token_count": 9}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"result": []}, "no id"),
        ({"id": "a", "result": None}, "JSON null"),
        ({"id": "a", "result": "Error during inference: Error code: 400"}, "not reached for a"),
        ({"id": "a", "result": "x", "traceback": "Traceback …"}, "not reached for a"),
    ],
)
def test_what_is_no_answer_is_a_problem(row: dict[str, Any], words: str) -> None:
    with pytest.raises(RecordError, match=words):
        read_bfcl_result(row)


def test_a_result_row_is_told_by_its_keys() -> None:
    assert is_bfcl_result({"id": "a", "result": "x"})
    assert is_bfcl_result({"id": "a", "result": [], "latency": 1})
    assert not is_bfcl_result({"id": "a", "question": [[]], "function": [], "result": []})
    assert not is_bfcl_result({"id": "a", "result": {"accuracy": 1}})
    assert not is_bfcl_result({"id": "a", "messages": [], "result": "x"})
