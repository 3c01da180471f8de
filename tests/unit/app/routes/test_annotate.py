"""The viewer's API over the real routes and a real SQLite file."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.flows import annotate, queue
from app.flows.identity import issue_token
from app.flows.jobs import run_next
from app.routes import annotate as routes
from app.routes.annotate import MAX_BODY, AnnotateApi
from storage.engine import Store
from tests.episodes import CALL_AT, CATEGORY, add_episodes, add_trajectories, episode


class Browser:
    """What the viewer does: one token, one session, numbered ops."""

    def __init__(self, client: TestClient, token: str, session: str = "s1") -> None:
        self.client = client
        self.headers = {"X-Loopwright-Token": token}
        self.session = session
        self.n = 0

    def post(self, path: str, body: Any, status: int = 200, **headers: str) -> Any:
        answer = self.client.post(
            f"/api/annotate/{path}", json=body, headers={**self.headers, **headers}
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def op(self, kind: str, uid: str = "", **payload: Any) -> dict[str, Any]:
        self.n += 1
        return {"n": self.n, "uid": uid, "kind": kind, "payload": payload}

    def act(self, *ops: dict[str, Any]) -> Any:
        return self.post("acts", {"session": self.session, "ops": list(ops)})

    def next(self, *exclude: str, dataset: str | None = "weather") -> Any:
        return self.post("next", {"dataset": dataset, "exclude": list(exclude)})


@pytest.fixture
def uids(store: Store) -> tuple[str, ...]:
    found = add_episodes(store, 3)
    queue.fill_queue(store, "weather", policy="oldest")
    return found


@pytest.fixture
def client(store: Store) -> Iterator[TestClient]:
    app = Starlette(routes=AnnotateApi(lambda: store).routes())
    with TestClient(app, base_url="http://127.0.0.1:8501") as opened:
        yield opened


@pytest.fixture
def ann(store: Store, client: TestClient) -> Browser:
    return Browser(client, issue_token(store, "Ann"))


def test_a_draft_is_kept_shown_refused_and_dropped(
    ann: Browser, client: TestClient, store: Store, uids: tuple[str, ...]
) -> None:
    def draft(session: str, n: int, based_on: int, content: Any, status: int = 200) -> Any:
        at = {"n": n, "based_on": based_on}
        body = {"session": session, "uid": uids[0], "at": at, "content": content}
        return ann.post("draft", body, status)

    assert draft("s1", 1, 0, {"entries": [0, 1]}) == {"revision": 1}
    view = client.get(f"/api/annotate/view?uid={uids[0]}", headers=ann.headers).json()["view"]
    assert view["kept"] == {"revision": 1, "content": {"entries": [0, 1]}}
    refused = draft("s2", 1, 0, {"entries": []}, status=409)["error"]
    assert refused["kept"] == {"revision": 1, "content": {"entries": [0, 1]}}
    assert "another tab" in refused["message"] and refused["hint"]
    assert draft("s1", 2, 1, None) == {"revision": 2}
    draft("s1", 0, 0, {}, status=400)


def test_people_at_one_trajectory_are_told_of_each_other(
    ann: Browser, client: TestClient, store: Store, uids: tuple[str, ...]
) -> None:
    bob = Browser(client, issue_token(store, "Bob"))
    assert ann.post("present", {"session": "s1", "uid": uids[0]}) == {"people": [], "tabs": []}
    here = bob.post("present", {"session": "s2", "uid": uids[0]})
    assert here == {"people": ["Ann"], "tabs": []}
    assert ann.post("present", {"session": "s3", "uid": uids[0]})["tabs"] == ["s1"]
    assert ann.post("present", {"session": "s1"}) == {"people": [], "tabs": []}


def test_a_trajectory_is_claimed_annotated_and_committed(
    ann: Browser, uids: tuple[str, ...]
) -> None:
    first = ann.next()
    assert first["view"]["uid"] == uids[0]
    assert first["view"]["dataset"] == "weather"
    assert first["view"]["source_id"] == "weather-0"
    assert first["progress"] == {"waiting": 2, "claimed": 1, "done": 0, "total": 3}
    mark = {"mark_id": "m1", **CATEGORY, "anchor": {"message_index": CALL_AT, "call_index": 0}}
    answer = ann.act(
        ann.op("mark", uids[0], mark=mark),
        ann.op("verdicts", uids[0], verdicts={str(CALL_AT): "incorrect"}),
        ann.op("outcome", uids[0], outcome="reject"),
        ann.op("commit", uids[0]),
    )
    assert answer["acked"] == 4
    assert [r["status"] for r in answer["results"]] == ["ok"] * 4
    said = answer["annotations"][uids[0]]
    assert said["committed"] is True
    assert said["annotation"]["outcome"] == "reject"
    assert said["annotation"]["step_verdicts"] == {str(CALL_AT): "incorrect"}
    assert said["annotation"]["marks"][0]["category"] == CATEGORY["category"]
    assert answer["progress"] == {"waiting": 2, "claimed": 0, "done": 1, "total": 3}
    assert ann.next()["view"]["uid"] == uids[1]


def test_what_is_on_screen_is_not_handed_out_again(ann: Browser, uids: tuple[str, ...]) -> None:
    seen = [ann.next()["view"]["uid"]]
    seen.append(ann.next(*seen)["view"]["uid"])
    seen.append(ann.next(*seen)["view"]["uid"])
    assert seen == list(uids)
    assert ann.next(*seen)["view"] is None
    assert ann.next()["view"]["uid"] == uids[0], "a claim that is not excluded comes first"


def test_a_delivery_that_is_repeated_gets_the_same_answer(
    ann: Browser, uids: tuple[str, ...]
) -> None:
    ops = [
        ann.op("commit", uids[0]),
        ann.op("outcome", uids[0], outcome="accept"),
        ann.op("commit", uids[0]),
        ann.op("undo"),
    ]
    first = ann.act(*ops)
    again = ann.act(*ops)
    assert again == first
    assert [r["status"] for r in first["results"]] == ["refused", "ok", "ok", "ok"]
    assert first["results"][3]["undone"] == {"uid": uids[0], "kind": "commit"}


def test_a_view_can_be_opened_without_a_claim(
    ann: Browser, client: TestClient, uids: tuple[str, ...]
) -> None:
    answer = client.get("/api/annotate/view", params={"uid": uids[2]}, headers=ann.headers)
    assert answer.status_code == 200
    assert answer.json()["view"]["messages"][1]["text"].endswith("City 2?")
    assert answer.headers["cache-control"] == "no-store"
    assert ann.next()["view"]["uid"] == uids[0]


def revision(text: str) -> list[Any]:
    """The five messages of an episode, with other arguments for its call."""
    return [0, 1, {"from": CALL_AT, "calls": [{"from": 0, "arguments": text}]}, 3, 4]


def test_edits_are_checked_then_saved_as_a_correction(ann: Browser, uids: tuple[str, ...]) -> None:
    bad = {"uid": uids[0], "revision": revision('{"days": "two"}')}
    report = ann.post("check-revision", bad)
    assert report["ok"] is False
    assert {p["pointer"] for p in report["problems"]} == {"/city", "/days"}
    refused = ann.post(
        "correct", {"session": "s1", "n": 1, **bad, "reason": "wrong city"}, status=400
    )
    assert refused["error"]["message"].startswith("The edit cannot be saved")
    good = {"uid": uids[0], "revision": revision('{"city": "Rome", "days": 2}')}
    checked = ann.post("check-revision", good)
    assert checked["changes"]
    assert [(s["message_index"], s["why"]) for s in checked["stale"]] == [
        (3, "result"),
        (4, "follows"),
    ]
    said = {"reason": "wrong city", "attested": [4]}
    saved = ann.post("correct", {"session": "s1", "n": 2, **good, **said})
    assert saved["changed"] is True
    assert saved["annotation"]["correction_uid"] == saved["correction_uid"]
    assert saved["committed"] is False
    shown = ann.next()["view"]["correction"]
    assert (shown["uid"], shown["author"], shown["reason"]) == (
        saved["correction_uid"],
        "Ann",
        "wrong city",
    )
    assert shown["attested"] == [4]
    assert [s["message_index"] for s in shown["stale"]] == [3, 4]


def test_a_stale_edit_is_refused_with_both_versions(ann: Browser, uids: tuple[str, ...]) -> None:
    body = {"session": "s1", "uid": uids[0], "reason": "x"}
    first = ann.post(
        "correct",
        {**body, "n": 1, "revision": revision('{"city": "Rome"}'), "base": None},
    )
    stale = ann.post(
        "correct",
        {**body, "n": 2, "revision": revision('{"city": "Bonn"}'), "base": None},
        status=409,
    )
    assert stale["error"]["current"] == first["correction_uid"]
    assert stale["error"]["yours"] is None


def test_leases_are_renewed_and_given_back(ann: Browser, uids: tuple[str, ...]) -> None:
    ann.next()
    asked = {"uids": [uids[0], "tj1-unknown"]}
    assert ann.post("renew", asked) == {"renewed": 1, "held": [uids[0]]}
    assert ann.post("release", {"uids": [uids[0]]}) == {"released": 1}
    assert ann.post("renew", {"uids": [uids[0]]}) == {"renewed": 0, "held": []}


@pytest.mark.parametrize("token", ["", "1", "1.abc", "x.y", "1.é", "999999999999999999999.a"])
def test_without_a_good_token_nothing_is_answered(client: TestClient, token: str) -> None:
    answer = client.post(
        "/api/annotate/next",
        json={},
        headers={"X-Loopwright-Token": token.encode()},
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["hint"]


def test_a_token_of_another_studio_is_refused(ann: Browser, uids: tuple[str, ...]) -> None:
    head, _, signature = ann.headers["X-Loopwright-Token"].partition(".")
    turned = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    ann.headers = {"X-Loopwright-Token": f"{head}.{turned}"}
    assert ann.post("next", {}, status=401)["error"]["message"]


def test_a_store_that_is_busy_is_no_refusal_of_the_act(
    store: Store, ann: Browser, uids: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is refused forgets the act; 503 says to come again."""
    monkeypatch.setattr(Store.write, "__kwdefaults__", {"wait": 0.05})
    verdict = ann.op("verdicts", uids[0], verdicts={CALL_AT: "correct"})
    other = sqlite3.connect(store.engine.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    error = ann.post("acts", {"session": "s1", "ops": [verdict]}, status=503)["error"]
    assert error["message"] and error["hint"]
    other.execute("ROLLBACK")
    assert [r["status"] for r in ann.act(verdict)["results"]] == ["ok"]
    other.close()


def test_a_page_of_another_site_is_refused(ann: Browser, uids: tuple[str, ...]) -> None:
    ann.post("next", {}, status=403, Origin="http://evil.example")
    ann.post("next", {}, status=403, Origin="null")
    ann.post("next", {}, Origin="http://127.0.0.1:8501")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"session": "", "ops": []}',
        b'{"session": "s", "ops": [{"n": 0, "uid": "u", "kind": "note"}]}',
        b'{"session": "s", "ops": [{"n": 9007199254740993, "uid": "u", "kind": "note"}]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_an_unreadable_request_is_refused_with_a_remedy(
    ann: Browser, client: TestClient, body: bytes
) -> None:
    answer = client.post("/api/annotate/acts", content=body, headers=ann.headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["hint"]


def test_a_body_without_end_is_given_up(ann: Browser, client: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(MAX_BODY // 65_536 + 2):
            yield b" " * 65_536

    answer = client.post("/api/annotate/acts", content=endless(), headers=ann.headers)
    assert answer.status_code == 400
    assert "larger than" in answer.json()["error"]["message"]


def test_an_unknown_trajectory_is_not_found(ann: Browser, client: TestClient) -> None:
    answer = client.get("/api/annotate/view", params={"uid": "tj1-no"}, headers=ann.headers)
    assert answer.status_code == 404
    assert "tj1-no" in answer.json()["error"]["message"]


def test_a_defect_of_ours_is_answered_with_an_id_and_without_a_traceback(
    ann: Browser,
    client: TestClient,
    uids: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(annotate, "claim_next", broken)
    monkeypatch.setattr(logging.getLogger("loopwright"), "propagate", True)
    error = ann.post("next", {}, status=500)["error"]
    assert error["id"]
    assert "secret detail" not in str(error)
    assert any(error["id"] in record.getMessage() for record in caplog.records)


def test_moved_keys_are_kept_per_annotator_and_change_one_by_one(
    client: TestClient, store: Store
) -> None:
    ann = Browser(client, issue_token(store, "Ann"))
    bob = Browser(client, issue_token(store, "Bob"))
    assert ann.post("keys", {"changes": {"fold": "!"}}) == {"keys": {"fold": "!"}}
    assert ann.post("keys", {"changes": {"undo": "U"}}) == {"keys": {"fold": "!", "undo": "U"}}
    assert bob.post("keys", {}) == {"keys": {}}
    assert ann.post("keys", {"changes": {"fold": None}}) == {"keys": {"undo": "U"}}
    assert ann.post("keys", {"afresh": True}) == {"keys": {}}
    refused = ann.post("keys", {"changes": {"fold": "x" * 41}}, status=400)["error"]
    assert refused["hint"]
    assert ann.post("keys", {}) == {"keys": {}}


def test_every_route_of_the_api_is_under_its_prefix(store: Store) -> None:
    paths = {getattr(route, "path", "") for route in AnnotateApi(lambda: store).routes()}
    assert paths == {
        f"{routes.PREFIX}/{name}"
        for name in (
            "next",
            "view",
            "acts",
            "check-revision",
            "recorded",
            "simulate",
            "correct",
            "renew",
            "release",
            "keys",
            "alike",
            "mark-alike",
            "job",
            "cancel-job",
            "checklist-item",
            "draft",
            "present",
        )
    }


def test_the_others_are_asked_for_and_marked_by_a_job_of_ones_own(
    ann: Browser, client: TestClient, store: Store
) -> None:
    same = [episode(i, f'{{"city": "Rome", "days": {i + 1}}}') for i in range(3)]
    uids = add_trajectories(store, same, "weather")
    anchor = {"message_index": CALL_AT, "call_index": 0, "pointer": "/city"}
    about = {"uid": uids[0], "anchor": anchor, "dataset": "weather", **CATEGORY}
    found = ann.post("alike", {"about": about})
    assert [place["uid"] for place in found["places"]] == list(uids[1:])
    assert found["places"][0]["value"] == '"Rome"'
    nothing = ann.post("alike", {"about": {**about, "anchor": {}}}, status=400)["error"]
    assert nothing["hint"]
    ticked = {"about": about, "batch": "b1"}
    job = ann.post("mark-alike", {"ticked": ticked})
    assert (job["state"], job["has_worker"]) == ("queued", False)
    bob = Browser(client, issue_token(store, "Bob"))
    bob.post("job", {"id": job["id"]}, status=404)
    bob.post("cancel-job", {"id": job["id"]}, status=404)
    run_next(store)
    done = ann.post("job", {"id": job["id"]})
    assert (done["state"], done["result"]["marks"]) == ("done", 2)
    undone = ann.act(ann.op("undo", uids[0], batch="b1"))
    assert undone["results"][0]["undone"]["batch_marks"] == 2


def test_an_item_of_a_checklist_comes_with_what_is_opened_next(
    ann: Browser, uids: tuple[str, ...]
) -> None:
    item = {"item_id": "i1", "tool": "get_weather", "text": "The city was named"}
    told = ann.post("checklist-item", {"item": item})
    assert [(i["text"], i["author"]) for i in told["items"]] == [("The city was named", "Ann")]
    view = ann.next()["view"]
    assert [i["item_id"] for i in view["checklists"]["get_weather"]] == ["i1"]
    assert view["tools"][0]["seeds"] == ["city is given", "days is at least 1"]
    blank = ann.post("checklist-item", {"item": {**item, "text": " "}}, status=400)["error"]
    assert blank["hint"]
