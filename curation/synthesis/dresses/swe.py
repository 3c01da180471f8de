"""SWE-agent: one run with function calling as a `.traj` file."""

from __future__ import annotations

from typing import Any

from curation.synthesis.row import SyntheticRow


def run(row: SyntheticRow) -> dict[str, Any]:
    """The history as the model saw it, and the steps."""
    history: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    for message in row.messages:
        role = message["role"]
        entry = {"role": role, "content": message["content"], "agent": "main"}
        if role == "assistant":
            calls = message.get("tool_calls") or []
            action = "\n".join(
                f"{c['function']['name']} {c['function']['arguments']}" for c in calls
            )
            entry |= {"thought": message["content"] or "", "action": action}
            entry |= {"message_type": "action"} | ({"tool_calls": calls} if calls else {})
            steps.append(
                {
                    "action": action,
                    "observation": "",
                    "response": message["content"] or "",
                    "thought": message["content"] or "",
                    "execution_time": 0.25,
                    "state": {"working_dir": "/work"},
                }
            )
        elif role == "tool":
            entry |= {"message_type": "observation", "tool_call_ids": [message["tool_call_id"]]}
            steps[-1]["observation"] += message["content"]
        history.append(entry)
    return {
        "environment": "main",
        "trajectory": steps,
        "history": history,
        "info": {"exit_status": "submitted", "submission": None},
    }
