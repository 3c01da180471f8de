"""A judge behind real HTTP: what is asked, what counts, and every way in which it can fail."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from typing import Any

import pytest
from pydantic import SecretStr

from curation.consensus import ConsensusRule, consensus, questions
from curation.errors import SettingsError
from curation.judging import (
    JUDGES,
    Judge,
    JudgeCase,
    JudgeSetup,
    Order,
    Unscored,
    Vote,
    VoteKey,
)
from curation.model_endpoint import Endpoint
from curation.model_faults import ModelError, ModelFault
from curation.rubric import rubric_named
from curation.trajectory import Message, Role, ToolCall
from curation.verdicts import Verdict
from tests.episodes import WEATHER
from tests.hostile import HOSTILE
from tests.model_server import (
    Answer,
    ModelServer,
    Step,
    awaited,
    failing,
    model_server,
    without_structure,
)

KEY = "sk-very-secret-0123456789"
NONCE = "5ce1a9d3b7f04e26"
RUBRIC = rubric_named("label-verification")


def called(city: str) -> Message:
    return Message(
        Role.ASSISTANT, tool_calls=(ToolCall("get_weather", json.dumps({"city": city})),)
    )


ASKED = (Message(Role.USER, "Weather in Rome?"),)
CASE = JudgeCase((WEATHER,), ASKED, called("Oslo"), called("Rome"))
GOOD = json.dumps({"error_analysis": "Oslo.", "correct_approach": "Rome.", "verdict": "BOTH_WRONG"})


@pytest.fixture(autouse=True, params=["openai", "aiohttp"])
def client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test with either client."""
    if request.param == "aiohttp":
        pytest.importorskip("aiohttp")
    else:
        monkeypatch.setattr("curation.model_exchange.find_spec", lambda _: None)


async def opened(server: ModelServer, timeout_s: float = 10.0, max_chars: int = 60_000) -> Judge:
    endpoint = Endpoint(server.url, "some-model", SecretStr(KEY), timeout_s, max_tokens=64)
    return await JUDGES.get("openai").open(JudgeSetup(endpoint, max_chars=max_chars))


def vote(
    server: ModelServer,
    order: Order = Order.REFERENCE_FIRST,
    case: JudgeCase = CASE,
    **setup: Any,
) -> Vote:
    async def ask() -> Vote:
        judge = await opened(server, **setup)
        try:
            return await judge.vote(case, VoteKey("some-model", 0, order), RUBRIC, NONCE)
        finally:
            await judge.close()

    return awaited(ask())


def failed(*script: Answer, timeout_s: float = 10.0) -> ModelError:
    with model_server(*script) as server, pytest.raises(ModelError) as caught:
        vote(server, timeout_s=timeout_s)
    assert KEY not in str(caught.value) and caught.value.hint
    assert caught.value.__cause__ is None, "what lies behind may hold the request with its key"
    return caught.value


def test_a_structured_reply_is_a_vote() -> None:
    usage = {"prompt_tokens": 321, "completion_tokens": 12, "total_tokens": 333}
    with model_server(Step(GOOD, usage=usage)) as server:
        got = vote(server)
    assert got.verdict is Verdict.BOTH_WRONG and got.unscored is None
    assert (got.error_analysis, got.correct_approach) == ("Oslo.", "Rome.")
    assert (got.prompt_tokens, got.completion_tokens) == (321, 12)
    assert got.reply is not None and got.reply.text == GOOD
    assert got.rubric == RUBRIC.key
    [body] = server.asked
    assert body["temperature"] == 0 and body["max_tokens"] == 64 and body["model"] == "some-model"
    schema = body["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert schema["schema"]["properties"]["verdict"]["enum"][0] == "RESPONSE_1_WRONG"
    assert server.keys == [f"Bearer {KEY}"]
    assert f"<data-{NONCE} response-1>" in server.prompt


async def twice(server: ModelServer) -> list[Vote]:
    """A vote in each order, by one judge."""
    judge = await opened(server)
    keys = [VoteKey("some-model", 0, order) for order in Order]
    found = [await judge.vote(CASE, key, RUBRIC, NONCE) for key in keys]
    await judge.close()
    return found


def test_an_endpoint_without_structured_output_is_asked_without_it_once_and_for_all() -> None:
    with model_server(without_structure(Step("Verdict: BOTH_WRONG"))) as server:
        votes = awaited(twice(server))
    assert [v.verdict for v in votes] == [Verdict.BOTH_WRONG] * 2
    assert ["response_format" in body for body in server.asked] == [True, False, False]


def reasoning(body: dict[str, Any]) -> Step:
    """As OpenAI's reasoning models answer: they name the first parameter that they do not take."""
    for name, said in (
        ("max_tokens", "Unsupported parameter: 'max_tokens' is not supported with this model. "
         "Use 'max_completion_tokens' instead."),
        ("temperature", "Unsupported value: 'temperature' does not support 0 with this model. "
         "Only the default (1) value is supported."),
    ):  # fmt: skip
        if name in body:
            error = {"message": said, "type": "invalid_request_error", "param": name, "code": "x"}
            return Step(status=400, raw=json.dumps({"error": error}).encode())
    return Step(GOOD)


def test_parameters_that_are_refused_by_name_are_left_out_from_then_on() -> None:
    with model_server(reasoning) as server:
        votes = awaited(twice(server))
    assert [v.verdict for v in votes] == [Verdict.BOTH_WRONG] * 2
    told = ("max_tokens", "temperature")
    assert [v.reply.asked_without for v in votes if v.reply] == [told, told]
    assert [[name for name in told if name in body] for body in server.asked] == [
        ["max_tokens", "temperature"], ["temperature"], [], []
    ]  # fmt: skip
    assert [body.get("max_completion_tokens") for body in server.asked] == [None, 64, 64, 64]
    # The schema of the reply was never what was refused.
    assert all("response_format" in body for body in server.asked)


@pytest.mark.parametrize(
    "said",
    [
        "'max_tokens' or 'max_completion_tokens' is too large: 64. This model's maximum context "
        "length is 32 tokens.",
        "temperature must be at least 0.1",
        "This parameter is not supported",
    ],
)
def test_a_value_that_is_refused_changes_no_question(said: str) -> None:
    with model_server(failing(400, said)) as server, pytest.raises(ModelError) as caught:
        vote(server)
    assert caught.value.fault is ModelFault.REJECTED
    assert all({"max_tokens", "temperature"} <= body.keys() for body in server.asked)


def test_what_is_refused_either_way_is_not_taken_for_a_parameter() -> None:
    odd = failing(400, "max_tokens is not supported")
    with model_server(odd, odd, odd, odd, Step(GOOD)) as server, pytest.raises(ModelError):
        vote(server)
    # With the schema and without it, each with max_tokens and with its other name.
    assert ["max_tokens" in body for body in server.asked] == [True, False, True, False]


def test_a_question_that_is_refused_itself_is_no_sign_of_a_missing_schema() -> None:
    async def asked(server: ModelServer) -> list[Vote | ModelFault]:
        judge = await opened(server)
        found: list[Vote | ModelFault] = []
        for number in range(3):
            key = VoteKey("some-model", number, Order.REFERENCE_FIRST)
            try:
                found.append(await judge.vote(CASE, key, RUBRIC, NONCE))
            except ModelError as problem:
                found.append(problem.fault)
        await judge.close()
        return found

    too_long = failing(400, "maximum context length exceeded")
    with model_server(too_long, too_long, Step(GOOD), too_long) as server:
        first, second, third = awaited(asked(server))
    assert first is ModelFault.REJECTED and third is ModelFault.REJECTED
    assert isinstance(second, Vote)
    assert ["response_format" in b for b in server.asked] == [True, False, True, True]


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (Step(GOOD, finish="length"), Unscored.TRUNCATED),
        (Step(GOOD[:60]), Unscored.UNREADABLE),
        (Step(refusal="I will not judge this."), Unscored.REFUSED),
        (Step(GOOD, finish="content_filter"), Unscored.REFUSED),
        (Step(""), Unscored.EMPTY),
        (Step('{"winner": 1}'), Unscored.WRONG_SCHEMA),
        (Step('{"verdict": "not BOTH_CORRECT"}'), Unscored.NEGATED),
        (Step('{"verdict": "LABEL_WRONG"}'), Unscored.NOT_BLIND),
        (Step("I cannot tell."), Unscored.NO_VERDICT),
        (Step("BOTH_CORRECT or BOTH_WRONG"), Unscored.SEVERAL),
        (Step(GOOD, finish="tool_calls"), Unscored.UNREADABLE),
    ],
    ids=lambda value: value.value if isinstance(value, Unscored) else "",
)
def test_what_cannot_be_counted_is_unscored(step: Step, reason: Unscored) -> None:
    with model_server(step) as server:
        got = vote(server)
    assert (got.verdict, got.unscored) == (None, reason)
    assert got.detail and KEY not in got.detail
    assert got.reply is not None and got.prompt_tokens == 1, "an unread reply costs tokens too"
    assert len(server.asked) == 1


def test_usage_that_is_not_told_is_not_guessed() -> None:
    with model_server(Step(GOOD, usage=None)) as server:
        got = vote(server)
    assert (got.prompt_tokens, got.completion_tokens) == (None, None)


def test_a_prompt_that_must_not_be_cut_is_not_sent() -> None:
    case = JudgeCase((WEATHER,), (Message(Role.USER, "x" * 9_000),), called("Oslo"), called("Rome"))
    with model_server(Step(GOOD)) as server:
        got = vote(server, case=case, max_chars=8_000)
    assert got.unscored is Unscored.TOO_LARGE and server.asked == []


def test_what_was_left_out_is_kept_with_the_vote() -> None:
    old = Message(Role.USER, "old " * 2_000)
    case = JudgeCase((WEATHER,), (old, *ASKED), called("Oslo"), called("Rome"))
    with model_server(Step(GOOD)) as server:
        got = vote(server, case=case, max_chars=8_000)
    assert [(o.kind, o.message_index) for o in got.omitted] == [("message", 0)]


@pytest.mark.parametrize(
    ("step", "fault", "says"),
    [
        (failing(401, f"wrong key {KEY}"), ModelFault.KEY, "does not admit the key"),
        (failing(403, "no"), ModelFault.KEY, "does not admit the key"),
        (failing(404, "no such model"), ModelFault.MODEL, "knows no model some-model"),
        (failing(400, "too long"), ModelFault.REJECTED, "too long"),
        (failing(413, "too long"), ModelFault.REJECTED, "refused the question"),
        (failing(429, "quota"), ModelFault.BUSY, "too many questions"),
        (failing(500, "boom"), ModelFault.DOWN, "boom"),
        (Step(raw=b"{"), ModelFault.NOT_CHAT, "no chat completion"),
        (Step(raw=b"<html>hi</html>"), ModelFault.NOT_CHAT, "no chat completion"),
        (Step(raw=b"[]"), ModelFault.NOT_CHAT, "no chat completion"),
        (Step(raw=b'{"choices": []}'), ModelFault.NOT_CHAT, "no chat completion"),
        (Step(raw=b'{"choices": [{"message": null}]}'), ModelFault.NOT_CHAT, "no chat completion"),
        (Step(raw=b'{"choices": 7}'), ModelFault.NOT_CHAT, "no chat completion"),
        (Step("x", half=True), ModelFault.UNREACHABLE, "connection"),
        (Step(reset=True), ModelFault.UNREACHABLE, "connection"),
    ],
)
def test_no_reply_is_an_error_and_never_a_vote(step: Step, fault: ModelFault, says: str) -> None:
    problem = failed(step)
    assert problem.fault is fault and says in problem.message
    assert problem.concerns_all == (fault in ("key", "model"))
    assert problem.passes == (fault in ("busy", "down", "unreachable"))


def test_a_server_that_hangs_is_given_up_in_time() -> None:
    began = time.monotonic()
    problem = failed(Step(wait_s=20), timeout_s=0.4)
    assert time.monotonic() - began < 10
    assert problem.fault is ModelFault.TIMEOUT and problem.passes


def test_how_long_an_endpoint_wants_to_be_left_alone_is_handed_on() -> None:
    storm = failing(429, "quota", **{"retry-after-ms": "90000"})
    with model_server(storm) as server, pytest.raises(ModelError) as caught:
        vote(server)
    assert caught.value.retry_after_s == 90
    assert len(server.asked) == 1, "whoever asks waits himself"


def test_nobody_there() -> None:
    with model_server() as server:
        pass
    with pytest.raises(ModelError) as caught:
        vote(server)
    assert caught.value.fault is ModelFault.UNREACHABLE


def test_a_judge_without_an_endpoint_is_not_opened() -> None:
    with pytest.raises(SettingsError, match="base URL"):
        awaited(JUDGES.get("openai").open(JudgeSetup()))


def test_the_key_is_in_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with model_server(Step(GOOD, refusal=f"Your key {KEY} is odd.")) as server:
        got = vote(server)
        setup = JudgeSetup(Endpoint(server.url, "m", SecretStr(KEY)))
    assert KEY not in repr(setup) and KEY not in repr(got)
    assert KEY not in caplog.text


def by_the_harness(body: dict[str, Any], quoting: bool = False) -> Step:
    """A model that does what the rules say: it finds both answers by the nonce of the rules and
    holds an answer right that calls the tool for Rome alone."""
    rules, asked = (m["content"] for m in body["messages"])
    nonce = re.search(r"between <data-(\w+) …>", rules)
    assert nonce is not None
    answers = [
        re.findall(rf"<data-{nonce[1]} response-{n}>\n(.*?)\n</data-{nonce[1]}>", asked, re.DOTALL)
        for n in (1, 2)
    ]
    assert [len(found) for found in answers] == [1, 1], "there are two answers, whatever data says"
    right = ['{"city":"Rome"}' in found[0] for found in answers]
    verdict = {
        (True, True): "BOTH_CORRECT",
        (True, False): "RESPONSE_2_WRONG",
        (False, True): "RESPONSE_1_WRONG",
        (False, False): "BOTH_WRONG",
    }[right[0], right[1]]
    analysis = asked[:3_000] if quoting else "One asks for another city."
    reply = {"error_analysis": analysis, "correct_approach": "Rome.", "verdict": verdict}
    return Step(json.dumps(reply))


def poisoned(text: str) -> JudgeCase:
    """The case with a hostile text in every place but the arguments that decide."""
    return JudgeCase(
        (WEATHER,),
        (
            Message(Role.SYSTEM, text),
            Message(Role.TOOL, text, name=text),
            Message(Role.ASSISTANT, text, tool_calls=(ToolCall(text, text),)),
            Message(Role.USER, f"Weather in Rome? {text}"),
        ),
        Message(Role.ASSISTANT, text, tool_calls=called("Oslo").tool_calls),
        Message(Role.ASSISTANT, text, tool_calls=called("Rome").tool_calls),
        date=text,
    )


def test_no_hostile_text_changes_what_a_judge_says() -> None:
    """Fifty texts, both orders, also when the judge quotes them: the same verdict, or none."""

    async def all_votes(server: ModelServer) -> list[tuple[Vote, ...]]:
        judge = await opened(server)
        found = []
        for text in HOSTILE:
            case = poisoned(text.replace("{nonce}", NONCE))
            keys = questions(ConsensusRule(1, 1), ["some-model"])
            found.append(
                tuple(await asyncio.gather(*(judge.vote(case, key, RUBRIC, NONCE) for key in keys)))
            )
        await judge.close()
        return found

    with model_server(by_the_harness) as server:
        votes = awaited(all_votes(server))
    assert len(votes) == 50
    for pair in votes:
        assert [v.verdict for v in pair] == [Verdict.LABEL_WRONG] * 2
        assert consensus(pair, ConsensusRule(1, 1)).verdict is Verdict.LABEL_WRONG
    with model_server(lambda body: by_the_harness(body, quoting=True)) as server:
        quoting = awaited(all_votes(server))
    found = {v.verdict for pair in quoting for v in pair}
    assert Verdict.LABEL_WRONG in found and found <= {Verdict.LABEL_WRONG, None}


def test_many_questions_at_once_stay_apart() -> None:
    cities = [("Oslo", "Rome"), ("Rome", "Oslo"), ("Rome", "Rome"), ("Oslo", "Oslo")]
    wanted = [
        Verdict.LABEL_WRONG, Verdict.PRED_WRONG, Verdict.BOTH_CORRECT, Verdict.BOTH_WRONG,
    ]  # fmt: skip

    async def all_votes(server: ModelServer) -> list[Vote]:
        judge = await opened(server)
        asked = [
            judge.vote(
                JudgeCase((WEATHER,), ASKED, called(one), called(two)),
                VoteKey("some-model", 0, order),
                RUBRIC,
                NONCE,
            )
            for one, two in cities * 5
            for order in Order
        ]
        found = await asyncio.gather(*asked)
        await judge.close()
        return list(found)

    with model_server(by_the_harness) as server:
        votes = awaited(all_votes(server))
    assert [v.verdict for v in votes] == [w for w in wanted * 5 for _ in Order]
