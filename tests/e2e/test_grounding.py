"""Where values came from, the list of calls, and results as trees: in a real browser."""

from __future__ import annotations

import json
from typing import Any

import pytest

from curation.annotation import StepVerdict
from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import call, meetings
from tests.e2e.test_keys import SESSION, press_all, wait_saved

BIG_NUMBER = "12345678901234567890"
USER, FIND, FOUND, BOOK, BOOKED = 1, 2, 3, 4, 5  # message indexes
ROOMS = [{"room": f"S{i}", "seats": i, "floor": i % 7, "has": ["desk", "lamp"]} for i in range(40)]


def tool(name: str, *names: str) -> dict[str, Any]:
    properties = {n: {"type": "integer" if n == "seats" else "string"} for n in names}
    parameters = {"type": "object", "properties": properties, "required": [names[0]]}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def booking(tag: str) -> dict[str, Any]:
    """Two calls whose values come from the user, from a result and from nowhere."""
    found = json.dumps({"room": "R77", "serial": 0, "price": 0, "also": ROOMS, "note": "👍 Oslo"})
    found = found.replace('"serial": 0', f'"serial": {BIG_NUMBER}').replace(
        '"price": 0', '"price": 1.0'
    )
    find = {"city": "Oslo", "seats": 3, "badge": "ZX-4471"}
    book = {"room": "R77", "lamp": "S7", "card": "QQ-9032", "city": "Oslo"}
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": f"You book rooms ({tag})."},
        {"role": "user", "content": "👍 *Not in Oslofjord*, in Oslo: **three** of us. Oslo it is."},
        {"role": "assistant", "content": None, "tool_calls": [call("c1", find)]},
        {"role": "tool", "tool_call_id": "c1", "content": found},
        {"role": "assistant", "content": None, "tool_calls": [call("c2", book, "book_room")]},
        {"role": "tool", "tool_call_id": "c2", "content": '{"booked": true}'},
        {"role": "assistant", "content": "Room R77 is yours."},
    ]
    tools = [
        tool("find_room", "city", "seats", "badge"),
        tool("book_room", "room", "lamp", "card", "city"),
    ]
    return {"messages": messages, "tools": tools}


@pytest.fixture
def opened(request: pytest.FixtureRequest, studio: Studio, page: Any) -> str:
    """The booking on screen, in a queue of the test's own; its name, which is the annotator's."""
    name = request.node.name.replace("_", "-")[:40]
    studio.fill(name, [booking(name), *meetings(name, 1)])
    studio.open(page, name, annotator=name)
    select(page, FIND, 0)
    return name


def select(page: Any, message: int, call_index: int | None, pointer: str | None = None) -> None:
    cursor = json.dumps({"message": message, "call": call_index, "pointer": pointer})
    page.evaluate(f"(({SESSION}) => {{ s.cursor = {cursor}; }})()")


def cursor(page: Any) -> dict[str, Any]:
    return page.evaluate(f"(({SESSION}) => s.cursor)()")


def row(message: int, pointer: str) -> str:
    place = f'.trace.shown .msg[data-index="{message}"] tr[data-pointer="{pointer}"]'
    return f"viewerRoot().querySelector('{place}')"


def lit(page: Any) -> dict[str, Any] | None:
    """The highlighted source: its words, its message, and the text before it in its element."""
    return page.evaluate(
        """() => {
          const marks = [...viewerRoot().querySelectorAll('.trace.shown mark.source')];
          if (marks.length === 0) return null;
          const [first] = marks;
          const box = first.getBoundingClientRect();
          const trace = viewerRoot().querySelector('.trace.shown').getBoundingClientRect();
          return {
            words: marks.map((m) => m.textContent).join(''),
            message: Number(first.closest('.msg').dataset.index),
            inResult: Boolean(first.closest('.result')),
            before: first.previousSibling ? first.previousSibling.textContent : '',
            inSight: box.top >= trace.top && box.bottom <= trace.bottom,
          };
        }"""
    )


def test_the_kind_of_underline_and_a_word_tell_where_a_value_came_from(
    page: Any, opened: str
) -> None:
    expected = {
        (FIND, "/city"): ("solid", "user"),
        (FIND, "/seats"): ("dotted", "derived: number"),
        (FIND, "/badge"): ("wavy", "? nowhere"),
        (BOOK, "/room"): ("solid", "result s1"),
        (BOOK, "/card"): ("wavy", "? nowhere"),
    }
    for (message, pointer), (line, word) in expected.items():
        found = page.evaluate(
            f"""() => {{
              const row = {row(message, pointer)};
              const value = getComputedStyle(row.querySelector('.value .from'));
              return [value.textDecorationStyle, row.querySelector('.grounds').textContent];
            }}"""
        )
        assert tuple(found) == (line, word), (message, pointer)


def test_the_source_is_quoted_below_the_selected_argument_and_as_a_tooltip(
    page: Any, opened: str
) -> None:
    press_all(page, ["l"], 20)
    quote = "viewerRoot().querySelector('.trace.shown tr.quote').textContent"
    assert "the user, turn 1" in page.evaluate(quote)
    assert "Oslofjord, in Oslo: three" in page.evaluate(quote).replace("*", "")
    press_all(page, ["l", "l"], 20)
    assert "nowhere" in page.evaluate(quote)
    room = f"{row(BOOK, '/room')}.querySelector('.from')"
    page.evaluate(f"{room}.dispatchEvent(new PointerEvent('pointerenter'))")
    assert "the result of step 1 (find_room)" in page.evaluate(f"{room}.title")


def test_one_key_goes_to_the_source_and_back(page: Any, opened: str) -> None:
    select(page, FIND, 0, "/city")
    press_all(page, ["v"], 60)
    found = lit(page)
    assert found is not None
    assert (found["words"], found["message"], found["inSight"]) == ("Oslo", USER, True)
    assert found["before"].endswith(", in "), "the city, not the first letters of the fjord"
    press_all(page, ["v"], 60)
    assert cursor(page) == {"message": FIND, "call": 0, "pointer": "/city"}
    assert lit(page) is None
    select(page, BOOK, 0, "/lamp")
    press_all(page, ["v"], 60)
    found = lit(page)
    assert found is not None
    assert (found["words"], found["message"], found["inResult"]) == ("S7", FIND, True)
    assert found["inSight"]
    press_all(page, ["Escape"], 60)
    assert cursor(page) == {"message": BOOK, "call": 0, "pointer": "/lamp"}
    assert lit(page) is None


def test_moving_on_from_a_source_leaves_it(page: Any, opened: str) -> None:
    select(page, BOOK, 0, "/room")
    press_all(page, ["v"], 60)
    assert lit(page) is not None
    press_all(page, ["j"], 60)
    assert lit(page) is None
    here = cursor(page)
    press_all(page, ["Escape"], 60)
    assert cursor(page) == here, "Esc goes back from a source, not from where one went since"


def test_the_next_value_from_nowhere_stops_at_each_once_and_says_when_it_is_round(
    page: Any, opened: str
) -> None:
    toast = "viewerRoot().querySelector('.toast')"
    stops = []
    for _ in range(3):
        press_all(page, [","], 30)
        stops.append((cursor(page)["message"], cursor(page)["pointer"]))
        here = page.evaluate("viewerRoot().querySelector('.trace.shown tr.here').dataset.pointer")
        assert here == stops[-1][1]
    assert stops == [(FIND, "/badge"), (BOOK, "/card"), (FIND, "/badge")]
    assert page.evaluate(f"!{toast}.hidden && {toast}.textContent").startswith("Round again")


def test_the_list_of_calls_acts_on_the_call_of_its_line(
    studio: Studio, page: Any, opened: str
) -> None:
    press_all(page, ["-"], 30)
    lines = "[...viewerRoot().querySelectorAll('.callline')]"
    texts = page.evaluate(f"{lines}.map((line) => line.textContent)")
    assert len(texts) == 2
    assert "find_room" in texts[0] and "city=Oslo" in texts[0] and "badge=ZX-4471?" in texts[0]
    assert "book_room" in texts[1] and "booked" in texts[1]
    press_all(page, ["j", "2", "m", "p", "v"], 30)
    here = "viewerRoot().querySelector('.callline.here')"
    assert page.evaluate(f"{here}.dataset.message") == str(BOOK)
    assert page.evaluate(f"{here}.querySelector('.state').className") == "state incorrect"
    assert page.evaluate(f"{here}.querySelector('.markcount').textContent") == "⚑1"
    wait_saved(page)
    said = studio.said(studio.uids(opened)[0], opened).annotation
    assert said.step_verdicts == {BOOK: StepVerdict.INCORRECT}
    assert [(m.category, m.anchor.message_index, m.anchor.call_index) for m in said.marks] == [
        ("PARAM_VALUE", BOOK, 0)
    ]
    press_all(page, ["e"], 100)
    assert page.evaluate("viewerRoot().querySelector('.callsonly').hidden")
    assert page.evaluate("window.onScreen().index") == BOOK


def test_a_trajectory_without_calls_says_so_in_the_list_of_calls(studio: Studio, page: Any) -> None:
    rows = [
        {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}
    ]
    studio.fill("no-calls", rows)
    studio.open(page, "no-calls", annotator="no-calls")
    press_all(page, ["-"], 30)
    assert "calls no tool" in page.evaluate("viewerRoot().querySelector('.callsonly').textContent")
    press_all(page, ["-"], 30)
    assert page.evaluate("viewerRoot().querySelector('.callsonly').hidden")


def test_a_result_is_a_tree_with_every_number_as_it_was_sent(page: Any, opened: str) -> None:
    result = f"viewerRoot().querySelector('.trace.shown .msg[data-index=\"{FIND}\"] .result')"
    tree = f"{result}.querySelector('.tree')"
    values = page.evaluate(f"[...{tree}.querySelectorAll('.jplain')].map((n) => n.textContent)")
    assert BIG_NUMBER in values and "1.0" in values
    assert "40 items" in page.evaluate(f"{tree}.querySelector('.branch').textContent")
    n = page.evaluate(f"{tree}.querySelectorAll('.leaf, .branch').length")
    page.locator(".tree button.fold").first.click()
    wait_until(page, f"{tree}.querySelectorAll('.leaf, .branch').length === {n} + 40")
    press_all(page, ["1"], 30)
    more = page.evaluate(f"{tree}.querySelectorAll('.leaf, .branch').length")
    assert more == n + 40, "a verdict folds nothing that was opened"


def test_a_result_can_be_filtered_and_read_as_it_was_sent(page: Any, opened: str) -> None:
    result = f"viewerRoot().querySelector('.trace.shown .msg[data-index=\"{FIND}\"] .result')"
    press_all(page, ["/"], 30)
    page.keyboard.type("s13")
    wait_until(page, f"{result}.querySelector('.count').textContent === '1 place'")
    leaves = page.evaluate(f"[...{result}.querySelectorAll('.leaf')].map((n) => n.textContent)")
    assert len(leaves) == 1 and '"S13"' in leaves[0]
    press_all(page, ["Escape", "1"], 30)
    wait_until(page, f"{result}.querySelectorAll('.leaf').length > 1")
    assert page.evaluate(f"(({SESSION}) => s.stateOf(s.current).annotation.step_verdicts)()") == {
        str(FIND): "correct"
    }, "after Esc keys are keys again"
    page.get_by_role("button", name="raw").first.click()
    raw = page.evaluate(f"{result}.querySelector('pre').textContent")
    assert raw == booking(opened)["messages"][FOUND]["content"]


def test_a_short_result_takes_what_is_typed_as_well(studio: Studio, page: Any, opened: str) -> None:
    select(page, BOOK, 0)
    press_all(page, ["/"], 30)
    page.keyboard.type("x1a")
    wait_saved(page)
    assert studio.said(studio.uids(opened)[0], opened).annotation.is_empty
    result = f"viewerRoot().querySelector('.trace.shown .msg[data-index=\"{BOOK}\"] .result')"
    assert page.evaluate(f"{result}.querySelector('.count').textContent") == "nothing found"
    select(page, BOOKED + 1, None)
    press_all(page, ["Escape", "/"], 30)
    toast = page.evaluate("viewerRoot().querySelector('.toast').textContent")
    assert "Select a call first" in toast


def test_the_map_says_what_each_step_is_about(page: Any, opened: str) -> None:
    lines = page.evaluate(
        "[...viewerRoot().querySelectorAll('.map.shown .stepline')].map((n) => n.textContent)"
    )
    assert len(lines) == 3
    assert "find_room" in lines[0] and "?" in lines[0]
    assert "book_room" in lines[1]
    assert "Room R77 is yours." in lines[2]
    height = page.evaluate("viewerRoot().querySelector('.map.shown').clientHeight")
    line = page.evaluate("viewerRoot().querySelector('.map.shown .stepline').offsetHeight")
    assert height / line >= 20
