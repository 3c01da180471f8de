"""What an inference server logs: a prompt that Qwen's chat template rendered, and the answer."""

from __future__ import annotations

import json
from typing import Any

from curation.synthesis.row import SyntheticRow


def logged(row: SyntheticRow) -> dict[str, Any]:
    """The last request of a run and its completion."""
    messages = [m for m in row.messages if m["role"] != "system"]
    system = "\n".join(m["content"] for m in row.messages if m["role"] == "system")
    tools = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in row.tools)
    offer = f"# Tools\n\nThe functions you may call:\n<tools>\n{tools}\n</tools>"
    turns = [("system", f"{system}\n\n{offer}" if system else offer)]
    answer = messages.pop() if messages[-1]["role"] == "assistant" else None
    for message in messages:
        role, text = _turn(message)
        if turns[-1][0] == role == "user" and message["role"] == "tool":
            turns[-1] = (role, f"{turns[-1][1]}\n{text}")
        else:
            turns.append((role, text))
    prompt = "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in turns)
    record = {"id": row.id, "model": "example-small", "prompt": prompt + "<|im_start|>assistant\n"}
    if answer is not None:
        record["completion"] = _turn(answer)[1] + "<|im_end|>"
    return record


def _turn(message: dict[str, Any]) -> tuple[str, str]:
    if message["role"] == "tool":
        return "user", f"<tool_response>\n{message['content']}\n</tool_response>"
    calls = [
        f'<tool_call>\n{{"name": {json.dumps(call["function"]["name"])}, '
        f'"arguments": {call["function"]["arguments"]}}}\n</tool_call>'
        for call in message.get("tool_calls") or ()
    ]
    said = [message["content"]] if message.get("content") else []
    return message["role"], "\n".join((*said, *calls))
