"""The form of a call in a real browser: mended by keys, and nothing else of the text moves."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import call, meetings
from tests.e2e.test_edit import corrected_call, give_reason, wait_text
from tests.e2e.test_keys import press_all

GUEST = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "As in the passport."},
        "born": {"type": "string", "format": "date"},
        "child": {"type": "boolean"},
    },
    "required": ["name", "born"],
}
BOOK = {
    "type": "function",
    "function": {
        "name": "book_rooms",
        "description": "Book rooms.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "class": {"type": "string", "enum": ["economy", "business"]},
                "nights": {"type": "integer", "minimum": 1, "maximum": 30},
                "guests": {"type": "array", "items": GUEST},
                "note": {"type": "string"},
            },
            "required": ["city", "class", "nights", "guests"],
        },
    },
}
GUESTS = '[{"name":"Ada",  "born": "1990-01-01", "vip": 1e0}, {"name":"Bo", "born":"1991-02-02"}]'


def open_form(studio: Studio, page: Any, name: str, raw: str) -> str:
    """Open the editor on a call of `book_rooms` with these arguments; its trajectory's uid."""
    rows = meetings(name, 1)
    rows[0]["tools"] = [*rows[0]["tools"], BOOK]
    rows[0]["messages"][2]["tool_calls"] = [call("c0", raw, name="book_rooms")]
    studio.fill(name, rows)
    studio.open(page, name, annotator=name)
    press_all(page, ["e"], 30)
    wait_until(page, "Boolean(viewerRoot().querySelector('.editor .toolform'))")
    return studio.uids(name)[0]


def field(page: Any, pointer: str) -> Any:
    return page.locator(f'.toolform [data-field="{pointer}"]')


def focused(page: Any) -> str:
    return page.evaluate("viewerRoot().getRootNode().activeElement?.dataset.field ?? ''")


def save(page: Any, reason: str) -> None:
    give_reason(page, reason)
    page.keyboard.press("Control+Enter")
    wait_text(page, reason, within=".msg.here")


def test_a_broken_call_is_mended_by_keys_alone(studio: Studio, page: Any) -> None:
    raw = f'{{"town_city": "Oslo",\t"class":"Business ", "nights": "3",  "guests":{GUESTS}}}'
    uid = open_form(studio, page, "form-keys", raw)
    wait_until(page, "viewerRoot().querySelectorAll('.toolform .fhint').length === 3")
    assert focused(page) == "/town_city", "the first field that is broken has the focus"
    for where in ("/city", "/class", "/nights"):
        page.keyboard.press("Alt+1")
        assert focused(page) == where
    wait_until(page, "!viewerRoot().querySelector('.toolform :is(.fproblem, .fhint)')")
    save(page, "the names and kinds of the tool")
    mended = f'{{"city": "Oslo",\t"class":"business", "nights": 3,  "guests":{GUESTS}}}'
    assert corrected_call(studio, uid, "form-keys") == mended


def test_items_and_arguments_are_added_moved_and_removed_by_keys(studio: Studio, page: Any) -> None:
    raw = f'{{"city": "Oslo", "class": "economy", "nights": 3.0, "guests": {GUESTS}}}'
    uid = open_form(studio, page, "form-items", raw)
    field(page, "/guests/+").focus()
    page.keyboard.press("Enter")
    assert focused(page) == "/guests/2/name"
    page.keyboard.type("Cy")
    page.keyboard.press("Tab")
    page.keyboard.type("2000-12-31")
    press_all(page, ["Alt+ArrowUp", "Alt+ArrowUp"], 0)
    assert focused(page) == "/guests/0/born"
    field(page, "/guests/2").focus()
    page.keyboard.press("Alt+Delete")
    assert focused(page) == "/guests/1"
    field(page, "/guests/0/+").focus()
    page.keyboard.type("chi")
    page.keyboard.press("Enter")
    assert focused(page) == "/guests/0/child"
    page.keyboard.press("Space")
    field(page, "/nights").focus()
    press_all(page, ["ArrowUp", "ArrowUp", "ArrowDown"], 0)
    save(page, "Cy comes in the place of Bo")
    first = '{"name": "Cy", "born": "2000-12-31", "child": true}'
    ada = '{"name":"Ada",  "born": "1990-01-01", "vip": 1e0}'
    assert corrected_call(studio, uid, "form-items") == (
        f'{{"city": "Oslo", "class": "economy", "nights": 4.0, "guests": [{first}, {ada}]}}'
    )


def test_hints_are_shown_until_python_has_spoken(studio: Studio, page: Any) -> None:
    raw = f'{{"city": "Oslo", "class": "economy", "nights": 3, "guests": {GUESTS}}}'
    open_form(studio, page, "form-hints", raw)
    wait_text(page, "Nothing is changed yet")
    page.route("**/check-revision", lambda _: None)  # Python is silent
    field(page, "/nights").fill("31")
    row = page.locator(".toolform .frow", has=page.locator('[data-field="/nights"]'))
    assert "is more than 30" in row.locator(".fhint").inner_text()
    assert row.locator(".fproblem").count() == 0
    page.unroute("**/check-revision")
    field(page, "/nights").fill("32")
    wait_until(page, "viewerRoot().querySelectorAll('.toolform .fproblem').length === 1")
    assert row.locator(".fhint").count() == 0
    assert field(page, "/nights").get_attribute("aria-invalid") == "true"


def test_keys_on_the_buttons_of_the_form_do_not_judge_the_step(studio: Studio, page: Any) -> None:
    raw = f'{{"city": "Oslo", "class": "economy", "nights": 3, "guests": {GUESTS}}}'
    uid = open_form(studio, page, "form-own", raw)
    field(page, "/guests/0").focus()
    press_all(page, ["1", "x", "j", "ArrowDown", "ArrowLeft"], 0)
    assert focused(page) == "/guests/1"
    assert field(page, "/guests/1").get_attribute("aria-expanded") == "false"
    draft = studio.said(uid, "form-own")
    assert (draft.annotation.step_verdicts, draft.annotation.outcome) == ({}, None)
    page.keyboard.press("Escape")
    wait_until(page, "viewerRoot().querySelectorAll('.editor').length === 0")


def test_arguments_that_are_no_object_are_edited_as_text(studio: Studio, page: Any) -> None:
    rows = meetings("form-none", 1)
    rows[0]["messages"][2]["tool_calls"] = [call("c0", '{"city": ')]
    studio.fill("form-none", rows)
    studio.open(page, "form-none", annotator="form-none")
    press_all(page, ["e"], 30)
    wait_until(page, "Boolean(viewerRoot().querySelector('.editor textarea.code'))")
    assert page.locator(".toolform").count() == 0
    assert json.loads('"{\\"city\\": "') == page.locator(".editor textarea.code").input_value()
