"""LLaMA-Factory's v1 trainer on an export, by the config beside the rows. Of pairs 0.9.5 trains
reward models only."""

import json
import os
from pathlib import Path

import yaml
from llamafactory.v1.core.data_engine import DataEngine
from llamafactory.v1.core.utils.rendering import Renderer
from llamafactory.v1.trainers.rm_trainer import run_rm
from llamafactory.v1.trainers.sft_trainer import run_sft
from toy import arguments, model_of, report, tokenizer_of, trained_text

export, model_folder, scraps, options = arguments()
weights = f"{scraps}/model"
model_of(model_folder).save_pretrained(weights)
tokenizer = tokenizer_of(model_folder)
tokenizer.save_pretrained(weights)
os.chdir(export)
settings = yaml.safe_load(Path("llama_factory_v1.yaml").read_text())
settings |= {
    "model": weights,
    "output_dir": f"{scraps}/out",
    "max_steps": 2,
    "global_batch_size": 2,
    "logging_steps": 1,
    "bf16": False,
    "save_epochs": None,
}
if options["type"] == "dpo":
    # Its adapter asks of a reward model what only language models have.
    del settings["peft_config"]
(run_sft if options["type"] == "sft" else run_rm)(dict(settings))
log = [
    json.loads(line) for line in Path(scraps, "out", "trainer_log.jsonl").read_text().splitlines()
]

found = DataEngine(settings["train_dataset"])
renderer = Renderer(settings["template"], tokenizer)


def texts(row):
    """One text, or both sides of a pair, which are told apart by their token types."""
    (made,) = renderer.process_samples([row])
    ids, labels = made["input_ids"], made["labels"]
    kinds = made.get("token_type_ids") or [1] * len(ids)
    sides = [[i for i, kind in enumerate(kinds) if kind == side] for side in sorted(set(kinds))]
    return [
        trained_text(tokenizer, [ids[i] for i in side], [labels[i] != -100 for i in side])
        for side in sides
    ]


report(
    ["llamafactory", "transformers", "datasets", "torch"],
    rows=[texts(found[i]) for i in range(len(found))],
    labels=[],
    losses=[entry["loss"] for entry in log if "loss" in entry],
)
