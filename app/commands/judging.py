"""`judge`, `passes`: what a judge says of the labels, and of single aspects of trajectories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec.structs import replace

from app.commands.model_options import (
    BudgetUsd,
    Concurrency,
    MaxTokensTotal,
    Timeout,
    cost_in_words,
)
from app.commands.terminal import Terminal, TerminalRun, table
from app.flows.endpoint_settings import settings_in_force
from app.flows.endpoints import Asker, base_url_of, withheld_key
from app.flows.judge import JudgeEnd
from app.flows.judge import judge as run_judge
from app.flows.judge_pass import judge_pass
from app.flows.judge_setup import DEFAULT_RUBRIC, JudgeRequest, backend_named
from app.flows.model_addresses import model_addresses
from app.flows.pass_setup import TURNS, PassRequest
from app.flows.reports import pass_lines
from app.settings import Settings

PROBLEMS = 1


def judge(
    ctx: typer.Context,
    backend: Annotated[str, typer.Option(help="rules, openai or replay.")] = "rules",
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="Model to ask, or MODEL@URL for one served elsewhere; repeat it, and votes go "
            "round them."
        ),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="OpenAI-compatible API; else LOOPWRIGHT_JUDGE_BASE_URL.")
    ] = None,
    rubric: Annotated[str, typer.Option(help="What the judge looks at.")] = DEFAULT_RUBRIC,
    pass_: Annotated[
        str | None,
        typer.Option(
            "--pass",
            help="Look at every step or turn by this rubric instead; no predictions are needed.",
        ),
    ] = None,
    checklists: Annotated[
        bool,
        typer.Option(
            "--checklists",
            help="The pass turn-checklist, with what annotators ask of the tools that are called.",
        ),
    ] = False,
    checklist_file: Annotated[
        Path | None,
        typer.Option(help="The pass turn-checklist with lists of your own, one turn a JSON line."),
    ] = None,
    votes: Annotated[int, typer.Option(min=1, help="Votes a prediction, at most.")] = 3,
    least_equal: Annotated[int, typer.Option(min=1, help="How many of them must agree.")] = 2,
    order: Annotated[
        str, typer.Option(help="both: a vote counts if both orders agree; or reference-first.")
    ] = "both",
    samples: Annotated[
        bool, typer.Option("--samples", help="Also what was sampled, not only greedy answers.")
    ] = False,
    undecided: Annotated[
        bool, typer.Option("--undecided", help="Only what has no verdict from anybody yet.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Ask anew what the same judge was asked before.")
    ] = False,
    recording: Annotated[
        Path | None, typer.Option(help="File of recorded replies, for replay.")
    ] = None,
    concurrency: Concurrency = 16,
    timeout: Timeout = 120.0,
    max_tokens: Annotated[int, typer.Option(min=16, help="Tokens of one reply.")] = 2048,
    max_tokens_total: MaxTokensTotal = None,
    budget: BudgetUsd = None,
) -> None:
    """Have a judge rule on predictions that do not match their reference.

    With `--pass` or `--checklists` it looks at the trajectories themselves, and what it finds
    wanting become findings. The same command again goes on where it stopped, and asks nothing
    twice.
    """
    terminal: Terminal = ctx.obj
    if pass_ is not None or checklists or checklist_file is not None:
        _pass(
            terminal,
            PassRequest(
                rubric=pass_ or TURNS,
                dataset=dataset,
                models=tuple(model or ()),
                base_url=base_url,
                tool_items=checklists,
                checklists=str(checklist_file.absolute()) if checklist_file else None,
                votes=votes,
                least_equal=least_equal,
                again=again,
                concurrency=concurrency,
                timeout_s=timeout,
                max_tokens=max_tokens,
                max_tokens_total=max_tokens_total,
                budget_usd=budget,
            ),
        )
        return
    if order not in ("both", "reference-first"):
        raise typer.BadParameter("must be both or reference-first", param_hint="--order")
    request = JudgeRequest(
        backend=backend,
        dataset=dataset,
        models=tuple(model or ()),
        base_url=base_url,
        rubric=rubric,
        votes=votes,
        least_equal=least_equal,
        both_orders=order == "both",
        with_samples=samples,
        only_undecided=undecided,
        again=again,
        recording=str(recording) if recording else None,
        concurrency=concurrency,
        timeout_s=timeout,
        max_tokens=max_tokens,
        max_tokens_total=max_tokens_total,
        budget_usd=budget,
    )
    with terminal.store() as store, TerminalRun("Judging") as progress:
        settings = settings_in_force(store, terminal.settings)
        if backend_named(backend).needs_endpoint:
            request = replace(request, models=_models(terminal, settings, request))
        end = run_judge(store, request, settings, progress)
    _tell(terminal, end)
    if end.failed or end.left:
        raise typer.Exit(PROBLEMS)


def _pass(terminal: Terminal, request: PassRequest) -> None:
    with terminal.store() as store, TerminalRun("Looking") as progress:
        settings = settings_in_force(store, terminal.settings)
        request = replace(request, models=_models(terminal, settings, request))
        end = judge_pass(store, request, settings, progress)
    report = end.report
    score = "" if report.mean_score is None else f", mean score {report.mean_score:.3f}"
    text = (
        f"{report.rubric}: {report.places:,} places, {report.scored:,} scored{score}, "
        f"{report.passing:,} pass; {report.findings:,} items found wanting. {report.votes:,} "
        f"votes ({report.unreadable:,} unreadable), {report.tokens:,} tokens, "
        f"{cost_in_words(report.cost_usd)}."
    )
    _tell_what_is_missing(terminal, end.out_of_budget, end.failed, end.left, "places")
    terminal.result(report, text)
    if end.failed or end.left:
        raise typer.Exit(PROBLEMS)


def _models(
    terminal: Terminal, settings: Settings, request: JudgeRequest | PassRequest
) -> tuple[str, ...]:
    """The models that are asked; says it when one is asked without the key that is set."""
    models = request.models or ((settings.judge_model,) if settings.judge_model else ())
    own = model_addresses(models, Asker.JUDGE).values()
    common = [base_url_of(settings, Asker.JUDGE, request.base_url)] if None in own else []
    for url in dict.fromkeys([*common, *filter(None, own)]):
        if told := withheld_key(settings, Asker.JUDGE, url):
            terminal.say(told)
    return models


def _tell_what_is_missing(
    terminal: Terminal, out_of_budget: bool, failed: int, left: int, unit: str
) -> None:
    if out_of_budget:
        terminal.say(
            f"The budget is spent; {left:,} {unit} are left. The same command with a larger one "
            "goes on."
        )
    if failed:
        terminal.say(f"{failed:,} questions got no reply. The same command asks them again.")


def _tell(terminal: Terminal, end: JudgeEnd) -> None:
    report = end.report
    cost = cost_in_words(report.cost_usd)
    text = (
        f"{report.judged:,} judged, {report.unscored:,} of them unscored; "
        f"{report.skipped_matched:,} match and went to no judge. "
        f"{report.votes:,} votes, {report.tokens:,} tokens, {cost}."
    )
    if report.by_verdict:
        text += "\n\n" + table(["verdict", "predictions"], list(report.by_verdict.items()))
    _tell_what_is_missing(terminal, end.out_of_budget, end.failed, end.left, "predictions")
    terminal.result(report, text)


def passes(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    rubric: Annotated[str | None, typer.Option(help="Only this pass.")] = None,
) -> None:
    """Write what passes said of steps and turns, item by item, one JSON object a line."""
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        terminal.lines(map(msgspec.to_builtins, pass_lines(store, dataset, rubric)))


COMMANDS = {"judge": judge, "passes": passes}
