"""Load the rows of this folder with tool-call arguments and tools as objects.

    from load_rows import load
    train = load("train")                      # pass it to SFTTrainer, DPOTrainer or KTOTrainer

The files hold them as JSON text, because Arrow gives every row the same struct: objects of
different tools would come back with each other's keys. They become objects here, after Arrow.
"""

import json
from pathlib import Path

from datasets import load_dataset

MESSAGES = ("messages", "prompt", "completion", "chosen", "rejected")


def as_objects(batch):
    """One batch of rows (a dict of columns), decoded; other columns stay as they are."""
    for column in MESSAGES:
        if column in batch:
            batch[column] = [[message_of(m) for m in row] for row in batch[column]]
    if "tools" in batch:
        batch["tools"] = [json.loads(t) if isinstance(t, str) else t for t in batch["tools"]]
    return batch


def message_of(message):
    """A message without the nulls that Arrow adds, its arguments decoded."""
    message = {key: value for key, value in message.items() if value is not None}
    calls = []
    for call in message.pop("tool_calls", []):
        call = {key: value for key, value in call.items() if value is not None}
        function = dict(call["function"])
        if isinstance(function["arguments"], str):
            function["arguments"] = json.loads(function["arguments"])
        calls.append({**call, "function": function})
    return {**message, "tool_calls": calls} if calls else message


def load(split="train", folder=None):
    """One split as a dataset whose rows are decoded as they are read."""
    file = Path(folder or Path(__file__).parent) / f"{split}.jsonl"
    return load_dataset("json", data_files=str(file), split="train").with_transform(as_objects)
