"""Pairs for label verification: a conversation, the label of its next step, and a prediction.

    {"id": "…", "messages": […], "tools": […], "label": …, "prediction": …}

Label and prediction are a list of calls `{name, arguments}`, a message, or text. The label becomes
the last step of a trajectory, which joins the dataset. A verdict that the row carries is kept with
the prediction as published truth to measure judges against; it is never a verdict of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation.importing import TRUTH, Imported, RecordError
from curation.openai_messages import read_message, read_messages
from curation.prediction_importing import ReadPrediction, Target, prediction_format
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Trajectory

_TRUTH = ("verdict", "label_from")
_TAKEN = frozenset(
    ("id", "messages", "tools", "label", "prediction", "model", "prediction_from", *_TRUTH)
)


@prediction_format
class Pairs:
    """See the module."""

    name = "pairs"
    title = "Label and prediction pairs"
    description = (
        "Rows `{messages, tools, label, prediction}`: the label becomes the reference step of a "
        "trajectory of its own; a published `verdict` is kept as truth to measure judges against."
    )

    def sniff(self, record: dict[str, Any]) -> bool:
        return {"messages", "label", "prediction"} <= record.keys()

    def target(self, record: dict[str, Any], where: str) -> Target:
        context = read_messages(record["messages"])
        if not context:
            raise RecordError("There are no messages.", "Give what was said before the step.")
        trajectory = Trajectory(
            (*context, _answer(record["label"], "label")), read_tools(record.get("tools") or [])
        )
        name = record.get("id")
        source = {k: v for k, v in record.items() if k not in _TAKEN}
        task = record.get("source_id")
        return Target(
            own=Imported(
                trajectory,
                str(name) if name not in (None, "") else where,
                source,
                group=str(task) if task else None,
            )
        )

    def read(self, record: dict[str, Any], trajectory: Trajectory) -> Sequence[ReadPrediction]:
        model = record.get("model")
        source: dict[str, Any] = {k: v for k, v in record.items() if k == "prediction_from"}
        truth = {k: record[k] for k in _TRUTH if k in record}
        if truth:
            source[TRUTH] = truth
        return [
            ReadPrediction(
                len(trajectory.messages) - 1,
                _answer(record["prediction"], "prediction"),
                str(model) if model else None,
                source=source,
            )
        ]


def _answer(value: Any, key: str) -> Message:
    """An assistant message, of a message, a list of calls, or text."""
    if isinstance(value, list):
        return read_message({"role": "assistant", "content": None, "tool_calls": value})
    if isinstance(value, dict):
        return read_message({**value, "role": "assistant"})
    if isinstance(value, str):
        return read_message({"role": "assistant", "content": value})
    raise RecordError(
        f"The {key} is neither calls nor a message nor text.",
        "Give a list of {name, arguments}, a message, or text.",
    )
