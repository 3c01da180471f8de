"""verl's RLHFDataset and its reward, by the configuration beside the rows, composed as `main_ppo`
composes it."""

import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import verl
from hydra import compose, initialize_config_dir
from omegaconf import open_dict
from toy import arguments, report, right_answer, tokenizer_of
from verl.experimental.reward_loop.reward_loop import migrate_legacy_reward_impl
from verl.trainer.ppo.reward import get_custom_reward_fn
from verl.utils.dataset.rl_dataset import RLHFDataset, collate_fn

WRONG = '<tool_call>\n{"name": "no_such_tool", "arguments": {}}\n</tool_call>'
export, model_folder, scraps, options = arguments()
os.chdir(export)
tokenizer = tokenizer_of(model_folder)
defaults = Path(verl.__file__).parent / "trainer" / "config"
with initialize_config_dir(version_base=None, config_dir=str(export)):
    config = compose("verl", overrides=[f"hydra.searchpath=[file://{defaults}]"])
config = migrate_legacy_reward_impl(config)
with open_dict(config.data):
    config.data.cache_dir = scraps
rows = RLHFDataset(config.data.train_files, tokenizer, config.data)
score = get_custom_reward_fn(config)
batch = collate_fn([rows[i] for i in range(len(rows))])
prompts = [
    tokenizer.apply_chat_template(list(prompt), add_generation_prompt=True, tokenize=False)
    for prompt in batch["raw_prompt"]
]


def scored(answer):
    return [
        score(
            data_source=source,
            solution_str=answer(model["ground_truth"], extra["reply"]),
            ground_truth=model["ground_truth"],
            extra_info=extra,
        )
        for source, model, extra in zip(
            batch["data_source"], batch["reward_model"], batch["extra_info"], strict=True
        )
    ]


report(
    ["verl", "transformers", "datasets", "torch"],
    loaded=pq.read_metadata("train.parquet").num_rows,
    kept=len(rows),
    prompts=prompts,
    tools=[
        [tool["function"]["name"] for tool in json.loads(extra["tools"])]
        for extra in batch["extra_info"]
    ],
    right=scored(right_answer),
    wrong=scored(lambda truth, reply: WRONG),
)
