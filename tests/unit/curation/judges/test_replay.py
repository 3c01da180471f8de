"""Recorded replies are read again; a question that is not on record has no answer."""

from __future__ import annotations

import asyncio
import json

import pytest

from curation.consensus import ConsensusRule, consensus, questions
from curation.errors import SettingsError
from curation.judges.replay import recording_line
from curation.judging import (
    JUDGES,
    JudgeCase,
    JudgeReply,
    JudgeSetup,
    Order,
    Unscored,
    Vote,
    VoteKey,
)
from curation.model_endpoint import Endpoint
from curation.rubric import rubric_named
from curation.trajectory import Message, Role, ToolCall
from curation.verdicts import Verdict
from tests.episodes import WEATHER
from tests.model_server import Answer, Step, awaited, model_server

RUBRIC = rubric_named("label-verification")
NONCE = "5ce1a9d3b7f04e26"


def case(city: str) -> JudgeCase:
    one, two = (
        Message(Role.ASSISTANT, tool_calls=(ToolCall("get_weather", json.dumps({"city": c})),))
        for c in (city, "Rome")
    )
    return JudgeCase((WEATHER,), (Message(Role.USER, "Weather in Rome?"),), one, two)


async def votes_of(backend: str, setup: JudgeSetup, asked: JudgeCase, model: str) -> list[Vote]:
    judge = await JUDGES.get(backend).open(setup)
    keys = questions(ConsensusRule(2, 2), [model])
    found = await asyncio.gather(*(judge.vote(asked, key, RUBRIC, NONCE) for key in keys))
    await judge.close()
    return found


def replied(verdict: str) -> Answer:
    """A server that holds the answer for Oslo wrong wherever it stands, and says so by place."""

    def answer(body: dict[str, object]) -> Step:
        asked = str(body["messages"])
        oslo_first = asked.index('"city":"Oslo"') < asked.index('"city":"Rome"')
        return Step(json.dumps({"verdict": "RESPONSE_1_WRONG" if oslo_first else verdict}))

    return answer


def test_what_a_model_said_is_said_again() -> None:
    with model_server(replied("RESPONSE_2_WRONG")) as server:
        setup = JudgeSetup(Endpoint(server.url, "m"))
        live = awaited(votes_of("openai", setup, case("Oslo"), "m"))
    lines = tuple(recording_line(case("Oslo").case_id, vote) for vote in live)
    again = awaited(votes_of("replay", JudgeSetup(recording=(*lines, "")), case("Oslo"), "m"))
    assert again == live
    assert consensus(again, ConsensusRule(2, 2)).verdict is Verdict.LABEL_WRONG


def test_refused_and_cut_off_replies_stay_so() -> None:
    with model_server(Step(refusal="No."), Step('{"verdict"', finish="length")) as server:
        setup = JudgeSetup(Endpoint(server.url, "m"))
        live = awaited(votes_of("openai", setup, case("Oslo"), "m"))
    lines = tuple(recording_line(case("Oslo").case_id, vote) for vote in live)
    again = awaited(votes_of("replay", JudgeSetup(recording=lines), case("Oslo"), "m"))
    assert {v.unscored for v in again} == {Unscored.REFUSED, Unscored.TRUNCATED}
    assert again == live


def recorded(**changes: object) -> str:
    line = {
        "case": case("Oslo").case_id,
        "rubric": RUBRIC.key,
        "order": "reference-first",
        "number": 0,
        "model": "m",
        "reply": {"text": '{"verdict": "BOTH_CORRECT"}'},
    }
    return json.dumps({**line, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"case": case("Paris").case_id},
        {"rubric": "label-verification@99"},
        {"order": "prediction-first"},
        {"number": 1},
        {"model": "n"},
    ],
)
def test_a_reply_to_another_question_is_never_taken(changes: dict[str, object]) -> None:
    async def first(*lines: str) -> Vote:
        judge = await JUDGES.get("replay").open(JudgeSetup(recording=lines))
        key = VoteKey("m", 0, Order.REFERENCE_FIRST)
        return await judge.vote(case("Oslo"), key, RUBRIC, NONCE)

    assert awaited(first(recorded())).verdict is Verdict.BOTH_CORRECT
    got = awaited(first(recorded(**changes)))
    assert got.unscored is Unscored.NOT_RECORDED and case("Oslo").case_id in got.detail


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["{"], "no recorded reply"),
        (['{"case": 1}'], "no recorded reply"),
        ([recorded(order="first")], "no recorded reply"),
        ([recorded(), recorded(reply={"text": "BOTH_WRONG"})], "another line answered"),
    ],
)
def test_a_bad_recording_is_refused_with_its_line(lines: list[str], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        awaited(JUDGES.get("replay").open(JudgeSetup(recording=tuple(lines))))
    assert caught.value.where == f"recording, line {len(lines)}"


def test_a_vote_without_a_reply_cannot_be_recorded() -> None:
    key = VoteKey("rules", 0, Order.REFERENCE_FIRST)
    with pytest.raises(ValueError, match="no model replied"):
        recording_line("case1-x", Vote(key, "r@1", unscored=Unscored.NOT_PROVEN))
    with pytest.raises(ValueError, match="verdict, or the reason"):
        Vote(key, "r@1", reply=JudgeReply("x"))
