"""Importing on the page: into a dataset that has a queue, what is new follows by itself."""

from __future__ import annotations

from pathlib import Path

from app.flows import jobs
from app.flows.queue import last_import, queue_overview
from tests.episodes import add_episodes


def test_an_import_into_a_queued_dataset_queues_what_is_new_as_the_queue_is_set(
    filled, open_page, tmp_path: Path
):
    add_episodes(filled, 1, "unqueued", first=40)
    (before,) = queue_overview(filled)
    file = tmp_path / "more.jsonl"
    file.write_text(
        '{"messages": [{"role": "user", "content": "Water the fern."}, '
        '{"role": "assistant", "content": "Done."}]}\n',
        "utf-8",
    )
    mark = last_import(filled, "flights")
    page = open_page("ingest")
    page.text_input(key="ingest-path").set_value(str(file)).run()
    page.text_input(key=f"ingest-name-{file}").set_value("flights").run()
    next(b for b in page.button if b.label == "Import").click().run()
    assert not page.exception
    queued = next(job for job in jobs.list_jobs(filled) if job.kind == "fill-queue")
    assert queued.params["newer_than"] == mark > 0
    while jobs.run_next(filled) is not None:
        pass
    (after,) = queue_overview(filled)
    assert (after.overlap, after.total) == (before.overlap, before.total + before.overlap)
