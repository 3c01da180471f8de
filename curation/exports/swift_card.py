"""What stands beside an ms-swift export: its config, and the advice for training.

Keys were checked against ms-swift 4.6.0 (`swift/arguments`, and `cli/main.py` for the YAML itself).
"""

from __future__ import annotations

from curation.exports.training_config import FILL_IN, MODEL, commented, pace

_HEAD = """\
Fine-tunes a model on the rows of this folder, with ms-swift 4.6. In this folder:

    swift {command} swift.yaml

{fill_in}
"""

_KINDS = {
    "Pair": "rlhf_type: dpo\nbeta: 0.1\n",
    "Judged": "rlhf_type: kto\nbeta: 0.1\n"
    "# Without its KL term, for which ms-swift takes the last message of another row and stops\n"
    "# where that is a call or says the same.\n"
    "loss_type: apo_zero_unpaired\n"
    "# Set these by the counts on the card: wanted * desirable about as much as unwanted * other.\n"
    "desirable_weight: 1.0\nundesirable_weight: 1.0\n",
}

_TAIL = """\
split_dataset_ratio: 0
# A row that cannot be read or is too long stops the run; otherwise it would be left out.
strict: true
max_length: 8192
# Rows say themselves, with `loss`, which messages are learnt.
loss_scale: default

tuner_type: lora
lora_rank: 16
lora_alpha: 32
lora_dropout: 0.05
target_modules: all-linear

torch_dtype: bfloat16
per_device_train_batch_size: {pace.batch}
per_device_eval_batch_size: {pace.batch}
gradient_accumulation_steps: {pace.accumulation}
gradient_checkpointing: true
num_train_epochs: {pace.epochs}
learning_rate: {pace.rate}
warmup_ratio: 0.05
logging_steps: 5
save_strategy: epoch
eval_strategy: {evaluated}
output_dir: model
"""


def config(files: dict[str, str], shape: str) -> str:
    """`swift.yaml`. `files`: split -> file name; `shape`: of the examples."""
    is_sft = shape not in _KINDS
    validation = files.get("validation")
    return "".join(
        [
            commented(_HEAD.format(command="sft" if is_sft else "rlhf", fill_in=FILL_IN)),
            f"model: {MODEL}\n\n",
            _KINDS.get(shape, ""),
            f"dataset: {files.get('train', 'train.jsonl')}\n",
            f"val_dataset: {validation}\n" if validation else "",
            _TAIL.format(pace=pace(shape), evaluated="epoch" if validation else '"no"'),
        ]
    )


_ADVICE = {
    "sft": """\
`loss` on a message says whether it is learnt. Where only some of its words are not, the message
stands in pieces, one of them with `loss: false`; ms-swift joins them again (4.6 keeps a flag per
piece, older versions do not).
""",
    "dpo": """\
`rejected_messages` repeats the prompt of `messages`, and `rejected_tools` its tools; only the last
step of each carries loss.
""",
    "kto": """\
`label` says whether the steps with `loss: true` are wanted. The table below counts both kinds; set
the weights in the config by it. The config leaves KTO's KL term out (`apo_zero_unpaired`): ms-swift
takes it from the last message of other rows and stops where that is a call.
""",
}


def advice(type_name: str) -> str:
    """Markdown: how to train."""
    command = "sft" if type_name == "sft" else "rlhf"
    return (
        f"Write the name of the model into `swift.yaml`, and run `swift {command} swift.yaml` in "
        "this folder (ms-swift 4.6). Calls and results are tied by their order; `agent_template` "
        "picks the syntax of calls, and the default is that of the model.\n\n"
        + _ADVICE[type_name].strip()
    )
