"""Preference rows for Axolotl, rendered with their calls, results and tools.

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
