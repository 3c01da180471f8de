"""TRL takes its steps on our files, and its loss lies where the export said."""

from __future__ import annotations

import json

import pytest

from tests.trainers.conftest import NEWEST, Consumed, Exported, needs
from tests.trainers.reading import counted, lines, said, took_steps

pytestmark = needs(NEWEST)

ASSISTANT_ONLY = {"assistant_only_loss": True}


def stands(words: str, text: str) -> bool:
    return words in text or json.dumps(words, ensure_ascii=False)[1:-1] in text


@pytest.mark.parametrize("layout", ["trl", "trl-objects"])
def test_whole_trajectories_carry_loss_on_what_the_assistant_says(
    exported: Exported, consumed: Consumed, layout: str
) -> None:
    export = exported("sft", layout)
    report = consumed(NEWEST, "trl_trainers", export, type="sft", config=ASSISTANT_ONLY)
    rows = lines(export / "train.jsonl")
    assert report["loaded"] == len(rows) == len(report["rows"]) > 10
    took_steps(report)
    for row, (text,), expected in zip(rows, report["rows"], counted(export), strict=True):
        assert (text["tokens"], text["learnt_tokens"]) == expected
        for message in row["messages"]:
            for words in said(message):
                assert stands(words, text["text"])
                if message["role"] == "assistant":
                    assert stands(words, text["learnt"])
                elif message["role"] == "tool":
                    assert not stands(words, text["learnt"])
        for tool in json.loads(row["tools"]):
            assert f'"{tool["function"]["name"]}"' in text["text"]


@pytest.mark.parametrize("layout", ["trl", "trl-objects"])
def test_single_steps_carry_loss_on_the_last_message_only(
    exported: Exported, consumed: Consumed, layout: str
) -> None:
    export = exported("sft", layout, "--per-step")
    report = consumed(NEWEST, "trl_trainers", export, type="sft")
    rows = lines(export / "train.jsonl")
    assert report["loaded"] == len(rows) == len(report["rows"]) > 40
    took_steps(report)
    for row, (text,), expected in zip(rows, report["rows"], counted(export), strict=True):
        assert (text["tokens"], text["learnt_tokens"]) == expected
        (target,) = row["completion"]
        assert all(stands(words, text["learnt"]) for words in said(target))
        assert all(stands(w, text["text"]) for m in row["prompt"] for w in said(m))


@pytest.mark.parametrize("layout", ["trl", "trl-objects"])
def test_pairs_carry_loss_on_both_sides_and_not_on_the_prompt(
    exported: Exported, consumed: Consumed, layout: str
) -> None:
    export = exported("dpo", layout)
    report = consumed(NEWEST, "trl_trainers", export, type="dpo")
    rows = lines(export / "train.jsonl")
    assert report["loaded"] == len(rows) == len(report["rows"]) > 4
    took_steps(report)
    for row, sides, expected in zip(rows, report["rows"], counted(export), strict=True):
        assert max((s["tokens"], s["learnt_tokens"]) for s in sides) == expected
        for side, name in zip(sides, ("chosen", "rejected"), strict=True):
            assert all(stands(words, side["learnt"]) for words in said(row[name][0]))
            assert all(stands(w, side["text"]) for m in row["prompt"] for w in said(m))


@pytest.mark.parametrize("layout", ["trl", "trl-objects"])
def test_wanted_and_unwanted_keep_their_labels(
    exported: Exported, consumed: Consumed, layout: str
) -> None:
    export = exported("kto", layout)
    report = consumed(NEWEST, "trl_trainers", export, type="kto")
    rows = lines(export / "train.jsonl")
    assert report["loaded"] == len(rows) == len(report["rows"]) > 20
    assert report["labels"] == [row["label"] for row in rows]
    assert set(report["labels"]) == {True, False}
    took_steps(report)
    for row, (text,), expected in zip(rows, report["rows"], counted(export), strict=True):
        assert (text["tokens"], text["learnt_tokens"]) == expected
        assert all(stands(words, text["learnt"]) for m in row["completion"] for words in said(m))
        assert all(stands(w, text["text"]) for m in row["prompt"] for w in said(m))
