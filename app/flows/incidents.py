"""Defects of ours: logged once with their traceback under an id, shown to people as that id.

Not for errors that a person can act on; those are `LoopwrightError` and are shown as they are.
"""

from __future__ import annotations

import logging
import secrets
from pathlib import Path

log = logging.getLogger("loopwright")

LINE = "%(asctime)s %(levelname)s %(name)s [%(process)d] %(message)s"


def set_up_log(level: str = "INFO", file: Path | None = None) -> None:
    """Send the `loopwright` log to `file`, or to standard error. Calling it again replaces that.

    Other libraries' logs are left alone: they speak for themselves.
    """
    handler = logging.FileHandler(file, encoding="utf-8") if file else logging.StreamHandler()
    handler.setFormatter(logging.Formatter(LINE))
    for before in log.handlers[:]:
        log.removeHandler(before)
        before.close()
    log.addHandler(handler)
    log.setLevel(level)
    log.propagate = False


def report_incident(problem: BaseException, doing: str = "") -> str:
    """Log `problem` with its traceback and return the id to show to the user."""
    incident = secrets.token_hex(4)
    task = f" while {doing}" if doing else ""
    log.error("incident %s%s: %s", incident, task, type(problem).__name__, exc_info=problem)
    return incident
