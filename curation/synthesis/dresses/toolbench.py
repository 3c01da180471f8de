"""ToolBench: the answer tree of a depth-first search, wrong predictions as the branches it left."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from curation.synthesis.row import SyntheticRow

_NO_USE = '{"error": "", "response": "Nothing was found."}'
_GIVE_UP = json.dumps({"return_type": "give_up_and_restart"}, indent=2)
_FINISH = {
    "name": "Finish",
    "description": "Give the final answer to the user, or give up and start again.",
    "parameters": {
        "type": "object",
        "properties": {
            "return_type": {"type": "string", "enum": ["give_answer", "give_up_and_restart"]},
            "final_answer": {"type": "string", "description": "With give_answer: the answer."},
        },
        "required": ["return_type"],
    },
}


def fits(row: SyntheticRow) -> bool:
    """Whether a search could have made it: one request, one call a step, an answer in words, and a
    wrong prediction to branch off."""
    steps = [m for m in row.messages if m["role"] == "assistant"]
    calls = [m.get("tool_calls") or [] for m in steps]
    return (
        sum(m["role"] == "user" for m in row.messages) == 1
        and all(len(made) == 1 for made in calls[:-1])
        and not calls[-1]
        and bool(_wrong(row))
    )


def tree(row: SyntheticRow, *, gave_up: bool = False) -> dict[str, Any]:
    """One search; with `gave_up` its last word is that there is no answer."""
    numbers = count()
    root = _node("Action Input", "", next(numbers))
    steps = [(i, m) for i, m in enumerate(row.messages) if m["role"] == "assistant"]
    answer = {"return_type": "give_answer", "final_answer": steps[-1][1]["content"]}
    final = _GIVE_UP if gave_up else json.dumps(answer, ensure_ascii=False, indent=2)
    at = root
    for index, message in steps[:-1]:
        for guess in _wrong(row, index):
            _leave(_say(at, guess["message"], numbers, _NO_USE))
        at = _say(at, message, numbers, row.messages[index + 1]["content"])
    at = _say(at, _finishing(final), numbers, '{"response":"finished"}', 4 if gave_up else 3)
    at["pruned"] = gave_up
    opening = [m for m in row.messages if m["role"] in ("system", "user")]
    return {
        "win": not gave_up,
        "tree": {"size": next(numbers), "max_length": at["depth"], "tree": root},
        "forward_args": {"single_chain_max_step": 12, "tree_beam_size": 2},
        "compare_candidates": [],
        "answer_generation": {
            "valid_data": True,
            "final_answer": final,
            "finish_type": "give_up" if gave_up else "give_answer",
            "function": [*(_function(t["function"]) for t in row.tools), _FINISH],
            "chain": [],
            "train_messages": [opening],
            "query": next(m["content"] for m in opening if m["role"] == "user"),
        },
    }


def _wrong(row: SyntheticRow, index: int | None = None) -> list[dict[str, Any]]:
    """Predictions that call something else than the reference, or nothing."""
    return [
        guess
        for guess in row.predictions
        if index in (None, guess["message_index"])
        and len(guess["message"].get("tool_calls") or ()) <= 1
        and _called(guess["message"]) != _called(row.messages[guess["message_index"]])
    ]


def _called(message: dict[str, Any]) -> list[Any]:
    return [
        (c["function"]["name"], _sorted(c["function"]["arguments"]))
        for c in message.get("tool_calls") or ()
    ]


def _sorted(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except ValueError:
        return arguments


def _say(
    at: dict[str, Any], message: dict[str, Any], numbers: Any, observation: str, code: int = 0
) -> dict[str, Any]:
    """Add a message after a node; returns the last node of it."""
    calls = message.get("tool_calls") or []
    chain = [("Thought", message["content"])] if message.get("content") else []
    for call in calls:
        chain.append(("Action", call["function"]["name"]))
        chain.append(("Action Input", call["function"]["arguments"]))
    for kind, text in chain:
        node = _node(kind, text, at["depth"] + 1)
        at["children"].append(node)
        at["child_count"] += 1
        at = node
    at["expand_num"] = next(numbers)
    if calls:
        at.update(observation=observation, observation_code=code)
    return at


def _leave(at: dict[str, Any]) -> None:
    """The search saw no use in going on here."""
    at["pruned"] = True


def _finishing(arguments: str) -> dict[str, Any]:
    return {"tool_calls": [{"function": {"name": "Finish", "arguments": arguments}}]}


def _node(kind: str, text: str, depth: int) -> dict[str, Any]:
    return {
        "is_terminal": False,
        "pruned": False,
        "finished": False,
        "depth": depth,
        "node_type": kind,
        "description": text,
        "Elo": 1000.0,
        "child_count": 0,
        "expand_num": 0,
        "children": [],
    }


def _function(function: dict[str, Any]) -> dict[str, Any]:
    """ToolBench lists the parameters that may be left out beside those that may not."""
    schema = function["parameters"]
    required = schema.get("required", [])
    optional = [name for name in schema.get("properties", {}) if name not in required]
    return {**function, "parameters": {**schema, "required": required, "optional": optional}}
