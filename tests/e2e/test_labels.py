"""Saying more of an error than its category: words, causes, recovery, questions."""

from __future__ import annotations

from typing import Any

import pytest

from curation.annotation import Annotation
from curation.marks import Mark
from curation.recovery import Recovery
from curation.trajectory import Message, Role, TextField, quoted
from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import TOOLS, call, meetings
from tests.e2e.test_keys import SESSION, press_all, wait_saved

USER, FIRST, SECOND, LAST = 1, 2, 4, 6  # message indexes: the request and three steps
REQUEST = "Book the **usual** room 👍🏽 for Friday the 14th."
SAYS = "Let me look. 🙂 I think *Friday* is the 13th, so I take Oslo on Friday."
THINKS = "🙂 The user wants the usual room. Which one is it?"


def booking(tag: str) -> dict[str, Any]:
    """A wrong date, noticed and repaired, and wrong again."""
    wrong = {"content": SAYS, "reasoning_content": THINKS}
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": f"You book rooms ({tag})."},
        {"role": "user", "content": REQUEST},
        {"role": "assistant", **wrong, "tool_calls": [call("c1", {"city": "Oslo"})]},
        {"role": "tool", "tool_call_id": "c1", "content": '{"error": "none on the 13th"}'},
        {
            "role": "assistant",
            "content": "Sorry, wrong date; I try again.",
            "tool_calls": [call("c2", {"city": "Oslo", "seats": 3})],
        },
        {"role": "tool", "tool_call_id": "c2", "content": '{"room": "R1"}'},
        {"role": "assistant", "content": "Room R1 is yours on the 13th."},
    ]
    return {"messages": messages, "tools": TOOLS}


@pytest.fixture
def opened(request: pytest.FixtureRequest, studio: Studio, page: Any) -> str:
    """The booking on screen, in a queue of the test's own; its name, which is the annotator's."""
    name = request.node.name.replace("_", "-")[:40]
    studio.fill(name, [booking(name), *meetings(name, 1)])
    studio.open(page, name, annotator=name)
    page.evaluate(f"(({SESSION}) => s.select({{message_index: {FIRST}}}))()")
    return name


def type_keys(page: Any, *keys: str) -> None:
    """Press keys as a person does: a capital with Shift."""
    press_all(page, [f"Shift+{k}" if len(k) == 1 and k.isupper() else k for k in keys], 10)


def said(studio: Studio, page: Any, name: str) -> Annotation:
    wait_saved(page)
    return studio.said(studio.uids(name)[0], name).annotation


def words(mark: Mark) -> str:
    messages = [Message(Role.SYSTEM)] * FIRST
    messages[USER] = Message(Role.USER, REQUEST)
    return quoted([*messages, Message(Role.ASSISTANT, SAYS, reasoning=THINKS)], mark.anchor)


def in_trace(page: Any, selector: str) -> list[str]:
    """The texts of elements in the trace."""
    found = f"[...viewerRoot().querySelectorAll('.trace.shown {selector}')]"
    return page.evaluate(f"{found}.map((node) => node.textContent)")


def drag(page: Any, index: int, text: str, nth: int = 0) -> None:
    """Select drawn words of a message with the mouse."""
    box = page.evaluate(
        """([index, text, nth]) => {
          const card = viewerRoot().querySelector(`.trace.shown .msg[data-index="${index}"]`);
          const box = card.querySelector('.words');
          const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
          let left = nth;
          while (walker.nextNode()) {
            const node = walker.currentNode;
            let at = node.data.indexOf(text);
            while (at >= 0 && left > 0) { left -= 1; at = node.data.indexOf(text, at + 1); }
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + text.length);
            const { left: x, right, top, height } = range.getBoundingClientRect();
            return [x, right, top + height / 2];
          }
        }""",
        [index, text, nth],
    )
    left, right, y = box
    page.mouse.move(left + 1, y)
    page.mouse.down()
    page.mouse.move(right - 1, y, steps=4)
    page.mouse.up()
    wait_until(page, "!viewerRoot().querySelector('.spanbar').hidden")


def test_words_are_picked_and_marked_by_keyboard(studio: Studio, page: Any, opened: str) -> None:
    type_keys(page, "T", *["ArrowRight"] * 4, "Shift+ArrowRight", "Shift+ArrowRight")
    assert in_trace(page, "mark.picked") == ["🙂 I think"]
    type_keys(page, "m", "p", "v")
    (mark,) = said(studio, page, opened).marks
    assert (mark.category, words(mark), mark.train) == ("PARAM_VALUE", "🙂 I think", True)
    assert in_trace(page, "mark.span") == ["🙂 I think"], "lit in the Markdown as drawn"
    assert in_trace(page, ".mark .quoted") == ["“🙂 I think”"]
    type_keys(page, "T", "T", "Shift+End", "Enter", "D")
    mark = said(studio, page, opened).marks[-1]
    assert (mark.anchor.field, words(mark), mark.train) == (TextField.REASONING, THINKS, False)
    type_keys(page, "z", "j", "k")
    assert len(said(studio, page, opened).marks) == 1
    type_keys(page, "T", "ArrowRight", "1", "Escape", "1")
    now = said(studio, page, opened)
    assert in_trace(page, "mark.picked") == []
    assert list(now.step_verdicts) == [FIRST], "a key while picking judges nothing"


def test_words_are_selected_by_mouse_where_markdown_is_drawn(
    studio: Studio, page: Any, opened: str
) -> None:
    height = "viewerRoot().querySelector('.trace.shown').scrollHeight"
    before = page.evaluate(height)
    for nth, starts in enumerate([SAYS.index("Friday"), SAYS.rindex("Friday")]):
        drag(page, FIRST, "Friday", nth)
        if nth == 0:
            assert said(studio, page, opened).is_empty, "selecting alone, to copy, says nothing"
            assert page.evaluate(height) == before
        page.evaluate("viewerRoot().querySelectorAll('.spanbar button')[0].click()")
        type_keys(page, "p", "v")
        mark = said(studio, page, opened).marks[-1]
        assert (words(mark), mark.anchor.span) == ("Friday", (starts, starts + 6))
        assert page.evaluate("viewerRoot().querySelector('.spanbar').hidden")
    assert in_trace(page, "mark.span") == ["Friday", "Friday"]


def test_selected_words_are_not_to_be_learnt_and_only_the_assistants(
    studio: Studio, page: Any, opened: str
) -> None:
    drag(page, FIRST, "13th")
    type_keys(page, "D")
    (mark,) = said(studio, page, opened).marks
    assert (mark.taxonomy, words(mark), mark.train) == ("asktoact", "13th", False)
    type_keys(page, "D")
    assert [m.train for m in said(studio, page, opened).marks] == [True]
    drag(page, USER, "14th")
    type_keys(page, "D")
    assert len(said(studio, page, opened).marks) == 1
    type_keys(page, "m", "u", "i")
    mark = said(studio, page, opened).marks[-1]
    assert (mark.anchor.message_index, words(mark)) == (USER, "14th")


def test_one_root_cause_and_what_follows_from_it(studio: Studio, page: Any, opened: str) -> None:
    type_keys(page, "m", "p", "v", "x", "k", "j", "m", "t", "w")
    page.evaluate(f"(({SESSION}) => s.select({{message_index: {LAST}}}))()")
    type_keys(page, "m", "p", "l")
    hint = "viewerRoot().querySelector('[data-testid=commit-why]').textContent"
    assert "root cause" in page.evaluate(hint)
    type_keys(page, "k", "k", "b")
    assert "root cause" not in page.evaluate(hint)
    type_keys(page, "j", "j", "B")
    now = said(studio, page, opened)
    root = next(m for m in now.marks if m.root_cause)
    assert {m.category: m.caused_by for m in now.marks if m is not root} == {
        "PLAN": root.mark_id
    } | {m.category: None for m in now.marks if m is not root and m.category != "PLAN"}
    (effect,) = in_trace(page, ".mark .caused")
    assert "from step 1" in effect
    lines = "[...viewerRoot().querySelectorAll('.map.shown .stepline')].map((l) => l.className)"
    assert [("root" in c, "effect" in c) for c in page.evaluate(lines)] == [
        (True, False), (False, False), (False, True),
    ]  # fmt: skip
    type_keys(page, "b")
    assert [m.category for m in said(studio, page, opened).marks if m.root_cause] == ["PLAN"]
    type_keys(page, "z")
    page.evaluate("viewerRoot().querySelector('.trace.shown .mark .caused').click()")
    assert page.evaluate("window.onScreen()")["index"] == FIRST
    type_keys(page, "d")
    assert [m.caused_by for m in said(studio, page, opened).marks] == [None] * (len(now.marks) - 1)


def test_recovery_is_said_of_a_step_by_one_letter(studio: Studio, page: Any, opened: str) -> None:
    type_keys(page, "j", "8", "r", "8", "c")
    assert said(studio, page, opened).recovery == {SECOND: (Recovery.REFLECTED, Recovery.CORRECTED)}
    assert in_trace(page, ".recovered") == ["↻ reflected", "↻ corrected"]
    type_keys(page, "8", "i", "8", "x", "8", "Escape", "z", "8", "r")
    assert said(studio, page, opened).recovery == {SECOND: (Recovery.CORRECTED,)}
    type_keys(page, "8")
    wait_until(page, "!viewerRoot().querySelector('.definitions').hidden")
    page.evaluate("viewerRoot().querySelectorAll('.definitions button')[0].click()")
    assert said(studio, page, opened).recovery[SECOND][0] is Recovery.REFLECTED


def test_a_user_turn_is_reached_marked_and_the_question_typed(
    studio: Studio, page: Any, opened: str
) -> None:
    type_keys(page, "K")
    assert page.evaluate("window.onScreen()")["index"] == USER
    page.evaluate(f"(({SESSION}) => s.chooseTaxonomy('noisytoolbench'))()")
    type_keys(page, "m", "m", "r", "Q")
    page.keyboard.type("Which room is the usual one? 1 2 x")
    page.keyboard.press("Enter")
    type_keys(page, "j", "1")
    now = said(studio, page, opened)
    (mark,) = now.marks
    assert (mark.category, mark.anchor.message_index) == ("IMR", USER)
    assert mark.expected_clarification == "Which room is the usual one? 1 2 x"
    assert (list(now.step_verdicts), now.outcome) == ([FIRST], None)
    assert any("usual one? 1 2 x" in chip for chip in in_trace(page, ".mark .asked"))
    type_keys(page, "Q")  # from the step: the mark of its turn
    page.keyboard.press("End")
    page.keyboard.type(" never mind")
    page.keyboard.press("Escape")
    assert said(studio, page, opened).marks == now.marks


def test_definitions_come_beside_the_rail_and_move_nothing(page: Any, opened: str) -> None:
    card = "viewerRoot().querySelector('.definitions')"
    sizes = """JSON.stringify(
      [...viewerRoot().querySelectorAll('.rail .category, .trace.shown .msg')].map((node) => {
        const { x, y, width, height } = node.getBoundingClientRect();
        return [x, y, width, height];
      }))"""
    before = page.evaluate(sizes)
    page.get_by_role("button", name="Wrong value").first.hover()
    wait_until(page, f"!{card}.hidden")
    assert "another date, a swapped pair" in page.evaluate(f"{card}.textContent")
    assert page.evaluate(sizes) == before
    page.mouse.move(400, 700)
    wait_until(page, f"{card}.hidden")
    type_keys(page, "m")
    in_leader = page.evaluate(sizes)
    type_keys(page, "t")
    wait_until(page, f"!{card}.hidden")
    shown = page.evaluate(f"[...{card}.querySelectorAll('b')].map((b) => b.textContent)")
    assert {"Tool does not exist", "Wrong tool"} >= set(shown[:2]) and shown
    assert page.evaluate(sizes) == in_leader
    type_keys(page, "Escape")
    wait_until(page, f"{card}.hidden")


def test_categories_used_last_stand_on_top_also_after_a_reload(
    studio: Studio, page: Any, opened: str
) -> None:
    recent = """[...viewerRoot().querySelectorAll('.recent:not([hidden]) .title')]
      .map((title) => title.textContent)"""
    type_keys(page, "m", "p", "v", "m", "t", "w")
    assert page.evaluate(recent) == [], "nothing moves while this one is judged"
    type_keys(page, "x", "Enter")
    wait_until(page, f"window.onScreen().uid === '{studio.uids(opened)[1]}'")
    assert page.evaluate(recent) == ["Wrong value", "Wrong tool"]
    wait_saved(page)
    page.reload()
    wait_until(page, "window.onScreen().uid !== null", timeout_s=30)
    assert page.evaluate(recent) == ["Wrong value", "Wrong tool"]
