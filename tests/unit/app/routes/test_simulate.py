"""The viewer asks for a simulated result: over the real routes, from a real model server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from app.flows.identity import issue_token
from app.flows.simulate import simulator_endpoint
from app.routes.annotate import AnnotateApi
from app.routes.answers import waited_for
from app.settings import load_settings
from curation.model_endpoint import Endpoint
from storage.engine import Store
from tests.episodes import CALL_AT, add_episodes
from tests.model_server import ModelServer, Step, awaited, failing, model_server
from tests.unit.app.routes.test_annotate import Browser

ROME = {"from": CALL_AT, "calls": [{"from": 0, "arguments": '{"city": "Rome"}'}]}
REVISION: list[Any] = [0, 1, ROME, 3, 4]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server(Step('{"sky": "rain"}')) as opened:
        yield opened


@pytest.fixture
def ann(store: Store, server: ModelServer) -> Iterator[Browser]:
    api = AnnotateApi(lambda: store, simulator=lambda: Endpoint(server.url, "some-model"))
    app = Starlette(routes=api.routes())
    with TestClient(app, base_url="http://127.0.0.1:8501") as client:
        yield Browser(client, issue_token(store, "Ann"))


def test_a_proposal_names_its_model_and_becomes_part_of_the_correction(
    store: Store, ann: Browser, server: ModelServer
) -> None:
    uid, *_ = add_episodes(store, 1)
    asked = {"uid": uid, "revision": REVISION, "message_index": 3}
    said = ann.post("simulate", asked)["proposal"]
    assert said == {"text": '{"sky": "rain"}', "model": "some-model", "warning": ""}
    assert '{"city": "Rome"}' in server.prompt
    revision = [0, 1, ROME, {"from": 3, "content": said["text"]}, 4]
    simulated = [{"message_index": 3, "model": said["model"]}]
    body = {"session": "s1", "n": 1, "uid": uid, "revision": revision, "reason": "Rome"}
    ann.post("correct", {**body, "simulated": simulated})
    view = ann.client.get(f"/api/annotate/view?uid={uid}", headers=ann.headers).json()["view"]
    messages = view["correction"]["messages"]
    assert messages[3]["simulated"] == {"model": "some-model", "edited": False}
    assert [m["index"] for m in messages if "simulated" in m] == [3]


def test_a_model_that_fails_is_an_error_with_a_remedy(
    store: Store, ann: Browser, server: ModelServer
) -> None:
    uid, *_ = add_episodes(store, 1)
    server.script[:] = [failing(401, "no")]
    asked = {"uid": uid, "revision": REVISION, "message_index": 3}
    error = ann.post("simulate", asked, status=424)["error"]
    assert "does not admit the key" in error["message"]
    assert "LOOPWRIGHT_SIMULATOR_API_KEY" in error["hint"]


def test_what_cannot_be_asked_asks_no_model(
    store: Store, ann: Browser, server: ModelServer
) -> None:
    uid, *_ = add_episodes(store, 1)
    ann.post("simulate", {"uid": uid, "revision": REVISION, "message_index": 4}, status=400)
    ann.post("simulate", {"uid": "tj1-none", "revision": [], "message_index": 0}, status=404)
    ann.headers = {"X-Loopwright-Token": "1.bad"}
    ann.post("simulate", {"uid": uid, "revision": REVISION, "message_index": 3}, status=401)
    assert server.asked == []


def test_without_a_simulator_it_says_what_to_set(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOOPWRIGHT_SIMULATOR_BASE_URL", raising=False)
    uid, *_ = add_episodes(store, 1)
    api = AnnotateApi(lambda: store, simulator=lambda: simulator_endpoint(load_settings()))
    with TestClient(Starlette(routes=api.routes()), base_url="http://127.0.0.1") as client:
        browser = Browser(client, issue_token(store, "Ann"))
        asked = {"uid": uid, "revision": REVISION, "message_index": 3}
        error = browser.post("simulate", asked, status=400)["error"]
    assert "LOOPWRIGHT_SIMULATOR_BASE_URL" in error["hint"]


def test_what_was_not_foreseen_is_logged_under_an_id() -> None:
    async def broken(request: Request) -> Response:
        async def work() -> dict[str, Any]:
            raise RuntimeError("secret detail")

        return await waited_for(request, work())

    with TestClient(Starlette(routes=[Route("/x", broken)])) as client:
        answer = client.get("/x")
    assert answer.status_code == 500
    assert answer.json()["error"]["id"]
    assert "secret detail" not in answer.text


def test_a_browser_that_goes_away_ends_the_work() -> None:
    ended: list[str] = []

    async def long() -> dict[str, Any]:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return {}

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def run() -> Response:
        request = Request({"type": "http", "method": "POST", "path": "/x", "headers": []}, gone)
        return await asyncio.wait_for(waited_for(request, long()), 5)

    assert awaited(run()).status_code == 499
    assert ended == ["cancelled"]
