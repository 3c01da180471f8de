"""What votes amount to: both orders must say the same, enough must agree, nothing is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.consensus import (
    PROOF,
    ConsensusRule,
    RulingReason,
    consensus,
    next_questions,
    questions,
)
from curation.judging import Order, Unscored, Vote, VoteKey
from curation.verdicts import Verdict

L, P, C, W = Verdict.LABEL_WRONG, Verdict.PRED_WRONG, Verdict.BOTH_CORRECT, Verdict.BOTH_WRONG
DEFAULT = ConsensusRule()
Pair = tuple[Verdict | None, Verdict | None]


def vote(number: int, order: Order, verdict: Verdict | None, model: str = "m") -> Vote:
    why = None if verdict else Unscored.NO_VERDICT
    return Vote(VoteKey(model, number, order), "r@1", verdict, why)


def votes(*pairs: Pair) -> list[Vote]:
    """One vote a pair: (reference first, prediction first)."""
    return [
        vote(n, order, verdict)
        for n, pair in enumerate(pairs)
        for order, verdict in zip(Order, pair, strict=True)
    ]


@pytest.mark.parametrize(
    ("pairs", "rule", "verdict", "reason"),
    [
        ([(L, L), (L, L), (L, L)], DEFAULT, L, "agreed"),
        ([(L, L), (L, L)], DEFAULT, L, "agreed"),  # the third could not change it
        ([(L, L), (L, L), (P, P)], DEFAULT, L, "agreed"),
        ([(L, L), (L, P), (L, L)], DEFAULT, L, "agreed"),
        ([(L, L), (None, L), (L, L)], DEFAULT, L, "agreed"),
        ([], DEFAULT, None, "open"),
        ([(L, L)], DEFAULT, None, "open"),
        ([(L, L), (P, P)], DEFAULT, None, "open"),
        ([(L, P), (L, P)], DEFAULT, None, "orders-disagree"),  # one left, two would be needed
        ([(None, L), (None, None)], DEFAULT, None, "unscored"),
        ([(L, L), (P, P), (C, C)], DEFAULT, None, "disagreement"),
        ([(L, L), (L, P), (P, L)], DEFAULT, None, "orders-disagree"),
        ([(L, L), (None, None), (L, None)], DEFAULT, None, "unscored"),
        ([(L, L), (L, L), (P, P), (P, P)], ConsensusRule(4, 2), None, "tie"),
        ([(L, L), (L, L), (P, P)], ConsensusRule(4, 2), None, "open"),  # a fourth could tie
        ([(L, L), (P, P)], ConsensusRule(2, 1), None, "tie"),
        ([(L, L), (None, L)], ConsensusRule(2, 1), L, "agreed"),
        ([(C, C)], PROOF, C, "agreed"),
        ([(None, None)], PROOF, None, "unscored"),
    ],
)
def test_rulings(
    pairs: list[Pair], rule: ConsensusRule, verdict: Verdict | None, reason: str
) -> None:
    ruling = consensus(votes(*pairs), rule)
    assert (ruling.verdict, ruling.reason) == (verdict, RulingReason(reason))
    assert ruling.is_final == (reason != "open")
    assert ruling.detail


def test_a_ruling_counts_what_it_rests_on() -> None:
    ruling = consensus(votes((L, L), (L, P), (None, P)), DEFAULT)
    assert ruling.counts == {L: 1}
    assert (ruling.n_votes, ruling.n_split, ruling.n_unscored) == (3, 1, 1)
    assert "1 for LABEL_WRONG" in ruling.detail and "2 must agree" in ruling.detail


def test_one_order_alone_counts_where_the_rule_says_so() -> None:
    rule = ConsensusRule(1, 1, both_orders=False)
    assert consensus([vote(0, Order.REFERENCE_FIRST, P)], rule).verdict is P
    with pytest.raises(ValueError, match="asks for no vote"):
        consensus([vote(0, Order.PREDICTION_FIRST, P)], rule)


def test_half_a_vote_does_not_count() -> None:
    half = votes((L, L), (L, L))[:3]
    assert consensus(half, DEFAULT).reason is RulingReason.OPEN


def test_a_reply_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        consensus([*votes((L, L)), vote(0, Order.REFERENCE_FIRST, L)], DEFAULT)


@pytest.mark.parametrize(("n", "least"), [(1, 2), (3, 0), (0, 0)])
def test_a_rule_that_could_never_decide_is_refused(n: int, least: int) -> None:
    with pytest.raises(ValueError, match="can never agree"):
        ConsensusRule(n, least)


def test_votes_go_round_the_models_and_keep_both_orders() -> None:
    keys = questions(DEFAULT, ["a", "b"])
    assert [(k.model, k.number) for k in keys[::2]] == [("a", 0), ("b", 1), ("a", 2)]
    assert [k.order for k in keys] == list(Order) * 3


def test_only_what_may_still_decide_is_asked() -> None:
    assert [k.number for k in next_questions([], DEFAULT, ["m"])] == [0, 0, 1, 1]
    assert next_questions(votes((L, L), (L, L)), DEFAULT, ["m"]) == []
    assert [k.number for k in next_questions(votes((L, L), (P, P)), DEFAULT, ["m"])] == [2, 2]
    half = votes((L, L), (L, L))[:3]
    assert next_questions(half, DEFAULT, ["m"]) == [VoteKey("m", 1, Order.PREDICTION_FIRST)]


VERDICTS = st.none() | st.sampled_from(list(Verdict))
RULES = st.integers(1, 5).flatmap(
    lambda n: st.integers(1, n).map(lambda least: ConsensusRule(n, least))
)


@settings(deadline=None)
@given(RULES, st.data())
def test_asking_on_never_changes_a_final_ruling(rule: ConsensusRule, data: st.DataObject) -> None:
    pairs = data.draw(
        st.lists(st.tuples(VERDICTS, VERDICTS), min_size=rule.votes, max_size=rule.votes)
    )
    whole = votes(*pairs)
    last = consensus(whole, rule)
    assert last.is_final
    for n in range(0, len(whole), 2):
        earlier = consensus(whole[:n], rule)
        if earlier.is_final:
            assert earlier.verdict == last.verdict


@settings(deadline=None)
@given(RULES, st.data())
def test_asking_what_is_next_always_ends_with_the_same_verdict(
    rule: ConsensusRule, data: st.DataObject
) -> None:
    said = {key: data.draw(VERDICTS) for key in questions(rule, ["m"])}
    given: list[Vote] = []
    while wanted := next_questions(given, rule, ["m"]):
        given += [vote(k.number, k.order, said[k]) for k in wanted]
    whole = [vote(k.number, k.order, verdict) for k, verdict in said.items()]
    assert consensus(given, rule).verdict == consensus(whole, rule).verdict


@settings(deadline=None)
@given(st.permutations(votes((L, L), (L, P), (L, L), (None, C))))
def test_the_order_in_which_votes_come_in_does_not_matter(given_: list[Vote]) -> None:
    rule = ConsensusRule(4, 2)
    assert consensus(given_, rule).verdict is L
