"""Dresses with turns of their own: LLaMA-Factory's typed parts, API-Bank's calls with results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from curation.synthesis.row import SyntheticRow


def llama_factory(row: SyntheticRow) -> dict[str, Any]:
    """`{messages, tools}` with parts `{type, value}`."""
    messages = []
    for message in row.messages:
        parts = [{"type": "text", "value": message["content"]}] if message["content"] else []
        parts += [
            {
                "type": "tool_call",
                "value": json.dumps(
                    {
                        "name": c["function"]["name"],
                        "arguments": json.loads(c["function"]["arguments"]),
                    },
                    ensure_ascii=False,
                ),
            }
            for c in message.get("tool_calls", ())
        ]
        raw: dict[str, Any] = {"role": message["role"], "content": parts}
        if message["role"] == "assistant":
            raw["loss_weight"] = 1.0
        messages.append(raw)
    return {"messages": messages, "tools": json.dumps(row.tools, ensure_ascii=False)}


def preference(row: SyntheticRow) -> dict[str, Any]:
    """The predicted step as a pair: what was recorded is chosen, the prediction rejected."""
    predicted = row.record()["predictions"][0]
    index = predicted["message_index"]
    cut = msgspec.structs.replace(row, messages=row.messages[: index + 1])
    other = {"role": "assistant", "content": None, **predicted["message"]}
    worse = msgspec.structs.replace(row, messages=[*row.messages[:index], other])
    return {
        "chosen_messages": llama_factory(cut)["messages"],
        "rejected_messages": llama_factory(worse)["messages"],
        "tools": json.dumps(row.tools, ensure_ascii=False),
    }


def api_bank(row: SyntheticRow) -> list[dict[str, Any]]:
    """The turns of one file; a call and its result are one turn."""
    results = {m["tool_call_id"]: m for m in row.messages if m["role"] == "tool"}
    turns: list[dict[str, Any]] = []
    for message in row.messages:
        if message["role"] in ("user", "assistant") and message["content"]:
            who = "User" if message["role"] == "user" else "AI"
            turns.append({"role": who, "text": message["content"]})
        for call in message.get("tool_calls", ()):
            name = call["function"]["name"]
            arguments = json.loads(call["function"]["arguments"])
            output = json.loads(results[call["id"]]["content"])
            turns.append(
                {
                    "role": "API",
                    "api_name": name,
                    "param_dict": arguments,
                    "result": {
                        "api_name": name,
                        "input": arguments,
                        "output": output,
                        "exception": None,
                    },
                }
            )
    return turns


def api_bank_schemas(tools: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The `apis.json` that goes with them."""
    names = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
    return [
        {
            "name": t["function"]["name"],
            "description": t["function"]["description"],
            "input_parameters": {
                name: {
                    "type": names.get(spec["type"], "list" if spec["type"] == "array" else "dict"),
                    "description": spec.get("description", ""),
                }
                for name, spec in t["function"]["parameters"]["properties"].items()
                if name in t["function"]["parameters"].get("required", ())
            },
            "output_parameters": {},
        }
        for t in tools
    ]
