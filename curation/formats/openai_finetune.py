"""OpenAI fine-tuning files: SFT rows with `weight`, and preference (DPO) rows (formats §2).

An SFT row is a chat row; `weight` stays with its message. A preference row becomes one trajectory:
the input's messages and then the preferred output; the answer that was not preferred is a
prediction for the step where the preferred one begins, under the model name `rejected`. Should it
have more than one message, the whole of it stays in the source as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.importing import (
    ImportContext,
    Imported,
    ImportedPrediction,
    RecordError,
    import_format,
)
from curation.openai_messages import read_message, read_messages, read_record, tools_of
from curation.trajectory import Message, Role, Trajectory

REJECTED = "rejected"
"""Model name of the prediction made from an answer that was not preferred."""

_SIDES = ("preferred_output", "non_preferred_output")
_TAKEN = frozenset(("id", "input", *_SIDES))
_INPUT_TAKEN = frozenset(("messages", "tools", "functions"))


@import_format
class OpenAIFineTune:
    """Chat rows with weights, or `{input, preferred_output, non_preferred_output}`."""

    name = "openai-finetune"
    title = "OpenAI fine-tuning (SFT and DPO)"
    description = (
        "SFT rows: chat with `weight` on assistant messages. DPO rows: input, preferred_output, "
        "non_preferred_output; the last becomes a prediction for the preferred step."
    )
    extends = ("openai-chat",)

    def sniff(self, record: dict[str, Any]) -> bool:
        given = record.get("input")
        if isinstance(given, dict):
            return isinstance(given.get("messages"), list) and "preferred_output" in record
        messages = record.get("messages")
        return isinstance(messages, list) and any(
            m.get("role") == "assistant" and "weight" in m for m in messages
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        if not isinstance(record.get("input"), dict):
            yield read_record(record, context)
            return
        given = record["input"]
        before = read_messages(given["messages"])
        preferred = _side(record, "preferred_output")
        rejected = _side(record, "non_preferred_output")
        source = {k: v for k, v in record.items() if k not in _TAKEN}
        source.update({k: v for k, v in given.items() if k not in _INPUT_TAKEN})
        if len(rejected) > 1:
            source["non_preferred_output"] = record["non_preferred_output"]
        yield Imported(
            trajectory=Trajectory(before + preferred, tools_of(given, context)),
            source_id=context.source_id(record),
            source=source,
            predictions=(ImportedPrediction(len(before), REJECTED, rejected[0]),),
        )


def _side(record: dict[str, Any], key: str) -> tuple[Message, ...]:
    """The messages of one side; the first must be the assistant's."""
    value = record.get(key)
    messages = (read_message(value),) if isinstance(value, dict) else read_messages(value)
    if not messages or messages[0].role is not Role.ASSISTANT:
        raise RecordError(
            f"`{key}` does not begin with an assistant message.",
            "Give a list with the assistant's answer.",
        )
    return messages
