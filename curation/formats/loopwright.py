"""Loopwright's own rows: OpenAI chat plus predictions and a group.

    {"format": "loopwright", "id": "…", "group": "…", "messages": […], "tools": […],
     "predictions": [{"message_index": 4, "model": "…", "message": {…}, "perplexity": 1.7}], …}

`predictions` are other models' answers for a step (with `n_samples` where one was sampled more than
once); `group` is the task the row was made for. Both
may be absent, and every further key (planted truth, reward, …) becomes the item's source.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from curation.importing import (
    ImportContext,
    Imported,
    ImportedPrediction,
    RecordError,
    import_format,
)
from curation.openai_messages import RECORD_KEYS, read_message, read_record
from curation.trajectory import Role, Trajectory

_TAKEN = RECORD_KEYS | {"predictions", "group", "format"}


@import_format
class Loopwright:
    """OpenAI chat rows that may carry predictions for their steps."""

    name = "loopwright"
    title = "Loopwright"
    description = (
        "OpenAI chat rows with `predictions` (message_index, model, message, perplexity) and "
        "`group`. What our own generator writes."
    )
    extends = ("openai-chat",)

    def sniff(self, record: dict[str, Any]) -> bool:
        if not isinstance(record.get("messages"), list):
            return False
        if record.get("format") == "loopwright":
            return True
        predictions = record.get("predictions")
        return isinstance(predictions, list) and all("message_index" in p for p in predictions)

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        base = read_record(record, context, _TAKEN)
        group = record.get("group")
        yield msgspec.structs.replace(
            base,
            group=str(group) if group is not None else None,
            predictions=tuple(
                _prediction(raw, base.trajectory) for raw in record.get("predictions") or ()
            ),
        )


def _prediction(raw: Any, trajectory: Trajectory) -> ImportedPrediction:
    """One prediction; it must answer a step that exists."""
    index, model = raw.get("message_index"), raw.get("model")
    messages = trajectory.messages
    if (
        type(index) is not int
        or not 0 <= index < len(messages)
        or messages[index].role is not Role.ASSISTANT
    ):
        raise RecordError(
            f"A prediction is for message {index!r}, which is not an assistant message.",
            "`message_index` counts from 0 over all messages.",
        )
    if not isinstance(model, str) or not model:
        raise RecordError("A prediction names no model.", "Give `model` as text.")
    perplexity, samples = raw.get("perplexity"), raw.get("n_samples")
    return ImportedPrediction(
        message_index=index,
        model=model,
        message=read_message({"role": "assistant", **raw["message"]}),
        perplexity=float(perplexity) if isinstance(perplexity, int | float) else None,
        n_samples=samples if type(samples) is int and samples > 0 else 1,
    )
