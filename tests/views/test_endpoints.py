"""Settings: model endpoints entered once, keys never shown again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.flows import jobs
from app.flows.endpoint_settings import settings_in_force
from app.flows.operations import back_up
from storage.endpoint_file import file_beside
from storage.engine import Store
from tests.disputed import fill
from tests.model_server import ModelServer, Step, failing, model_server
from tests.vectors import vectors
from tests.views.conftest import Open

KEY = "sk-very-secret-12345"


def entered(page: AppTest, url: str, model: str, key: str, n: int = 0) -> AppTest:
    page.text_input(key=f"endpoint-url-judge-{n}").set_value(url)
    page.text_input(key=f"endpoint-model-judge-{n}").set_value(model)
    page.text_input(key=f"endpoint-key-judge-{n}").set_value(key)
    return page.button(key=f"endpoint-save-judge-{n}").click().run()


def everything(page: AppTest) -> str:
    """All that was sent to the browser."""
    return str([element.proto for element in page.main]) + str(page.query_params)


def judge_settings(store: Store) -> tuple[str, str, str]:
    now = settings_in_force(store)
    return now.judge_base_url, now.judge_model, now.judge_api_key.get_secret_value()


def test_a_key_is_kept_and_never_shown_again(
    studio: Store, open_page: Open, tmp_path: Path
) -> None:
    page = entered(open_page("settings"), "http://127.0.0.1:9/v1/", "big", KEY)
    assert not page.exception
    assert judge_settings(studio) == ("http://127.0.0.1:9/v1", "big", KEY)
    assert page.text_input(key="endpoint-key-judge-1").label == "Key (set)"
    page = open_page("settings")
    assert KEY not in everything(page)
    assert KEY not in str(page.dataframe[0].value.to_dict())
    kept = file_beside(studio.url)
    assert kept.stat().st_mode & 0o777 == 0o600
    back_up(studio.url, tmp_path / "backup.db")
    assert KEY.encode() not in (tmp_path / "backup.db").read_bytes()
    assert all(KEY.encode() not in f.read_bytes() for f in tmp_path.glob("*.db*") if f != kept)


def test_another_address_forgets_the_key_and_a_new_model_does_not(
    studio: Store, open_page: Open
) -> None:
    page = entered(open_page("settings"), "http://127.0.0.1:9/v1", "big", KEY)
    page = entered(page, "http://127.0.0.1:9/v1", "bigger", "", n=1)
    assert judge_settings(studio) == ("http://127.0.0.1:9/v1", "bigger", KEY)
    page = entered(page, "http://127.0.0.1:10/v1", "bigger", "", n=2)
    assert judge_settings(studio) == ("http://127.0.0.1:10/v1", "bigger", "")
    assert any("key was removed" in toast.value for toast in page.toast)
    page = entered(page, "http://127.0.0.1:9/v1", "bigger", "", n=3)
    assert judge_settings(studio)[2] == "", "back at the old address, it is still forgotten"


def test_a_key_can_be_forgotten(studio: Store, open_page: Open) -> None:
    page = entered(open_page("settings"), "http://127.0.0.1:9/v1", "big", KEY)
    page.button(key="endpoint-forget-judge").click().run()
    assert judge_settings(studio) == ("http://127.0.0.1:9/v1", "big", "")
    assert KEY not in file_beside(studio.url).read_text()


def test_an_address_that_holds_a_key_is_refused_and_not_repeated(
    studio: Store, open_page: Open
) -> None:
    page = entered(open_page("settings"), f"http://user:{KEY}@h/v1", "big", "")
    assert "cannot be used" in page.error[0].value
    assert KEY not in page.error[0].value
    assert judge_settings(studio) == ("", "", "")


def test_what_the_environment_says_cannot_be_edited(
    studio: Store, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered(open_page("settings"), "http://127.0.0.1:9/v1", "big", KEY)
    monkeypatch.setenv("LOOPWRIGHT_JUDGE_BASE_URL", "http://127.0.0.1:11/v1")
    page = open_page("settings")
    assert page.text_input(key="endpoint-url-judge-0").disabled
    assert any("LOOPWRIGHT_JUDGE_BASE_URL" in c.value for c in page.caption)
    assert judge_settings(studio) == ("http://127.0.0.1:11/v1", "big", ""), "the key is another's"
    page.text_input(key="endpoint-key-judge-0").set_value("for-eleven")
    page.button(key="endpoint-save-judge-0").click().run()
    assert judge_settings(studio) == ("http://127.0.0.1:11/v1", "big", "for-eleven")


def test_a_key_of_the_environment_goes_to_no_address_entered_here(
    studio: Store, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOPWRIGHT_JUDGE_API_KEY", KEY)
    page = open_page("settings")
    assert page.text_input(key="endpoint-key-judge-0").disabled
    page.text_input(key="endpoint-url-judge-0").set_value("http://127.0.0.1:9/v1")
    page = page.button(key="endpoint-save-judge-0").click().run()
    assert judge_settings(studio) == ("http://127.0.0.1:9/v1", "", "")
    assert any("sent nowhere" in w.value for w in page.warning)
    assert KEY not in everything(page)


def capable(body: dict[str, object]) -> Step:
    message: dict[str, object] = {"role": "assistant", "content": "ready"}
    if body.get("tools"):
        function = {"name": "report_ready", "arguments": "{}"}
        message["tool_calls"] = [{"id": "c", "type": "function", "function": function}]
    if body.get("response_format"):
        message["content"] = '{"ready": true}'
    choice: dict[str, object] = {"index": 0, "message": message, "finish_reason": "stop"}
    if body.get("logprobs"):
        choice["logprobs"] = {"content": [{"token": "ready", "logprob": -0.1, "top_logprobs": []}]}
    whole = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
    return Step(raw=json.dumps({**whole, "choices": [choice]}).encode())


def modest(body: dict[str, object]) -> Step:
    if any(body.get(name) for name in ("tools", "response_format", "logprobs")):
        return failing(400, "Unrecognized request argument")
    return Step("ready")


def tried(studio: Store, open_page: Open, server: ModelServer) -> AppTest:
    page = entered(open_page("settings"), server.url, "big", KEY)
    return page.button(key="endpoint-try-judge").click().run()


def test_try_it_says_what_an_endpoint_can_do(studio: Store, open_page: Open) -> None:
    with model_server(capable) as server:
        (told,) = [s.value for s in tried(studio, open_page, server).success]
    assert set(server.keys) == {f"Bearer {KEY}"}
    for words in ("ready", "✓ gives log-prob", "✓ gives JSON", "✓ gives native"):
        assert words in told
    with model_server(modest) as server:
        (told,) = [s.value for s in tried(studio, open_page, server).success]
    for words in ("ready", "✗ does not give log-prob", "not give JSON", "not give native"):
        assert words in told


def test_try_it_asks_an_embedding_model_for_a_vector(studio: Store, open_page: Open) -> None:
    with model_server(vectors([1, 2, 3])) as server:
        page = open_page("settings")
        page.text_input(key="endpoint-url-embed-0").set_value(server.url)
        page.text_input(key="endpoint-model-embed-0").set_value("e")
        page = page.button(key="endpoint-save-embed-0").click().run()
        page = page.button(key="endpoint-try-embed").click().run()
    assert any("a vector of 3 numbers" in one.value for one in page.success)


def test_try_it_says_the_fault_and_its_remedy_without_the_key(
    studio: Store, open_page: Open
) -> None:
    with model_server(failing(401, f"Incorrect API key provided: {KEY}")) as server:
        page = tried(studio, open_page, server)
    assert "does not admit the key" in page.error[0].value
    assert "Correct the key" in page.error[0].value
    assert KEY not in everything(page)


def test_a_job_asks_with_the_key_that_was_entered_and_holds_none(
    studio: Store, open_page: Open, tmp_path: Path
) -> None:
    fill(studio, tmp_path, 2)
    with model_server(failing(401, f"Incorrect API key provided: {KEY}")) as server:
        entered(open_page("settings"), server.url, "big", KEY)
        jobs.enqueue(studio, "judge", {"backend": "openai", "models": ["big"]})
        job = jobs.run_next(studio)
    assert job is not None
    assert (job.state, set(server.keys)) == ("failed", {f"Bearer {KEY}"})
    assert "does not admit the key" in job.error
    with studio.read() as conn:
        rows = [conn.exec_driver_sql(f"SELECT * FROM {t}").all() for t in ("job", "judge_run")]
    assert KEY not in str(rows)


def test_a_file_that_is_not_one_says_so(studio: Store, open_page: Open) -> None:
    file_beside(studio.url).write_text(f'["{KEY}"')
    page = open_page("settings")
    assert "no file of endpoints" in page.error[0].value
    assert KEY not in page.error[0].value
