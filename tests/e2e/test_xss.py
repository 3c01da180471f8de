"""Hostile text in every field that is drawn does nothing: the page shows it and that is all.

The content security policy is switched off here on purpose: it is the second wall, and would hide
a hole in the first one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from app.flows.annotate import perform
from app.flows.correct import propose_correction
from app.flows.identity import annotator_named
from app.flows.rule import rule, withdraw
from curation.verdicts import Verdict
from tests.e2e.conftest import ON_SCREEN, Studio, settled, wait_until
from tests.e2e.test_keys import SESSION, press_all, wait_saved
from tests.e2e.test_verify import COURT
from tests.e2e.xss_payloads import PAYLOADS
from tests.episodes import Person
from tests.pairs import judged, prediction_ids
from tests.revisions import content, revised

pytestmark = pytest.mark.own_page

N_ROWS = 10
ALARM = "window.alarms = []; window.P = () => { window.alarms.push('P'); };"


@pytest.fixture(scope="module")
def unguarded(browser: Any) -> Iterator[Any]:
    """A profile without the content security policy."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    yield context
    context.close()


@pytest.fixture
def open_page(unguarded: Any) -> Iterator[Any]:
    """A page without the policy, that notices alarms and dialogs."""
    page = unguarded.new_page()
    page.add_init_script(ALARM)
    page.add_init_script(ON_SCREEN)
    page.dialogs = []
    page.on("dialog", lambda d: (page.dialogs.append(d.message), d.dismiss()))
    yield page
    page.close()


def hostile_row(number: int) -> dict[str, Any]:
    """A trajectory with ten payloads, each of them in every field that is drawn."""
    bad = PAYLOADS[number::N_ROWS]
    blob = "\n\n".join(bad)
    arguments = {text: {"nested": text, "list": [{text: text}]} for text in bad}
    tool = {
        "type": "function",
        "function": {
            "name": bad[0],
            "description": blob,
            "parameters": {
                "type": "object",
                "properties": {
                    text: {"type": "string", "description": text, "enum": [text, "b"]}
                    for text in bad
                },
                "required": [*bad, f"missing {bad[1]}"],
            },
        },
    }
    calls = [
        _call(bad[2], bad[0], json.dumps(arguments)),
        _call(bad[3], bad[4], blob),
        _call(bad[5], bad[0], json.dumps({"a": blob})),
    ]
    messages = [
        {"role": "system", "content": blob},
        {"role": "user", "content": blob, "name": bad[6]},
        {"role": "assistant", "content": blob, "reasoning_content": blob, "tool_calls": calls},
        {"role": "tool", "tool_call_id": bad[2], "name": bad[7], "content": blob},
        {"role": "tool", "tool_call_id": bad[3], "content": json.dumps({blob: bad})},
        {"role": "tool", "tool_call_id": f"orphan {bad[8]}", "name": bad[9], "content": blob},
        {"role": "assistant", "content": blob},
    ]
    return {"id": f"{bad[0]}{number}", "messages": messages, "tools": [tool], "reward": bad[1]}


def _call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    return {
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def test_there_are_a_hundred_different_payloads() -> None:
    assert len(PAYLOADS) == len(set(PAYLOADS)) == 100


def test_the_alarm_works(open_page: Any, studio: Studio) -> None:
    open_page.goto(f"{studio.url}/healthz")
    open_page.evaluate(
        "document.body.appendChild(Object.assign(document.createElement('div'),"
        " {innerHTML: '<img src=x onerror=P()>'}))"
    )
    wait_until(open_page, "window.alarms.length > 0")


def test_hostile_text_in_every_field_does_nothing(studio: Studio, open_page: Any) -> None:
    page = open_page
    studio.fill("hostile", [hostile_row(i) for i in range(N_ROWS)])
    studio.open(page, "hostile", annotator="<img src=x onerror=P()>")
    for number in range(N_ROWS):
        uid = page.evaluate("window.onScreen().uid")
        page.evaluate(
            """() => {
              for (const fold of viewerRoot().querySelectorAll('details')) fold.open = true;
            }"""
        )
        page.wait_for_timeout(60)
        page.evaluate(
            """() => {
              for (const fold of viewerRoot().querySelectorAll('details')) fold.open = true;
            }"""
        )
        drawn = page.evaluate("viewerRoot().textContent")
        assert PAYLOADS[number] in drawn, "the hostile text is not on the screen at all"
        page.evaluate(MARK_WITH_NOTE, PAYLOADS[number])
        press_all(page, [",", "v", "Escape", "-"], 20)
        listed = page.evaluate("viewerRoot().querySelector('.callsonly').textContent")
        assert PAYLOADS[number] in listed
        assert foreign_elements(page) == []
        press_all(page, ["-", "j", "e"], 20)
        page.wait_for_timeout(150)
        page.keyboard.press("Control+End")
        page.keyboard.insert_text(PAYLOADS[number])
        page.wait_for_timeout(400)
        press_all(page, ["Escape", "Escape", "t"], 20)
        page.keyboard.insert_text(PAYLOADS[number])
        press_all(page, ["Escape"], 20)
        assert foreign_elements(page) == []
        press_all(page, ["u", "Enter"], 20)
        if number < N_ROWS - 1:
            wait_until(page, f"window.onScreen().uid !== {json.dumps(uid)}")
            wait_until(page, "window.onScreen().uid !== null")
    wait_saved(page)
    assert page.evaluate("window.alarms") == []
    assert page.dialogs == []


def test_hostile_tries_do_nothing(studio: Studio, open_page: Any) -> None:
    page = open_page
    row = hostile_row(0)
    blob = "\n\n".join(PAYLOADS[:20])
    changed = _call("x", PAYLOADS[0], json.dumps(dict.fromkeys(PAYLOADS[20:30], blob)))
    answers = [
        {"content": blob, "tool_calls": [changed, _call("y", PAYLOADS[1], PAYLOADS[2])]},
        {"content": PAYLOADS[3], "reasoning_content": blob},
    ]
    row["predictions"] = [
        {"message_index": 2, "model": PAYLOADS[n], "message": {"role": "assistant", **answer}}
        for n, answer in enumerate(answers)
    ]
    studio.fill("hostile-tries", [row])
    studio.open(page, "hostile-tries", annotator="tries-xss")
    page.locator(".trace.shown .triesline button").click()
    for key in ("x", "ArrowRight", "k"):
        assert PAYLOADS[0] in page.evaluate("viewerRoot().querySelector('.tries').textContent")
        assert foreign_elements(page) == []
        press_all(page, [key], 60)
    wait_saved(page)
    assert page.evaluate("viewerRoot().querySelectorAll('.tries .ruling').length") == 1
    assert page.evaluate("window.alarms") == []
    assert page.dialogs == []


def test_hostile_pairs_do_nothing_in_the_court(studio: Studio, open_page: Any) -> None:
    page = open_page
    row = hostile_row(1)
    blob = "\n\n".join(PAYLOADS)
    changed = _call("x", PAYLOADS[0], json.dumps({text: {text: blob} for text in PAYLOADS[:30]}))
    unreadable = _call("y", row["tools"][0]["function"]["name"], blob)
    answer = {"role": "assistant", "content": blob, "tool_calls": [changed, unreadable]}
    row["predictions"] = [
        {"message_index": 2, "model": f"{LINK} {PICTURE} {PAYLOADS[3]}", "message": answer}
    ]
    dataset = "court <img src=x onerror=P()> [md](javascript:P())"
    studio.fill(dataset, [row])
    (key,) = prediction_ids(studio.store, studio.uids(dataset))
    judged(studio.store, key, Verdict.LABEL_WRONG, blob, f"{LINK} {PICTURE}")
    who = annotator_named(studio.store, PICTURE)
    for n, note in enumerate((blob[:1_900], PICTURE)):
        session_id = f"xss-court-{n}"
        given = rule(
            studio.store, who, key, Verdict.BOTH_WRONG, session_id=session_id, n=1, note=note
        )
        withdraw(studio.store, who, given.id, session_id=session_id, n=2)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{studio.url}/verify?as={quote(LINK)}&p={key}&dataset={quote(dataset)}")
    wait_until(page, f"({COURT})()?.textContent.includes({json.dumps(PAYLOADS[0])})", 30)
    settled(page)
    page.evaluate(
        f"() => {{ for (const fold of ({COURT})().querySelectorAll('details')) fold.open = true; }}"
    )
    page.wait_for_timeout(300)
    text = page.evaluate(f"({COURT})().textContent")
    for payload in PAYLOADS:
        assert payload in text
    made = page.evaluate(
        f"[...new Set([...({COURT})().querySelectorAll('*')].map((n) => n.tagName))]"
    )
    assert set(made) <= OURS
    assert page.evaluate(MADE_BY_DATA) == []
    page.keyboard.press("3")
    toast = page.locator("[data-testid=stToast]")
    toast.wait_for(timeout=10_000)
    assert page.evaluate("window.alarms") == []
    assert page.dialogs == []
    assert not [url for url in asked if url.startswith("https:")]


OURS = {
    "DIV", "SPAN", "B", "UL", "LI", "TABLE", "CAPTION", "THEAD", "TBODY", "TR", "TH", "TD", "CODE",
    "MARK", "P", "DETAILS", "SUMMARY",
}  # fmt: skip
"""Elements that the court's module makes."""

LINK = '<a href="https://elsewhere.invalid/">free</a><b>bold</b> [md](https://elsewhere.invalid/)'
JOINER = "\N{WORD JOINER}"  # what keeps Markdown from making links of addresses
PICTURE = "![x](https://elsewhere.invalid/p.png) <img src=x onerror=P()>"


def test_hostile_text_on_every_page_does_nothing(studio: Studio, open_page: Any) -> None:
    page = open_page
    rows = [hostile_row(i) for i in range(3)]
    for row in rows:
        row["messages"][1]["content"] = f"{LINK} {row['messages'][1]['content']}"
        for call in row["messages"][2]["tool_calls"]:
            call["function"]["name"] = LINK
        row["tools"][0]["function"]["name"] = LINK
    dataset = "<img src=x onerror=P()> [md](javascript:P())"
    studio.fill(dataset, rows)
    uid = studio.uids(dataset)[0]
    for name, outcome in ((LINK, "accept"), (PICTURE, "reject")):
        person = Person(studio.store, name)
        mark = {
            "mark_id": name[:20],
            "taxonomy": "canonical",
            "category": "TOOL_WRONG",
            "anchor": {"message_index": 2, "call_index": 0},
            "note": PICTURE,
        }
        ops = [
            person.op("outcome", uid, outcome=outcome),
            person.op(
                "verdicts", uid, verdicts={"2": "correct" if outcome == "accept" else "incorrect"}
            ),
            person.op("mark", uid, mark=mark),
            person.op("note", uid, note=LINK),
            person.op("commit", uid),
        ]
        done = perform(studio.store, person.info, person.session, ops)
        assert [r.status for r in done.results] == ["ok"] * len(ops), done.results
    n = len(rows[0]["messages"])
    propose_correction(
        studio.store, person.info, person.session, 99, uid,
        revised(n, content(n - 1, PICTURE)), LINK,
    )  # fmt: skip
    page.route("https://elsewhere.invalid/**", lambda route: route.abort())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    who = quote(LINK)
    for address, shown in (
        (f"browse?as={who}&text=free", None),
        (f"adjudicate?as={who}&t={uid}", LINK),
        (f"overview?as={who}", LINK),
        (f"queue?as={who}", LINK),
        (f"verify?as={who}&model={who}&class={who}&dataset={who}&p={who}", None),
        (f"ingest?as={who}", None),
        (f"jobs?as={who}", None),
    ):
        page.goto(f"{studio.url}/{address}")
        page.locator("[data-testid=stHeading]").first.wait_for(timeout=30_000)
        settled(page)
        if shown is not None:
            text = f"document.body.textContent.replaceAll({json.dumps(JOINER)}, '')"
            wait_until(page, f"{text}.includes({json.dumps(shown)})", timeout_s=30)
        assert page.evaluate(MADE_BY_DATA) == [], address
    page.goto(f"{studio.url}/browse?as={who}&text=free")
    page.get_by_text("Save", exact=True).first.click()
    field = page.get_by_role("textbox", name="Name of this filter")
    field.fill(f"{LINK} {PICTURE}")
    field.press("Enter")
    page.wait_for_timeout(800)
    page.get_by_text("Save view").click()
    toast = page.locator("[data-testid=stToast]")
    toast.wait_for(timeout=10_000)
    assert LINK in toast.inner_text().replace(JOINER, "")
    assert page.evaluate(MADE_BY_DATA) == []
    assert page.evaluate("window.alarms") == []
    assert page.dialogs == []
    assert not [url for url in asked if url.startswith("https:")]


MADE_BY_DATA = """() => [...document.querySelectorAll('a, img, b, iframe, object, embed, tspan')]
  .filter((node) => {
    const to = node.href?.baseVal ?? node.href ?? node.src ?? node.getAttribute('xlink:href') ?? '';
    const { host, protocol } = new URL(to, location.href);
    const isOurs = host === location.host || ['data:', 'blob:'].includes(protocol);
    return !isOurs || node.textContent === 'bold';
  }).map((node) => node.outerHTML)"""

MARK_WITH_NOTE = f"""(note) => (({SESSION}) => s.act('mark', {{mark: {{
  mark_id: s.newMarkId(), taxonomy: s.taxonomy.name, category: s.taxonomy.categories[0].name,
  anchor: {{message_index: 2, call_index: 0}}, note,
}}}}))()"""


def foreign_elements(page: Any) -> list[str]:
    """Elements and attributes in the viewer that no module of ours makes."""
    return page.evaluate(
        """() => {
          const bad = [];
          const tags = /^(SCRIPT|IFRAME|OBJECT|EMBED|IMG|SVG|MATH|LINK|META|BASE|STYLE|BODY)$/i;
          for (const node of viewerRoot().querySelectorAll('*')) {
            if (tags.test(node.tagName)) bad.push(node.tagName);
            for (const { name } of node.attributes) if (/^on/i.test(name)) bad.push(name);
          }
          return bad;
        }"""
    )
