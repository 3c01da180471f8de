"""Checklists: every item is answered plainly or not at all; weights and strict items count."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.checklist_judging import (
    ChecklistVote,
    ItemAnswer,
    checklist_answers,
    checklist_prompt,
    checklist_ruling,
    next_votes,
    reply_schema,
)
from curation.consensus import ConsensusRule
from curation.fencing import Fence
from curation.judge_prompt import PromptTooLarge
from curation.judges.openai_chat import OpenAIJudge
from curation.judging import JUDGES, JudgeCase, JudgeReply, JudgeSetup, Unscored
from curation.model_endpoint import Endpoint
from curation.rubric import About, Criterion, Rubric, rubric_named
from curation.trajectory import Message, Role, ToolCall
from tests.episodes import WEATHER
from tests.hostile import HOSTILE
from tests.model_server import Step, awaited, model_server

NONCE = "5ce1a9d3b7f04e26"
RUBRIC = Rubric(
    "three", "Three", 1, "us", About.ANSWER, "Look.",
    (Criterion("a", "A?", 3.0, must_hold=True), Criterion("b", "B?", 2.0), Criterion("c", "C?")),
)  # fmt: skip
CALL = Message(Role.ASSISTANT, tool_calls=(ToolCall("get_weather", '{"city":"Rome"}', "c1"),))
CONTEXT = (
    Message(Role.USER, "Weather in Oslo?"),
    Message(Role.ASSISTANT, tool_calls=(ToolCall("get_weather", '{"city":"Oslo"}', "c0"),)),
    Message(Role.TOOL, '{"sky": "clear"}', tool_call_id="c0"),
    Message(Role.USER, "And in Rome?"),
)
CASE = JudgeCase((WEATHER,), CONTEXT, CALL, CALL)


def replied(*items: Any, **more: Any) -> JudgeReply:
    return JudgeReply(json.dumps({"items": items, **more}))


def item(name: str, holds: str = "yes", evidence: str = "seen") -> dict[str, str]:
    return {"name": name, "evidence": evidence, "holds": holds}


def holds(reply: JudgeReply) -> dict[str, bool | None]:
    answers, unscored, _ = checklist_answers(reply, RUBRIC)
    assert unscored is None
    return {one.name: one.holds for one in answers}


def test_every_criterion_gets_its_answer() -> None:
    got = holds(replied(item("c", "no"), item("a"), item("b", "cannot_tell")))
    assert got == {"a": True, "b": None, "c": False}


@pytest.mark.parametrize(
    ("items", "wrong"),
    [
        ([item("a"), item("b")], "c is answered nowhere"),
        ([item("a"), item("b"), item("c"), item("c", "no")], "c is answered in two ways"),
        ([item("a"), item("b"), item("c", "maybe")], "no criterion is answered by"),
        ([item("a"), item("b"), item("d")], "no criterion is answered by"),
        ([item("a"), item("b"), {"name": "c", "holds": True}], "no criterion is answered by"),
        ([item("a"), item("b"), "c: yes"], "no criterion is answered by"),
    ],
)
def test_an_item_without_a_plain_answer_has_none(items: list[Any], wrong: str) -> None:
    answers, unscored, detail = checklist_answers(replied(*items), RUBRIC)
    assert unscored is None and wrong in detail
    assert answers[2] == ItemAnswer("c", None)
    assert [one.holds for one in answers[:2]] == [True, True]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (JudgeReply("a: yes"), Unscored.UNREADABLE),
        (JudgeReply('{"items": [{"name"'), Unscored.UNREADABLE),
        (JudgeReply("[]"), Unscored.WRONG_SCHEMA),
        (JudgeReply('{"items": "all hold"}'), Unscored.WRONG_SCHEMA),
        (JudgeReply('{"items": [], "items": [1]}'), Unscored.WRONG_SCHEMA),
        (JudgeReply(""), Unscored.EMPTY),
        (JudgeReply(replied(item("a")).text, "length"), Unscored.TRUNCATED),
        (JudgeReply("", refusal="No."), Unscored.REFUSED),
    ],
)
def test_a_reply_that_cannot_be_read_answers_nothing(reply: JudgeReply, reason: Unscored) -> None:
    answers, unscored, detail = checklist_answers(reply, RUBRIC)
    assert (answers, unscored) == ((), reason) and detail


def vote(*answers: bool | None) -> ChecklistVote:
    items = tuple(ItemAnswer(n, a, "e") for n, a in zip("abc", answers, strict=True))
    return ChecklistVote("m", RUBRIC.key, items)


@pytest.mark.parametrize(
    ("votes", "score", "passes"),
    [
        ([(True, True, True)] * 2, 1.0, True),
        # weights 3, 2, 1: a and c hold, (3 + 1) / 6
        ([(True, False, True)] * 2, 4 / 6, True),
        # a must hold: the score is (2 + 1) / 6, and the answer does not pass
        ([(False, True, True)] * 2, 3 / 6, False),
        ([(True, None, True)] * 2, None, True),
        ([(None, True, True)] * 2, None, None),
        ([(True, True, True), (False, True, True)], None, None),
        ([(True, True, True), (False, True, True), (True, True, False)], 1.0, True),
        ([(True, True, True)], None, None),  # one vote alone is not enough
        ([], None, None),
    ],
)
def test_score_and_strict_items(
    votes: list[tuple[bool | None, ...]], score: float | None, passes: bool | None
) -> None:
    ruling = checklist_ruling([vote(*v) for v in votes], RUBRIC, ConsensusRule(3, 2))
    assert ruling.score == (None if score is None else pytest.approx(score))
    assert ruling.passes is passes


def test_a_vote_that_could_not_be_read_counts_for_nothing() -> None:
    unread = ChecklistVote("m", RUBRIC.key, unscored=Unscored.UNREADABLE)
    votes = [vote(True, True, True), unread, vote(True, True, True)]
    assert checklist_ruling(votes, RUBRIC, ConsensusRule(3, 2)).score == 1.0


def test_the_answer_is_shown_fenced_and_alone() -> None:
    prompt = checklist_prompt(CASE, CALL, RUBRIC, NONCE)
    assert prompt.user.count("the-answer>") == 1
    assert "Response" not in prompt.user and "Response" not in prompt.system
    assert '"city":"Rome"' in prompt.user and Fence(NONCE).rule in prompt.system
    for criterion in RUBRIC.criteria:
        assert f"- {criterion.name}: {criterion.question}" in prompt.system


def test_results_are_judged_without_an_answer() -> None:
    rubric = rubric_named("result-plausibility")
    prompt = checklist_prompt(CASE, CALL, rubric, NONCE)
    assert "the-answer" not in prompt.user and '{"sky": "clear"}' in prompt.user
    without = JudgeCase((WEATHER,), CONTEXT[:1], CALL, CALL)
    with pytest.raises(ValueError, match="there are none"):
        checklist_prompt(without, CALL, rubric, NONCE)
    with pytest.raises(ValueError, match="two answers"):
        checklist_prompt(CASE, CALL, rubric_named("label-verification"), NONCE)


TURN = rubric_named("turn-checklist")


def test_a_turn_is_shown_step_by_step_with_its_results() -> None:
    result = Message(Role.TOOL, '{"sky": "grey"}', tool_call_id="c1")
    said = Message(Role.ASSISTANT, "It is grey in Rome.")
    prompt = checklist_prompt(CASE, (CALL, result, said), TURN, NONCE)
    places = [prompt.user.index(text) for text in (
        "And in Rome?", "Step 1 of the turn:", '"city":"Rome"', "A result of step 1:",
        '{"sky": "grey"}', "Step 2 of the turn:", "It is grey in Rome.",
    )]  # fmt: skip
    assert places == sorted(places)
    assert prompt.omitted == ()


def test_a_result_of_the_turn_that_does_not_fit_is_shortened_and_told() -> None:
    long = Message(Role.TOOL, "x" * 50_000, tool_call_id="c1")
    prompt = checklist_prompt(CASE, (CALL, long), TURN, NONCE, max_chars=20_000)
    (gone,) = prompt.omitted
    assert (gone.kind, gone.chars, gone.message_index) == ("result", 48_500, 5)
    assert "(Its end is left out: 48500 characters.)" in prompt.user
    whole = checklist_prompt(CASE, (CALL, long), TURN, NONCE)
    assert whole.omitted == () and "x" * 50_000 in whole.user
    with pytest.raises(PromptTooLarge):
        checklist_prompt(CASE, (CALL, long), TURN, NONCE, max_chars=2_000)


def test_no_more_votes_are_asked_for_than_decide_every_item() -> None:
    rule = ConsensusRule(3, 2)
    assert next_votes([], RUBRIC, rule) == 2
    assert next_votes([vote(True, True, True)], RUBRIC, rule) == 1
    assert next_votes([vote(True, True, True)] * 2, RUBRIC, rule) == 0
    assert next_votes([vote(True, True, True), vote(True, True, False)], RUBRIC, rule) == 1
    assert next_votes([vote(True, None, True)] * 3, RUBRIC, rule) == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_no_hostile_text_escapes_its_fence(text: str) -> None:
    text = text.replace("{nonce}", NONCE)
    answer = Message(Role.ASSISTANT, text, tool_calls=(ToolCall("get_weather", text),))
    case = JudgeCase((WEATHER,), (Message(Role.USER, text), *CONTEXT[1:]), answer, answer)
    user = checklist_prompt(case, answer, RUBRIC, NONCE).user
    assert user.count(f"<data-{NONCE} ") == user.count(f"</data-{NONCE}>") == 1 + 4 + 1
    assert user.lower().count(NONCE) == 2 * 6


@pytest.mark.parametrize("text", HOSTILE)
def test_no_hostile_text_of_a_turn_escapes_its_fence(text: str) -> None:
    text = text.replace("{nonce}", NONCE)
    step = Message(Role.ASSISTANT, text, tool_calls=(ToolCall("get_weather", text),))
    turn = (step, Message(Role.TOOL, text, tool_call_id="c1"), Message(Role.ASSISTANT, text))
    user = checklist_prompt(CASE, turn, TURN, NONCE).user
    # One tool, four messages before the turn, and three in it.
    assert user.count(f"<data-{NONCE} ") == user.count(f"</data-{NONCE}>") == 1 + 4 + 3
    assert user.lower().count(NONCE) == 2 * 8


@pytest.mark.parametrize("name", ["turn-checklist", "result-plausibility"])
def test_a_model_is_asked_over_http(name: str) -> None:
    rubric = rubric_named(name)
    items = [item(c.name) for c in rubric.criteria]

    async def asked(url: str) -> ChecklistVote:
        judge = await JUDGES.get("openai").open(JudgeSetup(Endpoint(url, "m")))
        assert isinstance(judge, OpenAIJudge)
        try:
            return await judge.checklist(CASE, CALL, "m", rubric, NONCE)
        finally:
            await judge.close()

    with model_server(Step(json.dumps({"items": items}))) as server:
        got = awaited(asked(server.url))
    assert [i.holds for i in got.items] == [True] * len(rubric.criteria)
    assert got.prompt_tokens == 1 and got.rubric == rubric.key
    [body] = server.asked
    assert body["response_format"]["json_schema"]["schema"] == reply_schema(rubric)


@settings(deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["a", "b", "yes", "no", "name"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["items", "name", "holds", "evidence"]), inner),
    max_leaves=12,
))  # fmt: skip
def test_any_json_is_read_without_an_error(value: Any) -> None:
    answers, unscored, _ = checklist_answers(JudgeReply(json.dumps(value)), RUBRIC)
    assert (len(answers) == 3) == (unscored is None)
