"""Anthropic's Messages API: the last request of a run with its response."""

from __future__ import annotations

import json
from typing import Any

from curation.synthesis.row import SyntheticRow


def logged(row: SyntheticRow) -> dict[str, Any]:
    """`{request, response}`; a run that ends with a result has no response."""
    system = "\n".join(m["content"] for m in row.messages if m["role"] == "system")
    spoken = [m for m in row.messages if m["role"] != "system"]
    answer = spoken.pop() if spoken[-1]["role"] == "assistant" else None
    messages: list[dict[str, Any]] = []
    for message in spoken:
        said = _message(message)
        if messages and messages[-1]["role"] == said["role"] == "user":
            messages[-1]["content"] += said["content"]
        else:
            messages.append(said)
    tools = [
        {
            "name": t["function"]["name"],
            "description": t["function"]["description"],
            "input_schema": t["function"]["parameters"],
        }
        for t in row.tools
    ]
    request = {"model": "example-small", "max_tokens": 1024, "tools": tools, "messages": messages}
    record: dict[str, Any] = {"request": {"system": system, **request} if system else request}
    if answer is not None:
        record["response"] = {
            "id": f"msg_{row.id}",
            "type": "message",
            **_message(answer),
            "stop_reason": "tool_use" if answer.get("tool_calls") else "end_turn",
        }
    return record


def _message(message: dict[str, Any]) -> dict[str, Any]:
    if message["role"] == "tool":
        block = {"type": "tool_result", "tool_use_id": message["tool_call_id"]}
        return {"role": "user", "content": [{**block, "content": message["content"]}]}
    blocks = [{"type": "text", "text": message["content"]}] if message.get("content") else []
    for call in message.get("tool_calls") or ():
        function = call["function"]
        try:
            given = json.loads(function["arguments"])
        except ValueError:
            given = function["arguments"]
        blocks.append(
            {"type": "tool_use", "id": call["id"], "name": function["name"], "input": given}
        )
    return {"role": message["role"], "content": blocks}
