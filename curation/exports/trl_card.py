"""What stands beside a TRL export: the loader, and what the dataset card says of it."""

from __future__ import annotations

_LOADER = '''"""Load the rows of this folder; chat templates get arguments and tools as objects.

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
    file = Path(folder or Path(__file__).parent) / f"{split}<suffix>"
<load>


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
'''

_LOAD = {
    ".jsonl": """\
    # In one piece: of several, none may have a key that the first has not.
    size = max(file.stat().st_size, 1 << 20)
    return load_dataset("json", data_files=str(file), split="train", chunksize=size)""",
    ".parquet": """\
    return load_dataset("parquet", data_files=str(file), split="train")""",
}


def loader(suffix: str) -> str:
    """The module that loads files of a suffix."""
    return _LOADER.replace("<suffix>", suffix).replace("<load>", _LOAD[suffix])


USE = """
`python {script} MODEL` trains a LoRA adapter on these rows; MODEL is the one thing to name. It does
what stands here, with a start for every setting:

```python
from load_rows import load, with_objects          # in this folder

trainer = {trainer}(
    model,
    args={config},
    train_dataset=load("train"),
    processing_class=with_objects(tokenizer),
)
```

`with_objects` gives the chat template what templates expect: arguments and tools as objects, and no
tools where a row has none (some templates write a heading for an empty list). Checked with TRL 1.16
and `datasets` 5.2.
"""

TRAINERS = {
    "sft": ("SFTTrainer", "SFTConfig(assistant_only_loss=True, ...)"),
    "dpo": ("DPOTrainer", "DPOConfig(...)"),
    "kto": ("KTOTrainer", "KTOConfig(...)"),
}

HINTS = {
    "sft": """\
`assistant_only_loss=True` matters in files with `messages`: without it users' words and tools'
results are learnt as well. Its template needs `{% generation %}` marks, which TRL adds to the ones
it knows. Files with `prompt` and `completion` (one row per step) need nothing: only the completion
is learnt.
""",
    "dpo": "",
    "kto": """\
The trainer learns every token of a completion. Where a row judges a whole trajectory, that takes in
what users and tools say in between: judge steps, or export per step, to leave them out. The table
below says how many rows are wanted and unwanted; set `desirable_weight` and `undesirable_weight` by
it.
""",
}

TEXT = """\
Arguments and `tools` are **JSON text**: `datasets` would give rows each other's keys, and round
numbers, if they were objects. Every version of it loads these files unchanged. Whoever
loads them without `load_rows` gives `load_dataset` a `chunksize` above the size of the file: it
reads files in pieces of 10 MB, and stops at a key that the first piece has not.
"""

OBJECTS = """\
Arguments are **objects** and `tools` is JSON text, for readers of JSON. Load with `datasets` 4.8 or
newer; older versions fill in other rows' keys with null, or refuse a key that is text in one row
and a number in another. Rows whose arguments hold what `datasets` reads as something else (long
decimals, very large integers, some numbers like 0.95) are left out; the layout `trl` has them.
"""


TABLE = """\
Parquet: arguments and `tools` are **JSON text** in typed columns, so nothing is guessed, filled in
or rounded, whichever version of `datasets` (or pandas, or Polars) loads them.
"""


def advice(type_name: str, form: str) -> str:
    """Markdown: how to load and train, after what is to be known of the form of the rows."""
    trainer, config = TRAINERS[type_name]
    use = USE.replace("{trainer}", trainer).replace("{config}", config)
    use = use.replace("{script}", f"train_{type_name}.py")
    return "\n".join([form, use.lstrip("\n"), HINTS[type_name]]).strip()
