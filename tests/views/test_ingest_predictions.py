"""Ingest: another model's answers come in by the page, are compared, and lead to Verify."""

from __future__ import annotations

import json
from pathlib import Path

from app.flows import jobs
from app.flows.browse import find
from storage.browse import Filter
from storage.engine import Store
from tests.disputed import fill
from tests.views.conftest import Open


def answers(path: Path, *cities: str) -> Path:
    """A file in Loopwright's own format: one answer to the step of each trajectory."""
    rows = []
    for i, city in enumerate(cities):
        function = {"name": "get_weather", "arguments": json.dumps({"city": city})}
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "type": "function", "function": function}],
        }
        rows.append({"source_id": f"row-{i}", "message_index": 1, "message": message})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_answers_are_looked_at_imported_compared_and_lead_to_verify(
    studio: Store, open_page: Open, tmp_path: Path
) -> None:
    fill(studio, tmp_path, 2)
    file = answers(tmp_path / "answers.jsonl", "City00000", "Elsewhere", "Nowhere")
    page = open_page("ingest", what="predictions")
    page.text_input(key="predictions-path").set_value(str(file))
    page.text_input(key="predictions-model").set_value("pupil").run()
    assert page.selectbox(key="predictions-dataset").value == "cities", "the only one there is"
    page.button(key="predictions-look").click().run()
    looked = jobs.run_next(studio)
    assert looked is not None
    assert (looked.result["added"], looked.result["unmatched"]) == (2, 1)
    page.run()
    assert not page.exception
    assert {m.label: m.value for m in page.metric}["New"] == "2"
    assert list(page.dataframe[0].value["where"]) == [f"{file}:3"]
    page.button(key="predictions-import").click().run()
    done = jobs.run_next(studio)
    assert done is not None
    assert done.result["added"] == 2
    page.run()
    assert not page.exception
    assert {m.label: m.value for m in page.metric}["Added"] == "2"
    counts = done.result["matched"]["counts"]
    differ = counts["predictions"] - counts["mastered"]
    assert any(f"**{differ} differ**" in m.value for m in page.markdown)
    assert open_page("verify", model="pupil").markdown[0].value.startswith("**1 of 1**")


def test_rows_that_bring_their_trajectory_add_it(
    studio: Store, open_page: Open, tmp_path: Path
) -> None:
    fill(studio, tmp_path, 1, matching=1)
    question = [{"role": "user", "content": "Hello?"}]
    row = {"messages": question, "tools": [], "label": "Good day.", "prediction": "Go away."}
    file = tmp_path / "pairs.jsonl"
    file.write_text(json.dumps(row) + "\n")
    page = open_page("ingest", what="predictions")
    page.text_input(key="predictions-path").set_value(str(file))
    page.text_input(key="predictions-model").set_value("rude").run()
    page.button(key="predictions-import").click().run()
    assert jobs.run_next(studio).result["added"] == 1
    assert len(find(studio, Filter(dataset="cities")).page.rows) == 2


def test_a_file_that_is_not_there_says_so_and_nothing_starts_without_a_dataset(
    studio: Store, open_page: Open, tmp_path: Path
) -> None:
    page = open_page("ingest")
    page.text_input(key="predictions-path").set_value("/nowhere/at-all.jsonl")
    page.text_input(key="predictions-model").set_value("m").run()
    assert page.button(key="predictions-import").disabled
    fill(studio, tmp_path, 1)
    page = open_page("ingest")
    page.text_input(key="predictions-path").set_value("/nowhere/at-all.jsonl")
    page.text_input(key="predictions-model").set_value("m").run()
    page.button(key="predictions-import").click().run()
    assert jobs.run_next(studio).state == "failed"
    page.run()
    assert any("no such file" in e.value for e in page.error)
