"""BFCL: question lines and possible-answer lines that share an id."""

from __future__ import annotations

import json
from typing import Any

from curation.synthesis.row import SyntheticRow


def _id(row: SyntheticRow, number: int) -> str:
    return f"{'parallel' if row.scenario == 'parallel' else 'simple'}_{number}"


def question(row: SyntheticRow, number: int) -> dict[str, Any]:
    """`{id, question, function}`: everything up to the first user message, schema type `dict`."""
    first = next(i for i, m in enumerate(row.messages) if m["role"] == "user")
    functions = [
        {**t["function"], "parameters": {**t["function"]["parameters"], "type": "dict"}}
        for t in row.tools
    ]
    return {"id": _id(row, number), "question": [row.messages[: first + 1]], "function": functions}


def possible_answer(row: SyntheticRow, number: int) -> dict[str, Any]:
    """`{id, ground_truth}`: accepted values per argument; "" marks one that may be left out."""
    step = next(m for m in row.messages if "tool_calls" in m)
    schemas = {t["function"]["name"]: t["function"]["parameters"] for t in row.tools}
    truth = []
    for call in step["tool_calls"]:
        name = call["function"]["name"]
        arguments = json.loads(call["function"]["arguments"])
        accepted = {key: [_leaves(value)] for key, value in arguments.items()}
        for key in schemas[name]["properties"]:
            if key not in arguments:
                accepted[key] = [""]
        truth.append({name: accepted})
    return {"id": _id(row, number), "ground_truth": truth}


def _leaves(value: Any) -> Any:
    """Inside objects every leaf is again a list of accepted values."""
    if isinstance(value, dict):
        return {k: [_leaves(v)] for k, v in value.items()}
    return value
