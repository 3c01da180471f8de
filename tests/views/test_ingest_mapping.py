"""A field mapping on the Ingest page: proposed, edited beside the first rows, kept, used again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.flows import jobs
from app.flows.mapping import kept_mappings

ROWS = [
    {"talk": [{"who": "user", "said": "Hi"}, {"who": "zebra", "said": "Hello"}], "stars": 4},
    {"talk": [{"who": "cat", "said": "Meow"}]},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "talks.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    return path


def _open(open_page, file: Path):
    page = open_page("ingest")
    page.selectbox(key="ingest-format").select("mapping").run()
    page.text_input(key="ingest-path").set_value(str(file)).run()
    assert not page.exception
    return page


def test_a_mapping_is_proposed_edited_and_imports_with_its_problems(studio, open_page, file):
    page = _open(open_page, file)
    editor = page.text_area(key=f"ingest-mapping-{file}")
    assert 'messages = "talk"' in editor.value
    assert any("1 of the first 2 rows" in c.value for c in page.caption)
    assert any("the role 'cat'" in w.value for w in page.warning)
    editor.set_value(editor.value.replace('role = "who"', 'rolle = "who"')).run()
    assert "mapping\\:" in page.error[0].value
    assert "Did you mean role" in page.error[0].value
    assert page.code[0].value == 'rolle = "who"'
    (go_on,) = (b for b in page.button if b.label == "Import")
    assert go_on.disabled
    right = page.text_area(key=f"ingest-mapping-{file}")
    right.set_value(right.value.replace('rolle = "who"', 'role = "who"')).run()
    next(b for b in page.button if b.label == "Import").click().run()
    assert not page.exception
    while jobs.run_next(studio) is not None:
        pass
    report = next(job for job in jobs.list_jobs(studio) if job.kind == "ingest").result
    assert (report["added"], report["n_problems"], report["format"]) == (1, 1, "mapping")
    assert 'zebra = "assistant"' in kept_mappings(studio)["talks"]


def test_a_mapping_that_is_kept_can_begin_another(studio, open_page, file):
    test_a_mapping_is_proposed_edited_and_imports_with_its_problems(studio, open_page, file)
    page = _open(open_page, file)
    editor = page.text_area(key=f"ingest-mapping-{file}")
    editor.set_value("# something else").run()
    page.selectbox(key="ingest-mapping-start").select("The mapping kept with talks").run()
    assert page.text_area(key=f"ingest-mapping-{file}").value == kept_mappings(studio)["talks"]
