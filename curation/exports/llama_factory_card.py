"""What stands beside exports for LLaMA-Factory: `dataset_info.json`, its configs, and the advice.

Keys were checked against llamafactory 0.9.5 (`hparams`, and `v1/config` for the v1 trainer).
"""

from __future__ import annotations

from typing import Any

import msgspec

from curation.exports.training_config import FILL_IN, MODEL, commented, pace

_ADVICE = {
    "sft": """\
The converter learns every assistant turn of a row; of rows with one step each only the last
(`mask_history`, which the config sets there).
""",
    "dpo": "The datasets are ranked pairs.\n",
    "kto": "Only the last turn is judged. Set the weights in the config by the table below.\n",
}

_COLUMNS = {
    "Pair": {"chosen": "chosen", "rejected": "rejected"},
    "Judged": {"kto_tag": "kto_tag"},
}
_STAGES = {"Conversation": "sft", "Completion": "sft", "Pair": "dpo", "Judged": "kto"}


def advice(type_name: str) -> str:
    """Markdown: how to train on ShareGPT rows."""
    return (
        "Write the name of the model into `llama_factory.yaml`, and run `llamafactory-cli train "
        "llama_factory.yaml` in this folder (LLaMA-Factory 0.9.5). It finds the files by "
        "`dataset_info.json`. Set `template` there to the model's own, so that calls are written "
        "in its syntax.\n\n" + _ADVICE[type_name].strip()
    )


def dataset_info(files: dict[str, str], shape: str) -> str:
    """One entry per file, named `loopwright_<stage>_<split>`."""
    entries: dict[str, Any] = {}
    for split, file_name in files.items():
        entry: dict[str, Any] = {"file_name": file_name, "formatting": "sharegpt"}
        if shape == "Pair":
            entry["ranking"] = True
        entry["columns"] = {
            "messages": "conversations",
            "system": "system",
            "tools": "tools",
            **_COLUMNS.get(shape, {}),
        }
        entries[f"loopwright_{_STAGES[shape]}_{split}"] = entry
    return msgspec.json.format(msgspec.json.encode(entries), indent=2).decode() + "\n"


_HEAD = """\
Fine-tunes a model on the rows of this folder, with LLaMA-Factory 0.9.5. In this folder:

    {command}

{fill_in}
"""

_STAGE_LINES = {
    "Conversation": "",
    "Completion": "# One row per step: only its last turn is learnt.\nmask_history: true\n",
    "Pair": "pref_beta: 0.1\npref_loss: sigmoid\n",
    "Judged": "pref_beta: 0.1\n"
    "# Set these by the counts on the card: wanted * chosen about as much as unwanted * rejected.\n"
    "kto_chosen_weight: 1.0\nkto_rejected_weight: 1.0\n",
}

_TAIL = """\
dataset_dir: .
# Longer rows are cut off.
cutoff_len: 8192
preprocessing_num_workers: 4
finetuning_type: lora
lora_rank: 16
lora_alpha: 32
lora_dropout: 0.05
lora_target: all

do_train: true
per_device_train_batch_size: {pace.batch}
gradient_accumulation_steps: {pace.accumulation}
num_train_epochs: {pace.epochs}
learning_rate: {pace.rate}
lr_scheduler_type: cosine
warmup_steps: 10
bf16: true
logging_steps: 5
save_strategy: epoch
output_dir: model
"""


def config(files: dict[str, str], shape: str) -> str:
    """`llama_factory.yaml`. `files`: split -> file name; `shape`: of the examples."""
    stage = _STAGES[shape]
    command = "llamafactory-cli train llama_factory.yaml"
    evaluated = ""
    if "validation" in files:
        evaluated = (
            f"eval_dataset: loopwright_{stage}_validation\n"
            f"eval_strategy: epoch\nper_device_eval_batch_size: {pace(shape).batch}\n"
        )
    return "".join(
        [
            commented(_HEAD.format(command=command, fill_in=FILL_IN)),
            f"model_name_or_path: {MODEL}\n",
            "# Without a name the template is read off the tokenizer, which knows no syntax of\n"
            "# calls: name the model's own here (qwen3, llama3, glm4, ...).\n"
            "# template: qwen3\n\n",
            f"stage: {stage}\n{_STAGE_LINES[shape]}",
            f"dataset: loopwright_{stage}_train\n{evaluated}",
            _TAIL.format(pace=pace(shape)),
        ]
    )


_V1_TAIL = """\
output_dir: ./model
micro_batch_size: 1
global_batch_size: 16
# Longer rows are cut off.
cutoff_len: 8192
num_train_epochs: {pace.epochs}
learning_rate: {pace.rate}
bf16: true
logging_steps: 5
save_epochs: 1

peft_config:
  name: lora
  r: 16
  lora_alpha: 32
  lora_dropout: 0.05
  target_modules: all
"""


def v1_config(files: dict[str, str], shape: str) -> str:
    """`llama_factory_v1.yaml`. `files`: split -> file name; `shape`: of the examples."""
    stage = _STAGES[shape]
    command = f"USE_V1=1 llamafactory-cli {stage} llama_factory_v1.yaml"
    evaluated = f"eval_dataset: {files['validation']}\n" if "validation" in files else ""
    return "".join(
        [
            commented(_HEAD.format(command=command, fill_in=FILL_IN)),
            "# Pairs need a version after 0.9.5, which trains reward models on them only: with\n"
            "# `rm` in the place of `dpo`, and without peft_config.\n"
            if stage == "dpo"
            else "",
            f"model: {MODEL}\nmodel_class: llm\n",
            "# 0.9.5 writes calls in the templates qwen3 and qwen3_nothink only. Later versions\n"
            "# take the model's own chat template: remove this line there.\n"
            "template: qwen3_nothink\n\n",
            f"train_dataset: {files.get('train', 'train.jsonl')}\n{evaluated}",
            _V1_TAIL.format(pace=pace(shape)),
        ]
    )


def v1_advice(type_name: str) -> str:
    """Markdown: how to train on v1 messages."""
    needs = "0.9.5" if type_name == "sft" else "a version after 0.9.5"
    return (
        f"Write the name of the model into `llama_factory_v1.yaml`, and run `USE_V1=1 "
        f"llamafactory-cli {type_name} llama_factory_v1.yaml` in this folder ({needs}). "
        "`loss_weight` on every message says whether it is learnt; results are tied to calls by "
        "their order. The importer `llama-factory-v1` reads these files again."
    )
