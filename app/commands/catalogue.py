"""`formats`, `checks`, `taxonomies`, `exports`: what is registered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands.terminal import Terminal, is_fresh, table
from app.flows.catalogue import check_rows, export_rows, format_rows
from app.flows.taxonomies import add_taxonomy, list_taxonomies
from curation.errors import TaxonomyError
from curation.taxonomy import Taxonomy, builtin_taxonomies


def formats(ctx: typer.Context) -> None:
    """Formats that can be imported; they are recognised by content."""
    terminal: Terminal = ctx.obj
    rows = format_rows()
    text = table(["format", "title", "what it is"], [[r.name, r.title, r.description] for r in rows])
    terminal.result({"formats": rows}, text)


def checks(ctx: typer.Context) -> None:
    """Rules that `check` applies."""
    terminal: Terminal = ctx.obj
    rows = check_rows()
    text = table(
        ["check", "severity", "version", "what it finds"],
        [[r.name, r.severity, r.version, r.summary] for r in rows],
    )
    terminal.result({"checks": rows}, text)


def exports(ctx: typer.Context) -> None:
    """Training types and file layouts, and which of them go together."""
    terminal: Terminal = ctx.obj
    catalogue = export_rows()
    text = "\n\n".join(
        [
            table(["type", "what a row is"], [[t.name, t.summary] for t in catalogue.types]),
            table(["layout", "files", "types"], [[y.name, y.summary, " ".join(y.types)] for y in catalogue.layouts]),
        ]
    )
    terminal.result(catalogue, text)


def taxonomies(
    ctx: typer.Context,
    add: Annotated[
        Path | None, typer.Option("--add", help="Add a taxonomy of your own from this TOML file.")
    ] = None,
) -> None:
    """Error classes that annotators can place."""
    terminal: Terminal = ctx.obj
    if add is not None:
        try:
            text = add.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise TaxonomyError(
                f"The file cannot be read: {problem}.", where=str(add), hint="Check the path."
            ) from None
        with terminal.store(create=True) as store:
            added = add_taxonomy(store, text, str(add))
        terminal.say(f"Added {added.name}, version {added.version}.")
    known = _in_force(terminal)
    listed = [[t.name, t.version, len(t.categories), t.title, t.source] for t in known]
    terminal.result(
        {"taxonomies": known}, table(["taxonomy", "version", "categories", "title", "source"], listed)
    )


def _in_force(terminal: Terminal) -> list[Taxonomy]:
    if is_fresh(terminal.settings.database_url):
        return builtin_taxonomies()
    with terminal.store() as store:
        return list_taxonomies(store)


COMMANDS = {"formats": formats, "checks": checks, "taxonomies": taxonomies, "exports": exports}
