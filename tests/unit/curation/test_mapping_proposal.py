"""A proposed mapping can be read, and fits what it was made from."""

from __future__ import annotations

from typing import Any

import pytest

from curation.field_mapping import read_mapping
from curation.importing import ImportContext, Record, pivot_record
from curation.mapped_rows import MappedRows
from curation.mapping_proposal import propose_mapping

CALL = {"fn": "weather", "args": {"city": "Oslo"}, "id": "r1"}
DESK = {
    "dialog": {
        "turns": [
            {"who": "customer", "text": "Weather?"},
            {"who": "bot", "text": None, "actions": [CALL]},
            {"who": "backend", "for": "r1", "text": "rain"},
        ]
    },
    "functions": [{"name": "weather", "parameters": {"type": "object"}}],
}
STEPS = {
    "question": "Weather?",
    "steps": [{"thought": "Look.", "action": "weather", "action_input": {}, "observation": "rain"}],
    "final_answer": "Rain.",
}
SINGLE = {"query": "Weather?", "answer": "Rain."}


@pytest.mark.parametrize(
    ("record", "roles", "n_calls"),
    [
        (DESK, ["user", "assistant", "tool"], 1),
        (STEPS, ["user", "assistant", "tool", "assistant"], 1),
        (SINGLE, ["user", "assistant"], 0),
    ],
)
def test_it_fits_what_it_was_made_from(
    record: dict[str, Any], roles: list[str], n_calls: int
) -> None:
    rows = MappedRows(read_mapping(propose_mapping(record)))
    (found,) = pivot_record(rows, Record("f:1", 1, record), ImportContext())
    assert [m.role.value for m in found.trajectory.messages] == roles
    assert len(list(found.trajectory.calls())) == n_calls


def test_roles_it_cannot_know_are_marked_as_guesses() -> None:
    text = propose_mapping({"log": [{"role": "zebra", "content": "x"}]})
    assert 'zebra = "assistant"  # a guess' in text


def test_nothing_to_go_by_still_shows_all_places() -> None:
    for record in (None, {}, {"a": 1}):
        assert '# messages = ""' in propose_mapping(record)
