"""ReAct text: ToolBench's flat conversations, and RoTBench's last turn with all right answers."""

from __future__ import annotations

import json
from typing import Any

from curation.synthesis.row import SyntheticRow
from curation.verdicts import Verdict

_ASKED = (
    "Think, then act. Write\nThought: <why>\nAction: <one tool>\nAction Input: <its parameters>\n"
    "You have access of the following tools:\n"
)
_SPEAKERS = {"user": "user", "assistant": "assistant", "tool": "function"}


def fits(row: SyntheticRow) -> bool:
    """Whether every step is one call, or words at the end."""
    steps = [m for m in row.messages if m["role"] == "assistant"]
    return all(len(m.get("tool_calls") or ()) <= 1 for m in steps) and bool(
        steps[0].get("tool_calls")
    )


def flat(row: SyntheticRow) -> dict[str, Any]:
    """One conversation, its tools a Python literal in the system text."""
    system = _ASKED + repr([t["function"] for t in row.tools])
    turns = [{"from": "system", "value": system}]
    for message in row.messages:
        if message["role"] in _SPEAKERS:
            text = _text(message) if message["role"] == "assistant" else message["content"]
            turns.append({"from": _SPEAKERS[message["role"]], "value": text})
    return {"id": row.id, "conversations": turns}


def accepted(row: SyntheticRow) -> list[dict[str, Any]]:
    """The first step and other answers for it that are as good."""
    at = next(i for i, m in enumerate(row.messages) if m["role"] == "assistant")
    right = {(v.message_index, v.model) for v in row.verdicts if v.verdict is Verdict.BOTH_CORRECT}
    others = [
        p["message"]
        for p in row.predictions
        if p["message_index"] == at
        and (at, p["model"]) in right
        and len(p["message"].get("tool_calls") or ()) == 1
    ]
    return [row.messages[at], *others]


def rotbench(row: SyntheticRow) -> dict[str, Any]:
    """The request and every right answer to it."""
    request = next(m["content"] for m in row.messages if m["role"] == "user")
    system = _ASKED + json.dumps([t["function"] for t in row.tools], ensure_ascii=False)
    return {
        "id": row.id,
        "scenario": row.domain,
        "conversations": [
            {"from": "system", "value": system},
            {"from": "user", "value": f"{request}\nBegin!\n"},
            {"from": "assistant", "value": [_text(one) for one in accepted(row)]},
        ],
    }


def _text(message: dict[str, Any]) -> str:
    calls = message.get("tool_calls") or []
    words = message.get("content") or ""
    if not calls:
        return f"Thought: {words}"
    function = calls[0]["function"]
    return f"Thought: {words}\nAction: {function['name']}\nAction Input: {function['arguments']}"
