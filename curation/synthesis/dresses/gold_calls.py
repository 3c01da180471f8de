"""Dresses of a request and the calls expected for it: ToolAlpaca, Seal-Tools, NesTools."""

from __future__ import annotations

import json
from typing import Any

from curation.synthesis.row import SyntheticRow

_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
}


def _request(row: SyntheticRow) -> str:
    return str(next(m["content"] for m in row.messages if m["role"] == "user"))


def _calls(row: SyntheticRow) -> list[tuple[str, dict[str, Any]]]:
    step = next(m for m in row.messages if "tool_calls" in m)
    return [
        (c["function"]["name"], json.loads(c["function"]["arguments"])) for c in step["tool_calls"]
    ]


def toolalpaca(rows: list[SyntheticRow]) -> dict[str, Any]:
    """One API with the requests of rows of one domain."""
    described = {}
    for tool in rows[0].tools:
        function = tool["function"]
        schema = function["parameters"]
        parameters = {
            name: ("Required. " if name in schema.get("required", ()) else "")
            + f"{spec['type']}. {spec.get('description', '')}"
            for name, spec in schema["properties"].items()
        }
        described[function["name"]] = (
            f"{function['description']}\nParameters: {json.dumps(parameters, ensure_ascii=False)}"
            "\nOutput: Successful response.\n - Format: application/json"
        )
    return {
        "Name": rows[0].domain.title(),
        "Description": f"The {rows[0].domain} desk.",
        "Category": rows[0].domain,
        "Function_Description": {**described, "components": ""},
        "Instructions": [_request(row) for row in rows],
        "Golden_Answers": [
            [
                {"Action": name, "Action_Input": json.dumps(arguments, ensure_ascii=False)}
                for name, arguments in _calls(row)
            ]
            for row in rows
        ],
    }


def _apis(row: SyntheticRow) -> list[dict[str, Any]]:
    return [
        {
            "api_name": t["function"]["name"],
            "api_description": t["function"]["description"],
            "field": row.domain,
            "parameters": {
                name: {"type": _TYPES[spec["type"]], "description": spec.get("description", "")}
                for name, spec in t["function"]["parameters"]["properties"].items()
            },
            "required": t["function"]["parameters"].get("required", []),
            "responses": {"result": {"type": "dict", "description": "What was found or done"}},
        }
        for t in row.tools
    ]


def _nested(row: SyntheticRow, key: str) -> list[dict[str, Any]]:
    return [
        {key: name, "parameters": arguments, "responses": [f"API_call_{n}"]}
        for n, (name, arguments) in enumerate(_calls(row))
    ]


def seal_tools(row: SyntheticRow) -> dict[str, Any]:
    """A fine-tuning row; Python literals in the prompt and in the answer."""
    prompt = (
        "Choose the APIs that are needed and give the list of calls.\n\nInput:\n"
        f'api_list = {_apis(row)!r}\ntask_instruction = "{_request(row)}"\nOutput:\n'
    )
    return {
        "id": row.id,
        "conversations": [
            {"from": "human", "value": prompt},
            {"from": "gpt", "value": repr(_nested(row, "api"))},
        ],
    }


def nestools(row: SyntheticRow, number: int) -> dict[str, Any]:
    """`{test_id, api, task, call}`."""
    return {
        "test_id": number,
        "api": _apis(row),
        "task": _request(row),
        "call": _nested(row, "api_name"),
    }
