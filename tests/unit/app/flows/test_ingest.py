"""Import from the file to the rows: what is kept, what is reported, and what a crash costs."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from sqlalchemy import Connection

from app.flows import ingest as flow
from app.flows.ingest import IngestReport, ingest
from app.flows.preparing import Plan, prepare, prepared_batches
from app.flows.running import Cancelled, Run
from curation.errors import IngestError
from curation.exporting import Include
from curation.trajectory import Role
from storage.browse import Filter, iter_ids
from storage.candidates import iter_candidates
from storage.datasets import items_of, list_datasets
from storage.engine import Store, open_store
from storage.jobs import enqueue, get_job
from storage.predictions import predictions_of
from storage.problems import list_problems
from storage.trajectories import count, load_many


def record(n: int, **more: Any) -> dict[str, Any]:
    """A small OpenAI chat row, different for every `n`."""
    return {
        "id": f"row-{n}",
        "messages": [
            {"role": "user", "content": f"What is {n} plus {n}?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "add", "arguments": f'{{"a": {n}, "b": {n}}}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": str(2 * n)},
            {"role": "assistant", "content": f"It is {2 * n}."},
        ],
        "tools": [
            {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
        ],
        **more,
    }


def lines(*numbers: int) -> bytes:
    """JSON Lines of those records."""
    return b"".join(json.dumps(record(n)).encode() + b"\n" for n in numbers)


def write(path: Path, data: bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(data)
    return path


def sizes(store: Store) -> tuple[int, dict[str, int]]:
    """How many trajectories there are, and the members of each dataset."""
    with store.read() as conn:
        return count(conn), {d.name: d.n_items for d in list_datasets(conn)}


def test_rows_are_stored_with_what_the_source_said(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "sums.jsonl", json.dumps(record(3, reward=0.5)).encode())
    report = ingest(store, [path])
    assert report == IngestReport("sums", "openai-chat", 1, 1, 0, 0, 0, ())
    with store.read() as conn:
        (stored,) = load_many(conn, [1])
        (item,) = items_of(conn, 1)
    assert [m.role for m in stored.trajectory.messages] == [
        Role.USER,
        Role.ASSISTANT,
        Role.TOOL,
        Role.ASSISTANT,
    ]
    assert (item.dataset, item.source_id, item.where) == ("sums", "row-3", f"{path}:1")
    assert item.source == {"reward": 0.5}


def test_importing_twice_adds_nothing(any_store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines(1, 2, 2, 3))
    first = ingest(any_store, [path])
    assert (first.added, first.duplicates) == (3, 1)
    second = ingest(any_store, [path])
    assert (second.records, second.added, second.duplicates) == (4, 0, 4)
    assert sizes(any_store) == (3, {"a": 3})


def test_two_datasets_may_hold_the_same_trajectory(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines(1, 2))
    assert ingest(store, [path], dataset="one").added == 2
    assert ingest(store, [path], dataset="two").added == 2
    assert sizes(store) == (2, {"one": 2, "two": 2})


def test_a_folder_is_one_dataset_named_after_it(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    write(folder / "a.jsonl", lines(1, 2))
    write(folder / "b.jsonl.gz", gzip.compress(lines(2, 3)))
    write(folder / "notes.txt", b"not data")
    report = ingest(store, [folder])
    assert (report.dataset, report.records, report.added, report.duplicates) == ("mixed", 4, 3, 1)
    assert report.n_problems == 0


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz", "x.json", "x.parquet", "x"])
def test_a_dataset_is_named_without_the_endings_of_its_file(name: str) -> None:
    assert flow.default_name([Path(name)]) == "x"


def test_a_dry_run_reports_the_same_and_writes_nothing(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines(1, 2, 2) + b"{broken\n" + lines(3))
    ingest(store, [write(tmp_path / "before.jsonl", lines(3))], dataset="a")
    before = sizes(store)
    rehearsed = ingest(store, [path], dry_run=True)
    assert sizes(store) == before
    with store.read() as conn:
        assert list_problems(conn, 1) == []
    assert ingest(store, [path]) == rehearsed
    assert (rehearsed.added, rehearsed.duplicates, rehearsed.n_problems) == (2, 2, 1)


def test_a_bad_record_is_a_problem_and_the_others_are_kept(
    any_store: Store, tmp_path: Path
) -> None:
    data = (
        lines(1)
        + b"{this is not json}\n"
        + b'{"messages": "none"}\n'
        + b'{"messages": [{"role": "wizard", "content": "x"}]}\n'
        + b'{"messages": [{"role": "user", "content": "\xff"}]}\n'
        + b'{"messages": [{"role": "user", "content": "x"}], "reward": NaN}\n'
        + b'{"messages": [{"role": "user", "content": "\\ud800"}]}\n'
        + b'{"messages": []}\n'
        + b"17\n"
        + lines(2)
    )
    path = write(tmp_path / "mixed.jsonl", data)
    report = ingest(any_store, [path])
    assert report.added == 2
    assert [p.where for p in report.problems] == [f"{path}:{n}" for n in range(2, 10)]
    assert report.n_problems == 8
    assert all(p.message and p.hint for p in report.problems)
    with any_store.read() as conn:
        stored = list_problems(conn, 1)
    assert [(p.where, p.message, p.hint) for p in stored] == [
        (p.where, p.message, p.hint) for p in report.problems
    ]


_DEEP = b'{"messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\n ", "empty"),
        (bytes(range(256)) * 400, "binary"),
        (b"PK\x03\x04" + bytes(200), "zip"),
        (gzip.compress(b""), "empty"),
        (b"hello, this is a letter\n", "not JSON"),
        (b'{"name": "get_weather", "parameters": {}}\n', "tool definitions"),
        (b'{"a": 1}\n{"a": 2}\n', "No known format"),
        (b'{"id": "simple_1", "result": [{"f": "{}"}]}\n', "other models' answers"),
        (_DEEP, "nested"),
    ],
)
def test_an_unreadable_file_says_why_and_leaves_no_dataset(
    store: Store, tmp_path: Path, data: bytes, words: str
) -> None:
    path = write(tmp_path / "bad.jsonl", data)
    report = ingest(store, [path])
    assert (report.added, report.n_problems) == (0, 1)
    assert words in report.problems[0].message
    assert report.problems[0].where.startswith(str(path))
    assert sizes(store) == (0, {})


def test_a_gzip_that_was_cut_off_keeps_what_came_before(store: Store, tmp_path: Path) -> None:
    whole = gzip.compress(lines(*range(2_000)))
    path = write(tmp_path / "cut.jsonl.gz", whole[: len(whole) // 2])
    report = ingest(store, [path])
    assert 100 < report.added < 2_000
    assert "cut off" in report.problems[-1].message
    with store.read() as conn:
        assert [item.source_id for item in items_of(conn, 1)] == ["row-0"]


def test_a_line_beyond_the_limit_is_skipped(store: Store, tmp_path: Path) -> None:
    huge = json.dumps(record(7, note="x" * 300_000)).encode() + b"\n"
    path = write(tmp_path / "huge.jsonl", lines(1) + huge + lines(2))
    report = ingest(store, [path], max_record_bytes=100_000)
    assert report.added == 2
    assert [p.where for p in report.problems] == [f"{path}:2"]


def test_deep_nesting_in_one_record_spares_the_others(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "deep.jsonl", lines(1) + _DEEP + lines(2))
    report = ingest(store, [path])
    assert (report.added, [p.where for p in report.problems]) == (2, [f"{path}:2"])


def test_a_trajectory_of_ten_thousand_messages_is_kept_whole(store: Store, tmp_path: Path) -> None:
    row = record(1)
    row["messages"] = [
        {"role": ("user", "assistant")[n % 2], "content": f"message {n}"} for n in range(10_000)
    ]
    path = write(tmp_path / "long.jsonl", json.dumps(row).encode())
    assert ingest(store, [path]).added == 1
    with store.read() as conn:
        (stored,) = load_many(conn, [1])
    assert [m.text for m in stored.trajectory.messages] == [f"message {n}" for n in range(10_000)]


def test_a_file_that_is_no_data_does_not_stop_the_others(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    write(folder / "a.jsonl", lines(1))
    write(folder / "b.jsonl", b"")
    write(folder / "c.jsonl", b'{"a": 1}\n')
    write(folder / "d.jsonl", lines(2))
    report = ingest(store, [folder])
    assert report.added == 2
    assert [Path(p.where).name for p in report.problems] == ["b.jsonl", "c.jsonl"]


def test_a_path_or_format_that_does_not_exist_is_refused(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines(1))
    with pytest.raises(IngestError, match="no such file"):
        ingest(store, [tmp_path / "nothing.jsonl"])
    with pytest.raises(IngestError, match="wizardry") as caught:
        ingest(store, [path], format="wizardry")
    assert "openai-chat" in caught.value.hint
    assert sizes(store) == (0, {})


def test_rows_of_one_request_are_one_family(store: Store, tmp_path: Path) -> None:
    a, b, c = record(1), record(2), record(3)
    a["messages"][0]["content"] = "Book  a flight to OSLO"
    b["messages"][0]["content"] = "book a flight\nto Oslo"
    data = "\n".join(json.dumps(row) for row in (a, b, c)).encode()
    ingest(store, [write(tmp_path / "a.jsonl", data)])
    with store.read() as conn:
        first, second, third = (s.group_key for s in load_many(conn, [1, 2, 3]))
    assert first == second != third


def test_one_request_is_one_family_in_whatever_formats_its_answers_come(
    store: Store, tmp_path: Path
) -> None:
    plain, ours, other = record(1), record(1), record(2)
    ours["messages"][-1]["content"] = "Two."
    ours |= {"format": "loopwright", "group": "sums"}
    other |= {"format": "loopwright", "group": "sums"}
    tau = {"task_id": 7, "reward": 1.0, "info": {}, "traj": other["messages"][:1]}
    tau_again = {**tau, "trial": 1, "traj": [{"role": "user", "content": "Two and two?"}]}
    for name, rows in {
        "plain": [plain], "ours": [ours], "other": [other], "tau": [tau, tau_again]
    }.items():  # fmt: skip
        report = ingest(
            store,
            [write(tmp_path / f"{name}.jsonl", b"\n".join(msgspec.json.encode(r) for r in rows))],
            format="tau-bench" if name == "tau" else "auto",
        )
        assert report.added == len(rows), report
    with store.read() as conn:
        found = list(iter_candidates(conn, Include.ALL))
    assert len(found) == 5
    assert len({candidate.group_key for candidate in found}) == 1


def test_no_request_of_the_shipped_samples_is_in_two_families(store: Store) -> None:
    folder = Path(__file__).parents[4] / "sample_data" / "formats"
    ingest(store, [folder], tools=folder / "tau-tools.json")
    with store.read() as conn:
        families: dict[str, set[str]] = {}
        for candidate in iter_candidates(conn, Include.ALL):
            row = load_many(conn, [candidate.id])[0]
            request = next(m.text for m in row.trajectory.messages if m.role is Role.USER)
            families.setdefault(request, set()).add(candidate.group_key)
    assert len(families) > 10
    assert {len(keys) for keys in families.values()} == {1}


def test_predictions_are_stored_and_not_doubled(store: Store, tmp_path: Path) -> None:
    row = record(1)
    row["predictions"] = [
        {
            "message_index": 1,
            "model": "m",
            "message": {"role": "assistant", "content": "4?"},
            "perplexity": 1.5,
        }
    ]
    path = write(tmp_path / "p.jsonl", json.dumps(row).encode())
    report = ingest(store, [path], format="loopwright")
    assert (report.added, report.predictions, report.problems) == (1, 1, ())
    assert ingest(store, [path], format="loopwright").predictions == 0
    with store.read() as conn:
        (found,) = predictions_of(conn, 1)
    assert (found.message_index, found.model, found.message.text) == (1, "m", "4?")


# --- processes, cancellation, crashes -----------------------------------------------------------


def test_both_ways_of_preparing_give_the_same_batches(tmp_path: Path) -> None:
    data = lines(*range(2_500)) + b"{broken\n" + lines(1, 2)
    plan = Plan(files=(str(write(tmp_path / "a.jsonl", data)),))
    here = list(prepare(plan))
    there = list(prepared_batches(plan, processes=2))
    assert there == here
    assert [len(b.rows) for b in here] == [1_000, 1_000, 502]
    assert here[-1].problems


def test_preparing_goes_on_after_any_batch(tmp_path: Path) -> None:
    a = write(tmp_path / "a.jsonl", lines(*range(1_200)) + b"{broken\n")
    b = write(tmp_path / "b.jsonl", b"{broken\n" + lines(*range(1_200, 3_000)))
    plan = Plan(files=(str(a), str(b)), format="openai-chat")
    batches = list(prepare(plan))
    assert sum(len(x.problems) for x in batches) == 2
    for n, batch in enumerate(batches):
        rest = msgspec.structs.replace(plan, first_file=batch.file, after_items=batch.items)
        uids = [r.trajectory.uid for x in prepare(rest) for r in x.rows]
        assert uids == [r.trajectory.uid for x in batches[n + 1 :] for r in x.rows]


def test_a_reading_process_that_dies_is_an_error_not_the_end_of_the_file(tmp_path: Path) -> None:
    plan = Plan(files=(str(write(tmp_path / "a.jsonl", lines(*range(6_000)))),))
    batches = prepared_batches(plan, processes=2)
    next(batches)
    # Other tests may have left processes of their own running.
    [child] = [c for c in psutil.Process().children() if "side_by_side" in str(c.cmdline())]
    child.kill()
    with pytest.raises(RuntimeError, match="was killed"):
        list(batches)


class _StopsAfter(Run):
    def __init__(self, batches: int) -> None:
        self.left = batches
        self.checkpoint = {}

    def report(self, done: int, total: int | None = None, unit: str = "") -> None:
        self.left -= done > 0
        if self.left == 0:
            self.left = -1
            raise Cancelled

    def save(self, conn: Connection, checkpoint: dict[str, Any]) -> None:
        self.checkpoint = checkpoint


@pytest.mark.parametrize("processes", [1, 2])
def test_a_cancelled_import_goes_on_from_its_checkpoint(
    store: Store, tmp_path: Path, processes: int
) -> None:
    data = lines(*range(2_500)) + b"{broken\n" + lines(0)
    path = write(tmp_path / "a.jsonl", data)
    run = _StopsAfter(2)
    with pytest.raises(Cancelled):
        ingest(store, [path], run=run, processes=processes)
    assert sizes(store) == (2_000, {"a": 2_000})
    report = ingest(store, [path], run=run, processes=processes)
    assert (report.records, report.added, report.duplicates) == (2_501, 2_500, 1)
    assert report.n_problems == 1
    assert sizes(store) == (2_500, {"a": 2_500})


_VICTIM = """
import sys
from pathlib import Path
from app.flows.ingest import ingest
from app.flows.running import Run
from storage.engine import open_store
from storage.jobs import get_job, save_checkpoint

class JobRun(Run):
    def __init__(self, store):
        with store.read() as conn:
            self.checkpoint = get_job(conn, 1).checkpoint
    def save(self, conn, checkpoint):
        save_checkpoint(conn, 1, checkpoint)
    def report(self, done, total=None, unit=""):
        print(done, flush=True)

if __name__ == "__main__":
    store = open_store(sys.argv[1])
    print(ingest(store, [Path(sys.argv[2])], run=JobRun(store), processes=int(sys.argv[3])).added)
"""


@pytest.mark.parametrize("processes", ["1", "2"])
def test_kill_9_loses_nothing_and_redoes_nothing(
    store: Store, tmp_path: Path, processes: str
) -> None:
    path = write(tmp_path / "a.jsonl", lines(*range(12_000)))
    script = write(tmp_path / "victim.py", _VICTIM.encode())
    command = [sys.executable, str(script), f"sqlite:///{tmp_path / 'loopwright.db'}", str(path)]
    with store.write() as conn:
        enqueue(conn, "ingest", {})
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    victim = subprocess.Popen(
        [*command, processes], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert victim.stdout is not None
    while int(victim.stdout.readline()) < 3_000:
        pass
    victim.kill()
    victim.wait()
    victim.stdout.close()
    with store.read() as conn:
        done = get_job(conn, 1).checkpoint["records"]
    assert sizes(store)[0] == done < 12_000
    finished = subprocess.run(
        [*command, processes], capture_output=True, text=True, check=True, env=environment
    )
    reported = [int(line) for line in finished.stdout.split()]
    assert reported[0] == done
    assert reported[-1] == 12_000
    assert sizes(store) == (12_000, {"a": 12_000})
    with store.read() as conn:
        ids = [i for chunk in iter_ids(conn, Filter()) for i in chunk]
    assert len(ids) == 12_000


def test_someone_else_can_write_during_an_import(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines(*range(8_000)))
    script = write(tmp_path / "victim.py", _VICTIM.encode())
    with store.write() as conn:
        enqueue(conn, "ingest", {})
    url = f"sqlite:///{tmp_path / 'loopwright.db'}"
    bulk = subprocess.Popen(
        [sys.executable, str(script), url, str(path), "2"],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])},
    )
    other = open_store(url)
    written = 0
    while bulk.poll() is None:
        with other.write() as conn:
            enqueue(conn, "check", {})
        written += 1
        time.sleep(0.02)
    assert bulk.returncode == 0
    with other.read() as conn:
        assert get_job(conn, written + 1).kind == "check"
    other.close()
    assert sizes(store) == (8_000, {"a": 8_000})
