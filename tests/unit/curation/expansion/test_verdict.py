"""What a judge's votes on a new sample amount to."""

from __future__ import annotations

import json

import pytest

from curation.checklist_judging import ChecklistVote, checklist_answers
from curation.consensus import ConsensusRule
from curation.expansion.refusals import Refusal
from curation.expansion.verdict import (
    AnswerVerdict,
    answer_ruling,
    answer_verdict,
    votes_wanted,
)
from curation.judging import JudgeReply, Unscored
from curation.rubric import About, rubric_named

RUBRIC = rubric_named("new-sample")
YES, NO = AnswerVerdict.CORRECT, AnswerVerdict.INCORRECT
RULE = ConsensusRule(votes=3, least_equal=2, both_orders=False)


def vote(*holds: str) -> ChecklistVote:
    names = [criterion.name for criterion in RUBRIC.criteria]
    items = [{"name": n, "evidence": "", "holds": h} for n, h in zip(names, holds, strict=False)]
    read, unscored, detail = checklist_answers(JudgeReply(json.dumps({"items": items})), RUBRIC)
    return ChecklistVote("j", RUBRIC.key, read, unscored, detail)


def test_the_rubric_has_four_criteria_that_must_hold() -> None:
    assert RUBRIC.about is About.ANSWER
    assert [criterion.must_hold for criterion in RUBRIC.criteria] == [True] * 4


@pytest.mark.parametrize(
    ("holds", "verdict"),
    [
        (("yes", "yes", "yes", "yes"), YES),
        (("yes", "no", "yes", "yes"), NO),
        (("yes", "no", "cannot_tell", "yes"), NO),
        (("yes", "yes", "cannot_tell", "yes"), None),
        (("yes", "yes", "yes"), None),
        ((), None),
    ],
)
def test_a_vote_says_correct_only_when_every_criterion_holds(
    holds: tuple[str, ...], verdict: AnswerVerdict | None
) -> None:
    assert answer_verdict(vote(*holds), RUBRIC) is verdict


def test_a_reply_that_cannot_be_read_says_nothing() -> None:
    unread = ChecklistVote("j", RUBRIC.key, unscored=Unscored.UNREADABLE)
    assert answer_verdict(unread, RUBRIC) is None


@pytest.mark.parametrize(
    ("said", "verdict", "refusal"),
    [
        ((YES, YES), YES, None),
        ((NO, NO), NO, Refusal.INCORRECT),
        ((YES, NO, YES), YES, None),
        ((YES, None, NO), None, Refusal.NO_CONSENSUS),
        ((None, None), None, Refusal.UNSCORED),
        ((YES, None, None), None, Refusal.UNSCORED),
        ((None, None, None), None, Refusal.UNSCORED),
    ],
)
def test_enough_votes_must_agree(
    said: tuple[AnswerVerdict | None, ...],
    verdict: AnswerVerdict | None,
    refusal: Refusal | None,
) -> None:
    ruling = answer_ruling(said, RULE)
    assert (ruling.verdict, ruling.refusal, ruling.is_open) == (verdict, refusal, False)


def test_as_few_votes_are_asked_for_as_might_settle_it() -> None:
    models = ("a", "b")
    assert votes_wanted({}, RULE, models) == [("a", 0), ("b", 1)]
    assert votes_wanted({0: YES, 1: YES}, RULE, models) == []
    assert votes_wanted({0: YES, 1: NO}, RULE, models) == [("a", 2)]
    assert votes_wanted({0: YES, 1: None}, RULE, models) == [("a", 2)]
    assert votes_wanted({1: YES}, RULE, models) == [("a", 0)], "the one that is not there"
    assert votes_wanted({0: None, 1: None}, RULE, models) == []
    for one in ((), (YES,), (YES, NO), (None,)):
        assert answer_ruling(one, RULE).is_open
