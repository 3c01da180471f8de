"""Load the rows of this folder; chat templates get arguments and tools as objects.

    from load_rows import load, with_objects
    trainer = SFTTrainer(model, train_dataset=load("train"),
                         processing_class=with_objects(tokenizer), ...)

The files hold arguments and tools as JSON text, because `datasets` does not keep objects as they
are: keys of other rows come in as null, and numbers are rounded. So they become objects where the
chat template is applied, which every trainer does through its tokenizer.
"""

import json
from pathlib import Path

from datasets import load_dataset

MESSAGES = ("messages", "prompt", "completion", "chosen", "rejected")


def load(split="train", folder=None):
    """One split as a dataset, arguments and tools still as text."""
    file = Path(folder or Path(__file__).parent) / f"{split}.parquet"
    return load_dataset("parquet", data_files=str(file), split="train")


def with_objects(tokenizer):
    """The same tokenizer, whose chat template is given objects."""
    render = tokenizer.apply_chat_template

    def apply_chat_template(conversation, tools=None, **options):
        return render(messages_of(conversation), tools=tools_of(tools), **options)

    tokenizer.apply_chat_template = apply_chat_template
    return tokenizer


def as_objects(row):
    """One row with objects."""
    messages = {name: messages_of(row[name]) for name in MESSAGES if name in row}
    return {**row, **messages, "tools": tools_of(row["tools"])}


def tools_of(tools):
    """A list of tools, or None: some templates write a heading for an empty list."""
    return (json.loads(tools) if isinstance(tools, str) else tools) or None


def messages_of(messages):
    """Messages (or lists of them) without the nulls that Arrow adds, arguments decoded."""
    return [messages_of(m) if isinstance(m, list) else message_of(m) for m in messages]


def message_of(message):
    """One message."""
    message = {k: v for k, v in message.items() if v is not None or k == "content"}
    calls = []
    for call in message.pop("tool_calls", []):
        function = dict(call["function"])
        if isinstance(function["arguments"], str):
            function["arguments"] = json.loads(function["arguments"])
        kept = {k: v for k, v in call.items() if v is not None}
        calls.append({**kept, "function": function})
    return {**message, "tool_calls": calls} if calls else message
