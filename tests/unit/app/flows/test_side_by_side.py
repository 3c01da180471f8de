"""Work in several processes: in order, as needed, and never with a part missing in silence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.flows.side_by_side import how_many_processes, streamed, workers


def square(n: int) -> int:
    return n * n


def slow_when_even(n: int) -> tuple[int, int]:
    """Out of order on purpose; says who did it."""
    time.sleep(0.02 if n % 2 == 0 else 0)
    return n, os.getpid()


def chatter(n: int) -> int:
    """Prints where its answer goes."""
    print("progress:", n)
    os.write(1, b"more\n")
    return n


def stumble(n: int) -> int:
    if n == 3:
        raise LookupError(f"no {n} here")
    return n


def die(n: int) -> int:
    if n == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def interrupted(n: int) -> int:
    """Ctrl-C reaches every process of a terminal; the parent decides what it means."""
    os.kill(os.getpid(), signal.SIGINT)
    return n


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_every_task_comes_back_with_its_result_in_order(processes: int) -> None:
    with workers(processes) as those:
        assert list(those.map(square, range(20))) == [(n, n * n) for n in range(20)]
        assert list(those.map(square, [])) == []
        assert list(those.map(abs, [-1])) == [(-1, 1)], "the same processes, other work"


def test_the_work_is_shared_and_the_order_is_kept() -> None:
    with workers(2) as those:
        results = [result for _, result in those.map(slow_when_even, range(10))]
    assert [n for n, _ in results] == list(range(10))
    pids = {pid for _, pid in results}
    assert len(pids) == 2 and os.getpid() not in pids


def test_one_process_is_this_one() -> None:
    with workers(1) as those:
        [(_, (_, pid))] = those.map(slow_when_even, [1])
    assert pid == os.getpid()


def test_tasks_are_taken_as_needed() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for n in range(100):
            taken.append(n)
            yield n

    with workers(2) as those:
        for task, _ in those.map(square, tasks()):
            assert len(taken) <= task + 4


def test_what_the_work_prints_is_no_answer() -> None:
    with workers(2) as those:
        assert list(those.map(chatter, range(4))) == [(n, n) for n in range(4)]


def test_a_failure_there_is_raised_here_with_its_traceback() -> None:
    with workers(2) as those, pytest.raises(RuntimeError, match="no 3 here") as failure:
        list(those.map(stumble, range(8)))
    assert "in stumble" in str(failure.value)


def test_a_killed_process_ends_the_work_with_a_reason() -> None:
    with workers(2) as those, pytest.raises(RuntimeError, match="was killed"):
        list(those.map(die, range(8)))


def test_an_interrupt_does_not_end_the_processes() -> None:
    with workers(2) as those:
        assert list(those.map(interrupted, range(4))) == [(n, n) for n in range(4)]


def test_leaving_early_ends_the_processes_at_once() -> None:
    began = time.monotonic()
    with workers(2) as those:
        for _ in those.map(time.sleep, [0, 60, 60, 60]):
            break
    assert time.monotonic() - began < 30


def test_the_processes_end_with_a_killed_parent() -> None:
    code = (
        "import os, signal\n"
        "from app.flows.side_by_side import workers\n"
        "from tests.unit.app.flows.test_side_by_side import slow_when_even\n"
        "with workers(2) as those:\n"
        "    print(*{p for _, (_, p) in those.map(slow_when_even, range(8))}, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    for pid in map(int, done.stdout.split()):
        _wait_until_gone(pid)


def count_to(n: int) -> Iterator[tuple[int, int]]:
    for i in range(n):
        yield i, os.getpid()


def count_and_stumble(n: int) -> Iterator[int]:
    yield from range(n)
    raise LookupError(f"no {n} here")


def count_and_die(n: int) -> Iterator[int]:
    yield from range(n)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_generator_runs_elsewhere_and_yields_all_of_it_in_order() -> None:
    values = list(streamed(count_to, 50))
    assert [i for i, _ in values] == list(range(50))
    [pid] = {p for _, p in values}
    assert pid != os.getpid()
    _wait_until_gone(pid)
    assert list(streamed(count_to, 0)) == []


def test_a_generator_that_is_left_early_ends() -> None:
    values = streamed(count_to, 10**9)
    _, pid = next(values)
    values.close()
    _wait_until_gone(pid)


def test_a_generator_that_fails_or_is_killed_is_no_end() -> None:
    values = streamed(count_and_stumble, 3)
    assert [next(values) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(RuntimeError, match="no 3 here"):
        next(values)
    with pytest.raises(RuntimeError, match="was killed"):
        list(streamed(count_and_die, 3))


def _wait_until_gone(pid: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return
        if state == "Z":
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} still runs")


@pytest.mark.parametrize(
    ("asked", "worthwhile", "expected"),
    [(None, True, 6), (None, False, 1), (3, False, 3), (0, True, 1), (1, True, 1)],
)
def test_as_many_as_asked_else_one_per_core_if_worthwhile(
    monkeypatch: pytest.MonkeyPatch, asked: int | None, worthwhile: bool, expected: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert how_many_processes(asked, worthwhile=worthwhile) == expected


@pytest.mark.parametrize("room", ["check_bodies", "preparing", "export_making", "export_reading"])
def test_what_runs_in_processes_imports_no_database_and_no_screen(room: str) -> None:
    code = (
        f"import sys, app.flows.side_by_side, app.flows.{room}; "
        "from curation.checking import CHECKS; CHECKS.names(); "
        "from curation.importing import FORMATS; FORMATS.names(); "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"sqlalchemy", "sqlmodel", "pydantic", "alembic", "streamlit", "pandas", "numpy"}
    assert not heavy & set(done.stdout.split())
