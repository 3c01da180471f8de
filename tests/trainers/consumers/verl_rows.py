"""verl's RLHFDataset and its reward, by the configuration beside the rows, composed as `main_ppo`
composes it."""

import os
import re
from pathlib import Path

import pyarrow.parquet as pq
import verl
from hydra import compose, initialize_config_dir
from toy import arguments, report, tokenizer_of
from verl.experimental.reward_loop.reward_loop import migrate_legacy_reward_impl
from verl.trainer.ppo.reward import get_custom_reward_fn
from verl.utils.dataset.rl_dataset import RLHFDataset, collate_fn

export, model_folder, scraps, options = arguments()
os.chdir(export)
tokenizer = tokenizer_of(model_folder)
defaults = Path(verl.__file__).parent / "trainer" / "config"
with initialize_config_dir(version_base=None, config_dir=str(export)):
    config = compose("verl", overrides=[f"hydra.searchpath=[file://{defaults}]"])
config = migrate_legacy_reward_impl(config)
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
            solution_str=answer(extra),
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
    tools=[sorted(set(re.findall(r'"function": ?\{"name": ?"([^"]+)"', one))) for one in prompts],
    right=scored(lambda extra: extra["reply"]),
    wrong=scored(lambda extra: "No."),
)
