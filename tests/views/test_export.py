"""The Export page: the chat template, a row as the model sees it, and refused rows."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import text

from app.flows import jobs
from app.flows.annotate import perform
from storage.engine import Store
from tests.chat_templates import FORGETFUL
from tests.episodes import Person, add_trajectories, episode
from tests.views.conftest import Open


def test_a_template_is_tried_on_a_row_and_then_on_all(
    filled: Store, open_page: Open, tmp_path: Path
) -> None:
    add_trajectories(filled, [episode(70, '{"city": "A", "city": "B"}')])
    (tmp_path / "bad.jinja").write_text(FORGETFUL)
    page = open_page("export")
    page.selectbox(key="export-include").set_value("all").run()
    page.text_input(key="export-template").set_value(str(tmp_path / "bad.jinja")).run()
    page.toggle(key="export-preview").set_value(True).run()
    assert not page.exception and not page.error
    assert any("tools-not-in-text" in one.value for one in page.warning)
    page.number_input(key="export-preview-row").set_value(400).run()
    assert any("no row 400" in one.value for one in page.error)
    page.text_input(key="export-out-sft-trl").set_value(str(tmp_path / "out")).run()
    next(b for b in page.button if b.label == "Export").click().run()
    job = jobs.run_next(filled)
    assert job is not None and job.state == "done", job
    shown = open_page("export")
    refused = shown.dataframe[-1].value
    assert list(refused["reason"]) == ["repeated-key"] and "stands twice" in refused["where"][0]
    assert refused["open"][0].startswith("annotate?t=tj1-")
    assert any("leaves the tools out" in one.value for one in shown.warning)


def test_a_share_of_the_steps_without_a_call_is_asked_for_where_rewards_are(
    filled: Store, open_page: Open, tmp_path: Path
) -> None:
    page = open_page("export")
    assert not [one for one in page.number_input if one.key == "export-no-calls"]
    page.selectbox(key="export-type").set_value("rl").run()
    page.selectbox(key="export-include").set_value("all").run()
    page.number_input(key="export-no-calls").set_value(100).run()
    page.text_input(key="export-out-rl-trl").set_value(str(tmp_path / "out")).run()
    next(b for b in page.button if b.label == "Export").click().run()
    job = jobs.run_next(filled)
    assert job is not None and job.state == "done", job
    truths = {json.loads(line)["ground_truth"] for line in _lines(tmp_path / "out")}
    assert "[]" in truths and len(truths) > 1


def _lines(folder: Path) -> list[str]:
    files = sorted(folder.glob("t*.jsonl")) + sorted(folder.glob("v*.jsonl"))
    return [line for file in files for line in file.read_text().splitlines()]


def test_wanted_and_unwanted_are_counted_before_and_after(
    filled: Store, open_page: Open, tmp_path: Path
) -> None:
    ana = Person(filled, "ana")
    with filled.read() as conn:
        some = conn.execute(text("SELECT uid FROM trajectory ORDER BY id LIMIT 3")).scalars().all()
    for uid, outcome in zip(some, ("accept", "accept", "reject"), strict=True):
        ops = [ana.op("outcome", uid, outcome=outcome), ana.op("commit", uid)]
        assert all(r.status == "ok" for r in perform(filled, ana.info, ana.session, ops).results)
    page = open_page("export")
    page.selectbox(key="export-type").set_value("kto").run()
    page.selectbox(key="export-include").set_value("annotated").run()
    assert any("1 wanted and 1 unwanted" in one.value for one in page.caption)
    page.text_input(key="export-out-kto-trl").set_value(str(tmp_path / "out")).run()
    next(b for b in page.button if b.label == "Export").click().run()
    job = jobs.run_next(filled)
    assert job is not None and job.state == "done", job
    after = [one.value for one in open_page("export").caption]
    assert any("1 wanted and " in one or "1 unwanted" in one for one in after)
