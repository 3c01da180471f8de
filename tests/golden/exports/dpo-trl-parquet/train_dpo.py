"""Train on the rows of this folder with TRL 1.16: python train_dpo.py MODEL [OUT]

The one thing to name is MODEL, a folder or a name on the hub. It needs a chat template for tools.
TRL and PEFT come with `pip install "trl[peft]"`.
"""

import sys
from pathlib import Path

from load_rows import load, with_objects


def main(model, out="dpo-model"):
    from peft import LoraConfig
    from transformers import AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    has_validation = Path(__file__).with_name("validation.parquet").exists()
    trainer = DPOTrainer(
        model=model,
        args=DPOConfig(
            output_dir=out,
            num_train_epochs=1,
            learning_rate=5e-06,
            lr_scheduler_type="cosine",
            warmup_steps=10,
            per_device_train_batch_size=1,
            per_device_eval_batch_size=1,
            gradient_accumulation_steps=16,
            save_strategy="epoch",
            eval_strategy="epoch" if has_validation else "no",
            max_length=None,  # rows that are too long would be cut off in silence
            beta=0.1,
        ),
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
