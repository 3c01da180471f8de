"""ToolRL, and rows for verl in general: instruction triples, parquet rows, API-Bank tests (§14).

Tools are numbered prose in the system text, which stays as it is. The history is read from its
tags, `<think>` as reasoning. The rewarded answer (`output`, `reward_model.ground_truth`, `answer`)
becomes the last step; the whole of `reward_model` stays in the source as well. A ground truth that
is neither tagged text nor a list of calls (the figure of a sum, say) is no answer that could stand
in the dialogue: it stays in the source alone. Rows made from API-Bank share a group with their
dialogue.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.importing import (
    ImportContext,
    Imported,
    ImportedPrediction,
    RecordError,
    SourceAnnotation,
    import_format,
)
from curation.openai_messages import tools_of
from curation.prompt_tools import numbered_tools, numbers_tools
from curation.tagged_dialogue import is_tagged_dialogue, read_answer, read_dialogue
from curation.training_rows import (
    accepted_besides_gold,
    calls_said,
    is_triple,
    is_verl,
    read_json_answer,
    read_training_row,
    system_of,
)
from curation.trajectory import Message, Role, Trajectory

_TEST_TAKEN = frozenset(("system", "user", "answer", "id", "tools"))


@import_format
class ToolRL:
    """Rows of one rewarded step."""

    name = "toolrl"
    title = "ToolRL and verl rows"
    description = (
        "One rewarded step a row: instruction, input and output with tools as numbered prose, or "
        "prompt and reward_model as verl's parquet has them, or system, user and answer. The gold "
        "answer becomes the step and stays in the source."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        if is_verl(record):
            return "<tools>" not in system_of(record)
        if is_triple(record):
            return numbers_tools(record["instruction"]) or is_tagged_dialogue(record["input"])
        return _is_test(record) and numbers_tools(record["system"])

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        yield _test(record, context) if _is_test(record) else _row(record, context)


def _row(record: dict[str, Any], context: ImportContext) -> Imported:
    if not is_triple(record) and not is_verl(record):
        raise RecordError(
            "There is neither an instruction triple nor a prompt with its reward.",
            "Give instruction, input and output, or prompt and reward_model.ground_truth.",
        )
    row = read_training_row(record, context)
    messages = [Message(Role.SYSTEM, row.system)] if row.system else []
    for message in row.before:
        text = message.content
        if message.role is Role.USER and isinstance(text, str) and is_tagged_dialogue(text):
            messages.extend(read_dialogue(text))
        else:
            messages.append(message)
    gold = _gold(row.gold, row.reply, written_out=is_triple(record))
    predictions: tuple[ImportedPrediction, ...] = ()
    said: tuple[SourceAnnotation, ...] = ()
    if gold is not None:
        predictions, said = accepted_besides_gold(row, gold, len(messages))
        messages.append(gold)
    return Imported(
        trajectory=Trajectory(
            tuple(messages), numbered_tools(row.system) or tools_of(record, context)
        ),
        source_id=row.source_id,
        source={k: v for k, v in row.source.items() if k != "tools"},
        predictions=predictions,
        annotations=said,
    )


def _gold(text: str, reply: str, *, written_out: bool) -> Message | None:
    """The rewarded answer as a step; None for gold that is no answer."""
    if written_out or is_tagged_dialogue(text) or "<tool_call>" in text:
        return read_answer(text)
    return read_json_answer(text, reply)


def _is_test(record: dict[str, Any]) -> bool:
    return (
        isinstance(record.get("system"), str)
        and isinstance(record.get("user"), str)
        and isinstance(record.get("answer"), list)
    )


def _test(record: dict[str, Any], context: ImportContext) -> Imported:
    """A test question: history, and the calls that are expected."""
    other = record.get("other")
    file = other.get("file") if isinstance(other, dict) else None
    user = record["user"]
    said = read_dialogue(user) if is_tagged_dialogue(user) else (Message(Role.USER, user),)
    answer = record["answer"]
    calls = [c if isinstance(c, dict) else {"name": "", "arguments": c} for c in answer]
    gold = (calls_said(calls),) if calls else ()
    source_id = context.source_id(record)
    if isinstance(file, str) and isinstance(other, dict) and "id" not in record:
        source_id = f"{file}/{other.get('id', '')}"
    return Imported(
        trajectory=Trajectory(
            (Message(Role.SYSTEM, record["system"]), *said, *gold),
            numbered_tools(record["system"]) or tools_of(record, context),
        ),
        source_id=source_id,
        source={k: v for k, v in record.items() if k not in _TEST_TAKEN},
        group=f"api-bank:{file.removesuffix('.jsonl')}" if isinstance(file, str) else None,
    )
