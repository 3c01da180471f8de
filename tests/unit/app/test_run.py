"""`loopwright run` as a user meets it: real processes on a real port."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from app.commands.run import _take_in
from app.commands.terminal import Terminal
from app.flows.check import CheckReport, check
from app.settings import Settings
from storage.engine import Store
from storage.problems import count_by_dataset
from storage.trajectories import count

ROOT = Path(__file__).parents[3]
PATIENCE_S = 90

SAMPLE = (
    '{"messages": [{"role": "user", "content": "Water the fern."}, '
    '{"role": "assistant", "content": "Done."}]}\n'
)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


@contextmanager
def studio(tmp_path: Path, port: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A running `loopwright run`; whatever is left of it in the end is killed."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "app.cli", "run", "--no-open", f"--port={port}", *arguments],
        env=dict(os.environ) | {"LOOPWRIGHT_DATABASE_URL": f"sqlite:///{tmp_path}/studio.db"},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    known = psutil.Process(process.pid)
    try:
        yield process
    finally:
        left = known.children(recursive=True) if known.is_running() else []
        for child in (*left, process):
            child.kill()
        process.communicate()


def url_said_by(process: subprocess.Popen[str]) -> str:
    """Wait for the line with the address."""
    assert process.stdout is not None
    for line in process.stdout:
        if "Loopwright is at" in line:
            return line.rpartition(" ")[2].strip()
    assert process.stderr is not None
    raise AssertionError(f"it ended without an address: {process.stderr.read()}")


def health(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    finally:
        connection.close()


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether `holds` comes true before patience ends."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


def is_alive(process: psutil.Process) -> bool:
    """A zombie is dead: where nobody adopts orphans it only waits to be buried."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return [child for child in psutil.Process(process.pid).children() if is_alive(child)]


def worker_of(process: subprocess.Popen[str]) -> psutil.Process | None:
    for child in children(process):
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if "worker" in child.cmdline():
                return child
    return None


def test_it_answers_stops_on_ctrl_c_and_starts_again_on_the_same_port_at_once(
    tmp_path: Path, port: int
) -> None:
    for _ in range(2):
        with studio(tmp_path, port) as process:
            assert url_said_by(process) == f"http://127.0.0.1:{port}"
            assert health(port) == 200
            started = children(process)
            assert len(started) == 2
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 0
            assert not any(is_alive(child) for child in started)


def test_a_file_opens_straight_in_annotate(tmp_path: Path, port: int) -> None:
    (tmp_path / "my plants.jsonl").write_text(SAMPLE, encoding="utf-8")
    with studio(tmp_path, port, "my plants.jsonl") as process:
        url = url_said_by(process)
        assert url.startswith(f"http://127.0.0.1:{port}/annotate?dataset=")
        assert " " not in url
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE_S)
    assert "1 new trajectories of 1 records" in said


def test_a_file_that_cannot_be_used_ends_it_with_the_reason_and_leaves_no_child(
    tmp_path: Path, port: int
) -> None:
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    with studio(tmp_path, port, "empty.jsonl") as process:
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "empty.jsonl" in said
    assert "Traceback" not in said
    with pytest.raises(ConnectionRefusedError):
        health(port)


def test_the_settings_bound_what_it_imports_and_checks(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "plants.jsonl"
    source.write_text(SAMPLE + SAMPLE.replace("fern", "fern " * 1_000))
    asked: list[int | None] = []

    def noted(*args: object, processes: int | None = None, **more: object) -> CheckReport:
        asked.append(processes)
        return check(*args, processes=processes, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("app.flows.check.check", noted)
    terminal = Terminal(Settings(max_record_bytes=1024, check_processes=1))
    _take_in(terminal, store, [source], None, None)
    with store.read() as conn:
        assert count(conn) == 1
        assert list(count_by_dataset(conn).values()) == [1]
    assert asked == [1]


def test_a_taken_port_is_named_and_another_is_advised(tmp_path: Path, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with studio(tmp_path, port) as process:
            _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert f"port {port}" in said
    assert "--port" in said


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="relies on Linux's prctl")
def test_a_dead_worker_is_replaced_and_a_killed_supervisor_leaves_nothing(
    tmp_path: Path, port: int
) -> None:
    with studio(tmp_path, port) as process:
        url_said_by(process)
        assert eventually(lambda: worker_of(process) is not None)
        first = worker_of(process)
        assert first is not None
        first.kill()
        assert eventually(
            lambda: (found := worker_of(process)) is not None and found.pid != first.pid
        )
        left = children(process)
        process.kill()
        assert eventually(lambda: not any(is_alive(child) for child in left))
