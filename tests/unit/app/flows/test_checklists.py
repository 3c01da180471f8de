"""Checklists of tools: items in versions, answers as acts, both in the label table."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec
import pytest

from app.flows.annotate import open_trajectory, perform
from app.flows.checklists import ItemEdit, edit_item
from app.flows.export import ExportRequest, export
from app.flows.reports import annotation_lines
from curation.checklists import Answer, Answered
from curation.errors import AnnotationError
from storage.engine import Store
from storage.tables import ChecklistItemRow, table_of
from tests.episodes import ANSWER_AT, CALL_AT, Person, add_episodes

CITY = ItemEdit("i1", "get_weather", "The city is the one  the user named", tool_hash="h")


@pytest.fixture
def ann(any_store: Store) -> Person:
    return Person(any_store, "Ann")


def test_two_people_edit_one_item_and_the_later_counts(any_store: Store, ann: Person) -> None:
    bob = Person(any_store, "Bob")
    edit_item(any_store, ann.info, CITY)
    edit_item(any_store, ann.info, msgspec.structs.replace(CITY, item_id="i2", text="A day"))
    items = edit_item(any_store, bob.info, msgspec.structs.replace(CITY, text="The city is meant"))
    assert [(i.item_id, i.text, i.author) for i in items] == [
        ("i1", "The city is meant", "Bob"),
        ("i2", "A day", "Ann"),
    ]
    left = edit_item(any_store, ann.info, msgspec.structs.replace(CITY, retired=True))
    assert [i.item_id for i in left] == ["i2"]
    with any_store.read() as conn:
        assert len(conn.execute(table_of(ChecklistItemRow).select()).all()) == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"text": "  "}, "says nothing"), ({"text": "x" * 301}, "301"), ({"tool": ""}, "no tool")],
)
def test_an_item_that_cannot_be_read_is_refused(
    any_store: Store, ann: Person, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(AnnotationError, match=words) as refused:
        edit_item(any_store, ann.info, msgspec.structs.replace(CITY, **changes))
    assert refused.value.hint


def test_answers_are_acts_and_survive_the_item(
    any_store: Store, ann: Person, tmp_path: Path
) -> None:
    (uid,) = add_episodes(any_store, 1)
    edit_item(any_store, ann.info, CITY)
    place = {"message_index": CALL_AT, "call_index": 0, "item_id": "i1"}
    ops = [
        ann.op("checklist", uid, **place, answer="yes"),
        ann.op("checklist", uid, **place, answer="no"),
        ann.op("outcome", uid, outcome="reject"),
        ann.op("commit", uid),
    ]
    assert {r.status for r in perform(any_store, ann.info, "s", ops).results} == {"ok"}
    edit_item(any_store, ann.info, msgspec.structs.replace(CITY, retired=True))
    opened = open_trajectory(any_store, uid, ann.info)
    assert opened.checklists == {}
    assert opened.draft.annotation.checklist == (Answered(CALL_AT, 0, "i1", Answer.NO),)
    (line,) = annotation_lines(any_store)
    assert line.annotation.checklist == opened.draft.annotation.checklist
    out = tmp_path / "out"
    export(
        any_store,
        ExportRequest(type="labels", layout="csv", out=str(out), include="annotated"),
    )
    (path,) = out.glob("*.csv")
    told = [r for r in csv.DictReader(path.open(encoding="utf-8-sig")) if r["kind"] == "checklist"]
    assert [(r["value"], r["item_id"], r["item"]) for r in told] == [
        ("no", "i1", "The city is the one the user named")
    ]


@pytest.mark.parametrize(
    "place",
    [
        {"message_index": CALL_AT, "call_index": 0, "item_id": "unknown"},
        {"message_index": CALL_AT, "call_index": 7, "item_id": "i1"},
        {"message_index": ANSWER_AT, "call_index": 0, "item_id": "i1"},
    ],
)
def test_an_answer_needs_an_item_and_a_call(
    any_store: Store, ann: Person, place: dict[str, object]
) -> None:
    (uid,) = add_episodes(any_store, 1)
    edit_item(any_store, ann.info, CITY)
    (result,) = perform(
        any_store, ann.info, "s", [ann.op("checklist", uid, **place, answer="yes")]
    ).results
    assert result.status == "refused"
    assert result.hint


def test_what_is_opened_has_the_checklists_of_the_tools_it_calls(
    any_store: Store, ann: Person
) -> None:
    (uid,) = add_episodes(any_store, 1)
    edit_item(any_store, ann.info, CITY)
    edit_item(any_store, ann.info, msgspec.structs.replace(CITY, item_id="o", tool="other"))
    opened = open_trajectory(any_store, uid, ann.info)
    assert [i.item_id for i in opened.checklists["get_weather"]] == ["i1"]
    assert list(opened.checklists) == ["get_weather"]
