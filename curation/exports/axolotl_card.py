"""What stands beside an Axolotl export: its config, the module for pairs, and the advice.

Keys were checked against axolotl 0.19.0 (`utils/schemas`, `prompt_strategies`, `utils/data/rl.py`).
Files are named, not the folder: `datasets` loads no folder that is called `.`.
"""

from __future__ import annotations

from curation.exports.training_config import FILL_IN, MODEL, commented, pace

MODULE = "loopwright_rows"

_HEAD = """\
Fine-tunes a model on the rows of this folder, with Axolotl 0.19. In this folder:

    {command}

{fill_in}
"""

_SFT = """\
    type: chat_template
    field_messages: messages
    # Every assistant message says itself whether it is learnt, and which of its words are.
    roles_to_train: []
    message_field_training: train
    message_field_training_detail: train_detail
    train_on_eos: turn
"""

_TAIL = """\
val_set_size: 0

sequence_len: 8192
# A row that is too long stops the run; `drop` would leave it out, `truncate` cut its answer off.
excess_length_strategy: raise
sample_packing: false

adapter: lora
lora_r: 16
lora_alpha: 32
lora_dropout: 0.05
lora_target_linear: true

micro_batch_size: {pace.batch}
gradient_accumulation_steps: {pace.accumulation}
num_epochs: {pace.epochs}
learning_rate: {pace.rate}
optimizer: adamw_torch_fused
lr_scheduler: cosine
warmup_ratio: 0.05
bf16: auto
gradient_checkpointing: true
logging_steps: 5
saves_per_epoch: 1
{evals}output_dir: ./model
"""

_RL = {
    "Pair": "rl: dpo\nrl_beta: 0.1\n",
    "Judged": "rl: kto\nrl_beta: 0.1\n"
    "# Set these by the counts on the card: wanted * desirable about as much as unwanted * other.\n"
    "kto_desirable_weight: 1.0\nkto_undesirable_weight: 1.0\nremove_unused_columns: false\n",
}


def config(files: dict[str, str], shape: str) -> str:
    """`axolotl.yaml`. `files`: split -> file name; `shape`: of the examples."""
    is_sft = shape not in _RL
    command = "axolotl train axolotl.yaml"
    kind = _SFT if is_sft else f"    type: {MODULE}.{'dpo' if shape == 'Pair' else 'kto'}\n"

    def dataset(split: str) -> str:
        return f"  - path: {files.get(split, f'{split}.jsonl')}\n    ds_type: json\n{kind}"

    parts = [
        commented(
            _HEAD.format(command=command if is_sft else f"PYTHONPATH=. {command}", fill_in=FILL_IN)
        ),
        f"base_model: {MODEL}\n",
        "chat_template: tokenizer_default\n\n",
        _RL.get(shape, ""),
        f"datasets:\n{dataset('train')}",
    ]
    if "validation" in files:
        parts.append(f"test_datasets:\n{dataset('validation')}")
    evals = "evals_per_epoch: 1\n" if "validation" in files else ""
    parts.append(_TAIL.format(evals=evals, pace=pace(shape)))
    return "".join(parts)


_MODULE_TEXT = '''"""Preference rows for Axolotl, rendered with their calls, results and tools.

Axolotl's own chat_template types for dpo keep only role and content of a message, so calls and
tools would be lost, and it has none for kto. The config beside this file names these functions as
types; PYTHONPATH has to hold this folder.
"""

import json

from datasets import Features, Value


def dpo(cfg, dataset_idx=0, **kwargs):
    """`type: loopwright_rows.dpo`: prompt, chosen and rejected as text."""

    def transform(row, tokenizer=None):
        prompt, tools = messages_of(row["messages"]), json.loads(row["tools"])
        before = rendered(tokenizer, prompt, tools, prompt=True)
        chosen, rejected = (
            added(tokenizer, before, prompt, [row[side]], tools) for side in ("chosen", "rejected")
        )
        return {"prompt": before, "chosen": chosen, "rejected": rejected}

    taken = ["messages", "tools", "chosen", "rejected"]
    return transform, columns(taken, prompt="string", chosen="string", rejected="string")


def kto(cfg, dataset_idx=0, **kwargs):
    """`type: loopwright_rows.kto`: prompt and completion as text, and whether it is wanted."""

    def transform(row, tokenizer=None):
        prompt, tools = messages_of(row["messages"]), json.loads(row["tools"])
        before = rendered(tokenizer, prompt, tools, prompt=True)
        completion = added(tokenizer, before, prompt, row["completion"], tools)
        return {"prompt": before, "completion": completion, "label": row["label"]}

    taken = ["messages", "tools", "completion"]
    return transform, columns(taken, prompt="string", completion="string", label="bool")


def columns(taken, **types):
    """What `datasets` is told: left to itself it keeps the column of an answer as it was, a list,
    and cuts the text that replaces it into letters."""
    features = Features({name: Value(kind) for name, kind in types.items()})
    return {"remove_columns": taken, "features": features}


def added(tokenizer, before, prompt, answer, tools):
    """What the template adds to the prompt for an answer."""
    whole = rendered(tokenizer, prompt + messages_of(answer), tools)
    if not whole.startswith(before):
        raise ValueError(
            "The chat template writes the prompt otherwise once an answer follows, so what is "
            "learnt cannot be cut off; use a template that only adds to its text."
        )
    return whole[len(before) :].rstrip()


def rendered(tokenizer, messages, tools, prompt=False):
    """Messages under the tokenizer's chat template. No tools are None: some templates write a
    heading for an empty list."""
    return tokenizer.apply_chat_template(
        messages, tools=tools or None, tokenize=False, add_generation_prompt=prompt
    )


def messages_of(messages):
    """Messages without the nulls that Arrow adds, arguments as objects."""
    found = []
    for message in messages:
        kept = {k: v for k, v in message.items() if v is not None and k != "tool_calls"}
        calls = []
        for call in message.get("tool_calls") or []:
            function = {k: v for k, v in call["function"].items() if v is not None}
            function["arguments"] = json.loads(function["arguments"])
            calls.append({**{k: v for k, v in call.items() if v is not None}, "function": function})
        found.append({**kept, "tool_calls": calls} if calls else kept)
    return found
'''


def module() -> dict[str, str]:
    """The module for preference rows, by file name."""
    return {f"{MODULE}.py": _MODULE_TEXT}


_ADVICE = {
    "sft": """\
Every assistant message says with `train` whether it is learnt. Where only some of its words are
not, `train_detail` says which: offsets in characters, the end inclusive. `axolotl preprocess
axolotl.yaml --debug` shows the loss token by token.
""",
    "dpo": """\
`loopwright_rows.py` renders the rows: Axolotl's own `chat_template.default` for dpo keeps role and
content only, and so loses calls and tools.
""",
    "kto": """\
`loopwright_rows.py` renders the rows: Axolotl has no kto type for chat templates. The trainer
learns every token of a completion; where a row judges a whole trajectory that takes in what users
and tools say in between, so judge steps to leave them out.
""",
}


def advice(type_name: str) -> str:
    """Markdown: how to train."""
    command = "axolotl train axolotl.yaml"
    if type_name != "sft":
        command = f"PYTHONPATH=. {command}"
    return (
        f"Write the name of the model into `axolotl.yaml`, and run `{command}` in this folder "
        "(Axolotl 0.19). Arguments and `tools` are JSON text, which Axolotl makes objects of.\n\n"
        + _ADVICE[type_name].strip()
    )
