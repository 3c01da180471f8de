"""Train a process reward model on these rows: python train_prm.py MODEL [OUT]"""

import sys

from load_rows import load


def main(model, out="prm-model"):
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    try:
        from trl.experimental.prm import PRMConfig, PRMTrainer
    except ImportError:  # before it became experimental
        from trl import PRMConfig, PRMTrainer

    trainer = PRMTrainer(
        model=AutoModelForTokenClassification.from_pretrained(model, num_labels=2),
        # A row that is cut off would lose labels in silence.
        args=PRMConfig(output_dir=out, max_length=None, max_completion_length=None),
        train_dataset=load("train"),
        processing_class=AutoTokenizer.from_pretrained(model),
    )
    trainer.train()
    trainer.save_model(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
