"""What commands share: the settings, the store, and how to speak.

Results go to standard output (with `--json` one object, or one object a line where a command says
so), everything else to standard error, so that output can always be piped.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from app.flows.running import Run
from app.settings import Settings
from curation.errors import StoreError
from storage.engine import Store, check_schema, migrate, open_store

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Terminal:
    """The user at the other end of a command."""

    settings: Settings
    as_json: bool = False

    def result(self, value: Any, text: str) -> None:
        """The result of the command: `value` with `--json`, else `text`."""
        write(encode(value) if self.as_json else harmless(text))

    def lines(self, values: Iterable[Any]) -> None:
        """One JSON object a line, with or without `--json`."""
        for value in values:
            write(encode(value))

    def say(self, text: str) -> None:
        """A message beside the result."""
        complain(text)

    def require_database(self) -> None:
        """Raise StoreError when there is nothing to look into."""
        url = self.settings.database_url
        if is_fresh(url):
            raise StoreError(
                "There is no database yet.",
                where=url,
                hint="Import something with `loopwright ingest FILE`, or name another with --db.",
            )

    @contextmanager
    def store(self, *, create: bool = False) -> Iterator[Store]:
        """The database, open and of this version's schema.

        Args:
            create: make it when it does not exist yet.

        Raises:
            StoreError: there is none, or its schema is not this version's.
        """
        if not create:
            self.require_database()
        fresh = is_fresh(self.settings.database_url)
        store = open_store(self.settings.database_url)
        try:
            if fresh:
                migrate(store)
            else:
                check_schema(store)
            yield store
        finally:
            store.close()


class TerminalRun(Run):
    """Progress as a bar on standard error, only where somebody watches."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> TerminalRun:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task(self._title, total=None)
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def report(self, done: int, total: int | None = None, unit: str = "") -> None:
        """Draw the bar; rich limits how often."""
        if self._progress is not None and self._task is not None:
            title = f"{self._title} {done:,} {unit}".rstrip()
            self._progress.update(self._task, completed=done, total=total, description=title)


def encode(value: Any) -> str:
    """One line of JSON."""
    return msgspec.json.encode(value, enc_hook=str).decode()


def write(text: str) -> None:
    """A line on standard output."""
    typer.echo(text)


def complain(text: str) -> None:
    """A line on standard error."""
    typer.echo(harmless(text), err=True)


def harmless(text: str) -> str:
    """The text without what would steer a terminal: trajectories are other people's words."""
    return text.translate(_STEERING)


_STEERING = (
    {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"}
    | dict.fromkeys(range(0x7F, 0xA0), "\N{REPLACEMENT CHARACTER}")
    | dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\N{REPLACEMENT CHARACTER}")
)
"""Control characters and those that turn the direction of writing -> something to see instead."""


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows as aligned columns; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(head), *cells]) for i in range(len(head))]
    right = [
        all(isinstance(row[i], int | float) for row in rows) if rows else False
        for i in range(len(head))
    ]

    def line(texts: Sequence[str]) -> str:
        parts = (
            t.rjust(w) if r else t.ljust(w) for t, w, r in zip(texts, widths, right, strict=True)
        )
        return "  ".join(parts).rstrip()

    return "\n".join([line(head), line(["-" * w for w in widths]), *map(line, cells)])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return " ".join(str(value).split())


def is_fresh(url: str) -> bool:
    """True for a SQLite file that does not exist or is empty; other databases always exist."""
    path = sqlite_path(url)
    return path is not None and not (path.exists() and path.stat().st_size > 0)


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite URL; None for other databases."""
    return Path(url.removeprefix(SQLITE).partition("?")[0]) if url.startswith(SQLITE) else None


def absolute_url(url: str) -> str:
    """The URL with the path of a SQLite file made absolute, for processes started elsewhere."""
    path = sqlite_path(url)
    return url if path is None else SQLITE + os.fspath(path.absolute())
