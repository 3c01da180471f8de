"""The whole way once, in the browser: from a file to exported rows that equal what was decided.

Nothing is put into the store by hand: the file goes in through the Ingest page, a real worker runs
the jobs, and what is compared at the end is what `datasets` reads from the exported files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.flows.adjudicate import load_case
from app.flows.queue import queue_overview
from tests.e2e.conftest import Studio, wait_until
from tests.e2e.conversations import meetings

pytestmark = pytest.mark.own_page

SAVED = """(() => {
  const [session] = [...window.__loopwright.values()];
  return session.sender.state.ops.length + session.pending.length === 0;
})()"""
WAIT_S = 60


@pytest.fixture
def worker(studio: Studio) -> Iterator[None]:
    """The worker that `loopwright run` would start beside the studio."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "worker"],
        cwd=studio.folder,
        env={**os.environ, **studio.env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield
    process.terminate()
    process.wait(timeout=30)


def until(condition: Callable[[], Any], what: str) -> Any:
    """Poll the store until `condition` holds; its value."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    pytest.fail(f"waited {WAIT_S} s in vain for {what}")


def click(page: Any, name: str) -> None:
    """Press the button whose text is exactly `name` (icons and shortcut hints aside)."""
    page.locator("button", has=page.get_by_text(name, exact=True)).first.click()


def tell(page: Any, label: str, text: str) -> None:
    """Type into a field of the page and leave it, as a person would."""
    field = page.get_by_label(label, exact=True).first
    field.fill(text)
    field.press("Enter")
    page.wait_for_timeout(500)


def test_from_a_file_to_rows_a_trainer_loads(
    studio: Studio, worker: None, page: Any, tmp_path: Path
) -> None:
    rows = meetings("story", 3, n_turns=1)
    broken = rows[1]["messages"][2]["tool_calls"][0]["function"]
    broken["arguments"] = '{"city": "Oslo", "seats": "two"}'
    source = tmp_path / "story.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    ingest_on_its_page(studio, page, source)
    ask_that_a_person_decides(studio, page)
    uids = studio.uids("story")
    annotate_three(studio, page, uids, fixed='{"city": "Oslo", "seats": 2}')
    adjudicate_all(studio, page, uids)
    out = tmp_path / "export"
    exported = export_on_its_page(page, out)

    rows[1]["messages"][2]["tool_calls"][0]["function"]["arguments"] = (
        '{"city": "Oslo", "seats": 2}'
    )
    assert key_of(exported) == key_of([row["messages"] for row in rows])
    manifest = json.loads((out / "manifest.json").read_text())
    assert sum(manifest["by_split"].values()) == 3


def ingest_on_its_page(studio: Studio, page: Any, source: Path) -> None:
    page.goto(f"{studio.url}/ingest?as=tester")
    tell(page, "File or folder on this machine", str(source))
    click(page, "Look first")
    page.get_by_text("openai-chat").first.wait_for(timeout=30_000)
    click(page, "Import")
    until(
        lambda: [q for q in queue_overview(studio.store) if q.dataset == "story" and q.total == 3],
        "the queue of the imported file",
    )


def ask_that_a_person_decides(studio: Studio, page: Any) -> None:
    page.goto(f"{studio.url}/queue?as=tester")
    page.get_by_text("Fill or reorder a queue").click()
    chosen = page.get_by_role("combobox", name="Dataset").last
    chosen.click()
    chosen.fill("story")
    chosen.press("Enter")
    page.wait_for_timeout(700)
    click(page, "Oldest first")
    page.wait_for_timeout(500)
    page.get_by_text("Agreement decides").first.click()
    page.wait_for_timeout(500)
    click(page, "Fill the queue")
    until(
        lambda: [
            q for q in queue_overview(studio.store) if q.dataset == "story" and not q.decide_alone
        ],
        "the queue's new rule",
    )


def annotate_three(studio: Studio, page: Any, uids: list[str], fixed: str) -> None:
    studio.open(page, "story", annotator="tester")
    for number, uid in enumerate(uids):
        wait_until(page, f"window.onScreen().uid === {json.dumps(uid)}")
        if number == 1:
            correct_the_call(page, fixed)
        for key in ("4", "a", "Enter"):
            page.keyboard.press(key)
    wait_until(page, SAVED)
    for uid in uids:
        assert studio.said(uid, "tester").committed


def correct_the_call(page: Any, fixed: str) -> None:
    """The finding stands at the wrong argument, so its call is selected already."""
    page.keyboard.press("e")
    editor = page.get_by_label("Arguments as JSON")
    page.locator(".editor").wait_for()
    page.keyboard.press("Alt+j")
    editor.wait_for()
    editor.fill('{"city": 7}')
    page.get_by_label("Reason of the correction").fill("seats is a number")
    save = page.get_by_role("button", name="Save correction")
    page.locator(".editor .finding.error").first.wait_for()
    assert save.is_disabled(), "an invalid call can be saved"
    editor.fill(fixed)
    # The room was found for the number that was meant: what came of the call is still true.
    stale = page.locator(".correcting .stale:not(.settled)").get_by_text("Still true")
    stale.first.wait_for()
    while stale.count() > 0:
        stale.first.click()
    wait_until(
        page, "!window.viewerRoot().querySelector('.correcting .main').disabled", timeout_s=10
    )
    save.click()
    editor.wait_for(state="detached")


def adjudicate_all(studio: Studio, page: Any, uids: list[str]) -> None:
    page.goto(f"{studio.url}/adjudicate?dataset=story&as=lead")
    for _ in uids:
        page.get_by_text("Decide as tester says").first.wait_for(timeout=30_000)
        open_before = [u for u in uids if load_case(studio.store, u).decision is None]
        click(page, "Decide as tester says")
        until(
            lambda before=open_before: [
                u for u in before if load_case(studio.store, u).decision is not None
            ],
            "the decision",
        )
        page.wait_for_timeout(500)
    case = load_case(studio.store, uids[1])
    assert case.decision is not None
    assert case.decision.decided_by == "lead"
    assert case.decision.result_uid not in (None, uids[1]), "the correction is the result"


def export_on_its_page(page: Any, out: Path) -> list[list[dict[str, Any]]]:
    page.goto(f"{page.url.split('/adjudicate')[0]}/export?as=lead")
    chosen = page.get_by_role("combobox", name="Layout")
    chosen.click()
    chosen.fill("OpenAI")
    chosen.press("Enter")
    page.wait_for_timeout(500)
    dataset = page.get_by_role("combobox", name="Dataset")
    dataset.click()
    dataset.fill("story")
    dataset.press("Enter")
    page.wait_for_timeout(500)
    tell(page, "Folder", str(out))
    click(page, "Export")
    until(lambda: (out / "manifest.json").exists(), "the export")
    datasets = pytest.importorskip("datasets")
    splits = (out / f"{split}.jsonl" for split in ("train", "validation", "test"))
    files = [str(path) for path in splits if path.exists()]
    loaded = datasets.load_dataset(
        "json", data_files=files, split="train", cache_dir=str(out.parent / "cache")
    )
    return [row["messages"] for row in loaded]


def key_of(conversations: list[list[dict[str, Any]]]) -> list[str]:
    """What must survive: roles, texts, and calls with their raw arguments, in order."""
    return sorted(
        json.dumps(
            [
                [
                    m["role"],
                    m.get("content") or "",
                    [
                        [c["function"]["name"], c["function"]["arguments"]]
                        for c in m.get("tool_calls") or []
                    ],
                ]
                for m in conversation
            ]
        )
        for conversation in conversations
    )
