"""Rows of one step: instruction, input and output, or the same as a row for verl (formats §14).

What LoopTool and ToolRL share; how system text, dialogue and answer are written differs between
them and is each format's business. Rows that Loopwright exports for verl have their gold as JSON,
and in `extra_info` the further answers that were accepted.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from curation.alternatives import accepted_besides
from curation.importing import ImportContext, ImportedPrediction, SourceAnnotation, json_text
from curation.openai_messages import read_message, read_messages
from curation.trajectory import Message, Role

ROW_MAKERS = "verl-row"
"""Annotator name of who accepted the answers of a row."""

_TRIPLE = ("instruction", "input", "output")


class TrainingRow(Struct, frozen=True):
    """One row, whichever way it is laid out."""

    system: str
    before: tuple[Message, ...]
    """What follows the system text, as the row has it: a dialogue in one message, or several."""
    gold: str
    source: dict[str, Any]
    source_id: str
    alternatives: tuple[str, ...] = ()
    """Further accepted answers, as JSON."""
    reply: str = ""
    """The words of the accepted answer, where the gold has its calls only."""


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
    alternatives: tuple[str, ...] = ()
    reply = ""
    if isinstance(extra, dict):
        further = extra.get("alternatives")
        if isinstance(further, list):
            alternatives = tuple([one for one in further if isinstance(one, str)])
        reply = extra["reply"] if isinstance(extra.get("reply"), str) else ""
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
        alternatives,
        reply,
    )


def read_json_answer(text: str, reply: str = "") -> Message | None:
    """An answer that is written as a JSON list of its calls; None for any other text.

    Args:
        reply: its words. They are all of the answer where the list is empty.
    """
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    calls = value if isinstance(value, list) else [value]
    if not calls:
        return Message(Role.ASSISTANT, reply) if reply else None
    if not all(isinstance(c, dict) and isinstance(c.get("name"), str) for c in calls):
        return None
    return calls_said(calls, reply)


def calls_said(calls: list[dict[str, Any]], reply: str = "") -> Message:
    """The message that makes these calls, whether they say `arguments` or `parameters`."""
    spelt = [
        {**c, "arguments": c["parameters"]} if "parameters" in c and "arguments" not in c else c
        for c in calls
    ]
    spelt = [{k: v for k, v in c.items() if k != "parameters"} for c in spelt]
    return read_message({"role": "assistant", "content": reply or None, "tool_calls": spelt})


def accepted_besides_gold(
    row: TrainingRow, reference: Message, message_index: int
) -> tuple[tuple[ImportedPrediction, ...], tuple[SourceAnnotation, ...]]:
    """The further accepted answers of a row, as `curation.alternatives` has them."""
    found = [read_json_answer(one) for one in row.alternatives]
    others = [one for one in found if one is not None]
    return accepted_besides(reference, message_index, others, ROW_MAKERS)
