"""Verdicts: what each name means, under any of the names it goes by."""

from __future__ import annotations

import pytest

from curation.errors import VerdictError
from curation.verdicts import ALIASES, Verdict, swapped, verdict_named


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("PRED_WRONG", Verdict.PRED_WRONG),
        ("RESPONSE2_INCORRECT", Verdict.PRED_WRONG),
        ("model_incorrect", Verdict.PRED_WRONG),
        ("LABEL_WRONG", Verdict.LABEL_WRONG),
        ("REF_WRONG", Verdict.LABEL_WRONG),
        ("RESPONSE1_INCORRECT", Verdict.LABEL_WRONG),
        ("original_incorrect", Verdict.LABEL_WRONG),
        ("both_correct", Verdict.BOTH_CORRECT),
        ("BOTH_INCORRECT", Verdict.BOTH_WRONG),
        (" both-wrong\n", Verdict.BOTH_WRONG),
        ("label wrong", Verdict.LABEL_WRONG),
    ],
)
def test_verdicts_are_known_by_every_name_of_paper_and_code(name: str, verdict: Verdict) -> None:
    assert verdict_named(name) is verdict


@pytest.mark.parametrize(
    "text",
    [
        "",
        "UNKNOWN",
        "llm_judge_failed",
        "not BOTH_CORRECT",
        "PRED_WRONG.",
        "PRED_WRONG LABEL_WRONG",
    ],
)
def test_what_names_no_verdict_is_refused_with_the_names_that_do(text: str) -> None:
    with pytest.raises(VerdictError) as error:
        verdict_named(text)
    assert repr(text) in error.value.message
    for known in (*Verdict, *ALIASES):
        assert known in error.value.hint


def test_there_are_four_verdicts_and_they_are_stored_under_their_names() -> None:
    assert [v.value for v in Verdict] == ["PRED_WRONG", "LABEL_WRONG", "BOTH_CORRECT", "BOTH_WRONG"]
    assert all(v.value == v.name for v in Verdict)


def test_swapping_sides_exchanges_who_is_wrong() -> None:
    assert swapped(Verdict.PRED_WRONG) is Verdict.LABEL_WRONG
    assert swapped(Verdict.BOTH_CORRECT) is Verdict.BOTH_CORRECT
    assert swapped(Verdict.BOTH_WRONG) is Verdict.BOTH_WRONG
    assert [swapped(swapped(v)) for v in Verdict] == list(Verdict)
