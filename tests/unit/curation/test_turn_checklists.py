"""Checklists that people bring for single turns."""

from __future__ import annotations

import json

import pytest

from curation.errors import RubricError
from curation.turn_checklists import read_turn_checklists


def line(**more: object) -> str:
    return json.dumps({"id": "row-1", "turn": 1, "items": [{"question": "A?"}], **more})


def test_items_have_weights_and_may_have_to_hold() -> None:
    items = [
        {"question": " Is the\nseat kept? ", "weight": 3, "must_hold": True, "id": "x"},
        {"question": "Is it told?", "pass_condition": "the reply names it"},
    ]
    found = read_turn_checklists(line(items=items) + "\n\n" + line(turn=2), "lists.jsonl")
    one, two = found["row-1", 1]
    assert (one.question, one.weight, one.must_hold) == ("Is the seat kept?", 3, True)
    assert two.question == "Is it told? (It is so when: the reply names it)"
    assert [c.name for c in found["row-1", 2]] == ["item-1"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no checklist"),
        ("{", "truncated"),
        (line(items=[]), "0 items"),
        (line(turn=0), "turns count from 1"),
        (line() + "\n" + line(), "is there twice"),
        (line(items=[{"question": " "}]), "Item 1 has no question"),
        (line(items=[{"question": "A?", "weight": 0}]), "not above 0"),
        (line(items=[{"weight": 1}]), "question"),
    ],
)
def test_what_is_no_checklist_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(RubricError, match=says) as caught:
        read_turn_checklists(text, "lists.jsonl")
    assert caught.value.where.startswith("lists.jsonl")
