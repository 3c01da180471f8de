"""ms-swift on an export, by the config that lies beside the rows: the model is filled in, and what
needs a graphics card is changed."""

import importlib
import json
import os
from pathlib import Path

from toy import arguments, model_of, report, tokenizer_of, trained_text

export, model_folder, scraps, options = arguments()
os.environ["MODELSCOPE_CACHE"] = f"{scraps}/cache"
os.chdir(export)
# ms-swift tells TRL before 0.25 that Transformers 5 answers with two words, but only once TRL has
# asked: a package that is not there stands as (False, "N/A"), which is true.
asked = importlib.import_module("trl.import_utils")
for name, found in vars(asked).items():
    if name.endswith("_available") and isinstance(found, tuple):
        setattr(asked, name, found[0])

from swift.cli.main import parse_yaml_args  # noqa: E402
from swift.pipelines.train.rlhf import SwiftRLHF  # noqa: E402
from swift.pipelines.train.sft import SwiftSft  # noqa: E402

weights = f"{scraps}/model"
model_of(model_folder).save_pretrained(weights)
tokenizer_of(model_folder).save_pretrained(weights)

given = ["swift.yaml"]
parse_yaml_args(given)
settings = dict(zip(given[::2], given[1::2], strict=True))
settings |= {
    "--model": weights,
    "--model_type": "qwen2",
    "--template": "qwen2_5",
    "--agent_template": "hermes",
    "--torch_dtype": "float32",
    "--use_cpu": "true",
    "--max_steps": "2",
    "--logging_steps": "1",
    "--gradient_accumulation_steps": "1",
    "--per_device_train_batch_size": "2",
    "--save_strategy": "no",
    "--report_to": "none",
    "--output_dir": f"{scraps}/out",
    "--dataset_num_proc": "1",
    "--dataloader_num_workers": "0",
    "--lazy_tokenize": "false",
    "--check_model": "false",
    "--dataset_shuffle": "false",
}
command = [word for pair in settings.items() for word in pair]
run = (SwiftSft if options["type"] == "sft" else SwiftRLHF)(command)

kept = {"sft": [""], "dpo": ["chosen_", "rejected_"], "kto": ["chosen_"]}[options["type"]]
train, _ = run._prepare_dataset()
rows = list(train)
tokenizer = tokenizer_of(weights)


def texts(row):
    return [
        trained_text(tokenizer, row[f"{side}input_ids"], [i != -100 for i in row[f"{side}labels"]])
        for side in kept
    ]


run.main()
(log,) = Path(scraps, "out").rglob("logging.jsonl")
logged = [json.loads(line) for line in log.read_text().splitlines()]
report(
    ["ms-swift", "transformers", "datasets", "trl", "torch"],
    rows=[texts(row) for row in rows],
    labels=[row["label"] for row in rows if "label" in row],
    losses=[entry["loss"] for entry in logged if "loss" in entry],
)
