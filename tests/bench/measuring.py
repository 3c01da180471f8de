"""Running a stage in a process of its own and watching what it takes: time and memory."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

_EVERY_S = 0.05


@dataclass(frozen=True)
class Measured:
    """What a stage printed, and the most memory it and its processes held at once (MiB)."""

    result: dict[str, Any]
    peak_mib: float
    foreign: float
    """Share of the machine that other programs used meanwhile, 0 to 1."""


def run_stage(arguments: Sequence[str]) -> Measured:
    """Run `python -m tests.bench.stages ARGUMENTS` and watch it.

    Raises:
        RuntimeError: the stage failed; its words are in the message.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.stages", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watch = _Watch(process.pid)
    watch.start()
    out, errors = process.communicate()
    watch.stop()
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {errors.strip()[-2000:]}")
    return Measured(json.loads(out.splitlines()[-1]), watch.peak / 2**20, watch.foreign())


class _Watch(threading.Thread):
    """Looks at a process and its children until stopped. Pages that several of them hold are
    shared out among them (PSS), where the system tells."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._process = psutil.Process(pid)
        self._stopped = threading.Event()
        self._own: dict[int, float] = {}
        self._before = psutil.cpu_times()

    def run(self) -> None:
        while not self._stopped.wait(_EVERY_S):
            self._look()

    def _look(self) -> None:
        total = 0
        try:
            family = [self._process, *self._process.children(recursive=True)]
        except psutil.Error:
            return
        for member in family:
            try:
                with member.oneshot():
                    held = member.memory_full_info()
                    total += getattr(held, "pss", held.rss)
                    times = member.cpu_times()
                    self._own[member.pid] = times.user + times.system
            except psutil.Error:
                continue
        self.peak = max(self.peak, total)

    def stop(self) -> None:
        self._stopped.set()
        self.join()
        self._after = psutil.cpu_times()

    def foreign(self) -> float:
        a, b = self._before, self._after
        wall = sum(getattr(b, f) - getattr(a, f) for f in ("user", "system", "idle", "iowait"))
        busy = sum(getattr(b, f) - getattr(a, f) for f in ("user", "system"))
        return max(0.0, (busy - sum(self._own.values())) / wall) if wall else 0.0


def median_of(runs: int, stage: Callable[[], Measured]) -> tuple[Measured, list[float]]:
    """The run with the median `rows_s`, with the highest peak of all, and every `rows_s`."""
    all_runs = sorted((stage() for _ in range(runs)), key=lambda m: m.result["rows_s"])
    middle = all_runs[len(all_runs) // 2]
    peak = max(m.peak_mib for m in all_runs)
    foreign = statistics.median(m.foreign for m in all_runs)
    return Measured(middle.result, peak, foreign), [m.result["rows_s"] for m in all_runs]
