"""What stands beside a TRL export: the loader, and what the dataset card says of it."""

from __future__ import annotations

LOADER = '''"""Load the rows of this folder with tool-call arguments and tools as objects.

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
'''

ADVICE_TEXT = """\
Arguments and `tools` are **JSON text**, so that every version of `datasets` loads the files
unchanged. Most chat templates want objects: use the loader beside the files, which decodes them
after Arrow.

```python
from load_rows import load          # in this folder

train = load("train")
```

Rows loaded without it are equal to the files, but a template that writes `arguments | tojson`
would quote the text twice. With `datasets` 4.8 or newer the layout `trl-objects` needs no loader.
"""

ADVICE_OBJECTS = """\
Arguments are **objects** and `tools` is JSON text. Load with `datasets` 4.8 or newer, which keeps
objects of different shapes as they are; older versions fill in other rows' keys with null, or
refuse a key that is text in one row and a number in another (use the layout `trl` there).

```python
from datasets import load_dataset

train = load_dataset("json", data_files="train.jsonl", split="train")
```
"""
