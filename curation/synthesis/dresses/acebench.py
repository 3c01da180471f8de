"""ACEBench: the dialogue as one text, the assistant called "system"; answers in a file apart."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from curation.synthesis.row import SyntheticRow


def _id(number: int) -> str:
    return f"normal_single_turn_parallel_function_{number}"


def question(row: SyntheticRow, number: int) -> dict[str, Any]:
    """`{id, question, function, time}` up to the first request."""
    first = next(i for i, m in enumerate(row.messages) if m["role"] == "user")
    told = "\n".join(m["content"] for m in row.messages[:first])
    functions = [
        {
            "name": t["function"]["name"],
            "description": t["function"]["description"],
            "arguments": t["function"]["parameters"],
        }
        for t in row.tools
    ]
    return {
        "id": _id(number),
        "question": f"user: {row.messages[first]['content']}\n",
        "function": functions,
        "time": told,
    }


def possible_answer(row: SyntheticRow, number: int) -> dict[str, Any]:
    """`{id, ground_truth}`: arguments by function; calls of one function are numbered."""
    step = next(m for m in row.messages if "tool_calls" in m)
    names = [call["function"]["name"] for call in step["tool_calls"]]
    total, seen = Counter(names), Counter[str]()
    truth: dict[str, Any] = {}
    for call, name in zip(step["tool_calls"], names, strict=True):
        seen[name] += 1
        key = name if total[name] == 1 else f"{name}_{seen[name]}"
        truth[key] = json.loads(call["function"]["arguments"])
    return {"id": _id(number), "ground_truth": truth}
