"""The worker: looks for jobs and runs them one after the other until it is told to stop.

`loopwright run` starts one and keeps it alive; `loopwright worker` runs one alone. Everything a
job needs to survive a crash is in its row, so a worker keeps nothing.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

from app.flows.incidents import log, report_incident
from app.flows.jobs import run_next
from app.flows.operations import worker_is_here
from curation.errors import StoreError
from storage.engine import Store

SIGN_OF_LIFE_S = 15.0
"""How often a worker says that it is there, busy or not."""


def work(store: Store, *, poll_s: float = 1.0, once: bool = False) -> int:
    """Run jobs until SIGTERM or Ctrl-C, then finish the batch and put the job back.

    Args:
        poll_s: seconds between two looks at an empty queue.
        once: end when the queue is empty instead of waiting.

    Returns:
        How many jobs were run.
    """
    stopping = threading.Event()
    if threading.current_thread() is threading.main_thread():

        def stop(number: int, frame: FrameType | None) -> None:
            if stopping.is_set():  # asked twice
                raise KeyboardInterrupt
            stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
    ended = threading.Event()
    alive = threading.Thread(target=_say_so, args=(store, ended), daemon=True, name="alive")
    alive.start()
    try:
        return _run_jobs(store, stopping, poll_s, once)
    finally:
        ended.set()
        alive.join()


def _say_so(store: Store, ended: threading.Event) -> None:
    """Note every few seconds that a worker is there, until it ends."""
    while True:
        try:
            worker_is_here(store)
        except StoreError as problem:
            log.warning("the worker cannot say that it is there: %s", problem)
        if ended.wait(SIGN_OF_LIFE_S):
            return


def _run_jobs(store: Store, stopping: threading.Event, poll_s: float, once: bool) -> int:
    n_run = 0
    while not stopping.is_set():
        try:
            job = run_next(store, stopping)
        except StoreError as problem:  # locked, full, gone: it may come back
            log.warning("the worker cannot reach the database: %s", problem)
            job = None
            stopping.wait(5.0)
        except Exception as defect:  # noqa: BLE001 - a worker outlives its defects
            report_incident(defect, "looking for jobs")
            job = None
            stopping.wait(5.0)
        if job is not None:
            n_run += 1
            log.info("job %d (%s) is %s %s", job.id, job.kind, job.state.value, job.error)
        elif once:
            break
        else:
            stopping.wait(poll_s)
    return n_run
