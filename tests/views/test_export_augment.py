"""The Export page: augmented copies tried on the first rows, asked for, and told of."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from streamlit.testing.v1 import AppTest

from app.flows import jobs
from components.notices import escape
from storage.engine import Store
from tests.views.conftest import Open


def shown(page: AppTest, column: str) -> pd.DataFrame:
    """The table that has a column."""
    (found,) = [frame.value for frame in page.dataframe if column in frame.value.columns]
    return found


def test_copies_are_tried_then_made_then_told_of(
    filled: Store, open_page: Open, tmp_path: Path
) -> None:
    page = open_page("export")
    page.selectbox(key="export-include").set_value("all").run()
    page.toggle(key="export-copies").set_value(True).run()
    assert not page.exception and not page.error
    tried = shown(page, "why others do not")
    able = dict(zip(tried["augmentation"], tried["rows that allow it"], strict=True))
    assert able["Parameters in another order"] == "5 of the first 5"
    assert able["Tools in another order"] == "0 of the first 5"
    assert any("in a layout that masks" in why for why in tried["why others do not"])
    assert len(shown(page, "copy"))
    page.selectbox(key="export-copies-which").set_value("missing-parameter").run()
    difference = shown(page, "copy")
    rows = {(r["where"], r["row"], r["copy"]) for _, r in difference.iterrows()}
    assert ("user", "How is the weather in City 1?", "How is the weather?") in rows
    assert any(where == "assistant" and "the city" in copy for where, _, copy in rows)
    page.number_input(key="export-copies-number").set_value(400).run()
    assert any("makes no 400 copies" in one.value for one in page.error)
    page.number_input(key="export-augment-shuffle-parameters").set_value(2.0).run()
    page.multiselect(key="export-redact").set_value(["email"]).run()
    page.text_input(key="export-out-sft-trl").set_value(str(tmp_path / "out")).run()
    folded = "Parameters in another order: 2 copies a row · redacts E-mail address"
    assert escape(folded) in [one.value for one in page.caption]
    next(b for b in page.button if b.label == "Export").click().run()
    job = jobs.run_next(filled)
    assert job is not None and job.state == "done", job
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    copies = manifest["augmented"]["shuffle-parameters"]["rows"]
    assert copies > 0
    after = open_page("export")
    assert any(f"{copies} of the rows are augmented" in one.value for one in after.caption)


def test_labels_are_not_offered_copies(filled: Store, open_page: Open) -> None:
    page = open_page("export")
    page.selectbox(key="export-type").set_value("labels").run()
    assert not page.exception
    keys = [one.key for one in page.number_input]
    assert not any(str(key).startswith("export-augment-") for key in keys)
    page.selectbox(key="export-type").set_value("kto").run()
    keys = [one.key for one in page.number_input]
    assert "export-augment-rename-tools" in keys and "export-augment-irrelevance" not in keys
