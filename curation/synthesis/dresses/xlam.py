"""xLAM / APIGen 60k: one query, answers and tools as JSON text, Python-like types."""

from __future__ import annotations

import json
from typing import Any

from curation.synthesis.row import SyntheticRow

_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "object": "dict",
}


def xlam(row: SyntheticRow, number: int) -> dict[str, Any]:
    """`{id, query, answers, tools}` of the first request and its call step."""
    query = next(m["content"] for m in row.messages if m["role"] == "user")
    step = next(m for m in row.messages if "tool_calls" in m)
    answers = [
        {"name": c["function"]["name"], "arguments": json.loads(c["function"]["arguments"])}
        for c in step["tool_calls"]
    ]
    return {
        "id": number,
        "query": query,
        "answers": json.dumps(answers, ensure_ascii=False),
        "tools": json.dumps([_tool(t["function"]) for t in row.tools], ensure_ascii=False),
    }


def _tool(function: dict[str, Any]) -> dict[str, Any]:
    schema = function["parameters"]
    parameters = {
        name: {
            "description": spec["description"],
            "type": _python(spec) + ("" if name in schema["required"] else ", optional"),
        }
        for name, spec in schema["properties"].items()
    }
    return {
        "name": function["name"],
        "description": function["description"],
        "parameters": parameters,
    }


def _python(spec: dict[str, Any]) -> str:
    if spec["type"] == "array":
        return f"List[{_TYPES[spec['items']['type']]}]"
    return _TYPES[spec["type"]]
