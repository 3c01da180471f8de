"""Beside every layout's rows stands what trains on them, with one thing left to name."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import pytest
import yaml

from curation.exporting import LAYOUTS, Completion, Conversation, Judged, Pair
from curation.exports.training_config import pace

CONFIGS = {
    ("trl", "Conversation"): "train_sft.py",
    ("trl", "Completion"): "train_sft.py",
    ("trl", "Pair"): "train_dpo.py",
    ("trl", "Judged"): "train_kto.py",
    ("trl-objects", "Pair"): "train_dpo.py",
    ("openai", "Conversation"): "SUBMIT.md",
    ("openai", "Pair"): "SUBMIT.md",
    ("sharegpt", "Conversation"): "llama_factory.yaml",
    ("llama-factory-v1", "Pair"): "llama_factory_v1.yaml",
    ("axolotl", "Judged"): "axolotl.yaml",
    ("swift", "Judged"): "swift.yaml",
}
FILES = {split: f"{split}.jsonl" for split in ("train", "validation", "test")}


def config_of(layout: str, shape: str) -> str:
    return LAYOUTS.get(layout).companions(FILES, shape)[CONFIGS[layout, shape]]


def test_every_layout_for_training_has_a_config_for_each_of_its_shapes() -> None:
    learnt = {Conversation, Completion, Pair, Judged}
    for layout in LAYOUTS:
        for shape in learnt & set(layout.shapes):
            made = layout.companions(FILES, shape.__name__)
            assert [n for n in made if n.endswith((".yaml", ".md")) or n.startswith("train_")]


@pytest.mark.parametrize(("layout", "shape"), CONFIGS)
def test_configs_parse(layout: str, shape: str) -> None:
    text = config_of(layout, shape)
    if CONFIGS[layout, shape].endswith(".py"):
        compile(text, CONFIGS[layout, shape], "exec")
    elif CONFIGS[layout, shape].endswith(".yaml"):
        assert isinstance(yaml.safe_load(text), dict)


def keywords(text: str, name: str) -> dict[str, Any]:
    """The constant keywords of a call in a script."""
    (call,) = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
    given = {k.arg: k.value for k in call.keywords}
    return {str(k): v.value for k, v in given.items() if isinstance(v, ast.Constant)}


def test_scripts_learn_only_what_the_model_says() -> None:
    whole = keywords(config_of("trl", "Conversation"), "SFTConfig")
    assert whole["assistant_only_loss"] is True and "completion_only_loss" not in whole
    step = keywords(config_of("trl", "Completion"), "SFTConfig")
    assert step["completion_only_loss"] is True and "assistant_only_loss" not in step
    for config in (whole, step, keywords(config_of("trl", "Pair"), "DPOConfig")):
        assert "max_length" in config and config["max_length"] is None


def test_kto_gets_more_than_one_row_at_a_time() -> None:
    assert pace("Judged").batch > 1
    assert keywords(config_of("trl", "Judged"), "KTOConfig")["per_device_train_batch_size"] > 1
    assert yaml.safe_load(config_of("swift", "Judged"))["per_device_train_batch_size"] > 1
    assert yaml.safe_load(config_of("axolotl", "Judged"))["micro_batch_size"] > 1


@pytest.mark.parametrize(("shape", "method"), [("Conversation", "supervised"), ("Pair", "dpo")])
def test_the_note_hands_in_what_is_there(shape: str, method: str) -> None:
    text = config_of("openai", shape)
    (job,) = re.findall(r"<<JOB\n(.*?)\nJOB", text, re.DOTALL)
    read = json.loads(job)
    assert read["method"]["type"] == method
    assert (read["training_file"], read["validation_file"]) == ("$TRAIN", "$VALIDATION")
    assert "$(upload train.jsonl)" in text and "upload test.jsonl" not in text
    alone = LAYOUTS.get("openai").companions({"train": "train.jsonl"}, shape)["SUBMIT.md"]
    assert "VALIDATION" not in alone
