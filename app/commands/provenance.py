"""`datasets`, `lineage`, `diff-exports`, `scan`: where data comes from, what became of it, and what
it gives away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer

from app.commands.terminal import Terminal, TerminalRun, encode, table
from app.flows.export_difference import ExportDifference, compare_exports
from app.flows.identity import annotator_named
from app.flows.lineage import trace
from app.flows.scan import ScanHit
from app.flows.scan import scan as run_scan
from app.flows.terms import describe, list_described
from curation.errors import ExportError, SettingsError
from curation.export_difference import WORDS, RowDifference


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


def scan(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind; may be given several times.")
    ] = None,
    hits: Annotated[
        Path | None, typer.Option(help="Write every hit here, masked, as JSON lines.")
    ] = None,
) -> None:
    """Look for secrets and personal data; values are masked. Exit 1 when any is found."""
    terminal: Terminal = ctx.obj
    with ExitStack() as stack:
        store = stack.enter_context(terminal.store())
        progress = stack.enter_context(TerminalRun("Looking"))
        file = stack.enter_context(_written(hits)) if hits is not None else None

        def tell(hit: ScanHit) -> None:
            if file is not None:
                file.write(encode(hit) + "\n")

        report = run_scan(store, dataset=dataset, kinds=kind or (), tell=tell, run=progress)
    rows = [[k.kind, k.group, k.values, k.trajectories, k.examples] for k in report.kinds]
    parts = [
        table(["kind", "group", "values", "trajectories", "examples"], rows),
        f"{report.with_hits:,} of {report.trajectories:,} trajectories hold something. Values of "
        "manuals and tests (example.com, 555 numbers) are examples and do not count.",
    ]
    shown = [[h.kind, h.masked, h.uid, h.message_index] for k in report.kinds for h in k.first]
    if shown:
        parts += [
            table(["kind", "masked", "trajectory", "message"], shown),
            "`loopwright export --redact personal,secrets` puts placeholders there.",
        ]
    terminal.result(report, "\n\n".join(parts))
    if report.with_hits:
        raise typer.Exit(1)


def diff_exports(
    ctx: typer.Context,
    before: Annotated[Path, typer.Argument(help="Folder of the earlier export.", metavar="A")],
    after: Annotated[Path, typer.Argument(help="Folder of the later export.", metavar="B")],
    rows: Annotated[
        Path | None, typer.Option(help="Write every row that differs here, as JSON lines.")
    ] = None,
) -> None:
    """Say what two exports differ in, and why. Exit 0 when in nothing, 1 when in anything."""
    terminal: Terminal = ctx.obj
    with ExitStack() as stack:
        file = stack.enter_context(_written(rows)) if rows is not None else None

        def tell(found: RowDifference) -> None:
            if file is not None:
                file.write(encode(found) + "\n")

        found = compare_exports(before, after, tell)
    terminal.result(found, _difference_text(found))
    if not found.same:
        raise typer.Exit(1)


def _difference_text(found: ExportDifference) -> str:
    parts = [
        f"{found.before}: {found.rows_before:,} rows. {found.after}: {found.rows_after:,} rows. "
        f"{found.rows_same:,} are the same."
    ]
    if found.same:
        return f"{parts[0]} Nothing differs."
    if found.moved_under_one_ledger:
        parts.insert(
            0,
            f"ALARM: {found.moved_under_one_ledger:,} rows stand in another split although the "
            "ledger is the same. This must never happen: train on neither and report it.",
        )
    if not found.contents_compared:
        parts.append("Contents were not compared: type or layout differ, or rows have no hash.")
    for title, settings in (("asked for", found.recipe), ("version", found.versions)):
        if settings:
            told = [[one.name, encode(one.before), encode(one.after)] for one in settings]
            parts.append(table([title, "before", "after"], told))
    if found.why:
        told = [[w.change, w.rows, WORDS[w.why], w.reason or ""] for w in found.why]
        parts.append(table(["rows", "n", "why", "reason"], told))
    if found.composition:
        told = [
            [s.dimension, s.value, s.before, s.after, f"{s.after - s.before:+,}"]
            for s in found.composition
        ]
        parts.append(table(["composition", "value", "before", "after", "change"], told))
    return "\n\n".join(parts)


@contextmanager
def _written(path: Path) -> Iterator[TextIO]:
    """The file, opened to be written.

    Raises:
        ExportError: it cannot be.
    """
    try:
        with path.open("w", encoding="utf-8") as file:
            yield file
    except OSError as problem:
        raise ExportError(
            f"The file cannot be written: {problem.strerror or problem}.", where=str(path)
        ) from None


COMMANDS = {"datasets": datasets, "lineage": lineage, "diff-exports": diff_exports, "scan": scan}
