"""Models with an address of their own, asked over real HTTP; a key goes where it was given for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.flows.endpoints import Asker, endpoint_for
from app.flows.model_addresses import model_addresses, model_names
from app.settings import load_settings
from curation.errors import SettingsError
from storage.engine import Store
from storage.tables import JudgeRunRow, VoteRow, table_of
from tests.disputed import fill, verdict_of
from tests.model_server import model_server
from tests.unit.app.flows.test_judge import KEY, judged, rows

vote, run = table_of(VoteRow), table_of(JudgeRunRow)


def test_a_name_may_hold_an_at_sign_and_an_address_follows_the_last_word() -> None:
    found = model_addresses(["a", "org/b@2024", "c@http://h:1/v1/", " d@HTTPS://x/v1"], Asker.JUDGE)
    assert found == {
        "a": None, "org/b@2024": None, "c": "http://h:1/v1", "d": "HTTPS://x/v1"
    }  # fmt: skip
    assert model_names(["a@http://h/v1", "b", "a@http://h/v1"], Asker.JUDGE) == ("a", "b", "a")


@pytest.mark.parametrize(
    "models", [["a@http://h/v1", "a"], ["a@http://h/v1", "a@http://i/v1"], ["a@http://u:p@h/v1"]]
)
def test_what_cannot_be_told_apart_or_holds_a_key_is_refused(models: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        model_addresses(models, Asker.JUDGE)
    assert "u:p" not in str(caught.value)


def test_two_models_of_one_judge_are_asked_at_two_places(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 2)
    with model_server(verdict_of) as here, model_server(verdict_of) as there:
        models = ("j", f"k@{there.url}")
        end = judged(store, here, models=models)
        asked = len(here.asked) + len(there.asked)
        assert judged(store, here, models=models).run_id == end.run_id
        assert len(here.asked) + len(there.asked) == asked, "the same asks nothing twice"
    assert end.report.by_verdict == {"PRED_WRONG": 2}
    assert {body["model"] for body in here.asked} == {"j"}
    assert {body["model"] for body in there.asked} == {"k"}
    assert set(here.keys) == {f"Bearer {KEY}"}
    assert KEY not in "".join(there.keys), "it was given for another address"
    assert {row[0] for row in rows(store, vote.c.model)} == {"j", "k"}
    ((models_, parameters),) = rows(store, run.c.models, run.c.parameters)
    assert json.loads(models_) == ["j", "k"]
    assert json.loads(parameters)["addresses"] == {"k": there.url}


def test_a_key_that_another_asker_has_for_that_address_is_sent_there() -> None:
    settings = load_settings(
        judge_base_url="http://a/v1",
        probe_base_url="http://b/v1",
        probe_api_key=SecretStr(KEY),
    )
    keys = [
        endpoint_for(settings, Asker.JUDGE, url, "m", timeout_s=1, max_tokens=1).api_key
        for url in ("http://a/v1", "http://b/v1")
    ]
    assert [one.get_secret_value() for one in keys] == ["", KEY]
