"""What five everyday tasks cost a hand: keystrokes, clicks, pointer travel, time until saved.

`python -m tests.bench.tasks` opens each task in chromium at 1280×800 twice: one annotator does it
by keyboard, another by mouse alone. Afterwards the database must hold the same of both, and what
the task asked for; otherwise the run fails. The time is the browser's and the server's (a robot
does not think); `tests.bench.hands` says how the rest is counted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from playwright.sync_api import sync_playwright

from app.flows.annotate import open_trajectory
from app.flows.identity import annotator_named
from curation.annotation import Annotation, Outcome
from curation.trajectory import Trajectory
from tests.bench.browser import _studio
from tests.bench.hands import WATCH, Effort, Keyboard, Mouse, wait_committed
from tests.e2e.conftest import CHROMIUM, FLAGS, ON_SCREEN, Studio, wait_until
from tests.e2e.conversations import TOOLS, call, meeting, meetings

SAVABLE = "viewerRoot().querySelector('.correcting .main')?.disabled === false"
CLOSED = "!viewerRoot().querySelector('.correcting .main')"
Row = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One task, and both ways of doing it."""

    name: str
    rows: list[Row]
    """The first one is worked on."""
    keys: Callable[[Keyboard], None]
    mouse: Callable[[Mouse], None]
    holds: Callable[[Annotation, Trajectory], bool]
    """Whether the annotation, and what is exported of it, are what the task asked for."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every task both ways and print a table (or one JSON object)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        studio = _studio(Path(folder))
        try:
            for number, task in enumerate(TASKS):
                studio.fill(f"task-{number}", task.rows)
            studio.start()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                context = browser.new_context()
                figures = {
                    task.name: both_ways(context, studio, f"task-{number}", task)
                    for number, task in enumerate(TASKS)
                }
                browser.close()
        finally:
            studio.kill()
            studio.store.close()
    if asked.json:
        told = {name: {way: asdict(e) for way, e in ways.items()} for name, ways in figures.items()}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        _print(figures)


def _print(figures: dict[str, dict[str, Effort]]) -> None:
    head = (
        f"{'task':<32}{'keys':>6}{'ms':>7}   {'clicks':>8}{'scrolls':>8}{'travel px':>11}{'ms':>7}"
    )
    lines = [f"{'':<32}{'by keyboard':>13}   {'by mouse':>34}", head]
    for name, ways in figures.items():
        k, m = ways["keyboard"], ways["mouse"]
        lines.append(
            f"{name:<32}{k.keys:>6}{k.saved_ms:>7.0f}   "
            f"{m.clicks:>8}{m.scrolls:>8}{m.travel_px:>11.0f}{m.saved_ms:>7.0f}"
        )
    lines.append(f"the same in the database both ways; load {os.getloadavg()[0]:.1f}")
    sys.stdout.write("\n".join(lines) + "\n")


def both_ways(context: Any, studio: Studio, dataset: str, task: Task) -> dict[str, Effort]:
    """Do the task both ways; raises when the database does not hold the same, or not the aim."""
    uid = studio.uids(dataset)[0]
    efforts = {way: _done(context, studio, dataset, task, way) for way in ("keyboard", "mouse")}
    said = {way: _said(studio, uid, way) for way in efforts}
    if said["keyboard"] != said["mouse"]:
        raise RuntimeError(f"{task.name}: the two ways ended differently: {said}")
    if not task.holds(*said["keyboard"]):
        raise RuntimeError(f"{task.name}: not what was asked for: {said['keyboard']}")
    return efforts


def _done(context: Any, studio: Studio, dataset: str, task: Task, way: str) -> Effort:
    uid = studio.uids(dataset)[0]
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.add_init_script(ON_SCREEN)
    page.goto(f"{studio.url}/annotate?dataset={dataset}&as={way}&t={uid}")
    wait_until(page, f"window.onScreen().uid === {uid!r}", timeout_s=30)
    page.evaluate(WATCH)
    page.wait_for_timeout(500)
    hand: Keyboard | Mouse
    if way == "keyboard":
        hand = Keyboard(page)
        task.keys(hand)
    else:
        hand = Mouse(page)
        task.mouse(hand)
    hand.effort.saved_ms = wait_committed(page, uid)
    page.close()
    return hand.effort


def _said(studio: Studio, uid: str, annotator: str) -> tuple[Annotation, Trajectory]:
    """What is committed, with ids of marks left out, and the trajectory that would be exported."""
    opened = open_trajectory(studio.store, uid, annotator_named(studio.store, annotator))
    if not opened.draft.committed:
        raise RuntimeError(f"{uid} is not committed by {annotator}.")
    said = opened.draft.annotation
    marks = tuple(replace(mark, mark_id="") for mark in said.marks)
    corrected = opened.correction.trajectory if opened.correction else opened.trajectory
    return replace(said, marks=marks), corrected


# --- what is worked on ---------------------------------------------------------------------------

SCHEMA = {
    "city": {"type": "string"},
    "floor": {"type": "string", "enum": ["ground", "first", "second"]},
}
FLOORS = {"type": "object", "properties": SCHEMA, "required": ["city", "floor"]}


def _tool(name: str, parameters: Row) -> Row:
    about = {"name": name, "description": f"To {name.replace('_', ' ')}.", "parameters": parameters}
    return {"type": "function", "function": about}


def _wrong_value() -> Row:
    """Two seats are asked for, and seventeen are searched."""
    row = meeting("wrong", 2, n_turns=2)
    row["messages"][2]["tool_calls"] = [call("c0", {"city": "Oslo", "seats": 17})]
    return row


def _wrong_enum() -> Row:
    asked = {"role": "user", "content": "A room in Oslo on the first floor, please."}
    made = call("c0", {"city": "Oslo", "floor": "1st"})
    step = {"role": "assistant", "content": None, "tool_calls": [made]}
    return {"messages": [asked, step], "tools": [_tool("find_room", FLOORS)]}


def _wrong_tool() -> Row:
    row = meeting("tool", 3, n_turns=1)
    book = _tool("book_room", TOOLS[0]["function"]["parameters"])
    row["messages"][1]["content"] = "Book a room for 3 in Oslo, please."
    return {"messages": row["messages"], "tools": [*TOOLS, book]}


def _bad_suffix() -> Row:
    """After the answer the model goes on calling."""
    row = meeting("suffix", 2, n_turns=3)
    again = {"role": "assistant", "content": None, "tool_calls": [call("c9", {"city": "Bergen"})]}
    row["messages"] += [
        again,
        {"role": "tool", "tool_call_id": "c9", "content": '{"room": "B1", "free": false}'},
        {"role": "assistant", "content": "There is also B1 in Bergen, which is not free."},
    ]
    return row


# --- the mouse's targets -------------------------------------------------------------------------


def _button(page: Any, within: str, label: str) -> Any:
    return page.locator(f"{within} button", has_text=label).first


def _decide(hand: Mouse, outcome: str) -> None:
    hand.click(_button(hand.page, ".rail .choices[aria-label='Outcome']", outcome))
    hand.click(hand.page.get_by_test_id("commit"))


def _save(hand: Mouse) -> None:
    wait_until(hand.page, SAVABLE)
    hand.click(hand.page.locator(".correcting .main"))
    wait_until(hand.page, CLOSED)


def _save_by_key(hand: Keyboard) -> None:
    wait_until(hand.page, SAVABLE)
    hand.press("Control+Enter")
    wait_until(hand.page, CLOSED)


# --- the five tasks ------------------------------------------------------------------------------


def _mark_by_mouse(hand: Mouse) -> None:
    hand.click(hand.page.locator(".trace.shown tr[data-pointer='/seats'] th").first)
    hand.click(_button(hand.page, ".rail", "Wrong value"))
    _decide(hand, "reject")


def _enum_by_key(hand: Keyboard) -> None:
    hand.press("e")
    wait_until(
        hand.page, "Boolean(viewerRoot().querySelector('.trace.shown .editor select.fchoice'))"
    )
    hand.press("f")
    _save_by_key(hand)
    hand.press("a", "Enter")


def _enum_by_mouse(hand: Mouse) -> None:
    hand.click(_button(hand.page, ".trace.shown .call", "Edit"))
    hand.choose(hand.page.locator(".trace.shown .editor select.fchoice"), "first")
    _save(hand)
    _decide(hand, "accept")


def _tool_by_key(hand: Keyboard) -> None:
    hand.press("e")
    hand.wait_for(".trace.shown .toolpick")
    hand.press("Alt+t", "b")
    hand.wait_for(".correcting li.stale")
    hand.press("Escape", ".", "q")
    _save_by_key(hand)
    hand.press("a", "Enter")


def _tool_by_mouse(hand: Mouse) -> None:
    hand.click(_button(hand.page, ".trace.shown .call", "Edit"))
    hand.choose(hand.page.locator(".trace.shown .toolpick"), "book_room")
    hand.click(_button(hand.page, ".correcting li.stale", "Cut from here"))
    _save(hand)
    _decide(hand, "accept")


def _suffix_by_key(hand: Keyboard) -> None:
    hand.press("q")  # the first finding is selected: the step that should not have been
    _save_by_key(hand)
    hand.press("a", "Enter")


def _suffix_by_mouse(hand: Mouse) -> None:
    hand.click(hand.page.locator(".stepline", has_text="Bergen").first)
    hand.click(_button(hand.page, ".trace.shown .msg.here .call", "Edit"))
    hand.click(_button(hand.page, ".trace.shown .msg.here .cardtools", "Cut from here"))
    _save(hand)
    _decide(hand, "accept")


TASKS = (
    Task(
        "accept a clean run",
        meetings("clean", 1),
        lambda hand: hand.press("a", "Enter"),
        lambda hand: _decide(hand, "accept"),
        lambda said, _: said == Annotation(outcome=Outcome.ACCEPT),
    ),
    Task(
        "label the first wrong argument",
        [_wrong_value()],
        lambda hand: hand.press(",", "m", "p", "v", "x", "Enter"),
        _mark_by_mouse,
        lambda said, _: (
            said.outcome is Outcome.REJECT
            and [(m.category, m.anchor.pointer) for m in said.marks] == [("PARAM_VALUE", "/seats")]
        ),
    ),
    Task(
        "fix an enum",
        [_wrong_enum()],
        _enum_by_key,
        _enum_by_mouse,
        lambda said, corrected: (
            said.outcome is Outcome.ACCEPT
            and json.loads(corrected.messages[1].tool_calls[0].raw_arguments)["floor"] == "first"
        ),
    ),
    Task(
        "replace a wrong tool",
        [_wrong_tool()],
        _tool_by_key,
        _tool_by_mouse,
        lambda said, corrected: (
            said.outcome is Outcome.ACCEPT
            and len(corrected.messages) == 3
            and corrected.messages[2].tool_calls[0].name == "book_room"
        ),
    ),
    Task(
        "drop a bad suffix",
        [_bad_suffix()],
        _suffix_by_key,
        _suffix_by_mouse,
        lambda said, corrected: (
            said.outcome is Outcome.ACCEPT
            and len(corrected.messages) == len(_bad_suffix()["messages"]) - 3
        ),
    ),
)


if __name__ == "__main__":
    main()
