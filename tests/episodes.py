"""Small trajectories in a store, for tests of the queue, acts, corrections and decisions.

Rows go in through the same functions that an import uses; nothing is inserted by hand.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from app.flows.annotate import Op
from app.flows.identity import annotator_named
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory
from storage.annotators import AnnotatorInfo
from storage.datasets import NewItem, add_items, ensure_dataset
from storage.engine import Store
from storage.trajectories import add_batch, new_trajectory

WEATHER = ToolSpec(
    name="get_weather",
    description="Weather of a city on a day",
    parameters={
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer", "minimum": 1},
            "place": {"type": "object", "properties": {"zip": {"type": "string"}}},
        },
        "required": ["city"],
    },
)

CALL_AT, ANSWER_AT = 2, 4
"""Message indexes of the two steps of `episode`."""

CATEGORY = {"taxonomy": "canonical", "category": "PARAM_VALUE"}


def episode(i: int, raw_arguments: str | None = None) -> Trajectory:
    """Five messages: system, a question about city `i`, a call, its result, the answer."""
    raw = f'{{"city": "City {i}", "days": 2}}' if raw_arguments is None else raw_arguments
    return Trajectory(
        messages=(
            Message(role=Role.SYSTEM, content="You know the weather."),
            Message(role=Role.USER, content=f"How is the weather in City {i}?"),
            Message(role=Role.ASSISTANT, tool_calls=(ToolCall("get_weather", raw, "c1"),)),
            Message(role=Role.TOOL, content='{"sky": "clear"}', tool_call_id="c1"),
            Message(role=Role.ASSISTANT, content=f"The sky over City {i} is clear."),
        ),
        tools=(WEATHER,),
    )


def add_episodes(store: Store, n: int, dataset: str = "weather", first: int = 0) -> tuple[str, ...]:
    """Add `n` episodes to a dataset; returns their uids in the order of import."""
    return add_trajectories(store, [episode(first + i) for i in range(n)], dataset)


def add_trajectories(
    store: Store, values: Sequence[Trajectory], dataset: str = "weather"
) -> tuple[str, ...]:
    """Add trajectories to a dataset; returns their uids."""
    rows = [new_trajectory(value, f"group-{value.uid}") for value in values]
    with store.write() as conn:
        number = ensure_dataset(conn, dataset, "openai-chat")
        added = add_batch(conn, rows)
        items = [
            NewItem(row_id, f"{dataset}-{i}", f"{dataset}.jsonl:{i + 1}", b'{"reward": 1.0}')
            for i, row_id in enumerate(added.ids)
        ]
        add_items(conn, number, items)
    return tuple(row.uid for row in rows)


class Person:
    """An annotator with a browser session that numbers its ops."""

    def __init__(self, store: Store, name: str, session: str = "") -> None:
        self.store = store
        self.info: AnnotatorInfo = annotator_named(store, name)
        self.session = session or f"session-of-{name}"
        self._numbers = itertools.count(1)

    def op(self, kind: str, uid: str = "", **payload: object) -> Op:
        """The next op of this session."""
        return Op(next(self._numbers), uid, kind, payload)

    def mark(self, uid: str, mark_id: str, **anchor: object) -> Op:
        """A mark of a known category."""
        return self.op("mark", uid, mark={"mark_id": mark_id, **CATEGORY, "anchor": anchor})

    def next_number(self) -> int:
        """The number of an op that is sent by another route."""
        return next(self._numbers)
