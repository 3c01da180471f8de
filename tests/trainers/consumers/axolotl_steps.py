"""Axolotl on stepwise rows, which it reads by its type `stepwise_supervised`: which tokens carry
which label, and two steps on them."""

import os

from axolotl.utils.data.sft import _load_and_process_single_dataset
from axolotl.utils.dict import DictDefault
from toy import arguments, judged, losses_of, report, tokenizer_of
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    DataCollatorForTokenClassification,
    Trainer,
    TrainingArguments,
)

export, model_folder, scraps, options = arguments()
os.chdir(export)
tokenizer = tokenizer_of(model_folder)
cfg = DictDefault({"process_reward_model": True})
entry = DictDefault({"path": "train.jsonl", "ds_type": "json", "type": "stepwise_supervised"})
found, _ = _load_and_process_single_dataset(entry, cfg, tokenizer, "train", seed=7)
config = AutoConfig.from_pretrained(model_folder, num_labels=2)
trainer = Trainer(
    AutoModelForTokenClassification.from_config(config),
    args=TrainingArguments(
        output_dir=scraps,
        max_steps=2,
        logging_steps=1,
        per_device_train_batch_size=2,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
    ),
    train_dataset=found.select_columns(["input_ids", "labels", "attention_mask"]),
    data_collator=DataCollatorForTokenClassification(tokenizer),
)
report(
    ["axolotl", "transformers", "datasets", "torch"],
    rows=[judged(tokenizer, row) for row in found],
    losses=losses_of(trainer),
)
