"""LLaMA-Factory finds our files by their dataset_info.json, trains on every row, and masks nothing
that we say is learnt."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.trainers.conftest import PINNED, Consumed, Exported, needs
from tests.trainers.reading import lines, took_steps

pytestmark = needs(PINNED)


def turns(row: dict[str, Any], *speakers: str) -> list[str]:
    """What those speakers say; of calls, the names."""
    found = []
    for turn in row["conversations"]:
        if turn["from"] in speakers:
            found += values(turn)
    return found


def values(turn: dict[str, Any]) -> list[str]:
    if turn["from"] != "function_call":
        return [turn["value"].strip()]
    calls = json.loads(turn["value"])
    return [f'"{call["name"]}"' for call in (calls if isinstance(calls, list) else [calls])]


@pytest.mark.parametrize("per_step", [False, True], ids=["whole", "per step"])
def test_answers_and_calls_carry_loss(
    exported: Exported, consumed: Consumed, per_step: bool
) -> None:
    export = exported("sft", "sharegpt", *(["--per-step"] if per_step else []))
    settings = {"mask_history": per_step}
    report = consumed(PINNED, "llamafactory_runs", export, type="sft", settings=settings)
    rows = lines(export / "train.jsonl")
    assert len(rows) == len(report["rows"]) > 8
    took_steps(report)
    for row, (text,) in zip(rows, report["rows"], strict=True):
        everything = turns(row, "human", "observation", "gpt", "function_call")
        assert all(words in text["text"] for words in everything)
        learnt = values(row["conversations"][-1]) if per_step else turns(row, "gpt", "function_call")
        assert all(words in text["learnt"] for words in learnt)
        assert not any(words in text["learnt"] for words in turns(row, "observation"))
        for tool in json.loads(row["tools"] or "[]"):
            assert f'"{tool["name"]}"' in text["text"]


@pytest.mark.parametrize("kind", ["dpo", "kto"])
def test_preferences_carry_loss_on_what_is_judged(
    exported: Exported, consumed: Consumed, kind: str
) -> None:
    export = exported(kind, "sharegpt")
    report = consumed(PINNED, "llamafactory_runs", export, type=kind)
    rows = lines(export / "train.jsonl")
    assert len(rows) == len(report["rows"]) > 4
    took_steps(report)
    assert report["labels"] == [row["kto_tag"] for row in rows if "kto_tag" in row]
    for row, sides in zip(rows, report["rows"], strict=True):
        last = [row["chosen"], row["rejected"]] if kind == "dpo" else [row["conversations"][-1]]
        for turn, side in zip(last, sides, strict=True):
            assert all(words in side["learnt"] for words in values(turn))
            assert not any(words in side["learnt"] for words in turns(row, "observation", "human"))
