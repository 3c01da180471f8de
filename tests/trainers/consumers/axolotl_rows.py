"""Axolotl's chat_template strategy, and the module beside preference rows, by the config that lies
there; a step on what they give, because Axolotl's own trainer asks for graphics cards."""

import sys

import yaml
from axolotl.prompt_strategies.chat_template import load
from axolotl.utils.dict import DictDefault
from datasets import Dataset, load_dataset
from toy import arguments, losses_of, model_of, report, tokenizer_of, trained_text
from transformers import DataCollatorForSeq2Seq, Trainer, TrainingArguments
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer

export, model_folder, scraps, options = arguments()
sys.path.insert(0, str(export))
tokenizer = tokenizer_of(model_folder)
cfg = DictDefault(yaml.safe_load((export / "axolotl.yaml").read_text()))
(entry,) = cfg.datasets
rows = load_dataset(str(export), split=entry.split)
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
    strategy = load(tokenizer, cfg, entry)
    found = [strategy.tokenize_prompt(row) for row in rows]
    texts = [
        [trained_text(tokenizer, one["input_ids"], [i != -100 for i in one["labels"]])]
        for one in found
    ]
    kept = ["input_ids", "labels", "attention_mask"]
    trainer = Trainer(
        model_of(model_folder),
        args=TrainingArguments(**steps),
        train_dataset=Dataset.from_list([{key: one[key] for key in kept} for one in found]),
        data_collator=DataCollatorForSeq2Seq(tokenizer),
    )
    return texts, [], losses_of(trainer)


def preferences(trainer_class, config_class, sides):
    import loopwright_rows

    kind = entry.type.partition(".")[2]
    transform, more = getattr(loopwright_rows, kind)(cfg)
    found = rows.map(transform, fn_kwargs={"tokenizer": tokenizer}, **more)
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
    texts, labels, losses = preferences(DPOTrainer, DPOConfig, ["chosen_ids", "rejected_ids"])
else:
    texts, labels, losses = preferences(KTOTrainer, KTOConfig, ["completion_ids"])
report(
    ["axolotl", "trl", "transformers", "datasets", "torch"],
    rows=texts,
    labels=labels,
    losses=losses,
)
