"""`backup`, `restore`, `doctor`, `migrate`, `worker`: looking after a studio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands.lifeline import end_with_supervisor
from app.commands.terminal import Terminal, table
from app.flows import operations
from app.worker import work
from storage.engine import migrate as bring_up_to_date
from storage.engine import open_store

PROBLEMS = 1


def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="File to write the copy to.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
) -> None:
    """Copy the database, while it is used, and verify the copy."""
    terminal: Terminal = ctx.obj
    made = operations.back_up(terminal.settings.database_url, file, overwrite=force)
    terminal.result(
        made,
        f"{made.path}: {made.n_trajectories:,} trajectories, {made.n_bytes:,} bytes, verified.",
    )


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A backup.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace the database; it is kept under another name.")
    ] = False,
) -> None:
    """Put a backup in the place of the database."""
    terminal: Terminal = ctx.obj
    restored = operations.restore(terminal.settings.database_url, file, force=force)
    text = f"Restored {restored.backup.n_trajectories:,} trajectories from {file}."
    if restored.kept:
        text += f"\nWhat was there is kept as {restored.kept}."
    terminal.result(restored, text)


def doctor(ctx: typer.Context) -> None:
    """Examine the database and say what to do about what is wrong."""
    terminal: Terminal = ctx.obj
    store = open_store(_existing(terminal))
    try:
        examined = operations.doctor(store)
    finally:
        store.close()
    rows = [["ok" if e.ok else "PROBLEM", e.name, e.message] for e in examined]
    text = table(["", "examined", "found"], rows)
    hints = [f"{e.name}: {e.hint}" for e in examined if not e.ok and e.hint]
    terminal.result({"examinations": examined}, "\n".join([text, *hints]))
    if any(not e.ok for e in examined):
        raise typer.Exit(PROBLEMS)


def _existing(terminal: Terminal) -> str:
    terminal.require_database()
    return terminal.settings.database_url


def migrate(ctx: typer.Context) -> None:
    """Create the database or bring its schema up to date."""
    terminal: Terminal = ctx.obj
    store = open_store(terminal.settings.database_url)
    try:
        bring_up_to_date(store)
        terminal.result({"database": store.url}, f"{store.url} is up to date.")
    finally:
        store.close()


def worker(
    ctx: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="End when no job is left instead of waiting.")
    ] = False,
) -> None:
    """Run background jobs. `loopwright run` starts a worker by itself."""
    end_with_supervisor()
    terminal: Terminal = ctx.obj
    with terminal.store(create=True) as store:
        n_run = work(store, poll_s=terminal.settings.worker_poll_s, once=once)
    terminal.result({"jobs": n_run}, f"{n_run:,} jobs were run.")


COMMANDS = {
    "backup": backup,
    "restore": restore,
    "doctor": doctor,
    "migrate": migrate,
    "worker": worker,
}
