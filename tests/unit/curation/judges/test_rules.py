"""The judge without a model: what it proves, and what it leaves to others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.gold import read_ground_truth
from curation.judging import JUDGES, JudgeCase, JudgeSetup, Order, Unscored, Vote, VoteKey
from curation.proving import Ground, prove
from curation.rubric import rubric_named
from curation.trajectory import Message, Role, ToolCall, ToolSpec
from curation.verdicts import Verdict, swapped
from tests.model_server import awaited

BOOK = ToolSpec(
    "book",
    "Books a table",
    {
        "type": "object",
        "properties": {
            "place": {"type": "string"},
            "seats": {"type": "integer", "description": "Default is 2."},
            "date": {"type": "string", "description": "In the format 'MM/DD/YYYY'."},
            "smoking": {"type": "boolean", "default": False},
            "area": {"type": "string", "enum": ["inside", "terrace"], "default": "dontcare"},
            "menu": {
                "type": "object",
                "properties": {
                    "courses": {"type": "integer", "default": 3},
                    "vegan": {"type": "boolean", "default": False},
                    "wine": {"type": "string", "default": "none"},
                },
                "required": ["wine"],
            },
        },
        "required": ["place"],
    },
)
ASKED = (Message(Role.USER, "Book Noma for 4 on 2026-05-01, on the terrace, please."),)


def calls(*arguments: dict[str, Any] | str, name: str = "book") -> Message:
    return Message(
        Role.ASSISTANT,
        tool_calls=tuple(
            ToolCall(name, a if isinstance(a, str) else json.dumps(a)) for a in arguments
        ),
    )


def says(text: str) -> Message:
    return Message(Role.ASSISTANT, text)


def case(reference: Message, prediction: Message, **more: Any) -> JudgeCase:
    return JudgeCase((BOOK,), ASKED, reference, prediction, **more)


NOMA = calls({"place": "Noma", "seats": 4})
BROKEN = calls({"place": 7})
UNKNOWN = calls({"place": "Noma", "seats": 4}, name="reserve")


@pytest.mark.parametrize(
    ("reference", "prediction", "verdict", "ground"),
    [
        # the same, however it is spelled
        (NOMA, calls('{"seats":4,"place":"Noma"}'), "BOTH_CORRECT", "same"),
        (NOMA, calls({"place": "noma", "seats": 4.0}), "BOTH_CORRECT", "same"),
        (calls({"place": "Noma", "seats": 2}), calls({"place": "Noma"}), "BOTH_CORRECT", "same"),
        (
            calls({"place": "Noma", "smoking": False, "area": "dontcare"}),
            calls({"place": "Noma"}),
            "BOTH_CORRECT",
            "same",
        ),
        (
            calls({"place": "Noma", "menu": {"wine": "red", "courses": 3, "vegan": False}}),
            calls({"place": "Noma", "menu": {"wine": "Red"}}),
            "BOTH_CORRECT",
            "same",
        ),
        (
            calls({"place": "A"}, {"place": "B"}),
            calls({"place": "B"}, {"place": "A"}),
            "BOTH_CORRECT",
            "same",
        ),
        (says("Which day?"), says("<think>hm</think> Which day?"), "BOTH_CORRECT", "same"),
        # the same, in a way the tool refuses
        (
            NOMA,
            calls({"place": "Noma", "seats": 4, "smoking": "false"}),
            "PRED_WRONG",
            "spelled-faulty",
        ),
        (
            calls({"place": "Noma", "date": "2026-05-01"}),
            calls({"place": "Noma", "date": "05/01/2026"}),
            "LABEL_WRONG",
            "spelled-faulty",
        ),
        # both refused
        (BROKEN, UNKNOWN, "BOTH_WRONG", "both-faulty"),
        (calls({}), calls("{"), "BOTH_WRONG", "both-faulty"),
        (calls({"place": "Noma", "sets": 4}), calls("[]"), "BOTH_WRONG", "both-faulty"),
        (BROKEN, BROKEN, "BOTH_WRONG", "both-faulty"),
    ],
)
def test_what_is_proven(reference: Message, prediction: Message, verdict: str, ground: str) -> None:
    proof = prove(case(reference, prediction))
    assert (proof.verdict, proof.ground) == (Verdict(verdict), Ground(ground)), proof.detail
    other = prove(case(prediction, reference))
    assert (other.verdict, other.ground) == (swapped(Verdict(verdict)), Ground(ground))


@pytest.mark.parametrize(
    ("reference", "prediction", "says_"),
    [
        (NOMA, BROKEN, "The prediction is wrong"),
        (UNKNOWN, NOMA, 'The reference is wrong: "reserve" is no tool on offer'),
        (NOMA, calls({"place": "Noma", "seats": 77}), "prediction may have invented seats = 77"),
        (NOMA, calls({"place": "Noma"}), "no schema decides"),
        (
            calls({"place": "Noma", "menu": {"wine": "none", "courses": 4}}),
            calls({"place": "Noma", "menu": {"courses": 4}}),
            "prediction is wrong",
        ),
        (NOMA, calls({"place": "Noma", "seats": 4}, {"place": "Noma", "seats": 4}), "no schema"),
        (NOMA, says("Booked."), "no schema decides"),
        (says("Which day?"), says("What day?"), "no schema decides"),
        (says(""), says(""), "no schema decides"),
        (
            calls({"place": "Geranium"}),
            calls({"place": "Geranium", "smoking": "false"}),
            "Both may have invented place",
        ),
    ],
)
def test_what_is_not_proven_is_unscored_with_what_is_known(
    reference: Message, prediction: Message, says_: str
) -> None:
    proof = prove(case(reference, prediction))
    assert (proof.verdict, proof.ground) == (None, None)
    assert says_ in proof.detail


def test_a_default_that_breaks_the_tools_own_enum_is_no_fault() -> None:
    area = calls({"place": "Noma", "area": "dontcare"})
    assert prove(case(area, calls({"place": "Noma"}))).verdict is Verdict.BOTH_CORRECT
    garden = calls({"place": "Noma", "area": "garden"})
    assert "The reference is wrong" in prove(case(garden, NOMA)).detail


def test_an_accepted_alternative_is_right_where_the_reference_is_said_otherwise() -> None:
    other = calls({"place": "Noma", "seats": 4, "area": "terrace"})
    assert prove(case(NOMA, other)).verdict is None
    proof = prove(case(NOMA, other, alternatives=(calls({"place": "noma", "seats": 4}), other)))
    assert (proof.verdict, proof.ground) == (Verdict.BOTH_CORRECT, Ground.ACCEPTED)


@pytest.mark.parametrize(
    ("reference", "prediction", "verdict"),
    [
        ({"place": "Noma"}, {"place": "noma", "seats": 4}, Verdict.BOTH_CORRECT),
        ({"place": "Geranium"}, {"place": "Noma"}, Verdict.LABEL_WRONG),
        ({"place": "Noma"}, {"place": "Geranium"}, None),
        ({"place": "Alchemist"}, {"place": "Geranium"}, None),
    ],
)
def test_gold_decides_where_it_accepts_the_prediction(
    reference: dict[str, Any], prediction: dict[str, Any], verdict: Verdict | None
) -> None:
    """What it does not accept may be right in other words."""
    gold = read_ground_truth([{"book": {"place": ["Noma"], "seats": ["", 4]}}])
    assert gold is not None
    proof = prove(case(calls(reference), calls(prediction), gold=gold))
    assert (proof.verdict, proof.ground) == (verdict, Ground.GOLD if verdict else None)
    assert proof.detail.startswith("By the gold: The reference ")


def test_the_case_is_the_same_question_whatever_is_accepted_later() -> None:
    plain = case(NOMA, BROKEN)
    assert plain.case_id == case(NOMA, BROKEN, alternatives=(BROKEN,)).case_id
    assert plain.case_id != case(BROKEN, NOMA).case_id
    assert plain.case_id != case(NOMA, BROKEN, date="today").case_id
    assert plain.case_id.startswith("case1-")


def voted(one: JudgeCase, order: Order) -> Vote:
    async def ask() -> Vote:
        judge = await JUDGES.get("rules").open(JudgeSetup())
        rubric = rubric_named("label-verification")
        return await judge.vote(one, VoteKey("rules", 0, order), rubric, "0" * 16)

    return awaited(ask())


def test_the_vote_says_what_proves_it() -> None:
    votes = [voted(case(BROKEN, UNKNOWN), order) for order in Order]
    assert {v.verdict for v in votes} == {Verdict.BOTH_WRONG}
    assert votes[0].detail.startswith("[both-faulty] Reference: ")
    assert votes[0].reply is None
    open_ = voted(case(NOMA, BROKEN), Order.REFERENCE_FIRST)
    assert open_.unscored is Unscored.NOT_PROVEN and "prediction is wrong" in open_.detail


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
ARGUMENTS = st.dictionaries(
    st.sampled_from(["place", "seats", "date", "smoking", "area", "other"]), JSON, max_size=4
)


@settings(deadline=None)
@given(st.lists(ARGUMENTS, max_size=3), st.lists(ARGUMENTS, max_size=3))
def test_any_two_answers_are_judged_alike_in_both_orders(
    one: list[dict[str, Any]], two: list[dict[str, Any]]
) -> None:
    forth, back = prove(case(calls(*one), calls(*two))), prove(case(calls(*two), calls(*one)))
    assert forth.ground == back.ground
    assert forth.verdict == (swapped(back.verdict) if back.verdict else None)
    if one == two and one:
        assert forth.verdict in (Verdict.BOTH_CORRECT, Verdict.BOTH_WRONG)
