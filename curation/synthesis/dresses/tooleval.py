"""What ToolBench ships beside its trees: requests, and answers as converted for ToolEval."""

from __future__ import annotations

import json
from typing import Any

from curation.synthesis.row import SyntheticRow

_TYPES = {"string": "STRING", "number": "NUMBER", "integer": "NUMBER", "boolean": "BOOLEAN"}


def query(row: SyntheticRow, number: int) -> dict[str, Any]:
    """`{query, api_list, query_id}` without an answer."""
    apis = [_api(t["function"], row.domain) for t in row.tools]
    called = [c["function"]["name"] for m in row.messages for c in m.get("tool_calls") or ()]
    return {
        "api_list": apis,
        "query": _request(row),
        "relevant APIs": [[row.domain, name] for name in dict.fromkeys(called)],
        "query_id": number,
    }


def answer(row: SyntheticRow) -> dict[str, Any]:
    """`{query, available_tools, answer}`: a chain of calls, each with its result."""
    results = {m["tool_call_id"]: m["content"] for m in row.messages if m["role"] == "tool"}
    steps: list[tuple[str, str]] = [("user", _request(row))]
    for message in row.messages:
        for call in message.get("tool_calls") or ():
            said = {**call["function"], "response": results.get(call["id"], "")}
            steps.append(("tool", repr(said)))
    final = {"return_type": "give_answer", "final_answer": row.messages[-1]["content"]}
    finish = {"name": "Finish", "arguments": json.dumps(final, ensure_ascii=False)}
    steps.append(("tool", repr({**finish, "response": ""})))
    node: dict[str, Any] = {}
    for role, text in reversed(steps):
        node = {"role": role, "message": text, "next": [node] if node else []}
    return {
        "query": _request(row),
        "available_tools": [t["function"] for t in row.tools],
        "answer": {
            "method": "small_CoT",
            "total_steps": len(steps),
            "final_answer": json.dumps(final, ensure_ascii=False),
            "answer_details": [{"role": "system", "message": "", "next": [node]}],
        },
    }


def _request(row: SyntheticRow) -> str:
    return str(next(m["content"] for m in row.messages if m["role"] == "user"))


def _api(function: dict[str, Any], domain: str) -> dict[str, Any]:
    schema = function["parameters"]
    required = schema.get("required", [])
    named = [
        {
            "name": name,
            "type": _TYPES.get(inner.get("type"), "STRING"),
            "description": inner.get("description", ""),
            "default": "",
        }
        for name, inner in schema.get("properties", {}).items()
    ]
    return {
        "category_name": domain.title(),
        "tool_name": domain,
        "api_name": function["name"],
        "api_description": function["description"],
        "required_parameters": [p for p in named if p["name"] in required],
        "optional_parameters": [p for p in named if p["name"] not in required],
        "method": "GET",
    }
