"""LLaMA-Factory's two trainers: v1 messages, which our importer reads again, and the configs."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import msgspec
import pytest
import yaml

from curation.episodes import episode_of
from curation.exporting import LAYOUTS, Conversation, Pair
from curation.exports.training_config import MODEL
from curation.formats.llama_factory_v1 import LlamaFactoryV1
from curation.importing import ImportContext
from curation.trajectory import Message, Trajectory, parse_arguments
from tests.curated_examples import AREA, PING, booking, call, parallel, result, say, system, user

V1 = LAYOUTS.get("llama-factory-v1")


def row_of(example: Any) -> dict[str, Any]:
    encoded = V1.encode(V1.fit(example, Counter()))
    V1.contract(encoded)
    row: dict[str, Any] = json.loads(encoded)
    return row


def imported(row: dict[str, Any]) -> tuple[Trajectory, list[tuple[int, Message]]]:
    assert LlamaFactoryV1().sniff(row)
    (one,) = LlamaFactoryV1().pivot(row, ImportContext())
    return one.trajectory, [(p.message_index, p.message) for p in one.predictions]


def told(trajectory: Trajectory) -> list[tuple[object, ...]]:
    """What must come back: ids and the spelling of arguments may not."""
    return [
        (
            m.role,
            m.text,
            m.reasoning,
            [(c.name, parse_arguments(c.raw_arguments).value) for c in m.tool_calls],
        )
        for m in trajectory.messages
    ]


WORDY = Trajectory(
    (
        system(),
        user("Square, and ping."),
        call(("area", '{"w": 2}'), ("ping", "{}"), text="Both."),
        result("4", "c0a"),
        result("[1, 2]", "c1p"),
        say("Four.", "Two twice."),
        say("And it answers."),
    ),
    (AREA, PING),
)


@pytest.mark.parametrize("trajectory", [booking(), parallel(), WORDY], ids=["one", "two", "words"])
def test_our_importer_reads_what_is_written(trajectory: Trajectory) -> None:
    episode = episode_of(trajectory)
    steps = episode.assistant_indexes()
    back, _ = imported(row_of(Conversation(episode.messages, episode.tools, (steps[0],))))
    assert told(back) == told(trajectory)
    assert [tool.name for tool in back.tools] == [tool.name for tool in trajectory.tools]
    weights = [m.extra["loss_weight"] for m in back.messages]
    assert [i for i, weight in enumerate(weights) if weight] == steps[1:]


def test_our_importer_reads_pairs_as_predictions() -> None:
    episode = episode_of(booking())
    worse = call(("book_table", '{"people": 3}'))
    row = row_of(Pair(episode.messages[:2], episode.messages[2], worse, episode.tools, 2))
    back, predictions = imported(row)
    assert told(back) == told(Trajectory(booking().messages[:3]))
    ((index, message),) = predictions
    assert index == 2 and message.tool_calls[0].parsed().value == {"people": 3}
    assert [m["loss_weight"] for m in row["chosen_messages"]] == [0.0, 0.0, 1.0]


def test_a_row_without_tools_has_no_heading_for_them() -> None:
    assert row_of(Conversation((user("?"), say("!"))))["tools"] == ""


SHAPES = ["Conversation", "Completion", "Pair", "Judged"]
STAGES = {"Conversation": "sft", "Completion": "sft", "Pair": "dpo", "Judged": "kto"}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("splits", [("train",), ("train", "validation")])
def test_the_config_names_the_datasets_that_are_registered(
    shape: str, splits: tuple[str, ...]
) -> None:
    layout = LAYOUTS.get("sharegpt")
    files = layout.companions({split: f"{split}.jsonl" for split in splits}, shape)
    config = yaml.safe_load(files["llama_factory.yaml"])
    info = msgspec.json.decode(files["dataset_info.json"])
    assert files["llama_factory.yaml"].count(MODEL) == 1
    assert (config["model_name_or_path"], config["stage"]) == (MODEL, STAGES[shape])
    named = [config["dataset"], *([config["eval_dataset"]] if "eval_dataset" in config else [])]
    assert named == list(info)
    assert config.get("mask_history", False) is (shape == "Completion")
    assert ("kto_chosen_weight" in config) is (shape == "Judged")


@pytest.mark.parametrize("shape", SHAPES[:3])
def test_the_v1_config_is_whole_but_for_the_model(shape: str) -> None:
    files = V1.companions({"train": "train.jsonl", "validation": "validation.jsonl"}, shape)
    text = files["llama_factory_v1.yaml"]
    config = yaml.safe_load(text)
    assert config["model"] == MODEL and text.count(MODEL) == 1
    assert (config["train_dataset"], config["eval_dataset"]) == ("train.jsonl", "validation.jsonl")
    assert f"llamafactory-cli {STAGES[shape]} " in text
    assert ("after 0.9.5" in text) is (shape == "Pair")
