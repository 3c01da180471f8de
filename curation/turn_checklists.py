"""Checklists that people bring for single turns, as JSON lines.

One line a turn: `{"id": source id or uid, "turn": 1, "items": [{"question": …, "weight": 2,
"must_hold": true, "pass_condition": …}]}`. Of an item only the question is needed. The form follows
CM2's (arXiv 2602.12268); its other fields are read over, so that its files may be brought as they
are where they have these.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from curation.errors import RubricError
from curation.rubric import Criterion

MAX_ITEMS = 50
"""Items of one turn."""


class _Item(Struct, frozen=True):
    question: str
    weight: float = 1.0
    must_hold: bool = False
    pass_condition: str = ""


class _Line(Struct, frozen=True):
    id: str
    turn: int
    items: tuple[_Item, ...]


TurnChecklists = dict[tuple[str, int], tuple[Criterion, ...]]
"""(source id or uid, 1-based turn) -> its items."""

_line = msgspec.json.Decoder(_Line)


def read_turn_checklists(text: str, where: str) -> TurnChecklists:
    """Read a file of checklists.

    Raises:
        RubricError: a line is no checklist, names a turn twice, or has no items; says which.
    """
    found: TurnChecklists = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        place = f"{where}:{number}"
        try:
            one = _line.decode(line)
        except msgspec.DecodeError as problem:
            raise _refused(f"{problem}.", place) from None
        key = (one.id, one.turn)
        if one.turn < 1 or key in found:
            why = "is there twice" if key in found else "does not exist: turns count from 1"
            raise _refused(f"Turn {one.turn} of {one.id} {why}.", place)
        if not 0 < len(one.items) <= MAX_ITEMS:
            raise _refused(f"It has {len(one.items)} items, of 1 to {MAX_ITEMS}.", place)
        found[key] = tuple(_criterion(item, n, place) for n, item in enumerate(one.items, 1))
    if not found:
        raise _refused("There is no checklist in it.", where)
    return found


def _criterion(item: _Item, number: int, place: str) -> Criterion:
    question = " ".join(item.question.split())
    if not question or not 0 < item.weight < float("inf"):
        raise _refused(f"Item {number} has no question, or a weight that is not above 0.", place)
    condition = " ".join(item.pass_condition.split())
    if condition:
        question = f"{question} (It is so when: {condition})"
    return Criterion(f"item-{number}", question, item.weight, item.must_hold)


def _refused(what: str, place: str) -> RubricError:
    return RubricError(
        what,
        where=place,
        hint='One JSON object a line: {"id": …, "turn": 1, "items": [{"question": …}]}.',
    )
