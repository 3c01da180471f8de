"""Train a process reward model on these rows: python train_prm.py MODEL [OUT]

TRL has PRMTrainer up to version 1.13: `pip install "trl<1.14"`.
"""

import sys

from load_rows import load


def main(model, out="prm-model"):
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    try:
        from trl.experimental.prm import PRMConfig, PRMTrainer
    except ImportError:  # before it became experimental
        from trl import PRMConfig, PRMTrainer

    # A row that is cut off would lose tools or labels in silence. Older versions have a limit for
    # prompts, too.
    limits = ("max_length", "max_prompt_length", "max_completion_length")
    unlimited = {name: None for name in limits if name in PRMConfig.__dataclass_fields__}
    trainer = PRMTrainer(
        model=AutoModelForTokenClassification.from_pretrained(model, num_labels=2),
        args=PRMConfig(output_dir=out, **unlimited),
        train_dataset=load("train"),
        processing_class=AutoTokenizer.from_pretrained(model),
    )
    trainer.train()
    trainer.save_model(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
