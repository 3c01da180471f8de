"""Revisions of annotations, their marks, and which of them stand."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from curation.annotation import ActKind, Annotation, EmptyPayload, Outcome, StepVerdict
from curation.marks import Mark
from curation.trajectory import Anchor
from storage import acts, annotations, browse
from storage.annotations import append_revision, latest_of, standing_annotations
from storage.browse import Filter
from storage.engine import Store
from storage.tables import MarkRow, table_of
from tests.episodes import CALL_AT, Person, add_episodes

REJECT = Annotation(
    outcome=Outcome.REJECT,
    step_verdicts={CALL_AT: StepVerdict.INCORRECT},
    marks=(Mark("m1", "canonical", "PARAM_VALUE", Anchor(CALL_AT, 0, "/city")),),
    note="n",
)


@pytest.fixture
def people(store: Store) -> tuple[Person, Person]:
    add_episodes(store, 2)
    return Person(store, "Ann"), Person(store, "Bob")


def revise(
    store: Store, person: Person, said: Annotation, trajectory_id: int = 1, retracted: bool = False
) -> int:
    with store.write() as conn:
        act_id = acts.append_act(
            conn,
            trajectory_id=trajectory_id,
            annotator_id=person.info.id,
            kind=ActKind.COMMIT,
            payload=EmptyPayload(),
            session_id=person.session,
            n=person.next_number(),
        )
        return append_revision(
            conn,
            trajectory_id=trajectory_id,
            annotator_id=person.info.id,
            said=said,
            act_id=act_id,
            retracted=retracted,
        )


def test_revisions_count_up_per_trajectory_and_annotator(
    store: Store, people: tuple[Person, Person]
) -> None:
    ann, bob = people
    assert [revise(store, ann, REJECT), revise(store, ann, Annotation())] == [1, 2]
    assert revise(store, bob, REJECT) == 1
    assert revise(store, ann, REJECT, trajectory_id=2) == 1


def test_an_annotation_comes_back_as_it_was(store: Store, people: tuple[Person, Person]) -> None:
    ann, _ = people
    revise(store, ann, REJECT)
    with store.read() as conn:
        (stored,) = standing_annotations(conn, 1)
    assert stored.annotation == REJECT
    assert (stored.annotator, stored.annotator_kind, stored.retracted) == ("Ann", "human", False)


def test_the_latest_revision_counts_and_a_retracted_one_says_nothing(
    store: Store, people: tuple[Person, Person]
) -> None:
    ann, bob = people
    revise(store, ann, REJECT)
    revise(store, bob, REJECT)
    revise(store, ann, Annotation(outcome=Outcome.ACCEPT))
    revise(store, bob, Annotation(), retracted=True)
    with store.read() as conn:
        (stands,) = standing_annotations(conn, 1)
        latest = latest_of(conn, 1, bob.info.id)
        assert latest_of(conn, 2, bob.info.id) is None
    assert (stands.annotator, stands.annotation.outcome) == ("Ann", Outcome.ACCEPT)
    assert latest is not None
    assert latest.retracted


def test_marks_have_rows_and_count_while_their_annotation_is_the_latest(
    store: Store, people: tuple[Person, Person]
) -> None:
    ann, _ = people

    def found() -> int:
        with store.read() as conn:
            wanted = Filter(category="canonical/PARAM_VALUE")
            return len(browse.page(conn, wanted).rows)

    revise(store, ann, REJECT)
    with store.read() as conn:
        (row,) = conn.execute(select(table_of(MarkRow))).all()
    assert (row.trajectory_id, row.category, row.pointer) == (1, "PARAM_VALUE", "/city")
    assert found() == 1
    revise(store, ann, Annotation(outcome=Outcome.ACCEPT))
    assert found() == 0


def test_standing_annotations_are_listed_by_dataset(
    store: Store, people: tuple[Person, Person]
) -> None:
    ann, bob = people
    add_episodes(store, 1, "other", first=5)
    revise(store, ann, REJECT, trajectory_id=1)
    revise(store, bob, REJECT, trajectory_id=3)
    with store.read() as conn:
        assert [a.trajectory_id for a in annotations.iter_standing(conn)] == [1, 3]
        assert [a.trajectory_id for a in annotations.iter_standing(conn, 2)] == [3]
