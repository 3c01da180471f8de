"""Benchmarks on the Export page: read, looked at, dismissed, and kept out of an export."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from app.flows import jobs
from app.flows.contamination import hit_lines
from curation.trajectory import Role
from storage.engine import Store
from storage.trajectories import iter_bodies
from tests.views.conftest import Open


def pressed(page: AppTest, label: str) -> AppTest:
    (button,) = [one for one in page.button if one.label == label]
    button.click().run()
    assert not page.exception, page.exception
    return page


def test_a_benchmark_is_read_and_kept_out_until_its_hits_are_dismissed(
    filled: Store, open_page: Open, tmp_path: Path
) -> None:
    with filled.read() as conn:
        *_, last = (raw.decode() for raw in iter_bodies(conn))
    asked = next(m.text for m in last.messages if m.role is Role.USER)
    (tmp_path / "questions.txt").write_text(asked + "\n<b>nobody</b> asks this of anybody here\n")

    page = pressed(open_page("export"), "Benchmarks")
    page.text_input(key="benchmark-name").set_value("mine").run()
    page.number_input(key="benchmark-threshold").set_value(1.0).run()
    page.text_input(key="benchmark-path").set_value(str(tmp_path / "questions.txt")).run()
    pressed(page, "Read and compare")
    done = jobs.run_next(filled)
    assert done is not None and done.state == "done", done
    hits = list(hit_lines(filled, "mine"))
    assert "question" in {hit.kind.value for hit in hits}

    def exported(benchmark: str) -> dict[str, int]:
        form = open_page("export")
        form.selectbox(key="export-include").set_value("all").run()
        form.multiselect(key="export-benchmarks").set_value([benchmark]).run()
        form.text_input(key="export-out-sft-trl").set_value(str(tmp_path / "out")).run()
        pressed(form, "Export")
        job = jobs.run_next(filled)
        assert job is not None and job.state == "done", job.error
        found: dict[str, int] = job.result["dropped"]
        return found

    n = exported("mine")["contaminated"]
    assert n >= 1
    for hit in hits:
        shown = pressed(open_page("export"), "Benchmarks")
        shown.selectbox(key="hits-kind-mine").set_value(hit.kind).run()
        key = f"hits-pair-mine-{hit.kind.value}-standing"
        shown.selectbox(key=key).set_value(hit.id).run()
        assert not shown.exception
        pressed(shown, "Dismiss")
        assert any("No reason is given" in one.value for one in shown.error)
        shown.text_input(key=f"hit-reason-{hit.id}").set_value("our own question").run()
        pressed(shown, "Dismiss")
    assert "contaminated" not in exported("mine")
    told = pressed(open_page("export"), "Benchmarks")
    told.selectbox(key="hits-standing-mine").set_value("dismissed").run()
    pressed(told, "Take back")
    assert exported("mine")["contaminated"] >= 1
