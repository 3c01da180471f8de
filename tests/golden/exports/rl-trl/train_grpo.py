"""Train with GRPO on the rows of this folder: python train_grpo.py MODEL [OUT]

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
