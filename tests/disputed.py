"""A store of steps with wrong and right predictions, and a judge that knows which is which.

Step i asks for city i; the reference calls the tool with it. A prediction is another city, so the
scripted judge can tell from the prompt alone which response is the reference.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.flows.ingest import ingest
from curation.predictions import PredictionKind
from curation.trajectory import Message, Role, ToolCall
from storage.engine import Store
from storage.predictions import add_predictions, new_prediction
from storage.tables import TrajectoryRow, table_of
from tests.model_server import ModelServer, Step

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
MODEL = "student"


def call(city: str) -> Message:
    """The step that asks for the weather of a city."""
    return Message(
        Role.ASSISTANT, None, (ToolCall("get_weather", json.dumps({"city": city}), "call_1"),)
    )


def fill(store: Store, folder: Path, n: int, *, matching: int = 0, dataset: str = "cities") -> None:
    """`n` trajectories of one step, imported; each with a wrong prediction, and the first
    `matching` of them with a right one."""
    rows = []
    for i in range(n):
        city = f"City{i:05}"
        asked = {"role": "user", "content": f"What is the weather in {city}?"}
        function = {"name": "get_weather", "arguments": json.dumps({"city": city})}
        made = {"id": "call_1", "type": "function", "function": function}
        step = {"role": "assistant", "content": None, "tool_calls": [made]}
        rows.append({"id": f"row-{i}", "messages": [asked, step], "tools": [TOOL]})
    path = folder / f"{dataset}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ingest(store, [path], dataset=dataset)
    trajectory = table_of(TrajectoryRow)
    with store.write() as conn:
        ids = list(conn.execute(select(trajectory.c.id).order_by(trajectory.c.id)).scalars())[-n:]
        add_predictions(
            conn,
            [
                (
                    row_id,
                    new_prediction(
                        1,
                        MODEL,
                        call(f"City{i:05}" if i < matching else f"Wrong{i:05}"),
                        None,
                        kind=PredictionKind.GREEDY,
                    ),
                )
                for i, row_id in enumerate(ids)
            ],
        )


def asked_about(body: dict[str, Any]) -> tuple[int, bool]:
    """Which step a judge's question is about, and whether the reference is Response 1."""
    prompt = body["messages"][-1]["content"]
    first = prompt.index("Response 1:")
    second = prompt.index("Response 2:")
    found = re.search(r"Wrong(\d+)", prompt)
    assert found is not None
    return int(found.group(1)), not first < found.start() < second


def counted(server: ModelServer) -> Counter[tuple[int, bool]]:
    """How often each question was asked."""
    return Counter(asked_about(body) for body in server.asked)


def verdict_of(body: dict[str, Any]) -> Step:
    """What a judge says who knows that the reference is right."""
    _, reference_first = asked_about(body)
    return reply("RESPONSE_2_WRONG" if reference_first else "RESPONSE_1_WRONG")


def reply(verdict: str, **more: Any) -> Step:
    """A judge's reply as it was asked for."""
    said = {"error_analysis": "The city is another one.", "correct_approach": "Ask for the city."}
    return Step(json.dumps({**said, "verdict": verdict}), **more)


def cities(rows: Sequence[Any]) -> list[str]:
    """The values that the calls of messages ask for."""
    return [json.loads(one.tool_calls[0].raw_arguments)["city"] for one in rows]
