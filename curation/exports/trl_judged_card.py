"""What stands beside TRL's rows for GRPO and for process rewards: a script each, and advice."""

from __future__ import annotations

TRAIN_GRPO = '''"""Train with GRPO on the rows of this folder: python train_grpo.py MODEL [OUT]

GRPOTrainer renders prompts with its own tools, never with a row's. So every prompt becomes text
here, by the model's chat template and with the tools of its row, before the trainer sees it.
"""

import sys

from load_rows import load, messages_of, tools_of
from tool_reward import tool_reward


def as_prompts(rows, tokenizer):
    """The rows with their prompts as text; `tools` is in it and no column any more.

    Under a name of its own first: the column `prompt` would cut a text into a list of letters.
    """

    def render(row):
        text = tokenizer.apply_chat_template(
            messages_of(row["prompt"]),
            tools=tools_of(row["tools"]),
            add_generation_prompt=True,
            tokenize=False,
        )
        bos = tokenizer.bos_token
        if bos and tokenizer(text)["input_ids"][:2] == [tokenizer.bos_token_id] * 2:
            text = text.removeprefix(bos)  # the tokenizer adds one, and the template another
        return {"text": text}

    return rows.map(render, remove_columns=["prompt", "tools"]).rename_column("text", "prompt")


def main(model, out="grpo-model"):
    from transformers import AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    tokenizer = AutoTokenizer.from_pretrained(model)
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=[tool_reward],
        args=GRPOConfig(
            output_dir=out,
            num_generations=16,
            temperature=1.0,
            max_completion_length=1024,
            learning_rate=1e-6,
            beta=0.0,
            epsilon=0.2,
            epsilon_high=0.28,
        ),
        train_dataset=as_prompts(load("train"), tokenizer),
        processing_class=tokenizer,
    )
    trainer.train()
    trainer.save_model(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
'''

TRAIN_PRM = '''"""Train a process reward model on these rows: python train_prm.py MODEL [OUT]

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
'''

ADVICE = {
    "rl": """\
`python train_grpo.py MODEL` trains with GRPO on these rows. GRPOTrainer never renders the tools of
a row, so the script makes every prompt text first, by the model's chat template and with its tools.
Settings are LoopTool's (arXiv 2511.09148, appendix B.2).

`tool_reward.py` is the reward: 1 for the calls of `ground_truth` (JSON), of one of `alternatives`,
or for calls that fit `accepted`; else 0. `python tool_reward.py train.jsonl` shows that every
ground truth earns its own. `[]` stands for a right answer without a call. Arguments in `prompt` and
`tools` are **JSON text**, which `load_rows.py` makes objects.

`pass_rate` is the share of recorded answers that were right, null where none is known: a step that
models always or never get right teaches GRPO nothing.
""",
    "stepwise": """\
`python train_prm.py MODEL` trains a process reward model on these rows. It needs TRL before 1.14,
which dropped PRMTrainer (run with TRL 0.24). `prompt` and `completions`
are **text**, because PRMTrainer reads no messages: it puts each label on the separator behind its
step. Every turn stands between tags with its role; tools, calls and results between the tags of
Hermes and Qwen. What a step was answered stands at the beginning of the next completion. `tools`
holds the tools once more as JSON text. Axolotl reads the same files (`type: stepwise_supervised`).
When you score steps with the model, write them the same way.
""",
}
