"""What holds between marks, whatever is placed, removed or united."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.annotation import Annotation
from curation.marks import Mark, Marks, merged, placed, removed
from curation.trajectory import Anchor


def mark(
    mark_id: str, *, root: bool = False, by: str | None = None, at: int = 1, asked: str = ""
) -> Mark:
    anchor = Anchor(message_index=at)
    return Mark(
        mark_id,
        "canonical",
        "A",
        anchor,
        root_cause=root,
        caused_by=by,
        expected_clarification=asked,
    )


def links(marks: Marks) -> dict[str, str | None]:
    return {m.mark_id: m.caused_by for m in marks}


def test_a_second_root_cause_takes_the_place_of_the_first() -> None:
    marks = placed(placed((), mark("1", root=True)), mark("2", root=True))
    assert [(m.mark_id, m.root_cause) for m in marks] == [("1", False), ("2", True)]


def test_the_root_cause_follows_from_nothing() -> None:
    marks = placed(placed((), mark("1")), mark("2", root=True, by="1"))
    assert links(marks) == {"1": None, "2": None}


def test_links_vanish_with_the_mark_they_lead_to() -> None:
    marks = placed(placed((), mark("1", root=True)), mark("2", by="1"))
    assert links(marks) == {"1": None, "2": "1"}
    assert links(removed(marks, "1")) == {"2": None}


@pytest.mark.parametrize("cause", ["nowhere", "2", "1"])
def test_no_link_leads_nowhere_to_itself_or_in_a_circle(cause: str) -> None:
    marks = placed(placed((), mark("2")), mark("1", by="2"))
    assert links(placed(marks, mark("2", by=cause)))["2"] is None


def test_a_link_to_a_mark_that_is_no_longer_the_root_cause_stays() -> None:
    marks = placed(placed((), mark("1", root=True)), mark("2", by="1"))
    assert links(placed(marks, mark("3", root=True)))["2"] == "1"


marks_drawn = st.builds(
    mark,
    st.sampled_from("abcd"),
    root=st.booleans(),
    by=st.one_of(st.none(), st.sampled_from("abcde")),
    at=st.integers(1, 2),
)
acts = st.lists(st.one_of(marks_drawn, st.sampled_from("abcd")), max_size=12)


def folded(said: list[Mark | str]) -> Marks:
    marks: Marks = ()
    for act in said:
        marks = removed(marks, act) if isinstance(act, str) else placed(marks, act)
    return marks


def check(marks: Marks) -> None:
    by_id = {m.mark_id: m for m in marks}
    assert len(by_id) == len(marks)
    assert sum(m.root_cause for m in marks) <= 1
    for one in marks:
        seen = []
        at: str | None = one.mark_id
        while at is not None:
            assert at in by_id
            assert at not in seen
            seen.append(at)
            at = by_id[at].caused_by
        assert not (one.root_cause and one.caused_by)


@given(acts)
def test_whatever_is_done_there_is_one_root_cause_and_links_hold(said: list[Mark | str]) -> None:
    check(folded(said))


@given(st.lists(acts, min_size=1, max_size=3))
def test_united_marks_keep_one_root_cause_and_links_hold(said: list[list[Mark | str]]) -> None:
    sets = [folded(one) for one in said]
    united = merged(sets)
    check(united)
    places = {(m.anchor, m.category) for marks in sets for m in marks}
    assert {(m.anchor, m.category) for m in united} == places
    assert any(m.root_cause for m in united) == any(m.root_cause for s in sets for m in s)


def test_united_links_lead_to_the_marks_that_stand_for_theirs() -> None:
    ann = (mark("m1", root=True, at=2),)
    bob = (mark("m9", root=True, at=2, asked="Which?"), mark("m1", by="m9", at=4))
    united = merged([ann, bob])
    assert [(m.mark_id, m.caused_by, m.root_cause) for m in united] == [
        ("m1", None, True),
        ("1:m1", "m1", False),
    ]
    assert united[0].expected_clarification == "Which?"


def test_marks_stored_before_there_were_links_and_spans_are_read_as_they_were() -> None:
    stored = (
        b'{"outcome":"reject","marks":[{"mark_id":"1","taxonomy":"t","category":"A","anchor":'
        b'{"message_index":1,"call_index":0,"pointer":"/x"},"root_cause":true},{"mark_id":"2",'
        b'"taxonomy":"t","category":"B","anchor":{},"severity":"minor","note":"n",'
        b'"root_cause":true}]}'
    )
    said = msgspec.json.decode(stored, type=Annotation)
    assert [m.root_cause for m in said.marks] == [True, True]
    assert all(m.train and m.caused_by is None and m.anchor.span is None for m in said.marks)
    assert msgspec.json.encode(said) == stored
