"""ToolACE: tools inside the system text, calls as Python-like text in brackets."""

from __future__ import annotations

import json
from typing import Any

from curation.synthesis.row import SyntheticRow

_SYSTEM = (
    "You are an expert in composing functions. You are given a question and a set of possible "
    "functions. If none of them can be used, or a parameter is missing, say so. Write calls in the "
    "format [func_name1(params_name1=params_value1, params_name2=params_value2...), "
    "func_name2(params)] and nothing else.\n{policy}\nHere is a list of functions in JSON format "
    "that you can invoke:\n{tools}\n"
)


def toolace(row: SyntheticRow) -> dict[str, Any]:
    """`{system, conversations}` with roles user, assistant and tool."""
    policy, turns = "", []
    for message in row.messages:
        role, content = message["role"], message["content"]
        if role == "system":
            policy = content
        elif "tool_calls" in message:
            calls = ", ".join(_call(c["function"]) for c in message["tool_calls"])
            turns.append({"from": "assistant", "value": f"[{calls}]"})
        elif role == "tool":
            entry = {"name": message["name"], "results": json.loads(content)}
            if turns[-1]["from"] == "tool":
                entries = [*json.loads(turns[-1]["value"]), entry]
                turns[-1]["value"] = json.dumps(entries, ensure_ascii=False)
            else:
                value = json.dumps([entry], ensure_ascii=False)
                turns.append({"from": "tool", "value": value})
        else:
            turns.append({"from": role, "value": content})
    tools = [_dict_typed(tool["function"]) for tool in row.tools]
    system = _SYSTEM.format(policy=policy, tools=json.dumps(tools, ensure_ascii=False))
    return {"system": system, "conversations": turns}


def _call(function: dict[str, Any]) -> str:
    arguments = json.loads(function["arguments"])
    inner = ", ".join(f"{k}={_literal(v)}" for k, v in arguments.items())
    return f"{function['name']}({inner})"


def _literal(value: Any) -> str:
    """A Python literal with double quotes around text."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(k)}: {_literal(v)}" for k, v in value.items())
        return "{" + inner + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return repr(value)


def _dict_typed(value: Any) -> Any:
    """The schema with `dict` for `object`, as this format has it."""
    if isinstance(value, dict):
        return {
            k: "dict" if k == "type" and v == "object" else _dict_typed(v) for k, v in value.items()
        }
    return [_dict_typed(v) for v in value] if isinstance(value, list) else value
