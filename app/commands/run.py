"""`loopwright run`: from nothing, or from a file, to a studio in the browser in one command."""

from __future__ import annotations

import os
import platform
import sys
import webbrowser
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

import app
from app.commands.supervisor import Supervisor, reachable_host
from app.commands.terminal import Terminal, TerminalRun, absolute_url, is_fresh
from app.settings import load_settings
from curation.errors import LoopwrightError, SettingsError
from storage.engine import Store, migrate, open_store

DEMO = "demo"
"""Dataset that the sample trajectories go into."""

FIRST_STEPS = """\
What to do first: open that address{annotate}, and press ? for the keys.
{more} data: loopwright run FILE, or the page Ingest. Ctrl-C here stops the studio."""


def run(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Import these first and open them in Annotate.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Fill a fresh database from sample_data first.")
    ] = False,
    dataset: Annotated[str | None, typer.Option(help="Name for the imported files.")] = None,
    tools: Annotated[
        Path | None,
        typer.Option(help="Tool definitions for files that carry none: a file, or a folder."),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    browser: Annotated[
        bool | None, typer.Option("--open/--no-open", help="Open the browser when ready.")
    ] = None,
) -> None:
    """Start the studio and its worker."""
    terminal: Terminal = ctx.obj
    settings = load_settings(
        database_url=absolute_url(terminal.settings.database_url), host=host, port=port
    )
    for file in files or []:
        if not file.exists():
            raise SettingsError(
                "There is no such file or folder.", where=str(file), hint="Check the path."
            )
    if demo and is_fresh(settings.database_url):
        demo_file()
    store = open_store(settings.database_url)  # refuses what is no database of ours
    try:
        with Supervisor(settings, settings.database_url, terminal.say) as studio:
            # The server starts up meanwhile; migrating is safe in several processes at once.
            migrate(store)
            page = _fill(terminal, store, files or [], dataset, tools, demo)
            studio.wait_until_ready()
            studio.start_worker()  # not sooner: it would take its time from the first screen
            url = f"http://{reachable_host(settings.host)}:{settings.port}{page}"
            first = FIRST_STEPS.format(
                annotate="" if files else ", choose Annotate", more="More" if files else "Your own"
            )
            terminal.result({"url": url}, f"\n  Loopwright is at {url}\n\n{first}")
            sys.stdout.flush()
            if browser or (browser is None and _has_screen()):
                webbrowser.open(url)
            studio.watch()
    except KeyboardInterrupt:
        terminal.say("Stopped. Everything is saved.")
    finally:
        store.close()


def _fill(
    terminal: Terminal,
    store: Store,
    files: list[Path],
    dataset: str | None,
    tools: Path | None,
    demo: bool,
) -> str:
    """Import what was asked for; return the page to open."""
    if files:
        name = _take_in(terminal, store, files, dataset, tools)
        return f"/annotate?dataset={quote(name, safe='')}"
    if demo:
        if is_empty(store):
            _take_in(terminal, store, [demo_file()], DEMO, None)
        else:
            terminal.say("There is data already; the sample data was not added.")
    return ""


def _take_in(
    terminal: Terminal, store: Store, files: list[Path], dataset: str | None, tools: Path | None
) -> str:
    """Ingest, check and queue; problems are said, and what is good goes on.

    A queue that is there already keeps its settings and gets what is new.
    """
    # Imported here: without files to take in, the studio comes up half a second sooner.
    from app.flows.check import check
    from app.flows.ingest import dataset_name, ingest
    from app.flows.queue import fill_queue, last_import

    before = last_import(store, dataset_name(dataset, files))
    with TerminalRun("Importing") as progress:
        report = ingest(
            store,
            files,
            dataset=dataset,
            tools=tools,
            max_record_bytes=terminal.settings.max_record_bytes,
            run=progress,
        )
    if not report.added and not report.duplicates:
        first = report.problems[0] if report.problems else None
        raise LoopwrightError(
            first.message if first else "Nothing in it is a trajectory.",
            where=first.where if first else ", ".join(map(str, files)),
            hint=first.hint if first else "`loopwright formats` lists what can be read.",
        )
    terminal.say(
        f"{report.dataset}: {report.added:,} new trajectories of {report.records:,} records "
        f"({report.format})."
    )
    if report.n_problems:
        terminal.say(
            f"{report.n_problems:,} records could not be read; the page Ingest lists them."
        )
    with TerminalRun("Checking") as progress:
        processes = terminal.settings.check_processes or None
        check(store, dataset=report.dataset, processes=processes, run=progress)
    fill_queue(store, report.dataset, newer_than=before)
    return report.dataset


def is_empty(store: Store) -> bool:
    """True when nothing was ever imported."""
    from storage.datasets import list_datasets

    with store.read() as conn:
        return not list_datasets(conn)


def demo_file() -> Path:
    """The sample trajectories of the checkout.

    Raises:
        SettingsError: Loopwright is installed without its checkout.
    """
    file = Path(app.__file__).resolve().parent.parent / "sample_data" / "trajectories.jsonl"
    if not file.exists():
        raise SettingsError(
            "The sample data is not there.",
            where=str(file),
            hint="It comes with the source checkout. Use `loopwright run FILE` with your own.",
        )
    return file


def _has_screen() -> bool:
    """True where opening a browser shows a window rather than taking over the terminal."""
    if not sys.stderr.isatty():
        return False
    if platform.system() == "Linux":
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True


COMMANDS = {"run": run}
