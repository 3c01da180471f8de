"""A simulated result in the browser: asked for, proposed, taken, edited, stopped, failed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.flows.annotate import open_trajectory
from app.flows.identity import annotator_named
from components.viewer.payload import ShownCorrection
from curation.simulated import SimulatedResult
from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import meetings
from tests.e2e.test_edit import wait_text
from tests.e2e.test_keys import press_all
from tests.e2e.test_stale import change_call, in_field, left_stale, save
from tests.model_server import ModelServer, Step, failing, model_server

RESULT = '{"room": "ROM-77", "seats": 1}'
KEY = "sk-not-for-your-eyes"


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with model_server(Step(RESULT)) as server:
        yield server


@pytest.fixture(scope="module")
def with_model(start_studio: Callable[..., Studio], browser: Any, model: ModelServer) -> Studio:
    """A studio whose settings name the model."""
    return start_studio(
        LOOPWRIGHT_SIMULATOR_BASE_URL=model.url,
        LOOPWRIGHT_SIMULATOR_MODEL="tool-sim-1",
        LOOPWRIGHT_SIMULATOR_API_KEY=KEY,
    )


@pytest.fixture(autouse=True)
def _answers(model: ModelServer) -> None:
    model.script[:] = [Step(RESULT)]
    model.asked.clear()


def changed(studio: Studio, page: Any, name: str) -> str:
    """A queue of one trajectory whose call is corrected, its stale result selected; its uid."""
    studio.fill(name, meetings(name, 1))
    studio.open(page, name, annotator=name)
    change_call(page)
    wait_text(page, "2 stale")
    press_all(page, ["Escape", "."], 60)
    return studio.uids(name)[0]


def correction(studio: Studio, uid: str, annotator: str) -> ShownCorrection:
    """What the database holds."""
    who = annotator_named(studio.store, annotator)
    found = open_trajectory(studio.store, uid, who).correction
    assert found is not None
    return found


def test_a_proposal_is_taken_with_one_key_and_remembered(
    with_model: Studio, page: Any, model: ModelServer
) -> None:
    uid = changed(with_model, page, "take")
    page.keyboard.press("Shift+S")
    wait_text(page, "Proposed, simulated by tool-sim-1", within=".msg.here")
    assert '"city": "Rome"' in model.prompt
    assert model.keys[-1] == f"Bearer {KEY}"
    assert KEY not in page.content()
    wait_text(page, "ROM-77", within=".msg.here .simulation")
    wait_text(page, "2 stale", within=".correcting")
    page.keyboard.press("Shift+A")
    wait_text(page, "≈ simulated by tool-sim-1", within=".msg.here")
    wait_text(page, "1 stale", within=".correcting")
    press_all(page, [".", "y"], 60)
    save(page, "Rome was meant")
    made = correction(with_model, uid, "take")
    assert made.trajectory.messages[3].text == RESULT
    assert made.simulated == (SimulatedResult(3, "tool-sim-1"),)
    assert left_stale(with_model, uid, "take") == []
    wait_text(page, "≈ simulated by tool-sim-1", within=".trace.shown")
    with_model.open(page, "take", annotator="take")
    wait_text(page, "≈ simulated by tool-sim-1", within=".trace.shown")


def test_an_edited_proposal_says_so_and_undo_forgets_it(with_model: Studio, page: Any) -> None:
    uid = changed(with_model, page, "edit")
    page.keyboard.press("Shift+S")
    wait_text(page, "Proposed", within=".msg.here")
    page.keyboard.press("e")
    in_field(page, "Result")
    page.keyboard.press("Control+a")
    page.keyboard.type('{"room": "ROM-78", "seats": 1}')
    press_all(page, ["Escape"], 60)
    wait_text(page, "≈ simulated by tool-sim-1, then edited", within=".msg.here")
    press_all(page, ["Control+z", "Control+z"], 60)
    wait_until(page, "!viewerRoot().querySelector('.trace.shown .simulated')")
    press_all(page, ["Control+Shift+z", "Control+Shift+z"], 60)
    wait_text(page, "then edited", within=".msg.here")
    save(page, "Rome was meant")
    made = correction(with_model, uid, "edit")
    assert made.simulated == (SimulatedResult(3, "tool-sim-1", edited=True),)
    assert json.loads(made.trajectory.messages[3].text)["room"] == "ROM-78"


def test_a_long_call_is_stopped_and_the_page_goes_on_meanwhile(
    with_model: Studio, page: Any, model: ModelServer
) -> None:
    changed(with_model, page, "stop")
    model.script[:] = [Step(RESULT, wait_s=30)]
    page.keyboard.press("Shift+S")
    wait_text(page, "Asking tool-sim-1", within=".msg.here")
    wait_text(page, "1 s", within=".msg.here .simulation")
    press_all(page, ["k", "k", "j", "j"], 30)
    press_all(page, ["."], 60)
    model.gone.clear()
    page.keyboard.press("Escape")
    wait_until(page, "!viewerRoot().querySelector('.simulation')")
    assert model.gone.wait(10), "the model is not kept working for nobody"
    wait_text(page, "2 stale", within=".correcting")


def test_a_failure_says_what_to_do_and_can_be_asked_again(
    with_model: Studio, page: Any, model: ModelServer
) -> None:
    changed(with_model, page, "fail")
    model.script[:] = [failing(401, f"bad key {KEY}"), Step(RESULT)]
    page.keyboard.press("Shift+S")
    wait_text(page, "LOOPWRIGHT_SIMULATOR_API_KEY", within=".msg.here .simulation")
    assert KEY not in page.locator(".simulation").first.inner_text()
    page.locator(".trace.shown .simulation button", has_text="Ask again").click()
    wait_text(page, "Proposed", within=".msg.here")
    page.locator(".trace.shown .simulation button", has_text="Use it").click()
    wait_text(page, "≈ simulated by", within=".msg.here")


def test_the_result_of_a_call_that_was_added_is_simulated_where_it_is_typed(
    with_model: Studio, page: Any, model: ModelServer
) -> None:
    with_model.fill("added", meetings("added", 1))
    with_model.open(page, "added", annotator="added")
    uid = with_model.uids("added")[0]
    press_all(page, ["e", "Alt+c", "Escape", "i"], 120)
    in_field(page, "Result")
    page.keyboard.press("Alt+s")
    wait_text(page, "Proposed, simulated by tool-sim-1", within=".editor")
    page.keyboard.press("Alt+y")
    wait_until(
        page, "viewerRoot().querySelector('.trace.shown .editor textarea').value.includes('ROM-77')"
    )
    in_field(page, "Result")
    save(page, "asked twice")
    made = correction(with_model, uid, "added")
    [said] = made.simulated
    assert made.trajectory.messages[said.message_index].text == RESULT


def test_without_a_simulator_the_viewer_says_what_to_set(studio: Studio, page: Any) -> None:
    changed(studio, page, "none")
    assert page.locator(".trace.shown button", has_text="Simulate").count() == 0
    page.keyboard.press("Shift+S")
    wait_text(page, "LOOPWRIGHT_SIMULATOR_BASE_URL and LOOPWRIGHT_SIMULATOR_MODEL", within=".toast")


def test_settings_show_the_model_and_hide_its_key(with_model: Studio, page: Any) -> None:
    page.goto(f"{with_model.url}/settings")
    page.get_by_text("Of the environment", exact=True).wait_for()
    page.wait_for_timeout(1500)
    assert KEY not in page.content()
