"""Google's Agent Development Kit: a session with its events; tools come in a file of their own."""

from __future__ import annotations

import json
from typing import Any

from curation.synthesis.row import SyntheticRow


def session(row: SyntheticRow) -> dict[str, Any]:
    """One session; the instruction of the agent is no part of it."""
    names = {
        call["id"]: call["function"]["name"]
        for m in row.messages
        for call in m.get("tool_calls") or ()
    }
    spoken = [m for m in row.messages if m["role"] != "system"]
    return {
        "id": f"session-{row.id}",
        "appName": "example_shop",
        "userId": "user",
        "state": {},
        "events": [
            {
                "id": f"e{n}",
                "invocationId": f"i-{row.id}",
                "author": "user" if m["role"] == "user" else "shop_agent",
                "timestamp": 1767225600.0 + n,
                "content": {
                    "role": "model" if m["role"] == "assistant" else "user",
                    "parts": _parts(m, names),
                },
            }
            for n, m in enumerate(spoken)
        ],
    }


def _parts(message: dict[str, Any], names: dict[str, str]) -> list[dict[str, Any]]:
    if message["role"] == "tool":
        call_id = message["tool_call_id"]
        try:
            result = json.loads(message["content"])
        except ValueError:
            result = message["content"]
        response = result if isinstance(result, dict) else {"result": result}
        answer = {"id": call_id, "name": names.get(call_id, ""), "response": response}
        return [{"functionResponse": answer}]
    parts: list[dict[str, Any]] = []
    if message.get("content"):
        parts.append({"text": message["content"]})
    for call in message.get("tool_calls") or ():
        function = call["function"]
        parts.append(
            {
                "functionCall": {
                    "id": call["id"],
                    "name": function["name"],
                    "args": json.loads(function["arguments"]),
                }
            }
        )
    return parts
