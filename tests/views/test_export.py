"""The Export page: the chat template, a row as the model sees it, and refused rows."""

from __future__ import annotations

from pathlib import Path

from app.flows import jobs
from storage.engine import Store
from tests.chat_templates import FORGETFUL
from tests.episodes import add_trajectories, episode
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
