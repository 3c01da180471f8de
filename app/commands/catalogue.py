"""`formats`, `checks`, `taxonomies`, `exports`: what is registered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands.terminal import Terminal, is_fresh, table
from app.flows.catalogue import (
    augmentation_entries,
    check_entries,
    format_entries,
    layout_entries,
    prediction_format_entries,
    type_entries,
)
from app.flows.taxonomies import add_taxonomy, list_taxonomies, preview_change, preview_text
from curation.errors import TaxonomyError
from curation.taxonomy import Taxonomy, builtin_taxonomies

PROBLEMS = 1


def formats(ctx: typer.Context) -> None:
    """Formats that can be imported; they are recognised by content."""
    terminal: Terminal = ctx.obj
    known, of_predictions = format_entries(), prediction_format_entries()
    parts = [
        table([head, "title", "what it is"], [[f.name, f.title, f.description] for f in entries])
        for head, entries in (("format", known), ("format of predictions", of_predictions))
    ]
    terminal.result({"formats": known, "prediction_formats": of_predictions}, "\n\n".join(parts))


def checks(ctx: typer.Context) -> None:
    """Rules that `check` applies."""
    terminal: Terminal = ctx.obj
    known = check_entries()
    rows = [[c.name, c.severity, c.version, c.summary] for c in known]
    head = ["check", "severity", "version", "what it finds"]
    terminal.result({"checks": known}, table(head, rows))


def exports(ctx: typer.Context) -> None:
    """Training types, file layouts and augmentations, and which of them go together."""
    terminal: Terminal = ctx.obj
    types, layouts, operators = type_entries(), layout_entries(), augmentation_entries()
    parts = [
        table(["type", "what a row is"], [[t.name, t.description] for t in types]),
        table(
            ["layout", "types", "what is written"],
            [[y.name, " ".join(y.types), y.description] for y in layouts],
        ),
        table(
            ["augmentation", "types", "what a copy is"],
            [[a.name, " ".join(a.types), a.description] for a in operators],
        ),
    ]
    registered = {"types": types, "layouts": layouts, "augmentations": operators}
    terminal.result(registered, "\n\n".join(parts))


def taxonomies(
    ctx: typer.Context,
    add: Annotated[
        Path | None, typer.Option("--add", help="Add a taxonomy of your own from this TOML file.")
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(
            "--check",
            help="Say what this TOML file would change, and store nothing; exit code 1 when marks "
            "would lose their category.",
        ),
    ] = None,
) -> None:
    """Error classes that annotators can place."""
    terminal: Terminal = ctx.obj
    if check is not None:
        _check_taxonomy(terminal, check)
        return
    if add is not None:
        text = _read(add)
        with terminal.store(create=True) as store:
            added = add_taxonomy(store, text, str(add))
        terminal.say(f"Added {added.name}, version {added.version}.")
    known = _in_force(terminal)
    listed = [[t.name, t.version, len(t.categories), t.title, t.source] for t in known]
    terminal.result(
        {"taxonomies": known},
        table(["taxonomy", "version", "categories", "title", "source"], listed),
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise TaxonomyError(
            f"The file cannot be read: {problem}.", where=str(path), hint="Check the path."
        ) from None


def _check_taxonomy(terminal: Terminal, path: Path) -> None:
    with terminal.store() as store:
        found = preview_change(store, _read(path), str(path))
    terminal.result(found, preview_text(found))
    if found.losing:
        raise typer.Exit(PROBLEMS)


def _in_force(terminal: Terminal) -> list[Taxonomy]:
    if is_fresh(terminal.settings.database_url):
        return builtin_taxonomies()
    with terminal.store() as store:
        return list_taxonomies(store)


COMMANDS = {"formats": formats, "checks": checks, "taxonomies": taxonomies, "exports": exports}
