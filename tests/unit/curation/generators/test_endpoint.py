"""One question to a model over real HTTP: what is tried again, and what every failure says."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest
from pydantic import SecretStr

from curation.generators.endpoint import GeneratorError, Reply, ask
from curation.model_endpoint import MAX_SAID, Endpoint
from tests.model_server import ModelServer, Step, awaited, failing, model_server

KEY = "sk-very-secret-0123456789"


def endpoint(server: ModelServer, timeout_s: float = 10.0) -> Endpoint:
    return Endpoint(server.url, "some-model", SecretStr(KEY), timeout_s, max_tokens=64)


def asked(server: ModelServer, timeout_s: float = 10.0) -> Reply:
    messages = [{"role": "user", "content": "What?"}]
    return awaited(ask(endpoint(server, timeout_s), messages, temperature=0.2))


def refused(server: ModelServer, timeout_s: float = 10.0) -> GeneratorError:
    with pytest.raises(GeneratorError) as caught:
        asked(server, timeout_s)
    assert KEY not in str(caught.value)
    assert caught.value.hint
    assert caught.value.__cause__ is None, "what lies behind may hold the request with its key"
    return caught.value


def test_the_question_is_sent_as_settings_say() -> None:
    with model_server(Step("Hello")) as server:
        assert asked(server) == Reply("Hello", "some-model")
    [body] = server.asked
    assert body["model"] == "some-model"
    assert body["temperature"] == 0.2
    assert body["max_tokens"] == 64
    assert server.keys == [f"Bearer {KEY}"]


def test_a_server_without_a_key_is_asked_without_a_secret() -> None:
    with model_server(Step("Hello")) as server:
        awaited(ask(Endpoint(server.url, "m"), [], temperature=0))
    assert KEY not in server.keys[0]


@pytest.mark.parametrize(
    "first",
    [
        failing(429, "slow down"),
        failing(500, "oops"),
        failing(503, "loading"),
        Step(reset=True),
        Step("cut", half=True),
    ],
    ids=["429", "500", "503", "reset", "half"],
)
def test_what_passes_is_tried_again(first: Step) -> None:
    with model_server(first, Step("Hello")) as server:
        assert asked(server).text == "Hello"
    assert len(server.asked) == 2


def test_what_lasts_is_given_up_after_three_tries() -> None:
    with model_server(failing(500, "no memory left")) as server:
        problem = refused(server)
    assert len(server.asked) == 3, "retries are not stacked"
    assert "HTTP 500" in problem.message and "no memory left" in problem.message


def test_a_server_that_hangs_is_given_up_in_time() -> None:
    with model_server(Step(wait_s=20)) as server:
        began = time.monotonic()
        problem = refused(server, timeout_s=0.4)
        assert time.monotonic() - began < 10
    assert "did not answer" in problem.message
    assert "LOOPWRIGHT_SIMULATOR_TIMEOUT_S" in problem.hint
    assert len(server.asked) <= 3


@pytest.mark.parametrize(
    ("step", "says", "remedy"),
    [
        (failing(401, f"wrong key {KEY}"), "does not admit the key", "SIMULATOR_API_KEY"),
        (failing(404, "no such model"), "knows no model some-model", "SIMULATOR_MODEL"),
        (failing(400, "too long"), "too long", "SIMULATOR"),
        (failing(429, "quota"), "too many questions", "Wait"),
        (Step(raw=b"{"), "no chat completion", "SIMULATOR_BASE_URL"),
        (Step(raw=b"<html>hi</html>"), "no chat completion", "/v1"),
        (Step(raw=b"[]"), "no chat completion", "/v1"),
        (Step(raw=b'{"choices": []}'), "no chat completion", "/v1"),
        (Step(raw=b'{"choices": [{"message": null}]}'), "no chat completion", "/v1"),
        (Step(refusal="I will not."), "refused to answer: “I will not.”", "yourself"),
        (Step("…", finish="content_filter"), "refused to answer", "another model"),
        (Step('{"room": "OS', finish="length"), "cut off after 64 tokens", "MAX_TOKENS"),
        (Step(" \n"), "answered nothing", "Ask again"),
        (Step("x", half=True), "connection", "SIMULATOR_BASE_URL"),
        (Step(reset=True), "connection", "running"),
    ],
)
def test_every_failure_says_what_to_do(step: Step, says: str, remedy: str) -> None:
    with model_server(step) as server:
        problem = refused(server)
    assert says in problem.message
    assert remedy in problem.hint
    if step.raw is not None and step.status < 429:
        assert len(server.asked) == 1, "asking again would not help"


def test_nobody_there_is_said_too() -> None:
    with model_server() as server:
        pass
    assert "connection" in refused(server).message


def test_long_words_of_a_server_are_cut() -> None:
    with model_server(failing(400, "long " * 1000)) as server:
        assert len(refused(server).message) < MAX_SAID + 200


def test_the_key_is_in_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with model_server(failing(500, KEY)) as server:
        refused(server)
        assert KEY not in repr(endpoint(server))
    assert KEY not in caplog.text


def test_cancelling_hangs_up() -> None:
    async def cancelled(server: ModelServer) -> None:
        task = asyncio.create_task(ask(endpoint(server), [], temperature=0))
        while not server.asked:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with model_server(Step(wait_s=20)) as server:
        awaited(cancelled(server))
        assert server.gone.wait(5)
