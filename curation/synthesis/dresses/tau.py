"""tau-bench and tau2-bench: runs with a reward; the first has its tools in a file of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from curation.synthesis.row import SyntheticRow


def run(row: SyntheticRow, number: int) -> dict[str, Any]:
    """One run; the reward is 1 where nothing was planted."""
    reward = 0.0 if row.planted else 1.0
    actions = [
        {"name": c["function"]["name"], "kwargs": json.loads(c["function"]["arguments"])}
        for m in row.messages
        for c in m.get("tool_calls", ())
    ]
    instruction = next(m["content"] for m in row.messages if m["role"] == "user")
    task = {
        "user_id": f"user_{number}",
        "instruction": instruction,
        "actions": actions,
        "outputs": [],
    }
    rewarded = {"reward": reward}
    return {
        "task_id": number,
        "trial": 0,
        "reward": reward,
        "traj": row.messages,
        "info": {
            "task": task,
            "source": "user",
            "user_cost": 0.0,
            "reward_info": rewarded,
        },
    }


def tau2(rows: Sequence[SyntheticRow], tools: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A run file of tau2-bench: the system text is the domain's policy and stands apart."""
    runs = [run(row, number) for number, row in enumerate(rows)]
    policy = next(m["content"] for m in rows[0].messages if m["role"] == "system")
    return {
        "timestamp": "2030-01-01T00:00:00",
        "info": {
            "num_trials": 1,
            "agent_info": {"implementation": "llm_agent", "llm": "small"},
            "user_info": {"implementation": "user_simulator", "llm": "small"},
            "environment_info": {
                "domain_name": rows[0].domain,
                "policy": policy,
                "tool_defs": tools,
            },
        },
        "tasks": [_task(one) for one in runs],
        "simulations": [_simulation(one, number) for number, one in enumerate(runs)],
    }


def _task(one: dict[str, Any]) -> dict[str, Any]:
    task = one["info"]["task"]
    return {
        "id": str(one["task_id"]),
        "user_scenario": {"instructions": task["instruction"]},
        "evaluation_criteria": {
            "actions": [
                {"name": a["name"], "arguments": a["kwargs"], "requestor": "assistant"}
                for a in task["actions"]
            ]
        },
    }


def _simulation(one: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        "id": f"sim-{number}",
        "task_id": str(one["task_id"]),
        "trial": 0,
        "termination_reason": "user_stop",
        "reward_info": {"reward": one["reward"], "db_check": None},
        "messages": [_message(m) for m in one["traj"] if m["role"] != "system"],
    }


def _message(message: dict[str, Any]) -> dict[str, Any]:
    if message["role"] == "tool":
        return {
            "id": message["tool_call_id"],
            "role": "tool",
            "content": message["content"],
            "requestor": "assistant",
            "error": False,
        }
    calls = [
        {
            "id": call["id"],
            "name": call["function"]["name"],
            "arguments": json.loads(call["function"]["arguments"]),
            "requestor": "assistant",
        }
        for call in message.get("tool_calls") or ()
    ]
    return {"role": message["role"], "content": message["content"], "tool_calls": calls or None}
