"""The script beside TRL's rows (`train_sft.py`, `train_dpo.py`, `train_kto.py`), on a processor."""

import sys

import trl
from toy import arguments, model_of, report, tokenizer_of, trained_text

export, model_folder, scraps, options = arguments()
sys.path.insert(0, str(export))
weights = f"{scraps}/model"
model_of(model_folder).save_pretrained(weights)
tokenizer = tokenizer_of(model_folder)
tokenizer.save_pretrained(weights)
kind = options["type"]
trainer_class, config_class = (
    getattr(trl, f"{kind.upper()}{part}") for part in ("Trainer", "Config")
)
trainers = []


class Kept(trainer_class):
    """Remembers itself, so that it can be looked at when the script has ended."""

    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        trainers.append(self)


def on_processor(**given):
    small = {
        "max_steps": 2,
        "logging_steps": 1,
        "per_device_train_batch_size": 2,
        "gradient_accumulation_steps": 1,
        "save_strategy": "no",
        "use_cpu": True,
        "bf16": False,
        "report_to": [],
        "disable_tqdm": True,
    }
    return config_class(**(given | small))


setattr(trl, f"{kind.upper()}Trainer", Kept)
setattr(trl, f"{kind.upper()}Config", on_processor)
script = __import__(f"train_{kind}")
script.main(weights, f"{scraps}/out")
(trainer,) = trainers


def texts(row):
    """The texts of one row, out of the batch that the trainer's own collator makes of it."""
    batch = trainer.data_collator([row])
    learnt = batch["labels"] != -100 if "labels" in batch else batch["completion_mask"]
    kept = batch["attention_mask"] if "attention_mask" in batch else batch["input_ids"] >= 0
    return [
        trained_text(tokenizer, ids[real.bool()], carries[real.bool()])
        for ids, carries, real in zip(batch["input_ids"], learnt, kept, strict=True)
    ]


rows = list(trainer.train_dataset)
report(
    ["trl", "transformers", "datasets", "torch"],
    rows=[texts(row) for row in rows],
    labels=[row["label"] for row in rows if "label" in row],
    losses=[entry["loss"] for entry in trainer.state.log_history if "loss" in entry],
)
