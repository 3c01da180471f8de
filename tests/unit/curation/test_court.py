"""Blind sides: the same for one person every time, half of them exchanged, and told back right."""

from __future__ import annotations

from curation.court import is_exchanged, ruled
from curation.verdicts import Verdict


def test_half_of_all_cases_are_exchanged_and_each_person_has_an_order_of_their_own() -> None:
    ada = [is_exchanged(f"case {i}", "ada") for i in range(2_000)]
    bob = [is_exchanged(f"case {i}", "bob") for i in range(2_000)]
    assert ada == [is_exchanged(f"case {i}", "ada") for i in range(2_000)]
    assert 900 < sum(ada) < 1_100
    assert 900 < sum(a == b for a, b in zip(ada, bob, strict=True)) < 1_100


def test_a_wrong_is_about_the_label_unless_the_sides_are_exchanged() -> None:
    assert ruled(Verdict.LABEL_WRONG, exchanged=False) is Verdict.LABEL_WRONG
    assert ruled(Verdict.LABEL_WRONG, exchanged=True) is Verdict.PRED_WRONG
    assert ruled(Verdict.PRED_WRONG, exchanged=True) is Verdict.LABEL_WRONG
    for verdict in (Verdict.BOTH_CORRECT, Verdict.BOTH_WRONG):
        assert ruled(verdict, exchanged=True) is verdict
