"""Every key lands on the trajectory and step that was on screen when it was pressed."""

from __future__ import annotations

from typing import Any

import pytest

from curation.annotation import Outcome, StepVerdict
from tests.e2e.conftest import GO_TO, ON_SCREEN, OPENED, Studio, wait_until
from tests.e2e.conversations import meetings

# Three steps judged, one marked (leader and the two keys of "Wrong value"), decided, committed.
BLOCK = ["1", "j", "2", "m", "p", "v", "j", "3", "x", "Enter"]
N_TRAJECTORIES = 6

SESSION = "s = [...window.__loopwright.values()][0]"

ALL_SAVED = """
[...window.__loopwright.values()].every((s) => s.sender.state.ops.length === 0)
"""

# Takes the component away and mounts it again, as Streamlit does when it pleases.
MOUNT_AGAIN = """
async () => {
  const [session] = [...window.__loopwright.values()];
  const loaded = performance.getEntriesByType('resource').map((entry) => entry.name);
  const { mount } = await import(loaded.find((name) => name.endsWith('/main.js')));
  window.mountAgain = () => { mount(session.lastParent, session.boot); };
}
"""
KEEP_REMOUNTING = """
() => {
  const [session] = [...window.__loopwright.values()];
  window.remounting = setInterval(() => {
    session.unmount();
    session.lastParent.replaceChildren();
    setTimeout(() => window.mountAgain(), 25);
  }, 120);
}
"""


def press_all(page: Any, keys: list[str], delay_ms: int) -> None:
    """Press real keys, one after the other, `delay_ms` apart."""
    for key in keys:
        page.keyboard.press(key)
        if delay_ms:
            page.wait_for_timeout(delay_ms)


def wait_saved(page: Any) -> None:
    """Wait until no key is waiting and nothing is unsent."""
    wait_until(page, f"(({SESSION}) => s.sender.state.ops.length + s.pending.length === 0)()")


def seen_keys(page: Any) -> list[dict[str, Any]]:
    """What was on screen at each key: {key, uid, index}."""
    return page.evaluate("window.seen")


def check_block(studio: Studio, uid: str, annotator: str) -> None:
    """The database says of `uid` exactly what one BLOCK of keys says."""
    draft = studio.said(uid, annotator)
    steps = [2, 4, 6]
    expected = [StepVerdict.CORRECT, StepVerdict.INCORRECT, StepVerdict.UNSURE]
    assert draft.annotation.step_verdicts == dict(zip(steps, expected, strict=True))
    assert draft.annotation.outcome is Outcome.REJECT
    assert [(m.category, m.anchor.message_index) for m in draft.annotation.marks] == [
        ("PARAM_VALUE", 4)
    ]
    assert draft.committed


@pytest.mark.parametrize("delay_ms", [0, 60])
def test_a_burst_of_keys_over_several_trajectories_lands_where_it_was_pressed(
    studio: Studio, page: Any, delay_ms: int
) -> None:
    dataset = f"burst-{delay_ms}"
    studio.fill(dataset, meetings(dataset, N_TRAJECTORIES + 1))
    studio.open(page, dataset, annotator=dataset)
    press_all(page, BLOCK * N_TRAJECTORIES, delay_ms)
    wait_saved(page)
    uids = studio.uids(dataset)
    for uid in uids[:N_TRAJECTORIES]:
        check_block(studio, uid, dataset)
    assert studio.said(uids[-1], dataset).annotation.is_empty
    pressed = seen_keys(page)
    assert len(pressed) == len(BLOCK) * N_TRAJECTORIES
    for i, key in enumerate(pressed):
        on_screen_or_awaited = key["uid"] in (uids[i // len(BLOCK)], None)
        assert on_screen_or_awaited, (i, key)


@pytest.mark.own_page
@pytest.mark.parametrize("delay_ms", [0, 30])
def test_keys_survive_the_component_being_taken_away_and_mounted_again(
    studio: Studio, page: Any, delay_ms: int
) -> None:
    dataset = f"remount-{delay_ms}"
    studio.fill(dataset, meetings(dataset, N_TRAJECTORIES + 1))
    studio.open(page, dataset, annotator=dataset)
    page.evaluate(MOUNT_AGAIN)
    page.evaluate(KEEP_REMOUNTING)
    page.wait_for_timeout(200)
    press_all(page, BLOCK * N_TRAJECTORIES, delay_ms)
    page.wait_for_timeout(300)
    page.evaluate("clearInterval(window.remounting)")
    page.wait_for_timeout(100)
    wait_saved(page)
    mounts = page.evaluate("[...window.__loopwright.values()][0].mounts")
    assert mounts >= 3, "the test forced no remount"
    for uid in studio.uids(dataset)[:N_TRAJECTORIES]:
        check_block(studio, uid, dataset)


def test_going_to_another_page_and_back_keeps_the_place_and_types_nothing_there(
    studio: Studio, page: Any
) -> None:
    studio.fill("elsewhere", meetings("elsewhere", 3))
    studio.open(page, "elsewhere", annotator="elsewhere")
    press_all(page, ["j", "1"], 0)
    before = page.evaluate("window.onScreen()")
    page.evaluate(MOUNT_AGAIN)
    page.evaluate("[...window.__loopwright.values()][0].unmount()")
    page.wait_for_timeout(1700)
    press_all(page, ["2", "x"], 0)
    page.evaluate("window.mountAgain()")
    wait_until(page, "window.onScreen().uid !== null")
    assert page.evaluate("window.onScreen()") == before
    wait_saved(page)
    draft = studio.said(before["uid"], "elsewhere")
    assert draft.annotation.step_verdicts == {before["index"]: StepVerdict.CORRECT}
    assert draft.annotation.outcome is None


def test_undo_goes_back_across_trajectories(studio: Studio, page: Any) -> None:
    studio.fill("undoing", meetings("undoing", 3))
    studio.open(page, "undoing", annotator="undoing")
    first, second, _ = studio.uids("undoing")
    press_all(page, ["1", "a", "Enter", "2"], 20)
    wait_saved(page)
    assert studio.said(first, "undoing").committed
    press_all(page, ["z"], 50)
    assert page.evaluate("window.onScreen()")["uid"] == second
    press_all(page, ["z"], 50)
    assert page.evaluate("window.onScreen()")["uid"] == first
    wait_saved(page)
    after_commit = studio.said(first, "undoing")
    assert after_commit.annotation.outcome is Outcome.ACCEPT
    assert not after_commit.committed
    assert studio.said(second, "undoing").annotation.is_empty
    press_all(page, ["z", "z"], 50)
    wait_saved(page)
    assert studio.said(first, "undoing").annotation.is_empty


def test_redo_goes_forward_across_trajectories_and_over_a_commit(studio: Studio, page: Any) -> None:
    studio.fill("redoing", meetings("redoing", 3))
    studio.open(page, "redoing", annotator="redoing")
    first, second, _ = studio.uids("redoing")
    press_all(page, ["1", "a", "Enter", "2"], 20)
    wait_saved(page)
    press_all(page, ["z"] * 4, 30)
    wait_saved(page)
    assert studio.said(first, "redoing").annotation.is_empty
    press_all(page, ["Shift+z"] * 3, 30)
    assert page.evaluate("window.onScreen()")["uid"] == first
    assert "committed" in page.get_by_test_id("commit-why").inner_text()
    press_all(page, ["Shift+z"], 30)
    assert page.evaluate("window.onScreen()")["uid"] == second
    wait_saved(page)
    assert studio.said(first, "redoing").committed
    assert studio.said(second, "redoing").annotation.step_verdicts == {2: StepVerdict.INCORRECT}
    press_all(page, ["z", "x", "Shift+z"], 30)
    wait_saved(page)
    wait_until(page, "viewerRoot().querySelector('.toast').innerText.includes('nothing to redo')")
    said = studio.said(second, "redoing").annotation
    assert (said.step_verdicts, said.outcome) == ({}, Outcome.REJECT)


def test_what_a_page_loaded_anew_undid_is_redone_as_well(studio: Studio, page: Any) -> None:
    studio.fill("reredo", meetings("reredo", 2))
    studio.open(page, "reredo", annotator="reredo")
    uid = studio.uids("reredo")[0]
    press_all(page, ["2", "a"], 20)
    wait_saved(page)
    page.reload()
    wait_until(page, "window.onScreen().uid !== null", timeout_s=30)
    press_all(page, ["z"], 20)
    wait_saved(page)
    assert studio.said(uid, "reredo").annotation.outcome is None
    press_all(page, ["Shift+z"], 20)
    wait_saved(page)
    assert studio.said(uid, "reredo").annotation.outcome is Outcome.ACCEPT
    wait_until(page, "viewerRoot().querySelector('.choice.accept').ariaPressed === 'true'")


def test_undo_in_one_tab_leaves_another_tab_as_it_is(studio: Studio, page: Any) -> None:
    studio.fill("tabs", meetings("tabs", 3))
    first, second, _ = studio.uids("tabs")
    studio.open(page, "tabs", annotator="tabs")
    press_all(page, ["1"], 0)
    wait_saved(page)
    other = page.context.new_page()
    other.add_init_script(ON_SCREEN)
    studio.open(other, "tabs", annotator="tabs")
    press_all(other, ["f"], 0)
    wait_until(other, f"window.onScreen().uid === '{second}'")
    press_all(other, ["2"], 0)
    wait_saved(other)
    press_all(page, ["z"], 0)
    wait_saved(page)
    assert studio.said(first, "tabs").annotation.step_verdicts == {}
    assert studio.said(second, "tabs").annotation.step_verdicts == {2: StepVerdict.INCORRECT}


def test_the_overlay_of_keys_takes_every_key_and_passes_none_on(studio: Studio, page: Any) -> None:
    studio.fill("help", meetings("help", 2))
    studio.open(page, "help", annotator="help")
    for key in ["x", "Enter", "Escape", "?"]:
        press_all(page, ["?"], 0)
        wait_until(page, "!viewerRoot().querySelector('.help').hidden")
        press_all(page, [key], 0)
        wait_until(page, "viewerRoot().querySelector('.help').hidden")
    assert studio.said(studio.uids("help")[0], "help").annotation.is_empty


@pytest.mark.own_page  # keys that are not let go would be down in the next test
def test_a_key_held_down_judges_once_and_moves_on(studio: Studio, page: Any) -> None:
    studio.fill("held", meetings("held", 3))
    studio.open(page, "held", annotator="held")
    for key in ["m", "p", "v", "s", "s", "s", "s"]:  # without letting go: one press each, then held
        page.keyboard.down(key)
    page.keyboard.up("s")
    for _ in range(3):
        page.keyboard.down("j")
    wait_saved(page)
    (mark,) = studio.said(studio.uids("held")[0], "held").annotation.marks
    assert mark.severity == "critical", "one step from major, not four"
    assert page.evaluate("window.onScreen()")["index"] > 4


def test_caps_lock_does_not_silence_the_keys(studio: Studio, page: Any) -> None:
    studio.fill("caps", meetings("caps", 2))
    studio.open(page, "caps", annotator="caps")
    typed = "new KeyboardEvent('keydown', {key: 'X', code: 'KeyX', bubbles: true})"
    page.evaluate(f"document.body.dispatchEvent({typed})")
    wait_saved(page)
    assert studio.said(studio.uids("caps")[0], "caps").annotation.outcome is Outcome.REJECT


def test_a_note_that_is_too_long_stays_and_says_so(studio: Studio, page: Any) -> None:
    studio.fill("long-note", meetings("long-note", 2))
    studio.open(page, "long-note", annotator="long-note")
    uid = studio.uids("long-note")[0]
    press_all(page, ["t"], 0)
    page.locator("textarea.note").fill("x" * 20_001)
    press_all(page, ["Escape", "a", "Enter"], 50)
    wait_until(
        page,
        "viewerRoot().querySelector('[data-testid=commit-why]').textContent.includes('20,001')",
    )
    assert page.evaluate("window.onScreen().uid") == uid
    assert len(page.locator("textarea.note").input_value()) == 20_001
    page.locator("textarea.note").fill("short")
    press_all(page, ["Escape", "Enter"], 50)
    wait_saved(page)
    draft = studio.said(uid, "long-note")
    assert (draft.committed, draft.annotation.note) == (True, "short")


def test_letters_typed_into_a_field_are_letters(studio: Studio, page: Any) -> None:
    studio.fill("letters", meetings("letters", 2))
    studio.open(page, "letters", annotator="letters")
    uid = studio.uids("letters")[0]
    press_all(page, ["t"], 0)
    page.keyboard.type("axu 12 maybe wrong")
    press_all(page, ["Escape", "1"], 0)
    wait_saved(page)
    draft = studio.said(uid, "letters")
    assert draft.annotation.note == "axu 12 maybe wrong"
    assert draft.annotation.outcome is None
    assert list(draft.annotation.step_verdicts.values()) == [StepVerdict.CORRECT]


def test_commit_without_an_outcome_says_so_and_stays(studio: Studio, page: Any) -> None:
    studio.fill("outcome", meetings("outcome", 2))
    studio.open(page, "outcome", annotator="outcome")
    uid = studio.uids("outcome")[0]
    press_all(page, ["Enter"], 0)
    assert page.evaluate("window.onScreen()")["uid"] == uid
    assert page.get_by_test_id("commit-why").inner_text() == "Choose an outcome first"


def test_keys_go_to_the_queue_on_screen_after_the_browsers_back(studio: Studio, page: Any) -> None:
    for name in ("first-queue", "second-queue"):
        studio.fill(name, meetings(name, 3))
    studio.open(page, "first-queue", annotator="walker")
    press_all(page, ["1"], 0)
    wait_saved(page)
    page.evaluate(GO_TO, f"{studio.url}/annotate?dataset=second-queue&as=walker")
    wait_until(page, OPENED.replace("KEY", "'walker|second-queue'"))
    press_all(page, ["2", "x"], 0)
    wait_until(page, ALL_SAVED)
    page.go_back()
    wait_until(page, OPENED.replace("KEY", "'walker|first-queue'"))
    press_all(page, ["j", "3"], 0)
    wait_until(page, ALL_SAVED)
    first, second = (studio.uids(name)[0] for name in ("first-queue", "second-queue"))
    said = [studio.said(uid, "walker").annotation for uid in (first, second)]
    verdicts = [list(one.step_verdicts.values()) for one in said]
    assert verdicts == [[StepVerdict.CORRECT, StepVerdict.UNSURE], [StepVerdict.INCORRECT]]
    assert [one.outcome for one in said] == [None, Outcome.REJECT]


def test_what_was_said_of_a_trajectory_goes_with_it(studio: Studio, page: Any) -> None:
    studio.fill("said", meetings("said", 3))
    studio.open(page, "said", annotator="said")
    press_all(page, ["4", "4"], 30)
    hidden = "viewerRoot().querySelector('.toast').hidden"
    assert page.evaluate(f"!{hidden}"), "every step has a verdict already"
    press_all(page, ["a", "Enter"], 30)
    wait_until(page, hidden)
    press_all(page, ["z"], 30)
    said = "viewerRoot().querySelector('.toast').innerText"
    wait_until(page, f"!{hidden} && {said}.includes('Undone: commit')")
    assert page.evaluate("window.onScreen().uid") == studio.uids("said")[0]
