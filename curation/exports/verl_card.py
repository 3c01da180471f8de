"""What stands beside a verl export: the parts of its configuration, and the advice for training."""

from __future__ import annotations

CONFIG = """\
# The parts of verl's PPO configuration that belong to these rows; from this folder:
#   python -m verl.trainer.main_ppo --config-dir . --config-name verl
#   actor_rollout_ref.model.path=YOUR_MODEL
defaults:
  - ppo_trainer
  - _self_

data:
  train_files: {train}
  val_files: {validation}
  prompt_key: prompt
  reward_fn_key: data_source
  max_prompt_length: 4096
  max_response_length: 1024
  truncation: error
  filter_overlong_prompts: true

# Versions that keep this under `reward:` (0.9.1) move it there themselves.
custom_reward_function:
  path: tool_reward.py
  name: compute_score

algorithm:
  adv_estimator: grpo
  use_kl_in_reward: false

actor_rollout_ref:
  rollout:
    n: 16
    temperature: 1.0
"""

ADVICE = """\
`verl.yaml` names the files and the reward; give the model on the command line, as its first lines
say (checked with verl 0.9.1). Lengths, group size and temperature are LoopTool's (arXiv 2511.09148,
appendix B.2); prompts longer than `max_prompt_length` are filtered out by verl, so compare its
count with the table below.

`tool_reward.py` is the reward: 1 for the calls of `reward_model.ground_truth` (JSON), of one of
`extra_info.alternatives`, or for calls that fit `extra_info.accepted`; else 0. Tools stand in the
system text, between `<tools>` tags, and the model is asked for `<tool_call>` blocks; do not give
verl tools of its own for these rows. Where `ground_truth` is `[]`, the right answer makes no call.

`extra_info.pass_rate` is the share of recorded answers that were right, null where none is known: a
step that models always or never get right teaches GRPO nothing.
"""
