"""Predictions that come in, are compared, ruled on and scored: verification that asks no model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from app.commands.terminal import Terminal, TerminalRun
from app.flows.ingest_predictions import ingest_and_match
from app.flows.ingest_predictions import ingest_predictions as run_ingest
from app.flows.match import MatchReport
from app.flows.match import match as run_match
from app.flows.reports import verdict_lines
from app.flows.scores import ScoreOrder, prediction_lines, rollout_lines
from curation.scoring import CLOSENESS

PROBLEMS_SHOWN = 20
PROBLEMS = 1
UNUSABLE = 2


def ingest_predictions(
    ctx: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", metavar="PATH...")],
    dataset: Annotated[
        str,
        typer.Option(
            help="Whose steps they answer; made new for rows that bring their trajectory along."
        ),
    ],
    model: Annotated[str, typer.Option(help="Whose answers they are, where a row does not say.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read everything, store nothing.")
    ] = False,
) -> None:
    """Import other models' answers for steps, and compare them with the references.

    What is already there is not added again.
    """
    terminal: Terminal = ctx.obj
    most = terminal.settings.max_record_bytes
    matched: MatchReport | None = None
    with terminal.store(create=True) as store, TerminalRun("Importing") as progress:
        if dry_run:
            report = run_ingest(
                store, paths, dataset=dataset, model=model, dry_run=True,
                max_record_bytes=most, run=progress,
            )  # fmt: skip
        else:
            report, matched = ingest_and_match(
                store, paths, dataset=dataset, model=model, max_record_bytes=most,
                mastered_by=terminal.settings.mastered_by, run=progress,
            )  # fmt: skip
    for problem in report.problems[:PROBLEMS_SHOWN]:
        terminal.say(f"{problem.where}: {problem.message} {problem.hint}".rstrip())
    if report.n_problems > PROBLEMS_SHOWN:
        terminal.say(f"… and {report.n_problems - PROBLEMS_SHOWN:,} more (--json lists up to 100).")
    if matched is not None:
        terminal.say(_in_words(matched))
    would = "would be " if dry_run else ""
    text = (
        f"{report.dataset}: {report.added:,} predictions {would}added of {report.records:,} rows, "
        f"{report.duplicates:,} were there already, {report.unmatched:,} for trajectories that are "
        f"not there, {report.n_problems:,} problems."
    )
    terminal.result(report, text)
    if report.n_problems:
        raise typer.Exit(PROBLEMS if report.added + report.duplicates else UNUSABLE)


def match(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Compare also what was compared already.")
    ] = False,
) -> None:
    """Compare predictions with the references and with what else is accepted at their steps."""
    terminal: Terminal = ctx.obj
    with terminal.store() as store, TerminalRun("Comparing") as progress:
        report = run_match(
            store,
            dataset,
            again=again,
            mastered_by=terminal.settings.mastered_by,
            run=progress,
        )
    terminal.result(report, _in_words(report))


def _in_words(report: MatchReport) -> str:
    counts = report.counts
    by = ", ".join(f"{n:,} by {name}" for name, n in counts.by_matcher.items())
    return (
        f"{report.compared:,} predictions compared; {counts.mastered:,} of {counts.predictions:,} "
        f"are mastered (matched: {by})."
    )


def verdicts(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
) -> None:
    """Write the verdicts in force, one JSON object a line.

    `verdict` is null where a judge could not tell; `consensus` then says why.
    """
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        terminal.lines(map(msgspec.to_builtins, verdict_lines(store, dataset)))


def predictions(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    model: Annotated[str | None, typer.Option(help="Only this model's.")] = None,
    by: Annotated[
        str | None,
        typer.Option(help="Order by this score: closeness, or a reward. Else as they came."),
    ] = None,
    highest_first: Annotated[
        bool, typer.Option("--highest-first/--lowest-first", help="With a score.")
    ] = False,
    at_least: Annotated[
        float | None, typer.Option(help="Only those with this score or more.")
    ] = None,
    at_most: Annotated[
        float | None, typer.Option(help="Only those with this score or less.")
    ] = None,
) -> None:
    """Write predictions with matches, scores and verdicts, one JSON object a line.

    `--by closeness` puts those first that are most wrong, `--highest-first` those nearly right.
    """
    terminal: Terminal = ctx.obj
    order = None
    if by is not None or at_least is not None or at_most is not None:
        order = ScoreOrder(by or CLOSENESS, highest_first, at_least, at_most)
    with terminal.store() as store:
        lines = prediction_lines(store, dataset, model, order)
        terminal.lines(map(msgspec.to_builtins, lines))


def rollouts(
    ctx: typer.Context,
    score: Annotated[str, typer.Option(help="closeness, or a reward.")] = CLOSENESS,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    model: Annotated[str | None, typer.Option(help="Only this model's.")] = None,
) -> None:
    """Write mean and variance of a score over sampled answers, one JSON object a step.

    `varies`: training on it can change something, the most varied first. `learnt`: always the best.
    `stuck`: never, so look at its label first.
    """
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        terminal.lines(map(msgspec.to_builtins, rollout_lines(store, score, dataset, model)))


COMMANDS = {
    "ingest-predictions": ingest_predictions,
    "match": match,
    "verdicts": verdicts,
    "predictions": predictions,
    "rollouts": rollouts,
}
