"""Runs with the error that people found in them: Who&When, AgentErrorBench, CriticTool."""

from __future__ import annotations

import json
from typing import Any

from curation.synthesis.row import Planted, SyntheticRow

FAILURES = {
    "PARAM_VALUE": ("action", "parameter_error"),
    "PARAM_TYPE": ("action", "parameter_error"),
    "PARAM_MISSING": ("action", "parameter_error"),
    "PARAM_UNKNOWN_KEY": ("action", "parameter_error"),
    "PARAM_UNGROUNDED": ("memory", "hallucination"),
    "TOOL_WRONG": ("action", "misalignment"),
    "TOOL_HALLUCINATED": ("action", "invalid_action"),
    "RESULT_MISREAD": ("reflection", "outcome_misinterpretation"),
    "RESULT_FABRICATED": ("reflection", "hallucination"),
    "POLICY_OR_SPEC": ("planning", "constraint_ignorance"),
    "CALL_REPEATED": ("planning", "inefficient_plan"),
}
"""What was planted -> AgentErrorBench's module and failure type."""


def _error(row: SyntheticRow) -> Planted | None:
    """The one error of a row, where it is a step's."""
    if len(row.planted) != 1:
        return None
    (one,) = row.planted
    at = one.message_index
    return one if at is not None and row.messages[at]["role"] == "assistant" else None


def fits(row: SyntheticRow) -> bool:
    """Whether its one error is of a kind that both label."""
    error = _error(row)
    return error is not None and error.category in FAILURES and bool(error.note)


def who_and_when(row: SyntheticRow) -> dict[str, Any]:
    """The run as a talk of agents, without calls."""
    error = _error(row)
    assert error is not None
    assert error.message_index is not None
    history: list[dict[str, Any]] = []
    step = ""
    for index, message in enumerate(row.messages):
        if index == error.message_index:
            step = str(len(history))
        if message["role"] == "user":
            history.append({"content": message["content"], "role": "human"})
        elif message["role"] == "assistant":
            history.append({"content": _words(message), "role": "assistant", "name": "Clerk"})
        elif message["role"] == "tool":
            history.append(
                {"content": message["content"], "role": "user", "name": "Computer_terminal"}
            )
    return {
        "question": next(m["content"] for m in row.messages if m["role"] == "user"),
        "question_ID": row.id,
        "is_correct": False,
        "history": history,
        "mistake_agent": "Clerk",
        "mistake_step": step,
        "mistake_reason": error.note,
    }


def agent_error(row: SyntheticRow) -> dict[str, Any]:
    """Labels by step and module, with the run in the row."""
    error = _error(row)
    assert error is not None
    assert error.message_index is not None
    module, kind = FAILURES[error.category]
    step = sum(m["role"] == "assistant" for m in row.messages[: error.message_index + 1])
    said = {"failure_type": kind, "reasoning": error.note}
    return {
        "trajectory_id": row.id,
        "LLM": "small",
        "task_type": row.domain,
        "critical_failure_step": step,
        "critical_failure_module": module,
        "step_annotations": [{"step": step, module: said}],
        "messages": row.messages,
        "tools": row.tools,
    }


def is_slip(row: SyntheticRow) -> bool:
    """Whether its first prediction is one call with an error that CriticTool names."""
    return not row.planted and bool(row.predictions) and bool(_slip(row))


def critictool(row: SyntheticRow) -> dict[str, Any]:
    """An entry: the talk with the wrong call at its end, and the right one beside it."""
    guess = row.predictions[0]
    at = guess["message_index"]
    listed = [_listed(t["function"]) for t in row.tools]
    prompt = [{"role": "system", "content": f"You may call these APIs: {json.dumps(listed)}"}]
    for message in [*row.messages[:at], guess["message"]]:
        if message["role"] == "assistant":
            prompt.append({"role": "assistant", "content": json.dumps(_step(message))})
        elif message["role"] != "system":
            role = "function" if message["role"] == "tool" else message["role"]
            prompt.append({"role": role, "content": message["content"]})
    return {
        "query_prompt": prompt,
        "error_type": _slip(row),
        "ground_truth": _step(row.messages[at]),
    }


def _slip(row: SyntheticRow) -> str:
    """What is wrong with the first prediction, as CriticTool calls it; "" for nothing it names."""
    guess = row.predictions[0]
    calls = guess["message"].get("tool_calls") or []
    right = row.messages[guess["message_index"]].get("tool_calls") or []
    if len(calls) != 1 or len(right) != 1:
        return ""
    made, due = calls[0]["function"], right[0]["function"]
    try:
        given = json.loads(made["arguments"])
    except ValueError:
        return ""
    wanted = json.loads(due["arguments"])
    if made["name"] != due["name"]:
        is_known = made["name"] in {t["function"]["name"] for t in row.tools}
        return "tool_select_error" if is_known else "tool_hallucination_error"
    if given.keys() != wanted.keys():
        return "parameters_key_error"
    return "parameters_value_error" if given != wanted else ""


def _step(message: dict[str, Any]) -> dict[str, Any]:
    calls = message.get("tool_calls") or []
    if not calls:
        return {"thought": message["content"] or "", "name": "", "args": {}}
    function = calls[0]["function"]
    return {
        "thought": message["content"] or "",
        "name": function["name"],
        "args": json.loads(function["arguments"]),
    }


def _words(message: dict[str, Any]) -> str:
    calls = message.get("tool_calls") or []
    made = [f"{c['function']['name']}({c['function']['arguments']})" for c in calls]
    return "\n".join([message["content"] or "", *made]).strip()


def _listed(function: dict[str, Any]) -> dict[str, Any]:
    schema = function["parameters"]
    required = schema.get("required", [])
    named = [
        {
            "name": name,
            "type": inner.get("type", "any"),
            "description": inner.get("description", ""),
        }
        for name, inner in schema.get("properties", {}).items()
    ]
    return {
        "name": function["name"],
        "description": function["description"],
        "required_parameters": [p for p in named if p["name"] in required],
        "optional_parameters": [p for p in named if p["name"] not in required],
    }
