"""StepTool's rules on what came of a step."""

from __future__ import annotations

import pytest

from curation.rewarding import REWARDS
from curation.trajectory import Message, Role, ToolCall
from tests.unit.curation.matchers.answers import call, calling, saying

SUCCESS, CONTRIBUTION = REWARDS.get("steptool-success"), REWARDS.get("steptool-contribution")
STEP = calling(call("f", city="Oslo"))


def result(text: str, call_id: str | None = None) -> Message:
    return Message(Role.TOOL, text, tool_call_id=call_id)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ('{"error": "", "response": {"degrees": 4}}', 1.0),
        ('{"error": null, "status": 200}', 1.0),
        ("4 degrees", 1.0),
        ('{"error": "closed"}', 0.0),
        ('{"status": 400}', 0.0),
        ('{"status_code": "400", "response": ""}', 0.0),
        ("Something went wrong.", 0.0),
        ("Internal Server Error", 0.0),
        ("The list is empty", 0.0),
        ("Please give a city.", 0.0),
        ('{"error": "", "response": "Please give a city."}', 0.0),
        ("Yes, please.", 1.0),
    ],
)
def test_whether_a_call_went_through(text: str, score: float) -> None:
    assert SUCCESS.score(STEP, STEP, following=[result(text)]) == score


def test_every_call_of_the_step_must_go_through() -> None:
    step = calling(ToolCall("f", "{}", "a"), ToolCall("f", "{}", "b"))
    fine, bad = result("4", "b"), result("error", "a")
    assert SUCCESS.score(step, step, following=[fine, bad]) == 0
    assert SUCCESS.score(step, step, following=[fine, result("5", "a")]) == 1
    assert SUCCESS.score(step, step, following=[fine, saying("Done.")]) == 0


def test_results_of_later_steps_are_not_this_steps() -> None:
    later = calling(ToolCall("g", "{}", "b"))
    following = [result("4"), later, result("error", "b"), saying("4 degrees.")]
    assert SUCCESS.score(STEP, STEP, following=following) == 1


@pytest.mark.parametrize(
    ("text", "answer", "score"),
    [
        # "abcdefghij" in the answer as a subsequence: abc = 3 of 10 = 0.3
        ("abcdefghij", "a-b-c", 1.0),
        # ab = 2 of 10 = 0.2
        ("abcdefghij", "a-b", 0.0),
        # order counts: of "cba" only one letter at a time is in order, 1 of 10
        ("abcdefghij", "cba", 0.0),
        ("abcdefghij", "abcdefghij", 1.0),
        ("", "anything", 0.0),
    ],
)
def test_whether_the_answer_draws_on_a_result(text: str, answer: str, score: float) -> None:
    following = [result(text), saying(answer)]
    assert CONTRIBUTION.score(STEP, STEP, following=following) == score


def test_the_final_answer_is_the_last_one_in_words() -> None:
    words = [result("abcdefghij"), saying("abcdefghij"), calling(call("g")), result("x")]
    assert CONTRIBUTION.score(STEP, STEP, following=[*words, saying("xyz")]) == 0
    assert CONTRIBUTION.score(STEP, STEP, following=[*words, saying("abcdef")]) == 1
    assert CONTRIBUTION.score(STEP, STEP, following=[result("abc")]) is None


def test_one_call_that_contributes_is_enough() -> None:
    step = calling(ToolCall("f", "{}", "a"), ToolCall("f", "{}", "b"))
    following = [result("abcdefghij", "a"), result("0123456789", "b"), saying("0123")]
    # 4 of 10 for the second
    assert CONTRIBUTION.score(step, step, following=following) == 1


def test_long_texts_are_compared_in_part() -> None:
    following = [result("a" * 200_000), saying("b" * 200_000)]
    assert CONTRIBUTION.score(STEP, STEP, following=following) == 0
