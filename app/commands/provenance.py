"""`datasets`, `lineage`, `diff-exports`: where data comes from and what became of it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.commands.terminal import Terminal, table
from app.flows.identity import annotator_named
from app.flows.lineage import trace
from app.flows.terms import describe, list_described
from curation.errors import SettingsError


class DatasetAct(StrEnum):
    """What `datasets` does besides listing."""

    DESCRIBE = "describe"


def datasets(
    ctx: typer.Context,
    act: Annotated[
        DatasetAct | None, typer.Argument(help="describe: say licence and origin of a dataset.")
    ] = None,
    name: Annotated[str, typer.Argument(help="The dataset to describe.")] = "",
    license: Annotated[
        str | None, typer.Option(help="As an SPDX name (Apache-2.0) or in words.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Address it is from.")] = None,
    citation: Annotated[str | None, typer.Option(help="How to cite it.")] = None,
) -> None:
    """List datasets with licence and origin, or say them; exports print both on their card."""
    terminal: Terminal = ctx.obj
    said = {"license": license, "source_url": source, "citation": citation}
    if act is None and any(text is not None for text in said.values()):
        raise SettingsError(
            "Nothing says which dataset is meant.",
            hint="Write `loopwright datasets describe NAME --license …`.",
        )
    with terminal.store() as store:
        if act is None:
            found = list_described(store)
        else:
            who = annotator_named(store, terminal.settings.annotator)
            found = [describe(store, name, who, **said)]
    rows = [
        [one.name, one.n_items, one.terms.license or "unknown", one.terms.source_url or "unknown"]
        for one in found
    ]
    text = table(["dataset", "trajectories", "licence", "origin"], rows)
    terminal.result({"datasets": found}, text)


def lineage(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder of an export.", metavar="EXPORT_DIR")],
    place: Annotated[
        str, typer.Argument(help="The row, from 1: train.jsonl:17.", metavar="FILE:ROW")
    ] = "",
    row: Annotated[str, typer.Option(help="The same as an option.")] = "",
) -> None:
    """Tell where one row of an export comes from: source, people, verdicts, decision."""
    terminal: Terminal = ctx.obj
    story = trace(folder, place or row)
    terminal.result(story, "\n".join(story.told))


COMMANDS = {"datasets": datasets, "lineage": lineage}
