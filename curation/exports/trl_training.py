"""The scripts beside TRL's rows for sft, dpo and kto.

Names were checked against trl 1.16.0 (`trainer/*_config.py`). Nothing is cut off: TRL's own
`max_length` would end rows in the middle of an answer, without a word.
"""

from __future__ import annotations

from curation.exports.training_config import pace

_SCRIPT = '''"""Train on the rows of this folder with TRL 1.16: python {name} MODEL [OUT]

The one thing to name is MODEL, a folder or a name on the hub. It needs a chat template for tools.
TRL and PEFT come with `pip install "trl[peft]"`.
"""

import sys
from pathlib import Path

from load_rows import load, with_objects


def main(model, out="{kind}-model"):
    from peft import LoraConfig
    from transformers import AutoTokenizer
    from trl import {trainer}Config, {trainer}Trainer

    has_validation = Path(__file__).with_name("validation{suffix}").exists()
    trainer = {trainer}Trainer(
        model=model,
        args={trainer}Config(
            output_dir=out,
            num_train_epochs={epochs},
            learning_rate={rate},
            lr_scheduler_type="cosine",
            warmup_steps=10,
            per_device_train_batch_size={batch},
            per_device_eval_batch_size={batch},
            gradient_accumulation_steps={accumulation},
            save_strategy="epoch",
            eval_strategy="epoch" if has_validation else "no",
            max_length=None,  # rows that are too long would be cut off in silence
{special}        ),
        train_dataset=load("train"),
        eval_dataset=load("validation") if has_validation else None,
        processing_class=with_objects(AutoTokenizer.from_pretrained(model)),
        peft_config=LoraConfig(
            r=16,
            lora_alpha=32,
            lora_dropout=0.05,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
    )
    trainer.train()
    trainer.save_model(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
'''

_KINDS = {
    "Conversation": (
        "sft",
        "SFT",
        "            assistant_only_loss=True,  # not what users and tools say\n",
    ),
    "Completion": (
        "sft",
        "SFT",
        "            completion_only_loss=True,  # one row per step: its prompt is context\n",
    ),
    "Pair": ("dpo", "DPO", "            beta=0.1,\n"),
    "Judged": (
        "kto",
        "KTO",
        "            beta=0.1,\n"
        "            # By the counts on the card: wanted * desirable about as much as unwanted *\n"
        "            # undesirable.\n"
        "            desirable_weight=1.0,\n"
        "            undesirable_weight=1.0,\n",
    ),
}


def training_script(shape: str, suffix: str) -> dict[str, str]:
    """The script for files of a shape of rows, by its name; {} where another stands beside them."""
    if shape not in _KINDS:
        return {}
    kind, trainer, special = _KINDS[shape]
    name, speed = f"train_{kind}.py", pace(shape)
    text = _SCRIPT.format(
        name=name,
        kind=kind,
        suffix=suffix,
        trainer=trainer,
        special=special,
        epochs=speed.epochs,
        rate=float(speed.rate),
        batch=speed.batch,
        accumulation=speed.accumulation,
    )
    return {name: text}
