"""Axolotl's own loading of rows, by the config that lies beside them; a step on what it gives,
because Axolotl's own trainer asks for graphics cards."""

import os
import sys

import yaml
from axolotl.prompt_strategies.dpo import load as load_dpo
from axolotl.prompt_strategies.kto import load as load_kto
from axolotl.utils.data.rl import _map_dataset
from axolotl.utils.data.sft import _load_and_process_single_dataset
from axolotl.utils.data.shared import load_dataset_with_config
from axolotl.utils.data.utils import handle_long_seq_in_dataset
from axolotl.utils.dict import DictDefault
from axolotl.utils.schemas.config import AxolotlInputConfig
from toy import arguments, losses_of, model_of, report, tokenizer_of, trained_text
from transformers import DataCollatorForSeq2Seq, Trainer, TrainingArguments
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer

export, model_folder, scraps, options = arguments()
sys.path.insert(0, str(export))
os.chdir(export)
tokenizer = tokenizer_of(model_folder)
checked = AxolotlInputConfig(**yaml.safe_load((export / "axolotl.yaml").read_text()))
cfg = DictDefault(checked.model_dump(exclude_none=True))
cfg.base_model = cfg.base_model_config = cfg.tokenizer_config = model_folder
cfg.dataset_num_proc = None
(entry,) = cfg.datasets
steps = {
    "output_dir": scraps,
    "max_steps": 2,
    "logging_steps": 1,
    "per_device_train_batch_size": 2,
    "use_cpu": True,
    "report_to": [],
    "save_strategy": "no",
    "disable_tqdm": True,
}


def sft():
    found, _ = _load_and_process_single_dataset(entry, cfg, tokenizer, "train", seed=7)
    found = handle_long_seq_in_dataset(found, cfg.sequence_len, cfg)
    texts = [
        [trained_text(tokenizer, one["input_ids"], [i != -100 for i in one["labels"]])]
        for one in found
    ]
    trainer = Trainer(
        model_of(model_folder),
        args=TrainingArguments(**steps),
        train_dataset=found.select_columns(["input_ids", "labels", "attention_mask"]),
        data_collator=DataCollatorForSeq2Seq(tokenizer),
    )
    return texts, [], losses_of(trainer)


def preferences(load, trainer_class, config_class, sides):
    transform, more = load(entry.type, cfg, dataset_idx=0)
    rows = load_dataset_with_config(entry, use_auth_token=False)
    found = _map_dataset(cfg, rows, transform, tokenizer, **more)
    trainer = trainer_class(
        model_of(model_folder),
        model_of(model_folder),
        args=config_class(**steps, max_length=None, bf16=False),
        train_dataset=found,
        processing_class=tokenizer,
    )
    texts = []
    for row in trainer.train_dataset:
        before = row["prompt_ids"]
        texts.append(
            [
                trained_text(
                    tokenizer, before + row[side], [0] * len(before) + [1] * len(row[side])
                )
                for side in sides
            ]
        )
    labels = list(found["label"]) if "label" in found.column_names else []
    return texts, labels, losses_of(trainer)


if options["type"] == "sft":
    texts, labels, losses = sft()
elif options["type"] == "dpo":
    texts, labels, losses = preferences(
        load_dpo, DPOTrainer, DPOConfig, ["chosen_ids", "rejected_ids"]
    )
else:
    texts, labels, losses = preferences(load_kto, KTOTrainer, KTOConfig, ["completion_ids"])
report(
    ["axolotl", "trl", "transformers", "datasets", "torch"],
    rows=texts,
    labels=labels,
    losses=losses,
)
