"""`select`: what a recipe takes, rule by rule, with nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands import recipes
from app.commands.terminal import Terminal, TerminalRun, table
from app.flows.selecting import look
from curation.funnel import Funnel
from curation.selection import By

SHOWN = 10
"""Values of a kind that are printed; `--json` has all."""


def select(
    ctx: typer.Context,
    recipe: Annotated[
        Path, typer.Option(help="A TOML or JSON recipe of an export, or its manifest.json.")
    ],
) -> None:
    """Count what a recipe takes and leaves out, rule by rule; no export is written."""
    terminal: Terminal = ctx.obj
    request = recipes.request_from(recipe, out="(not written)")
    with terminal.store() as store, TerminalRun("Looking for near-duplicates") as progress:
        found = look(store, request, run=progress)
    parts = [
        f"{found.funnel.chosen:,} of {found.funnel.looked_at:,} trajectories are chosen.",
        table(["rule", "left out", "remaining"], funnel_rows(found.funnel)),
    ]
    for by in By:
        of_it = [part for part in found.composition if part.by is by]
        rows = [[part.value, part.taken, part.left_out] for part in of_it[:SHOWN]]
        if rows:
            more = f" (the first {SHOWN} of {len(of_it):,})" if len(of_it) > SHOWN else ""
            parts.append(table([f"{by.value}{more}", "taken", "left out"], rows))
    parts += found.funnel.short
    terminal.result(found, "\n\n".join(parts))


def funnel_rows(funnel: Funnel) -> list[list[object]]:
    """The funnel as a table."""
    rows: list[list[object]] = [["looked at", "", f"{funnel.looked_at:,}"]]
    return rows + [
        [f"{stage}: {rule}", f"{left_out:,}", f"{remaining:,}"]
        for stage, rule, left_out, remaining in funnel.rows()
    ]


COMMANDS = {"select": select}
