"""LLaMA-Factory on an export: its `run_exp` takes the steps, its loader says what is learnt.

It imports `torchaudio` for rows with sound, of which there are none here and no build for machines
without a GPU; an empty module stands in for it.
"""

import importlib.machinery
import importlib.util
import json
import os
import sys
import types
from pathlib import Path

import yaml

if importlib.util.find_spec("torchaudio") is None:
    sys.modules["torchaudio"] = types.ModuleType("torchaudio")
    sys.modules["torchaudio"].__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
os.environ["DISABLE_VERSION_CHECK"] = "1"

from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args
from llamafactory.train.tuner import run_exp
from toy import arguments, model_of, report, tokenizer_of, trained_text

export, model_folder, scraps, options = arguments()
weights = f"{scraps}/model"
model_of(model_folder).save_pretrained(weights)
tokenizer_of(model_folder).save_pretrained(weights)
os.chdir(export)
settings = yaml.safe_load((export / "llama_factory.yaml").read_text()) | {
    "model_name_or_path": weights,
    "template": "qwen",
    "cutoff_len": 16384,
    "preprocessing_num_workers": 1,
    "output_dir": f"{scraps}/out",
    "overwrite_output_dir": True,
    "max_steps": 2,
    "logging_steps": 1,
    "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 1,
    "report_to": "none",
    "save_strategy": "no",
    "use_cpu": True,
    "bf16": False,
}
run_exp(dict(settings))
log = Path(scraps, "out", "trainer_log.jsonl").read_text().splitlines()

model_args, data_args, training_args, finetuning_args, _ = get_train_args(dict(settings))
tokenizer = tokenizer_of(weights)
template = get_template_and_fix_tokenizer(tokenizer, data_args)
stage = {"sft": "sft", "dpo": "rm", "kto": "kto"}[options["type"]]
found = get_dataset(template, model_args, data_args, training_args, stage, tokenizer)
kept = {"sft": [""], "dpo": ["chosen_", "rejected_"], "kto": [""]}[options["type"]]


def loss_of(line):
    return json.loads(line).get("loss")


def texts(row):
    return [
        trained_text(tokenizer, row[f"{side}input_ids"], [i != -100 for i in row[f"{side}labels"]])
        for side in kept
    ]


rows = list(found["train_dataset"])
report(
    ["llamafactory", "transformers", "datasets", "trl", "torch"],
    rows=[texts(row) for row in rows],
    labels=[row["kto_tags"] for row in rows if "kto_tags" in row],
    losses=[loss for loss in map(loss_of, log) if loss is not None],
)
