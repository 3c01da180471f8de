"""TRL's GRPOTrainer by the script beside the rows, on prompts as it makes them; short answers, so
that a processor takes the steps in seconds."""

import json
import sys

from toy import arguments, losses_of, model_of, report, right_answer, tokenizer_of
from trl import GRPOConfig, GRPOTrainer

export, model_folder, scraps, options = arguments()
sys.path.insert(0, str(export))
from load_rows import load  # noqa: E402 - lies in the export
from tool_reward import tool_reward  # noqa: E402
from train_grpo import as_prompts  # noqa: E402

WRONG = '<tool_call>\n{"name": "no_such_tool", "arguments": {}}\n</tool_call>'
tokenizer = tokenizer_of(model_folder)
given = []


def watched(prompts, completions, **columns):
    """The reward beside the rows, and what it was called with."""
    given.append(sorted(columns))
    return tool_reward(prompts=prompts, completions=completions, **columns)


rows = as_prompts(load("train"), tokenizer)
trainer = GRPOTrainer(
    model=model_of(model_folder),
    reward_funcs=[watched],
    args=GRPOConfig(
        output_dir=scraps,
        max_steps=2,
        logging_steps=1,
        per_device_train_batch_size=2,
        num_generations=2,
        max_completion_length=8,
        use_cpu=True,
        bf16=False,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
    ),
    train_dataset=rows,
    processing_class=tokenizer,
)
columns = {name: rows[name] for name in rows.column_names if name != "prompt"}
answers = list(map(right_answer, columns["ground_truth"], columns["reply"]))


def spoken(ground_truth, reply):
    """The right answer as a server gives it, with its calls apart."""
    calls = [{"type": "function", "function": call} for call in json.loads(ground_truth)]
    return [{"role": "assistant", "content": reply, "tool_calls": calls}]


messages = list(map(spoken, columns["ground_truth"], columns["reply"]))
report(
    ["trl", "transformers", "datasets", "torch"],
    prompts=list(rows["prompt"]),
    rewards=tool_reward(prompts=rows["prompt"], completions=answers, **columns),
    spoken=tool_reward(prompts=rows["prompt"], completions=messages, **columns),
    wrong=tool_reward(prompts=rows["prompt"], completions=[WRONG] * len(rows), **columns),
    losses=losses_of(trainer),
    given=given[0],
)
