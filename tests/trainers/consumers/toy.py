"""What every consumer needs: the model of two layers, and the report it hands back.

Runs in the trainers' own environment, which knows nothing of Loopwright.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer


def arguments():
    """Folder of the export, folder of the model, folder for scraps, and options as JSON."""
    export, model, scraps, options = sys.argv[1:5]
    return Path(export), model, scraps, json.loads(options)


def tokenizer_of(folder):
    return AutoTokenizer.from_pretrained(folder)


def model_of(folder):
    torch.manual_seed(7)
    return AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))


def trained_text(tokenizer, ids, learnt):
    """One text as the trainer holds it. `learnt`: for each token, whether it carries loss."""
    ids, learnt = list(map(int, ids)), list(map(bool, learnt))
    assert len(ids) == len(learnt)
    return {
        "tokens": len(ids),
        "learnt_tokens": sum(learnt),
        "text": tokenizer.decode(ids),
        "learnt": tokenizer.decode([i for i, one in zip(ids, learnt, strict=True) if one]),
    }


def judged(tokenizer, row):
    """A row of judged steps: what stands before each label, and the label."""
    places = [i for i, label in enumerate(row["labels"]) if label != -100]
    return {
        "text": tokenizer.decode(row["input_ids"]),
        "steps": [[tokenizer.decode(row["input_ids"][: i + 1]), row["labels"][i]] for i in places],
    }


def right_answer(ground_truth, reply):
    """What a model of the Hermes family writes when it is right."""
    calls = [f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in json.loads(ground_truth)]
    return "\n".join(calls) or reply


def losses_of(trainer):
    """Take the steps; the loss of each."""
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def report(packages, **said):
    """The last line of standard output."""
    versions = {name: version(name) for name in packages}
    print("\n" + json.dumps({"versions": versions, **said}))
