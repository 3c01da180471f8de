"""What counts as a dispute, and what a queue's rule decides."""

from __future__ import annotations

import pytest

from curation.adjudication import AGREED, ALONE, Rule, Said, differences, merge, settle
from curation.annotation import Annotation, Outcome, RuledTry, StepVerdict, TryRuling
from curation.marks import Mark
from curation.queueing import State
from curation.recovery import Recovery
from curation.trajectory import Anchor

ALLOWED = Rule(overlap=1, decide_alone=True)
PAIR = Rule(overlap=2, decide_alone=True)


def said(name: str, outcome: Outcome | None = Outcome.ACCEPT, **more: object) -> Said:
    return Said(name, Annotation(outcome=outcome, **more))  # type: ignore[arg-type]


def mark(category: str, at: int, mark_id: str = "m") -> Mark:
    return Mark(mark_id, "canonical", category, Anchor(message_index=at))


def ruled(ruling: str, try_id: str = "try1-a", at: int = 2) -> RuledTry:
    return RuledTry(at, try_id, TryRuling(ruling))


def test_equal_annotations_do_not_differ() -> None:
    both = {"step_verdicts": {2: StepVerdict.CORRECT}, "marks": (mark("a", 2),)}
    found = differences([said("Ann", **both), said("Bob", **both)])
    assert found == differences([])
    assert not found.is_dispute


def test_one_annotation_differs_from_nobody() -> None:
    assert not differences([said("Ann", Outcome.REJECT)]).is_dispute


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"outcome": Outcome.ACCEPT}, {"outcome": Outcome.REJECT}),
        ({"correction_uid": "tj1-a"}, {"correction_uid": "tj1-b"}),
        ({"correction_uid": "tj1-a"}, {}),
        (
            {"step_verdicts": {2: StepVerdict.CORRECT}},
            {"step_verdicts": {2: StepVerdict.INCORRECT}},
        ),
        ({"marks": (mark("a", 2),)}, {"marks": (mark("b", 2),)}),
        ({"marks": (mark("a", 2), mark("b", 2, "n"))}, {"marks": (mark("b", 2),)}),
        ({"tries": (ruled("rejected"),)}, {"tries": (ruled("alternative"),)}),
    ],
)
def test_contradictions_are_disputes(one: dict[str, object], other: dict[str, object]) -> None:
    found = differences([Said("Ann", Annotation(**one)), Said("Bob", Annotation(**other))])  # type: ignore[arg-type]
    assert found.is_dispute


@pytest.mark.parametrize(
    "more",
    [
        {"step_verdicts": {2: StepVerdict.CORRECT}},
        {"marks": (mark("a", 2),)},
        {"note": "only a remark"},
        {"tries": (ruled("rejected"),)},
    ],
)
def test_what_only_one_of_them_says_is_no_dispute(more: dict[str, object]) -> None:
    found = differences([said("Ann"), said("Bob", **more)])
    assert not found.is_dispute


def test_extra_verdicts_and_marks_are_shown_all_the_same() -> None:
    found = differences(
        [said("Ann"), said("Bob", step_verdicts={2: StepVerdict.CORRECT}, marks=(mark("a", 4),))]
    )
    assert [(d.message_index, [o.value for o in d.opinions]) for d in found.steps] == [
        (2, [None, StepVerdict.CORRECT])
    ]
    assert [[o.value for o in d.opinions] for d in found.marks] == [[(), ("canonical/a",)]]


def test_two_root_causes_in_different_steps_are_a_dispute_and_one_alone_is_not() -> None:
    def root(at: int) -> Mark:
        return Mark("r", "canonical", "a", Anchor(message_index=at), root_cause=True)

    marks = (mark("a", 2, "1"), mark("a", 4, "2"))
    ann = said("Ann", marks=(root(2), *marks[1:]))
    found = differences([ann, said("Bob", marks=(*marks[:1], root(4)))])
    assert [o.value for o in found.root_causes] == [(2,), (4,)]
    assert found.is_dispute and found.marks == ()
    found = differences([ann, said("Bob", marks=marks)])
    assert [o.value for o in found.root_causes] == [(2,), ()]
    assert not found.is_dispute


def test_recovery_labels_that_contradict_each_other_are_a_dispute() -> None:
    both = (Recovery.REFLECTED, Recovery.CORRECTED)
    ann = said("Ann", recovery={4: both, 6: (Recovery.SKIPPED,)})
    found = differences([ann, said("Bob", recovery={4: both})])
    assert [(d.message_index, [o.value for o in d.opinions]) for d in found.recovery] == [
        (6, [(Recovery.SKIPPED,), ()])
    ]
    assert not found.is_dispute
    assert differences([ann, said("Bob", recovery={4: (Recovery.IGNORED,)})]).is_dispute
    assert merge([ann, said("Bob", recovery={2: both})]).recovery == {
        2: both,
        4: both,
        6: (Recovery.SKIPPED,),
    }


def test_whether_a_place_may_be_learnt_is_a_dispute() -> None:
    span = Anchor(message_index=4, span=(0, 4))
    one, other = (Mark("m", "canonical", "a", span, train=train) for train in (True, False))
    found = differences([said("Ann", marks=(one,)), said("Bob", marks=(other,))])
    assert [[o.value for o in d.opinions] for d in found.marks] == [
        [("canonical/a",), ("canonical/a (do not learn)",)]
    ]
    assert found.is_dispute


def test_mark_ids_and_severities_are_no_difference() -> None:
    found = differences(
        [said("Ann", marks=(mark("a", 2, "x"),)), said("Bob", marks=(mark("a", 2, "y"),))]
    )
    assert found.marks == ()


def test_marks_are_compared_in_reading_order() -> None:
    marks = (mark("a", 8, "1"), mark("a", 2, "2"))
    whole = Mark("3", "canonical", "a", Anchor())
    found = differences([said("Ann", marks=(*marks, whole)), said("Bob")])
    assert [d.anchor.message_index for d in found.marks] == [None, 2, 8]


@pytest.mark.parametrize(
    ("outcome", "rule", "state"),
    [
        (Outcome.ACCEPT, ALLOWED, State.DECIDED),
        (Outcome.REJECT, ALLOWED, State.DECIDED),
        (Outcome.UNSURE, ALLOWED, State.ANNOTATED),
        (Outcome.ACCEPT, Rule(1, False), State.ANNOTATED),
        (Outcome.ACCEPT, PAIR, State.ANNOTATED),
    ],
)
def test_one_annotation_alone(outcome: Outcome, rule: Rule, state: State) -> None:
    settled = settle([said("Ann", outcome)], rule, open_slots=0, slots=1)
    assert settled.state is state
    assert settled.rule == (ALONE if state is State.DECIDED else "")


def test_while_a_slot_is_open_it_stays_queued() -> None:
    settled = settle([said("Ann")], PAIR, open_slots=1, slots=2)
    assert (settled.state, settled.adopted) == (State.QUEUED, None)


def test_without_annotations_it_is_new_or_queued() -> None:
    assert settle([], ALLOWED, open_slots=0, slots=0).state is State.NEW
    assert settle([], ALLOWED, open_slots=2, slots=2).state is State.QUEUED


def test_several_who_agree_decide_with_everything_they_said() -> None:
    ann = said("Ann", marks=(mark("a", 2),), note="see step 1")
    bob = said(
        "Bob",
        marks=(mark("a", 2, "other"), mark("b", 4)),
        step_verdicts={4: StepVerdict.INCORRECT},
        note="and 2",
    )
    settled = settle([ann, bob], PAIR, open_slots=0, slots=2)
    assert (settled.state, settled.rule) == (State.DECIDED, AGREED)
    assert settled.adopted is not None
    assert [(m.category, m.anchor.message_index) for m in settled.adopted.marks] == [
        ("a", 2),
        ("b", 4),
    ]
    assert len({m.mark_id for m in settled.adopted.marks}) == 2
    assert settled.adopted.step_verdicts == {4: StepVerdict.INCORRECT}
    assert settled.adopted.note == "Ann: see step 1\nBob: and 2"


def test_several_who_differ_are_disputed_whatever_the_rule() -> None:
    pair = [said("Ann"), said("Bob", Outcome.REJECT)]
    for rule in (PAIR, ALLOWED, Rule(2, False)):
        assert settle(pair, rule, open_slots=0, slots=2).state is State.DISPUTED


def test_agreed_but_unsure_is_left_to_a_person() -> None:
    pair = [said("Ann", Outcome.UNSURE), said("Bob", Outcome.UNSURE)]
    assert settle(pair, PAIR, open_slots=0, slots=2).state is State.ANNOTATED


def test_one_annotation_alone_stays_as_it_was_said() -> None:
    only = Said("Ann", Annotation(Outcome.ACCEPT, {4: StepVerdict.CORRECT}, (mark("a", 2),), "ok"))
    assert merge([only]) == only.annotation


def test_rulings_on_tries_are_united() -> None:
    both, anns, bobs = ruled("rejected"), ruled("alternative", "try1-b"), ruled("rejected", at=4)
    together = merge([said("Ann", tries=(both, anns)), said("Bob", tries=(bobs, both))])
    assert set(together.tries) == {both, anns, bobs}
    assert len(together.tries) == 3
