"""OpenAI chat, and OpenAI's fine-tuning files for SFT (weights) and DPO (pairs)."""

from __future__ import annotations

from typing import Any

from curation.synthesis.row import SyntheticRow
from curation.verdicts import Verdict


def chat(row: SyntheticRow) -> dict[str, Any]:
    """`{messages, tools}`."""
    return {"messages": row.messages, "tools": row.tools}


def sft(row: SyntheticRow) -> dict[str, Any]:
    """A fine-tuning line; planted wrong steps stay as context with weight 0."""
    wrong = {p.message_index for p in row.planted}
    messages = [
        {**m, "weight": 0 if i in wrong else 1} if m["role"] == "assistant" else m
        for i, m in enumerate(row.messages)
    ]
    return {"messages": messages, "tools": row.tools, "parallel_tool_calls": True}


def dpo(row: SyntheticRow) -> dict[str, Any] | None:
    """A preference line from the first wrong prediction of a right step; None without one."""
    for truth, prediction in zip(row.verdicts, row.predictions, strict=True):
        if truth.verdict is Verdict.PRED_WRONG:
            step = truth.message_index
            return {
                "input": {
                    "messages": row.messages[:step],
                    "tools": row.tools,
                    "parallel_tool_calls": True,
                },
                "preferred_output": [row.messages[step]],
                "non_preferred_output": [prediction["message"]],
            }
    return None
