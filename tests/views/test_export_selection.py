"""The selection on the Export page: fields, live counts, refusals, a recipe taken over, the job."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from app.flows import browse, jobs
from app.flows.export import ExportRequest
from app.flows.recipe_text import recipe_text
from curation.export_manifest import Manifest
from curation.filters import Filter
from curation.selection import CM2, By, Cap, Dedup, Gates, Quota, RowOrder, Selection, Thin
from storage.engine import Store
from tests.episodes import add_trajectories, episode
from tests.model_server import model_server
from tests.vectors import embedding
from tests.views.conftest import Open

KEY = "export-selection"
TOML = "application/toml"


def counted(page: AppTest) -> dict[str, int]:
    """The funnel as it stands on the page: rule -> what remains."""
    assert not page.exception
    table = next(d.value for d in page.dataframe if "remaining" in d.value)
    return dict(zip(table["rule"], table["remaining"], strict=True))


def test_fields_are_counted_at_once_and_the_job_does_what_they_say(
    filled: Store, open_page: Open, tmp_path: Path
) -> None:
    add_trajectories(filled, [episode(50 + i, '{"days": 0}') for i in range(2)], "broken")
    browse.save_view(filled, "the broken", Filter(dataset="broken"))
    short = Filter(tool="get_weather", max_messages=1)
    browse.save_view(filled, "short weather", short)
    page = open_page("export")
    page.selectbox(key="export-include").set_value("all").run()
    assert any("everything is taken" in one.value for one in page.caption)
    page.number_input(key=f"{KEY}-budget-0").set_value(4).run()
    assert counted(page) == {"looked at": 8, "disputed": 7, "budget": 4}
    page.selectbox(key=f"{KEY}-but-not-0").set_value("the broken").run()
    page.selectbox(key=f"{KEY}-order-of-the-rows-0").set_value(RowOrder.SHUFFLED).run()
    assert counted(page) == {"looked at": 8, "disputed": 7, "unless": 5, "budget": 4}
    # A view fills the fields beside it; what they say goes on from there.
    page.selectbox(key=f"{KEY}-saved-view-0").set_value("short weather").run()
    assert page.selectbox(key=f"{KEY}-tool-0-short weather").value == "get_weather"
    assert counted(page)["where"] == 0
    page.number_input(key=f"{KEY}-messages-to-0-short weather").set_value(9).run()
    assert counted(page)["where"] == 7
    page.selectbox(key=f"{KEY}-saved-view-0").set_value(None).run()
    assert "where" not in counted(page)
    page.selectbox(key=f"{KEY}-difficulty-0").set_value("perplexity").run()
    assert any("predictions" in one.value for one in page.error)
    assert next(b for b in page.button if b.label == "Export").disabled
    page.selectbox(key=f"{KEY}-difficulty-0").set_value("steps").run()
    page.text_input(key="export-out-sft-trl").set_value(str(tmp_path / "out")).run()
    next(b for b in page.button if b.label == "Export").click().run()
    job = jobs.run_next(filled)
    assert job is not None and job.state == "done", job
    manifest = msgspec.json.decode((tmp_path / "out" / "manifest.json").read_bytes(), type=Manifest)
    assert (manifest.rows, manifest.selection is not None) == (4, True)
    assert manifest.request.selection == Selection(
        unless=Filter(dataset="broken"), budget=4, order=RowOrder.SHUFFLED
    )


def test_vectors_are_made_from_the_form_and_duplicates_counted_by_them(
    filled: Store, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cities 1 and 2 have a cosine of 24/25; the others are far from both and from each other."""
    directions = {1: [1, 0, 0, 0], 2: [24, 7, 0, 0], 3: [0, 0, 1, 0], 4: [0, 0, 0, 1]}

    def vector_of(text: str) -> list[int]:
        return directions.get(int(text.split()[-1].strip("?")), [-1, -1, -1, -1])

    page = open_page("export")
    page.selectbox(key="export-include").set_value("all").run()
    assert all(one.key != f"{KEY}-cosine-0" for one in page.number_input)
    page.selectbox(key=f"{KEY}-duplicates-0").set_value(Dedup.EMBEDDINGS).run()
    assert any("No embedding model" in one.value for one in page.error)
    with model_server(embedding(vector_of)) as server:
        monkeypatch.setenv("LOOPWRIGHT_EMBED_BASE_URL", server.url)
        page.button(key="export-make-vectors").click().run()
        assert page.button(key="start-embed-now").disabled
        page.text_input(key="start-embed-model").set_value("e").run()
        assert any("6 trajectories" in i.value and "1 question," in i.value for i in page.info)
        page.button(key="start-embed-now").click().run()
        with ThreadPoolExecutor(1) as pool:
            job = pool.submit(jobs.run_next, filled).result()
    assert job is not None and job.result["embedded"] == 6, job
    add_trajectories(filled, [episode(50 + i) for i in range(2)], "later")
    page = open_page("export")
    page.selectbox(key="export-include").set_value("all").run()
    page.selectbox(key=f"{KEY}-duplicates-0").set_value(Dedup.EMBEDDINGS).run()
    # City 0 is disputed. Two came after the vectors, and are compared with nothing.
    assert counted(page)["cosine from 0.95"] == 6
    [told] = [one.value for one in page.warning if "no vector" in one.value]
    assert "2 of 7 trajectories" in told and "loopwright embed" in told
    page.number_input(key=f"{KEY}-cosine-0").set_value(0.97).run()
    assert counted(page)["cosine from 0.97"] == 7
    page.selectbox(key=f"{KEY}-embedding-model-0").set_value("e").run()
    next(b for b in page.button if b.label == "Export").click().run()
    request = msgspec.convert(jobs.list_jobs(filled)[0].params, ExportRequest)
    expected = Selection(dedup=Dedup.EMBEDDINGS, embedding_model="e", threshold=0.97)
    assert request.selection == expected


def test_a_recipe_fills_the_form_and_keeps_what_no_field_shows(
    filled: Store, open_page: Open
) -> None:
    asked = Selection(
        seed=3,
        where=Filter(text="weather", tool="get_weather"),
        gates=Gates(no_errors=True, min_agreement=0.666),
        thinning=(Thin(CM2[0].statistic, 0.25, 3),),
        caps=(Cap(By.TOOL, 2), Cap(By.DOMAIN, share=0.125, value="flights")),
        quotas=(Quota(By.LENGTH, "2-3", 1.0),),
        budget=5,
        lengths=(2, 4),
    )
    text = recipe_text(ExportRequest("sft", "trl", "o", selection=asked))
    page = open_page("export")
    page.file_uploader(key="export-recipe-upload").set_value(("r.toml", text.encode(), TOML)).run()
    assert not page.exception and [one.value for one in page.error] == []
    assert page.number_input(key=f"{KEY}-budget-1").value == 5
    assert page.toggle(key=f"{KEY}-no-errors-1").value is True
    next(b for b in page.button if b.label == "Export").click().run()
    job = jobs.list_jobs(filled)[0]
    assert msgspec.convert(job.params, ExportRequest).selection == asked
    wrong = text.replace("budget", "bugdet").encode()
    page.file_uploader(key="export-recipe-upload").set_value(("s.toml", wrong, TOML)).run()
    assert any("Did you mean budget?" in one.value for one in page.error)
