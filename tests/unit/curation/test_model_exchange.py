"""One request over real HTTP by either client: the same goes out, and the same comes of a fault."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr

from curation.model_endpoint import Endpoint
from curation.model_exchange import (
    AioHttpExchange,
    Answered,
    Exchange,
    OpenAIExchange,
    open_exchange,
)
from curation.model_faults import ModelError, ModelFault
from tests.model_server import Step, awaited, failing, model_server, patience_s

KEY = "sk-very-secret-0123456789"
BODY: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "user", "content": "Grüße 東京 \u2028"}],
}
CLIENTS = [OpenAIExchange, AioHttpExchange]


@pytest.fixture(params=CLIENTS, ids=["openai", "aiohttp"])
def kind(request: pytest.FixtureRequest) -> type[Exchange]:
    if request.param is AioHttpExchange:
        pytest.importorskip("aiohttp")
    return request.param  # type: ignore[no-any-return]


def posted(kind: type[Exchange], url: str, timeout_s: float = 60.0, n: int = 1) -> list[Answered]:
    """The answers to `n` requests at once."""

    async def main() -> list[Answered]:
        exchange: Exchange = kind(Endpoint(url, "m", SecretStr(KEY), timeout_s), "test")  # type: ignore[call-arg]
        try:
            return await asyncio.gather(*(exchange.post(BODY) for _ in range(n)))
        finally:
            await exchange.close()

    return awaited(main())


def test_an_answer_comes_as_it_was_sent(kind: type[Exchange]) -> None:
    with model_server(Step(raw=b'{"any": "\xff thing"')) as server:
        [answer] = posted(kind, server.url)
    assert (answer.status, answer.content) == (200, b'{"any": "\xff thing"')
    assert server.asked == [BODY]
    assert server.keys == [f"Bearer {KEY}"]


def test_hundreds_at_once(kind: type[Exchange]) -> None:
    with model_server(Step("yes")) as server:
        answers = posted(kind, server.url, n=300)
    assert [a.status for a in answers] == [200] * 300
    assert len(server.asked) == 300


@pytest.mark.parametrize("status", [400, 401, 404, 408, 409, 422, 429, 500, 501, 503])
def test_any_status_is_an_answer_and_asked_for_once(kind: type[Exchange], status: int) -> None:
    with model_server(failing(status, "no", **{"retry-after-ms": "70"})) as server:
        [answer] = posted(kind, server.url)
    assert answer.status == status and answer.headers["retry-after-ms"] == "70"
    assert json.loads(answer.content)["error"]["message"] == "no"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (Step("x", half=True), ModelFault.UNREACHABLE),
        (Step(reset=True), ModelFault.UNREACHABLE),
        (Step(wait_s=20), ModelFault.TIMEOUT),
    ],
    ids=["half", "reset", "hangs"],
)
def test_nothing_that_came_is_an_error(kind: type[Exchange], step: Step, fault: ModelFault) -> None:
    with model_server(step) as server, pytest.raises(ModelError) as caught:
        posted(kind, server.url, patience_s(step))
    assert caught.value.fault is fault and caught.value.where == "test"
    assert caught.value.__cause__ is None, "what lies behind may hold the request with its key"
    assert len(server.asked) == 1


def test_nobody_there(kind: type[Exchange]) -> None:
    with model_server() as server:
        pass
    with pytest.raises(ModelError) as caught:
        posted(kind, server.url)
    assert caught.value.fault is ModelFault.UNREACHABLE


def test_the_proxy_of_the_environment_is_used(
    kind: type[Exchange], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with model_server(Step("by proxy")) as server:
        monkeypatch.setenv("http_proxy", server.url.removesuffix("/v1"))
        [answer] = posted(kind, "http://model.example/v1")
        assert b"by proxy" in answer.content
        monkeypatch.setenv("no_proxy", "model.example")
        with pytest.raises(ModelError):
            posted(kind, "http://model.example/v1", timeout_s=2.0)
    assert len(server.asked) == 1


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that answers {}: its URL, and the headers of what it was asked."""
    heads: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heads.append({name.lower(): value for name, value in self.headers.items()})
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_args: Any) -> None:
            """Quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}/v1", heads
    http.shutdown()
    http.server_close()


def test_the_key_does_not_follow_to_another_origin(
    kind: type[Exchange], elsewhere: tuple[str, list[dict[str, str]]]
) -> None:
    url, heads = elsewhere
    there = {"Location": f"{url}/chat/completions"}
    with model_server(Step(status=307, raw=b"", headers=there)) as server:
        [answer] = posted(kind, server.url)
    assert answer.status == 200
    assert ["authorization" in head for head in heads] == [False]


def test_both_clients_say_the_same_of_themselves(
    elsewhere: tuple[str, list[dict[str, str]]],
) -> None:
    pytest.importorskip("aiohttp")
    url, heads = elsewhere
    for kind in CLIENTS:
        posted(kind, url)
    ours = ("authorization", "content-type", "accept", "user-agent")
    first, second = ({name: head.get(name) for name in ours} for head in heads)
    assert first == second and first["authorization"] == f"Bearer {KEY}"


def test_the_faster_client_is_taken_where_it_is_installed() -> None:
    async def opened() -> Exchange:
        exchange = await open_exchange(Endpoint("http://x/v1", "m"), "test")
        await exchange.close()
        return exchange

    kind = AioHttpExchange if find_spec("aiohttp") else OpenAIExchange
    assert type(awaited(opened())) is kind
