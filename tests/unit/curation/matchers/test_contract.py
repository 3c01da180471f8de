"""What every matcher must do; a new file is tested by being there."""

from __future__ import annotations

import re

import pytest

from curation.matching import DEFAULT_MATCHER, MATCHERS, Matcher, Mismatch, match_step
from curation.trajectory import Message, Role, ToolCall

from .answers import BROKEN, call, calling, saying

A, B = call("f", x=1, y="Oslo"), call("g", z=[1, 2])


@pytest.fixture(params=MATCHERS.names())
def matcher(request: pytest.FixtureRequest) -> Matcher:
    return MATCHERS.get(request.param)


def test_the_three_are_there_and_the_default_is_one_of_them() -> None:
    assert MATCHERS.names() == ["bfcl", "looptool", "strict"]
    assert DEFAULT_MATCHER == "strict"


def test_it_says_what_it_is(matcher: Matcher) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", matcher.name)
    assert matcher.title
    assert matcher.description.endswith(".")
    assert type(matcher).__doc__


def test_an_answer_matches_itself_whatever_its_spelling(matcher: Matcher) -> None:
    reference = calling(A, B)
    spelt = calling(
        ToolCall("g", '{ "z": [1,\n2] }', "call_7"), ToolCall("f", '{"y": "Osl\\u006f", "x": 1}')
    )
    said = match_step(matcher, reference, spelt)
    assert said.matched
    assert (said.why, said.code, said.answer, said.text_only) == (None, "", 0, False)


@pytest.mark.parametrize(
    ("prediction", "why", "call_index", "pointer"),
    [
        (saying("I cannot."), Mismatch.NO_CALL, None, None),
        (saying(None), Mismatch.NO_CALL, None, None),
        (calling(A), Mismatch.COUNT, None, None),
        (calling(A, B, B), Mismatch.COUNT, None, None),
        (calling(A, call("h", z=[1, 2])), Mismatch.TOOL, None, None),
        (calling(B, call("f", x=1)), Mismatch.MISSING_ARGUMENT, 1, "/y"),
        (calling(A, call("g", z=[1, 2], q=1)), Mismatch.UNEXPECTED_ARGUMENT, 1, "/q"),
        (calling(call("f", x="one", y="Oslo"), B), Mismatch.TYPE, 0, "/x"),
        (calling(call("f", x=1, y="Rome"), B), Mismatch.VALUE, 0, "/y"),
        (calling(A, ToolCall("g", '{"z": [1')), Mismatch.UNREADABLE, 1, None),
    ],
    ids=lambda value: value.value if isinstance(value, Mismatch) else "",
)
def test_the_first_reason_is_told_with_its_place(
    matcher: Matcher,
    prediction: Message,
    why: Mismatch,
    call_index: int | None,
    pointer: str | None,
) -> None:
    said = match_step(matcher, calling(A, B), prediction)
    assert not said.matched
    assert said.why is why
    if why is not Mismatch.TOOL:
        assert said.call_index == call_index
    assert said.pointer == pointer


def test_a_step_in_words_is_matched_by_words_that_are_not_compared(matcher: Matcher) -> None:
    said = match_step(matcher, saying("Which city?"), saying("Where do you want to go?"))
    assert said.matched
    assert said.text_only
    assert match_step(matcher, saying("Which city?"), saying(None)).matched


@pytest.mark.parametrize(
    "prediction", [calling(A), saying("<tool_call>\n{name: f}\n</tool_call>")], ids=["call", "tag"]
)
def test_a_step_in_words_is_not_matched_by_a_call(matcher: Matcher, prediction: Message) -> None:
    said = match_step(matcher, saying("Which city?"), prediction)
    assert (said.matched, said.why) == (False, Mismatch.NEEDLESS_CALL)


def test_words_beside_calls_do_not_count(matcher: Matcher) -> None:
    wordy = Message(Role.ASSISTANT, "One moment.", (A,), reasoning="Oslo, then.")
    assert match_step(matcher, calling(A), wordy).matched


def test_any_accepted_answer_will_do_and_it_says_which(matcher: Matcher) -> None:
    others = [calling(B), saying("Which one?"), calling(A, A)]
    assert match_step(matcher, calling(A), calling(A), alternatives=others).answer == 0
    assert match_step(matcher, calling(A), calling(B), alternatives=others).answer == 1
    asked = match_step(matcher, calling(A), saying("Eh?"), alternatives=others)
    assert (asked.matched, asked.answer, asked.text_only) == (True, 2, True)
    assert match_step(matcher, calling(A), calling(A, A), alternatives=others).answer == 3


def test_when_none_matches_the_reason_is_the_one_against_the_reference(matcher: Matcher) -> None:
    said = match_step(
        matcher, calling(A), calling(call("f", x=2, y="Oslo")), alternatives=[calling(B)]
    )
    assert (said.matched, said.answer, said.pointer) == (False, 0, "/x")


def test_a_reference_that_does_not_parse_is_matched_by_its_like_alone(matcher: Matcher) -> None:
    assert match_step(matcher, calling(BROKEN), calling(BROKEN)).matched
    said = match_step(matcher, calling(BROKEN), calling(call("f", x=1)))
    assert (said.matched, said.why, said.call_index) == (False, Mismatch.UNREADABLE, None)
    assert said.reference_call_index == 0


@pytest.mark.parametrize("depth", [300, 900, 5000])
def test_deep_nesting_is_no_traceback(matcher: Matcher, depth: int) -> None:
    deep = ToolCall("f", f'{{"x": {"[" * depth}1{"]" * depth}}}')
    other = ToolCall("f", f'{{"x": {"[" * depth}2{"]" * depth}}}')
    assert match_step(matcher, calling(deep), calling(deep)).matched
    assert not match_step(matcher, calling(deep), calling(other)).matched
