"""The Export page tells where rows come from, what changed, and under which terms data is used."""

from __future__ import annotations

from pathlib import Path

from app.flows import jobs
from app.flows.export import ExportRequest, export
from app.flows.lineage import read_manifest
from app.flows.terms import list_described
from storage.engine import Store
from tests.episodes import add_trajectories, episode
from tests.views.conftest import Open


def press(page, label: str):
    return next(one for one in page.button if one.label == label).click().run()


def test_a_row_is_traced_and_two_exports_are_compared(
    filled: Store, open_page: Open, tmp_path: Path
) -> None:
    for name, per_step in (("a", False), ("b", True)):
        request = ExportRequest(
            "sft", "trl", str(tmp_path / name), include="all", per_step=per_step,
            shares=(1.0, 0.0, 0.0),
        )  # fmt: skip
        export(filled, request, processes=1)
    page = press(open_page("export"), "Trace a row")
    assert not page.exception
    assert any("imported into flights" in one.value for one in page.markdown)
    page.number_input(key="trace-row-train.jsonl").set_value(3).run()
    assert any("Line 3 of train" in one.value for one in page.markdown)
    page = press(open_page("export"), "Compare with another")
    assert not page.exception
    shown = [frame.value for frame in page.dataframe if "why" in frame.value]
    assert set(shown[0]["rows"]) == {"added", "removed"}
    assert "per\\_step" in str(shown) or any("per_step" in str(f.value) for f in page.dataframe)


def test_licences_are_said_and_redaction_is_asked_for_on_the_page(
    filled: Store, open_page: Open, tmp_path: Path
) -> None:
    one = episode(70, '{"city": "ana@posteo.de"}')
    add_trajectories(filled, [one], "flights")
    page = press(open_page("export"), "Licences")
    page.text_input(key="terms-license-flights").set_value("CC0-1.0")
    press(page, "Save")
    assert list_described(filled)[0].terms.license == "CC0-1.0"
    page = open_page("export")
    page.selectbox(key="export-include").set_value("all").run()
    page.multiselect(key="export-redact").set_value(["email"]).run()
    page.text_input(key="export-out-sft-trl").set_value(str(tmp_path / "out")).run()
    press(page, "Export")
    job = jobs.run_next(filled)
    assert job is not None and job.state == "done", job
    manifest = read_manifest(tmp_path / "out")
    assert manifest.request.redact == ("email",) and manifest.disclosures[0].redacted == 1
    assert manifest.sources[0].terms.license == "CC0-1.0"
