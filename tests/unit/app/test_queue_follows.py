"""What is imported into a dataset that has a queue follows into that queue, as it is set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app import cli
from app.commands.run import _take_in
from app.commands.terminal import Terminal
from app.flows.jobs import enqueue, run_next
from app.flows.queue import QueueInfo, fill_queue, last_import, queue_overview
from app.settings import load_settings
from storage.engine import Store
from storage.jobs import JobState


def write_chats(path: Path, *subjects: str) -> Path:
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"Water the {subject}."},
                {"role": "assistant", "content": "Done."},
            ]
        }
        for subject in subjects
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_chats(tmp_path / "chats.jsonl", "fern", "palm", "moss")


@pytest.fixture
def queued(store: Store, file: Path, capsys: pytest.CaptureFixture[str]) -> Store:
    """The file's dataset, queued for three annotators each, whom a person judges."""
    assert ingest(store, file, capsys)[0] == 0
    fill_queue(store, "chats", overlap=3, decide_alone=False, policy="random", seed=5)
    assert queue_of(store).total == 9
    return store


def ingest(
    store: Store, file: Path, capsys: pytest.CaptureFixture[str], *more: str
) -> tuple[int, str]:
    """Exit code and what was said on standard error."""
    url = store.engine.url.render_as_string(hide_password=False)
    code = cli.perform(["ingest", str(file), "--dataset", "chats", "--db", url, *more])
    return code, capsys.readouterr().err


def queue_of(store: Store) -> QueueInfo:
    (info,) = queue_overview(store)
    return info


def assert_only_grown(store: Store, total: int) -> None:
    info = queue_of(store)
    assert (info.overlap, info.decide_alone, info.policy, info.seed) == (3, False, "random", 5)
    assert info.total == total


def test_run_keeps_the_settings_of_a_queue_that_is_there(queued: Store, file: Path) -> None:
    write_chats(file, "fern", "palm", "moss", "rose")
    _take_in(Terminal(load_settings()), queued, [file], "chats", None)
    assert_only_grown(queued, 12)


def test_ingest_checks_what_is_new_and_says_that_it_is_queued(
    queued: Store, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = ingest(queued, write_chats(file, "fern", "rose"), capsys)
    assert code == 0
    assert "chats has a queue" in said
    assert "3 tasks were added" in said
    assert_only_grown(queued, 12)
    code, said = ingest(queued, write_chats(file, "lily"), capsys, "--dry-run")
    assert (code, said) == (0, "")
    assert_only_grown(queued, 12)


def test_ingest_into_a_dataset_without_a_queue_makes_none(
    store: Store, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest(store, file, capsys)
    assert ingest(store, write_chats(file, "rose"), capsys) == (0, "")
    assert queue_overview(store) == []


def test_the_jobs_of_an_import_queue_what_is_new(queued: Store, file: Path) -> None:
    before = last_import(queued, "chats")
    write_chats(file, "rose", "lily")
    enqueue(queued, "ingest", {"paths": [str(file)], "dataset": "chats"})
    enqueue(queued, "check", {"dataset": "chats", "processes": 1})
    enqueue(queued, "fill-queue", {"dataset": "chats", "newer_than": before})
    while (job := run_next(queued)) is not None:
        assert job.state is JobState.DONE
    assert_only_grown(queued, 15)


def test_queue_without_options_keeps_the_settings(
    queued: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    url = queued.engine.url.render_as_string(hide_password=False)
    assert cli.perform(["queue", "chats", "--db", url]) == 0
    assert_only_grown(queued, 9)
    assert cli.perform(["queue", "chats", "--overlap", "1", "--decide-alone", "--db", url]) == 0
    info = queue_of(queued)
    assert (info.overlap, info.decide_alone, info.policy, info.total) == (1, True, "random", 3)
