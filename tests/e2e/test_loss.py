"""What the network loses is visible at once, kept, and delivered later: nothing is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from curation.annotation import Outcome, StepVerdict
from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import meetings
from tests.e2e.test_keys import SESSION, press_all, wait_saved

pytestmark = pytest.mark.own_page

ACTS = "**/api/annotate/acts"
KEYS = ["1", "j", "2", "m", "p", "v", "x"]


def saved_state(page: Any) -> str:
    """What the header says of saving: saved, sending, slow, failing or denied."""
    return str(page.get_by_test_id("saved").get_attribute("data-state"))


def unsent(page: Any) -> int:
    """Ops in the outbox."""
    return int(page.evaluate(f"(({SESSION}) => s.sender.state.ops.length)()"))


def check_said(studio: Studio, uid: str, annotator: str) -> None:
    """The database says what KEYS say, each of them once."""
    draft = studio.said(uid, annotator)
    assert draft.annotation.step_verdicts == {2: StepVerdict.CORRECT, 4: StepVerdict.INCORRECT}
    assert [m.anchor.message_index for m in draft.annotation.marks] == [4]
    assert draft.annotation.outcome is Outcome.REJECT


def break_off(route: Any) -> None:
    route.abort()


def fail_500(route: Any) -> None:
    route.fulfill(status=500, content_type="text/html", body="<h1>bad gateway</h1>")


def lose_the_answer(route: Any) -> None:
    """The server does it; the answer never arrives."""
    route.fetch()
    route.abort()


def answer_something_else(route: Any) -> None:
    """A proxy's own page."""
    route.fulfill(status=200, content_type="application/json", body="{}")


@pytest.mark.parametrize("cut", [break_off, fail_500, lose_the_answer, answer_something_else])
def test_a_failing_save_is_shown_kept_and_delivered_once(
    studio: Studio, page: Any, cut: Callable[[Any], None]
) -> None:
    dataset = f"loss-{cut.__name__.replace('_', '-')}"
    studio.fill(dataset, meetings(dataset, 3))
    studio.open(page, dataset, annotator=dataset)
    uid = studio.uids(dataset)[0]
    page.route(ACTS, cut)
    press_all(page, KEYS, 10)
    wait_until(page, f"(({SESSION}) => s.sender.state.failures > 0)()")
    assert saved_state(page) == "failing"
    assert "unsent — retrying" in page.get_by_test_id("saved").inner_text()
    count = unsent(page)
    assert count >= 1
    press_all(page, ["Enter", "Enter"], 30)
    assert page.evaluate("window.onScreen()")["uid"] == uid, "commit advanced past unsent acts"
    assert "unsent" in page.get_by_test_id("commit-why").inner_text()
    assert unsent(page) == count
    page.unroute_all(behavior="wait")
    wait_saved(page)
    assert saved_state(page) == "saved"
    check_said(studio, uid, dataset)
    press_all(page, ["Enter"], 50)
    wait_saved(page)
    assert studio.said(uid, dataset).committed


def test_a_slow_server_delays_nothing_on_screen_and_loses_nothing(
    studio: Studio, page: Any
) -> None:
    studio.fill("loss-slow", meetings("loss-slow", 4))
    studio.open(page, "loss-slow", annotator="loss-slow")
    first, second, *_ = studio.uids("loss-slow")
    wait_until(page, f"(({SESSION}) => s.deck.length > 0)()")

    def slowly(route: Any) -> None:
        page.wait_for_timeout(700)
        route.continue_()

    page.route(ACTS, slowly)
    press_all(page, [*KEYS, "Enter", *KEYS], 5)
    assert page.evaluate("window.onScreen()")["uid"] == second
    assert unsent(page) > 0
    wait_saved(page)
    check_said(studio, first, "loss-slow")
    assert studio.said(first, "loss-slow").committed
    check_said(studio, second, "loss-slow")


def test_acts_outlive_a_database_that_is_locked_for_long(studio: Studio, page: Any) -> None:
    """Another program writes for longer than a writer waits; the studio answers 503 meanwhile."""
    studio.fill("locked", meetings("locked", 2))
    studio.open(page, "locked", annotator="locked")
    uid = studio.uids("locked")[0]
    other = sqlite3.connect(studio.folder / "studio.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    press_all(page, KEYS, 10)
    wait_until(page, f"(({SESSION}) => s.sender.state.failures > 0)()")
    assert saved_state(page) == "failing" and unsent(page) >= 1
    other.execute("ROLLBACK")
    other.close()
    wait_saved(page)
    check_said(studio, uid, "locked")


def test_acts_outlive_a_crash_of_the_server_in_the_middle_of_a_burst(
    start_studio: Callable[[], Studio], page: Any
) -> None:
    studio = start_studio()
    studio.fill("crash", meetings("crash", 5))
    studio.open(page, "crash", annotator="crash")
    uids = studio.uids("crash")
    wait_until(page, f"(({SESSION}) => s.deck.length > 0)()")
    press_all(page, [*KEYS, "Enter", "1", "j"], 5)
    studio.kill()
    press_all(page, ["2", "m", "p", "v", "x"], 5)
    wait_until(page, f"(({SESSION}) => s.sender.state.failures > 0)()")
    assert saved_state(page) == "failing"
    press_all(page, ["Enter"], 5)
    assert page.evaluate("window.onScreen()")["uid"] == uids[1]
    studio.start()
    wait_saved(page)
    check_said(studio, uids[0], "crash")
    assert studio.said(uids[0], "crash").committed
    check_said(studio, uids[1], "crash")
    assert not studio.said(uids[1], "crash").committed
    press_all(page, ["Enter"], 50)
    wait_saved(page)
    assert studio.said(uids[1], "crash").committed


def test_a_reload_with_unsent_acts_warns_and_delivers_them_afterwards(
    studio: Studio, page: Any
) -> None:
    studio.fill("reload", meetings("reload", 3))
    studio.open(page, "reload", annotator="reload")
    uid = studio.uids("reload")[0]
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.route(ACTS, break_off)
    press_all(page, KEYS, 5)
    wait_until(page, f"(({SESSION}) => s.sender.state.failures > 0)()")
    page.reload()
    wait_until(page, "window.onScreen().uid !== null", timeout_s=30)
    assert asked == ["beforeunload"]
    assert page.evaluate("window.onScreen()")["uid"] == uid
    assert unsent(page) >= 1
    page.unroute_all(behavior="wait")
    wait_saved(page)
    check_said(studio, uid, "reload")


def test_a_refused_act_is_taken_off_the_screen_and_said(studio: Studio, page: Any) -> None:
    studio.fill("refused-act", meetings("refused-act", 2))
    studio.open(page, "refused-act", annotator="refused-act")
    uid = studio.uids("refused-act")[0]
    # In one request with an act that is saved, so that no later answer redraws the step.
    page.evaluate(
        f"(({SESSION}) => {{ s.act('mark', {{mark: {{mark_id: 'm', taxonomy: 'none',"
        " category: 'X', anchor: {message_index: 2}}});"
        " s.act('verdicts', {verdicts: {2: 'correct'}}); })()"
    )
    wait_saved(page)
    draft = studio.said(uid, "refused-act")
    assert draft.annotation.marks == ()
    assert draft.annotation.step_verdicts == {2: StepVerdict.CORRECT}
    wait_until(page, "!window.viewerRoot().querySelector('.panes .mark')")
    wait_until(
        page,
        "(window.viewerRoot().querySelector('.toast.bad')?.innerText ?? '')"
        ".startsWith('Not saved: mark.')",
    )


def test_a_page_that_was_signed_out_says_so_and_keeps_its_acts(studio: Studio, page: Any) -> None:
    studio.fill("signed-out", meetings("signed-out", 2))
    studio.open(page, "signed-out", annotator="signed-out")
    uid = studio.uids("signed-out")[0]
    page.evaluate(f"(({SESSION}) => {{ s.api.token = '1.forged'; }})()")
    press_all(page, ["1"], 5)
    wait_until(page, f"(({SESSION}) => s.sender.state.denied)()")
    assert "reload the page" in page.get_by_test_id("saved").inner_text()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    wait_until(page, "window.onScreen().uid !== null", timeout_s=30)
    wait_saved(page)
    assert studio.said(uid, "signed-out").annotation.step_verdicts == {2: StepVerdict.CORRECT}
