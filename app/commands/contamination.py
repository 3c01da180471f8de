"""`decontaminate`, `contamination`, `dismiss-hit`: data held against benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from app.commands.terminal import Terminal, TerminalRun, table
from app.flows import contamination as flow
from app.flows.decontaminate import DecontaminateParams
from app.flows.decontaminate import decontaminate as run_decontaminate
from app.flows.identity import annotator_named
from curation.decontamination import FOUND

ENTRIES_SHOWN = 20
"""Entries that are printed; `--json` has more."""
PROBLEMS_SHOWN = 20
PROBLEMS = 1


def decontaminate(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What the benchmark is called, such as bfcl.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Its files or folders, in any import format, or with a question a line. None: as "
            "they were read last.",
            metavar="FILE...",
        ),
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="Similarity from which questions are near; 0.6 for a new benchmark."),
    ] = None,
    format: Annotated[
        str, typer.Option("--format", help="A name of `loopwright formats`, questions, or auto.")
    ] = "auto",
    tools: Annotated[
        Path | None, typer.Option(help="Tool definitions for files that carry none.")
    ] = None,
) -> None:
    """Find trajectories that hold part of a benchmark. Nothing of it is added to the datasets.

    What was compared is not compared again, unless the benchmark changes. `export --decontaminate
    NAME` leaves out what is found.
    """
    terminal: Terminal = ctx.obj
    wanted = DecontaminateParams(
        name=name,
        paths=tuple(str(path) for path in files or ()),
        dataset=dataset,
        threshold=threshold,
        format=format,
        tools=str(tools) if tools else None,
    )
    with terminal.store() as store, TerminalRun("Comparing") as progress:
        report = run_decontaminate(
            store, wanted, progress, max_record_bytes=terminal.settings.max_record_bytes
        )
    for problem in report.problems[:PROBLEMS_SHOWN]:
        terminal.say(f"{problem.where}: {problem.message} {problem.hint}".rstrip())
    if report.n_problems > PROBLEMS_SHOWN:
        terminal.say(f"… and {report.n_problems - PROBLEMS_SHOWN:,} more.")
    parts = [
        f"{report.benchmark}: {report.entries:,} entries; {report.compared:,} trajectories compared"
        f" now, {report.trajectories:,} in all."
    ]
    if report.by_kind:
        rows = [
            [kind.value, n.trajectories, n.entries, n.hits, n.dismissed]
            for kind, n in report.by_kind.items()
        ]
        parts.append(table(["kind", "trajectories", "entries", "hits", "dismissed"], rows))
        parts.append("\n".join(f"{kind.value}: {FOUND[kind]}." for kind in report.by_kind))
        hit = [
            [one.entry, one.kind.value, one.trajectories, f"{one.best:.2f}"]
            for one in report.by_entry[:ENTRIES_SHOWN]
        ]
        parts.append(table(["entry", "kind", "trajectories", "best"], hit))
        parts.append(
            f"`loopwright contamination {report.benchmark}` lists every hit; `loopwright export "
            f"--decontaminate {report.benchmark}` leaves them out."
        )
    else:
        parts.append("Nothing of it was found.")
    terminal.result(report, "\n\n".join(parts))
    if report.n_problems:
        raise typer.Exit(PROBLEMS)


def contamination(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="The benchmark; without it benchmarks are listed.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
) -> None:
    """Write every hit of a benchmark, one JSON object a line; or list the benchmarks."""
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        if name is not None:
            lines = flow.hit_lines(store, name, dataset)
            terminal.lines(map(msgspec.to_builtins, lines))
            return
        known = flow.list_benchmarks(store)
    rows = [
        [one.name, one.n_entries, f"{one.threshold:g}", " ".join(f.name for f in one.files)]
        for one in known
    ]
    terminal.result(
        {"benchmarks": known},
        table(["benchmark", "entries", "threshold", "files"], rows)
        if rows
        else "No benchmark yet: `loopwright decontaminate NAME FILE...` reads one.",
    )


def dismiss_hit(
    ctx: typer.Context,
    hits: Annotated[
        list[int], typer.Argument(help="Ids, as `contamination` writes them.", metavar="HIT...")
    ],
    reason: Annotated[str, typer.Option(help="Why it is a false alarm.")] = "",
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Let dismissed hits count again.")
    ] = False,
) -> None:
    """Call hits false alarms, so that exports leave nothing out for them; or take that back."""
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        who = annotator_named(store, terminal.settings.annotator)
        ruled = [
            flow.rule_on_hit(
                store, who, flow.get_hit(store, hit), dismissed=not take_back, reason=reason
            )
            for hit in hits
        ]
    how = "count again" if take_back else "are dismissed"
    terminal.result({"hits": ruled}, f"{len(ruled):,} hits {how}.")


COMMANDS = {
    "decontaminate": decontaminate,
    "contamination": contamination,
    "dismiss-hit": dismiss_hit,
}
