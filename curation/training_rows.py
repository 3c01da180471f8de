"""Rows of one step: instruction, input and output, or the same as a row for verl (formats §14).

What LoopTool and ToolRL share; how system text, dialogue and answer are written differs between
them and is each format's business.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from curation.importing import ImportContext, json_text
from curation.openai_messages import read_messages
from curation.trajectory import Message, Role

_TRIPLE = ("instruction", "input", "output")


class TrainingRow(Struct, frozen=True):
    """One row, whichever way it is laid out."""

    system: str
    before: tuple[Message, ...]
    """What follows the system text, as the row has it: a dialogue in one message, or several."""
    gold: str
    source: dict[str, Any]
    source_id: str


def is_triple(record: dict[str, Any]) -> bool:
    """Whether a record is `{instruction, input, output}` of texts."""
    return all(isinstance(record.get(key), str) for key in _TRIPLE)


def is_verl(record: dict[str, Any]) -> bool:
    """Whether a record is a row for verl: a prompt of messages and the answer that is rewarded."""
    model = record.get("reward_model")
    return (
        isinstance(record.get("prompt"), list)
        and isinstance(model, dict)
        and model.get("ground_truth") is not None
    )


def system_of(record: dict[str, Any]) -> str:
    """The system text; "" when there is none."""
    if is_triple(record):
        return str(record["instruction"])
    if is_verl(record):
        for message in record["prompt"]:
            if isinstance(message, dict) and message.get("role") == "system":
                return str(message.get("content") or "")
    return ""


def read_training_row(record: dict[str, Any], context: ImportContext) -> TrainingRow:
    """The row; `reward_model` stays in the source, gold included."""
    if is_triple(record):
        return TrainingRow(
            record["instruction"],
            (Message(Role.USER, record["input"]),),
            record["output"],
            {k: v for k, v in record.items() if k not in (*_TRIPLE, "id")},
            context.source_id(record),
        )
    messages = read_messages(record["prompt"])
    gold = record["reward_model"]["ground_truth"]
    has_system = bool(messages) and messages[0].role is Role.SYSTEM
    source = {k: v for k, v in record.items() if k not in ("prompt", "id")}
    source_id = context.source_id(record)
    extra = record.get("extra_info")
    if isinstance(extra, dict):
        # ToolRL and LoopTool repeat the whole row in it.
        source["extra_info"] = {k: v for k, v in extra.items() if k not in _TRIPLE}
        if "id" not in record and type(extra.get("index")) is int:
            source_id = f"{extra['split']}/{extra['index']}" if "split" in extra else source_id
    return TrainingRow(
        messages[0].text if has_system else "",
        messages[1:] if has_system else messages,
        gold if isinstance(gold, str) else json_text(gold),
        source,
        source_id,
    )
