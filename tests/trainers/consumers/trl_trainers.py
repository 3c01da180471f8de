"""TRL's SFTTrainer, DPOTrainer and KTOTrainer on an export, as its dataset card says."""

import sys

from datasets import load_dataset
from toy import arguments, losses_of, model_of, report, tokenizer_of, trained_text
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, SFTConfig, SFTTrainer

export, model_folder, scraps, options = arguments()
sys.path.insert(0, str(export))
from load_rows import load, with_objects  # noqa: E402 - lies in the export

TRAINERS = {
    "sft": (SFTTrainer, SFTConfig),
    "dpo": (DPOTrainer, DPOConfig),
    "kto": (KTOTrainer, KTOConfig),
}

trainer_class, config_class = TRAINERS[options["type"]]
plain = tokenizer_of(model_folder)
config = config_class(
    output_dir=scraps,
    max_steps=2,
    logging_steps=1,
    per_device_train_batch_size=2,
    max_length=None,
    use_cpu=True,
    bf16=False,
    report_to=[],
    save_strategy="no",
    disable_tqdm=True,
    **options.get("config", {}),
)
references = {} if options["type"] == "sft" else {"ref_model": model_of(model_folder)}
trainer = trainer_class(
    model_of(model_folder),
    **references,
    args=config,
    train_dataset=load("train"),
    processing_class=with_objects(tokenizer_of(model_folder)),
)


def texts(row):
    """The texts of one row, out of the batch that the trainer's own collator makes of it."""
    batch = trainer.data_collator([row])
    learnt = batch["labels"] != -100 if "labels" in batch else batch["completion_mask"]
    kept = batch["attention_mask"] if "attention_mask" in batch else batch["labels"] > -1000
    return [
        trained_text(plain, ids[real.bool()], carries[real.bool()])
        for ids, carries, real in zip(batch["input_ids"], learnt, kept)
    ]


wanted = [row for row in trainer.train_dataset]
report(
    ["trl", "transformers", "datasets", "torch"],
    rows=[texts(row) for row in wanted],
    labels=[row["label"] for row in wanted if "label" in row],
    losses=losses_of(trainer),
    loaded=len(load_dataset("json", data_files=str(export / "train.jsonl"), split="train")),
)
