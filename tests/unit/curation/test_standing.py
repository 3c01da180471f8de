"""What is in force among appended verdicts."""

from __future__ import annotations

from curation.consensus import RulingReason
from curation.standing import UNSCORED, GivenVerdict, RulerKind, Standing, standing_of
from curation.verdicts import Verdict

HUMAN, AUTO, JUDGE = RulerKind.HUMAN, RulerKind.AUTO, RulerKind.JUDGE
LABEL, PRED = Verdict.LABEL_WRONG, Verdict.PRED_WRONG


def test_nobody_said_anything() -> None:
    assert standing_of([]) == Standing()


def test_a_person_goes_before_what_was_applied_and_that_before_a_judge() -> None:
    judge = GivenVerdict(1, JUDGE, 7, LABEL)
    auto = GivenVerdict(2, AUTO, 7, LABEL)
    human = GivenVerdict(3, HUMAN, 9, PRED)
    later = GivenVerdict(4, JUDGE, 8, LABEL)
    assert standing_of([judge]).decided_by is JUDGE
    assert standing_of([judge, auto, later]).verdict_id == 2
    assert standing_of([judge, auto, human, later]) == Standing("PRED_WRONG", HUMAN, 3)


def test_taking_a_verdict_back_brings_the_one_below_into_force() -> None:
    judge = GivenVerdict(1, JUDGE, 7, LABEL)
    human = GivenVerdict(2, HUMAN, 9, PRED)
    back = GivenVerdict(3, HUMAN, 9, withdraws=2)
    assert standing_of([judge, human, back]) == Standing("LABEL_WRONG", JUDGE, 1)
    assert standing_of([human, back]) == Standing()
    again = GivenVerdict(4, HUMAN, 9, LABEL)
    assert standing_of([judge, human, back, again]).verdict_id == 4


def test_the_newest_row_of_a_judge_counts_even_when_it_cannot_decide_any_more() -> None:
    first = GivenVerdict(1, JUDGE, 7, LABEL)
    then = GivenVerdict(2, JUDGE, 7, unscored=RulingReason.UNSCORED)
    assert standing_of([first, then]) == Standing(UNSCORED, JUDGE, 2)


def test_another_judge_that_cannot_decide_takes_no_verdict_back() -> None:
    said = GivenVerdict(1, JUDGE, 7, LABEL)
    silent = GivenVerdict(2, JUDGE, 8, unscored=RulingReason.UNSCORED)
    assert standing_of([said, silent]) == Standing("LABEL_WRONG", JUDGE, 1)


def test_judges_that_contradict_each_other_are_a_dispute_until_a_person_rules() -> None:
    both = [GivenVerdict(1, JUDGE, 7, LABEL), GivenVerdict(2, JUDGE, 8, PRED)]
    assert standing_of(both) == Standing("PRED_WRONG", JUDGE, 2, is_disputed=True)
    one = GivenVerdict(3, HUMAN, 9, LABEL)
    assert standing_of([*both, one]) == Standing("LABEL_WRONG", HUMAN, 3)
    other = GivenVerdict(4, HUMAN, 10, PRED)
    assert standing_of([*both, one, other]).is_disputed


def test_votes_that_contradict_each_other_are_a_dispute_and_unreadable_ones_are_not() -> None:
    for reason in RulingReason:
        found = standing_of([GivenVerdict(1, JUDGE, 7, unscored=reason)])
        assert found.standing == UNSCORED
        assert found.is_disputed == (reason in ("tie", "disagreement", "orders-disagree"))


def test_the_order_in_which_rows_are_read_is_no_matter() -> None:
    rows = [
        GivenVerdict(1, JUDGE, 7, LABEL),
        GivenVerdict(2, HUMAN, 9, PRED),
        GivenVerdict(3, HUMAN, 9, withdraws=2),
    ]
    assert standing_of(rows) == standing_of(rows[::-1])
