"""What holds of every judge, whatever it rests on: a new file in the folder is tested by this."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from curation.consensus import PROOF, consensus, questions
from curation.judges.replay import RecordedReply, encoded
from curation.judging import (
    JUDGES,
    JudgeBackend,
    JudgeCase,
    JudgeReply,
    JudgeSetup,
    Order,
    Vote,
)
from curation.model_endpoint import Endpoint
from curation.rubric import About, builtin_rubrics
from curation.trajectory import Message, Role, ToolCall
from curation.verdicts import Verdict
from tests.episodes import WEATHER
from tests.hostile import HOSTILE
from tests.model_server import Step, awaited, model_server

NONCE = "5ce1a9d3b7f04e26"
ASKED = (Message(Role.USER, "Weather in Rome?"),)
RUBRICS = [rubric for rubric in builtin_rubrics() if rubric.about is About.PAIR]


def called(raw: str) -> Message:
    return Message(Role.ASSISTANT, tool_calls=(ToolCall("get_weather", raw),))


NOT_JSON = JudgeCase((WEATHER,), ASKED, called("{"), called('{"city":"Rome"}'))
BOTH_BROKEN = JudgeCase((WEATHER,), ASKED, called("{"), called('{"days":1}'))


def by_the_book(body: dict[str, Any]) -> Step:
    """A model that holds an answer wrong when it gives no city."""
    asked = body["messages"][1]["content"]
    answers = re.findall(r" response-\d>\n(.*?)\n</data-", asked, re.DOTALL)
    wrong = tuple('"city":' not in answer for answer in answers)
    verdict = {
        (True, False): "RESPONSE_1_WRONG",
        (False, True): "RESPONSE_2_WRONG",
        (False, False): "BOTH_CORRECT",
        (True, True): "BOTH_WRONG",
    }[wrong]
    return Step(json.dumps({"verdict": verdict}))


def recording(case: JudgeCase) -> tuple[str, ...]:
    """What that model would have said of a case."""
    said = {Order.REFERENCE_FIRST: "BOTH_WRONG", Order.PREDICTION_FIRST: "BOTH_WRONG"}
    return tuple(
        encoded(RecordedReply(case.case_id, r.key, order, 0, "m", JudgeReply(verdict)))
        for r in RUBRICS
        for order, verdict in said.items()
    )


def votes(entry: JudgeBackend, case: JudgeCase, rubric_index: int = 0) -> list[Vote]:
    async def asked(url: str) -> list[Vote]:
        setup = JudgeSetup(Endpoint(url, "m"), recording(BOTH_BROKEN))
        judge = await entry.open(setup)
        keys = questions(PROOF, ["m"])
        try:
            return [await judge.vote(case, k, RUBRICS[rubric_index], NONCE) for k in keys]
        finally:
            await judge.close()

    with model_server(by_the_book) as server:
        return awaited(asked(server.url))


@pytest.mark.parametrize("entry", list(JUDGES), ids=lambda e: e.name)
@pytest.mark.parametrize("index", range(len(RUBRICS)), ids=lambda i: RUBRICS[i].name)
def test_a_plain_case_is_ruled_on(entry: JudgeBackend, index: int) -> None:
    given = votes(entry, BOTH_BROKEN, index)
    assert [v.key for v in given] == questions(PROOF, ["m"])
    assert {v.rubric for v in given} == {RUBRICS[index].key}
    ruled = consensus(given, PROOF).verdict
    if RUBRICS[index].sub_question and entry.name == "rules":
        assert ruled is None, "what it proves is no answer to another question"
    else:
        assert ruled is Verdict.BOTH_WRONG


@pytest.mark.parametrize("entry", list(JUDGES), ids=lambda e: e.name)
@pytest.mark.parametrize("text", HOSTILE[::7])
def test_a_hostile_case_is_no_error_and_no_other_verdict(entry: JudgeBackend, text: str) -> None:
    text = text.replace("{nonce}", NONCE)
    case = JudgeCase(
        (WEATHER,), (Message(Role.USER, text),), called('{"city":"Rome"}'), called(text), date=text
    )
    given = votes(entry, case)
    assert {v.verdict for v in given} <= {Verdict.PRED_WRONG, None}
    assert len({v.verdict for v in given}) == 1, "the same in both orders"


@pytest.mark.parametrize("entry", list(JUDGES), ids=lambda e: e.name)
def test_every_judge_says_what_it_is_and_what_it_needs(entry: JudgeBackend) -> None:
    assert re.fullmatch(r"[a-z][a-z-]*", entry.name) and entry.title and entry.doc.endswith(".")
    assert entry.is_offline != entry.needs_endpoint
    assert all(v.verdict or v.detail for v in votes(entry, NOT_JSON))
