"""The ShareGPT family: function_call/observation turns, and Hermes' XML tags."""

from __future__ import annotations

import json
from typing import Any

from curation.synthesis.row import SyntheticRow

_HERMES = (
    "You are a function calling AI model. You may call one or more functions to assist with the "
    "user query. The available functions are: <tools>{tools}</tools> Return each call as a JSON "
    "object with name and arguments within <tool_call></tool_call> tags.\n\n{policy}"
)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _calls(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": c["function"]["name"], "arguments": json.loads(c["function"]["arguments"])}
        for c in message["tool_calls"]
    ]


def plain(row: SyntheticRow) -> dict[str, Any]:
    """`{system, tools, conversations}`; parallel calls and their results share a turn."""
    system, turns = "", []
    for message in row.messages:
        role = message["role"]
        if role == "system":
            system = message["content"]
        elif role == "user":
            turns.append({"from": "human", "value": message["content"]})
        elif "tool_calls" in message:
            calls = _calls(message)
            value = _text(calls[0] if len(calls) == 1 else calls)
            turns.append({"from": "function_call", "value": value})
        elif role == "assistant":
            turns.append({"from": "gpt", "value": message["content"]})
        elif turns[-1]["from"] == "observation":
            before = json.loads(turns[-1]["value"])
            results = before if isinstance(before, list) else [before]
            turns[-1]["value"] = _text([*results, json.loads(message["content"])])
        else:
            turns.append({"from": "observation", "value": message["content"]})
    tools = [tool["function"] for tool in row.tools]
    return {"system": system, "tools": _text(tools), "conversations": turns}


def hermes(row: SyntheticRow) -> dict[str, Any]:
    """Tags in the text: `<tools>`, `<tool_call>`, `<tool_response>`."""
    turns = []
    for message in row.messages:
        role, content = message["role"], message["content"]
        if role == "system":
            text = _HERMES.format(tools=_text(row.tools), policy=content)
            turns.append({"from": "system", "value": text})
        elif role == "user":
            turns.append({"from": "human", "value": content})
        elif "tool_calls" in message:
            blocks = [f"<tool_call>\n{_text(call)}\n</tool_call>" for call in _calls(message)]
            turns.append({"from": "gpt", "value": "\n".join([content or "", *blocks]).strip()})
        elif role == "assistant":
            turns.append({"from": "gpt", "value": content})
        else:
            answer = _text({"name": message["name"], "content": json.loads(content)})
            block = f"<tool_response>\n{answer}\n</tool_response>"
            if turns[-1]["from"] == "tool":
                turns[-1]["value"] += "\n" + block
            else:
                turns.append({"from": "tool", "value": block})
    return {
        "id": row.id,
        "conversations": turns,
        "tools": _text(row.tools),
        "category": row.domain,
        "subcategory": row.scenario,
        "task": f"{row.domain} assistant",
        "source": "loopwright synthesis",
    }
