"""Rows that are no text to imitate: judged steps for PRMTrainer, prompts for GRPO and verl."""

from __future__ import annotations

import pytest

from tests.trainers.conftest import Consumed, Exported, needs
from tests.trainers.expected import lines, stands, tool_names
from tests.trainers.readers import NEWEST, PINNED
from tests.trainers.test_consumers import took_steps


@pytest.mark.parametrize(
    ("variable", "script"),
    [
        pytest.param(PINNED, "prm_steps", marks=needs(PINNED)),
        pytest.param(NEWEST, "axolotl_steps", marks=needs(NEWEST)),
    ],
)
def test_the_label_of_a_step_lies_behind_it_and_its_prompt_is_whole(
    exported: Exported, consumed: Consumed, variable: str, script: str
) -> None:
    export = exported("stepwise", "trl", template=False)
    report = consumed(variable, script, export)
    rows = lines(export / "train.jsonl")
    assert len(rows) == len(report["rows"]) > 10
    took_steps(report)
    for row, got in zip(rows, report["rows"], strict=True):
        assert stands(row["prompt"].strip(), got["text"])
        assert all(stands(name, got["text"]) for name in tool_names(row))
        assert [label for _, label in got["steps"]] == [int(one) for one in row["labels"]]
        for completion, (before, _) in zip(row["completions"], got["steps"], strict=True):
            assert before.rstrip().endswith(completion.rstrip())


@needs(NEWEST)
def test_prompts_hold_the_tools_and_right_answers_earn_the_reward(
    exported: Exported, consumed: Consumed
) -> None:
    export = exported("rl", "trl", "--no-calls", "1", template=False)
    report = consumed(NEWEST, "grpo_steps", export)
    rows = lines(export / "train.jsonl")
    assert len(rows) == len(report["prompts"]) > 10
    took_steps(report)
    assert {row["ground_truth"] == "[]" for row in rows} == {True, False}
    for row, prompt in zip(rows, report["prompts"], strict=True):
        words = [m["content"] for m in row["prompt"] if m.get("content")]
        assert all(stands(one.strip(), prompt) for one in (*words, *tool_names(row)))
    assert set(report["rewards"]) == set(report["spoken"]) == {1.0}
    assert set(report["wrong"]) == {0.0}
    assert {"ground_truth", "alternatives", "accepted"} <= set(report["given"])


@needs(PINNED)
def test_verl_keeps_every_prompt_and_finds_the_reward(
    exported: Exported, consumed: Consumed
) -> None:
    export = exported("rl", "verl", "--no-calls", "1", template=False)
    report = consumed(PINNED, "verl_rows", export)
    assert report["kept"] == report["loaded"] == len(report["prompts"]) > 10
    for prompt, names in zip(report["prompts"], report["tools"], strict=True):
        assert all(f'"{name}"' in prompt for name in names)
    assert sum(map(len, report["tools"])) > 10
    assert set(report["right"]) == {1.0} and set(report["wrong"]) == {0.0}
