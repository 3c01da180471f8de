"""Checking what is stored: once per catalogue, resumable, the same with any number of processes."""

from __future__ import annotations

import json
import logging
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.flows import check as flow
from app.flows import check_bodies
from app.flows.check import CheckReport, check
from app.flows.check_bodies import Outcome
from app.flows.ingest import ingest
from app.flows.running import Cancelled, Run
from curation.checking import Finding, ToolsContext, run_checks
from curation.errors import NotFound
from curation.queueing import suspicion
from curation.trajectory import Message, Role, ToolCall, Trajectory
from storage.engine import Store
from storage.findings import findings_of, iter_findings
from storage.trajectories import add_correction, load_by_id, load_many

_PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}},
    "required": ["city"],
}


def _row(n: int) -> dict[str, Any]:
    """Every third row asks for a missing argument, every fifth calls an unknown tool."""
    arguments = {"unit": "C"} if n % 3 == 0 else {"city": f"City {n}"}
    name = "get_wether" if n % 5 == 0 else "get_weather"
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {
        "messages": [
            {"role": "user", "content": f"Weather in city {n}?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c", "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": "c", "content": "sunny"},
            {"role": "assistant", "content": f"Sunny in city {n}."},
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "get_weather",
                    "description": "Weather of a city.",
                    "parameters": _PARAMETERS,
                },
            }
        ],
    }


@pytest.fixture
def thirty(store: Store, tmp_path: Path) -> Store:
    """Thirty trajectories in dataset `a`, the first ten of them in `b` too."""
    return _fill(store, tmp_path)


def _fill(store: Store, folder: Path) -> Store:
    for name, n in (("a", 30), ("b", 10)):
        path = folder / f"{name}.jsonl"
        path.write_text("\n".join(json.dumps(_row(i)) for i in range(n)))
        ingest(store, [path])
    return store


def test_every_trajectory_gets_the_findings_of_run_checks(thirty: Store) -> None:
    report = check(thirty)
    with thirty.read() as conn:
        everything = load_many(conn, range(1, 31))
        assert len(everything) == 30
        for stored in everything:
            expected = run_checks(stored.trajectory)
            assert findings_of(conn, stored.id) == expected
            assert stored.suspicion == suspicion(expected)
            assert stored.n_errors == sum(f.severity == "error" for f in expected)
            assert stored.n_warnings == sum(f.severity == "warning" for f in expected)
    wrong = {n for n in range(30) if n % 3 == 0 or n % 5 == 0}
    assert report.trajectories == 30
    assert report.trajectories_with_errors == len(wrong)
    assert report.by_check["calls/unknown-tool"] == 6
    assert report.findings == sum(report.by_check.values())


def test_a_finding_names_the_called_tool(thirty: Store) -> None:
    check(thirty)
    with thirty.read() as conn:
        tools = {f.tool for f in iter_findings(conn) if f.finding.check == "calls/unknown-tool"}
    assert tools == {"get_wether"}


def test_two_processes_find_what_one_finds(thirty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "CHUNK_ROWS", 4)
    together = check(thirty, processes=2)
    with thirty.read() as conn:
        found = [findings_of(conn, i) for i in range(1, 31)]
    with thirty.write() as conn:
        conn.execute(text("UPDATE trajectory SET checked_with = ''"))
    assert check(thirty, processes=1) == together
    with thirty.read() as conn:
        assert [findings_of(conn, i) for i in range(1, 31)] == found


def test_checking_again_looks_at_nothing_and_reports_the_same(
    thirty: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = check(thirty)

    def refuse(_chunk: object) -> list[Any]:
        raise AssertionError("something was checked again")

    monkeypatch.setattr(flow, "check_bodies", refuse)
    assert check(thirty) == first


def test_a_changed_catalogue_checks_everything_anew(
    thirty: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(thirty)
    monkeypatch.setattr(flow, "catalogue_fingerprint", lambda: "tomorrow's rules")
    monkeypatch.setattr(check_bodies, "run_checks", lambda *_: [])
    assert check(thirty) == CheckReport(30, 0, 0, {})
    with thirty.read() as conn:
        assert load_by_id(conn, 1).suspicion == 0


def test_a_cancelled_run_keeps_what_it_did_and_goes_on(
    thirty: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "CHUNK_ROWS", 10)
    seen: list[int] = []

    class Impatient(Run):
        def report(self, done: int, total: int | None = None, unit: str = "") -> None:
            seen.append(done)
            assert total == 30
            if done == 20:
                raise Cancelled

    with pytest.raises(Cancelled):
        check(thirty, run=Impatient())
    assert seen == [0, 10, 20]
    with thirty.read() as conn:
        query = text("SELECT count(*) FROM trajectory WHERE checked_with = ''")
        assert conn.execute(query).scalar_one() == 10
    assert check(thirty).trajectories == 30


def test_only_the_dataset_asked_for_is_checked(thirty: Store) -> None:
    report = check(thirty, dataset="b")
    assert report.trajectories == 10
    with thirty.read() as conn:
        query = text("SELECT count(*) FROM trajectory WHERE checked_with <> ''")
        assert conn.execute(query).scalar_one() == 10
    with pytest.raises(NotFound, match="'c'"):
        check(thirty, dataset="c")


def test_corrections_are_checked_too(thirty: Store) -> None:
    with thirty.write() as conn:
        parent = load_by_id(conn, 2).trajectory
        call = ToolCall("get_weather", "{broken", "c")
        fixed = parent.replace_message(1, Message(Role.ASSISTANT, None, (call,)))
        row_id, _ = add_correction(conn, 2, fixed)
    report = check(thirty)
    with thirty.read() as conn:
        assert "calls/unparsable" in [f.check for f in findings_of(conn, row_id)]
    # Counted is what Browse lists: the thirty, not the correction.
    assert report.trajectories == 30
    assert "calls/unparsable" not in report.by_check


def test_a_chunk_ends_at_its_bytes_too(thirty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "CHUNK_BYTES", 1)
    assert check(thirty).trajectories == 30


def _failing_on(uid_words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def sometimes(trajectory: Trajectory, tools: ToolsContext | None = None) -> list[Finding]:
        if uid_words in trajectory.messages[0].text:
            raise ZeroDivisionError("by a defect of ours")
        return run_checks(trajectory, tools)

    monkeypatch.setattr(check_bodies, "run_checks", sometimes)


def test_a_check_that_fails_leaves_its_trajectories_unchecked_and_ends_nothing(
    thirty: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Cities 2 and 20 to 29 fail."""
    monkeypatch.setattr(flow, "CHUNK_ROWS", 7)
    monkeypatch.setattr(logging.getLogger("loopwright"), "propagate", True)
    with monkeypatch.context() as broken:
        _failing_on("city 2", broken)
        report = check(thirty)
    assert (report.trajectories, report.unchecked) == (30, 11)
    [problem] = report.problems
    assert "11 trajectories" in problem.message and "ZeroDivisionError" in problem.message
    [record] = caplog.records
    incident = problem.message.partition("incident ")[2].partition(")")[0]
    assert incident in record.getMessage() and problem.where in record.getMessage()
    assert record.exc_info is not None and "by a defect of ours" in str(record.exc_info[1])
    with thirty.read() as conn:
        query = text("SELECT id FROM trajectory WHERE checked_with = '' ORDER BY id")
        assert list(conn.execute(query).scalars()) == [3, *range(21, 31)]
        assert load_by_id(conn, 3).uid == problem.where
        assert findings_of(conn, 1) and not findings_of(conn, 21)

    whole = check(thirty)
    assert (whole.unchecked, whole.problems) == (0, ())
    assert whole.trajectories_with_errors == 14


def test_stored_bytes_that_cannot_be_read_are_a_problem_of_their_trajectory(thirty: Store) -> None:
    with thirty.write() as conn:
        conn.execute(text("UPDATE body SET content = :x WHERE trajectory_id = 5"), {"x": b"no"})
    report = check(thirty, processes=2)
    assert report.unchecked == 1
    [problem] = report.problems
    assert "Error" in problem.message and "incident" in problem.message


def killed(_bodies: object) -> Outcome:
    """What the kernel does to a process when there is no memory left."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_a_checking_process_that_dies_ends_the_run_with_a_reason(
    thirty: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "check_bodies", killed)
    monkeypatch.setattr(flow, "CHUNK_ROWS", 4)
    with pytest.raises(RuntimeError, match="killed"):
        check(thirty, processes=2)


@pytest.mark.postgres
def test_postgresql_gets_the_same_findings(
    postgres_store: Store, thirty: Store, tmp_path: Path
) -> None:
    assert check(_fill(postgres_store, tmp_path)) == check(thirty)
    with thirty.read() as here, postgres_store.read() as there:
        assert list(iter_findings(there)) == list(iter_findings(here))
    with postgres_store.write() as conn:
        conn.execute(text("UPDATE trajectory SET checked_with = ''"))
    assert check(postgres_store, processes=2) == check(thirty)
