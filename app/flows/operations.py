"""Looking after a database: backup, restore, and an examination that says what to do."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection

from curation.errors import LoopwrightError
from storage import backup, health
from storage.backup import Backup, Restored
from storage.engine import Store, check_schema, migrate, open_store
from storage.health import Sampled
from storage.jobs import JobState, list_jobs
from storage.settings import get_setting, put_setting
from storage.trajectories import load_by_id

SAMPLE = 200
"""Trajectories whose content is derived anew and compared."""

WORKER_SEEN = "worker-seen-at"
"""Setting in which a worker says, every few seconds, that it is there."""

WORKER_SILENT = timedelta(seconds=60)


class Examination(Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    ok: bool
    message: str
    hint: str = ""
    """What to do when it is not ok."""


def back_up(url: str, target: Path, *, overwrite: bool = False) -> Backup:
    """Copy a SQLite database, while it is used, and verify the copy; see `storage.backup`."""
    return backup.back_up(url, target, overwrite=overwrite)


def restore(url: str, source: Path, *, force: bool = False) -> Restored:
    """Put a backup in the place of the database and bring its schema up to date."""
    restored = backup.restore(url, source, force=force)
    store = open_store(url)
    try:
        migrate(store)
    finally:
        store.close()
    return restored


def doctor(store: Store) -> list[Examination]:
    """Examine the database; later examinations are left out when the schema is not this one."""
    try:
        check_schema(store)
    except LoopwrightError as problem:
        return [Examination("schema", False, problem.message, problem.hint)]
    with store.read() as conn:
        sample = health.draw(conn, SAMPLE)
        ids = [s.id for s in sample]
        return [
            Examination("schema", True, "It is this version's."),
            _verdict(
                "file",
                health.file_problems(conn),
                "File and references are sound.",
                "Restore the latest backup; keep this file for rescue.",
            ),
            _verdict(
                "content",
                _changed_content(conn, sample),
                f"{len(sample):,} trajectories read back with their own uid.",
                "Something else wrote to the database. Restore the latest backup.",
            ),
            _verdict(
                "search",
                _not_found_by_text(conn, sample),
                "The text index finds what was drawn.",
                "Import into a new database; the text index does not cover this one.",
            ),
            _verdict(
                "counts",
                health.wrong_item_counts(conn) + health.wrong_finding_counts(conn, ids),
                "Derived numbers agree with their rows.",
                "Run `loopwright check` again, and report this: it should not happen.",
            ),
            _worker(conn),
        ]


def _verdict(name: str, problems: list[str], fine: str, hint: str) -> Examination:
    if not problems:
        return Examination(name, True, fine)
    more = f" and {len(problems) - 3:,} more" if len(problems) > 3 else ""
    return Examination(name, False, "; ".join(problems[:3]) + more, hint)


def _changed_content(conn: Connection, sample: list[Sampled]) -> list[str]:
    problems = []
    for drawn in sample:
        found = load_by_id(conn, drawn.id).trajectory.uid
        if found != drawn.uid:
            problems.append(f"trajectory {drawn.uid} reads back as {found}")
    return problems


def _not_found_by_text(conn: Connection, sample: list[Sampled]) -> list[str]:
    missing = []
    for drawn in sample:
        # The preview may end within a word, so its last one is no test.
        words = re.findall(r"[A-Za-z]{3,}(?=\W)", drawn.preview)
        if words and not health.is_found(conn, drawn.id, words[0]):
            missing.append(f"trajectory {drawn.uid} is not found by {words[0]!r}")
    return missing


def _worker(conn: Connection) -> Examination:
    seen = get_setting(conn, WORKER_SEEN)
    if seen is None:
        return Examination("worker", True, "None has run yet; `loopwright run` starts one.")
    silent = datetime.now(UTC) - datetime.fromisoformat(seen)
    if silent <= WORKER_SILENT:
        return Examination("worker", True, f"It was there {silent.total_seconds():.0f} s ago.")
    waiting = len(list_jobs(conn, 1_000, JobState.QUEUED))
    return Examination(
        "worker",
        waiting == 0,
        f"None since {seen}; {waiting:,} jobs are waiting.",
        "Start the studio with `loopwright run`, or `loopwright worker` alone.",
    )


def worker_is_here(store: Store) -> None:
    """Note that a worker is alive, for the doctor and the page Jobs."""
    with store.write() as conn:
        put_setting(conn, WORKER_SEEN, datetime.now(UTC).isoformat())


def worker_seen(store: Store) -> bool:
    """Whether a worker gave a sign of life lately (`WORKER_SILENT`)."""
    with store.read() as conn:
        said = get_setting(conn, WORKER_SEEN)
    if said is None:
        return False
    return datetime.now(UTC) - datetime.fromisoformat(said) <= WORKER_SILENT
