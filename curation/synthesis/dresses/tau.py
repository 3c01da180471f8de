"""tau-bench: runs with a reward; the tools come in a file of their own."""

from __future__ import annotations

import json
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
