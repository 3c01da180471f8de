"""`expand`: new samples grown from verified errors."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec.structs import replace

from app.commands.model_options import BudgetUsd, Concurrency, MaxTokensTotal, Timeout
from app.commands.terminal import Terminal, TerminalRun, table
from app.flows.endpoint_settings import settings_in_force
from app.flows.endpoints import Asker, base_url_of, withheld_key
from app.flows.expand import ExpandEnd
from app.flows.expand import expand as run_expand
from app.flows.expand_forecast import ExpandForecast, forecast_expand
from app.flows.expand_setup import CHILDREN, DEFAULT_RUBRIC, ExpandRequest
from curation.expansion.near_copies import MAX_SIMILARITY
from curation.generators.expander import TEMPERATURE

PROBLEMS = 1

WHY_NOT = {
    "no-committed-correction": "the label is wrong, and nobody has committed what is right yet: "
    "commit the correction in Annotate",
    "no-call": "the right answer calls nothing: --with-text takes those, too",
    "step-gone": "the correction has taken the step out",
    "no-difference": "both answers say the same by now",
    "disputed": "people or judges contradict each other: settle it in Verify",
}


def expand(
    ctx: typer.Context,
    model: Annotated[
        str | None, typer.Option(help="Model that writes; else LOOPWRIGHT_GENERATOR_MODEL.")
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(help="OpenAI-compatible API; else LOOPWRIGHT_GENERATOR_BASE_URL."),
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Only errors of this dataset.")] = None,
    into: Annotated[
        str | None, typer.Option(help="Dataset of new samples; default: DATASET-expanded-N.")
    ] = None,
    children: Annotated[int, typer.Option(min=1, max=100, help="Of every error.")] = CHILDREN,
    directive: Annotated[
        list[str] | None,
        typer.Option(help="NAME or NAME=WEIGHT; repeat it. Default: all of them alike."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the draw of directives.")] = 0,
    max_similarity: Annotated[
        float,
        typer.Option(help="What is as like as this to its parent or to other data is dropped."),
    ] = MAX_SIMILARITY,
    judge_model: Annotated[
        list[str] | None,
        typer.Option(help="Model that judges; repeat it. Default: the one that writes."),
    ] = None,
    judge_base_url: Annotated[
        str | None,
        typer.Option(help="Where it is; else LOOPWRIGHT_JUDGE_BASE_URL, else as the writer."),
    ] = None,
    rubric: Annotated[str, typer.Option(help="What the judge looks at.")] = DEFAULT_RUBRIC,
    votes: Annotated[int, typer.Option(min=1, help="Votes a sample, at most.")] = 3,
    least_equal: Annotated[int, typer.Option(min=1, help="How many of them must agree.")] = 2,
    judged: Annotated[
        bool, typer.Option("--judged", help="Also errors that only a judge says are some.")
    ] = False,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Also right answers that call nothing.")
    ] = False,
    grounding: Annotated[
        bool,
        typer.Option("--grounding/--no-grounding", help="Refuse samples with invented values."),
    ] = True,
    warnings: Annotated[
        bool, typer.Option("--warnings", help="Refuse samples with any warning of a check.")
    ] = False,
    temperature: Annotated[
        float, typer.Option(min=0, max=2, help="Of the model that writes.")
    ] = TEMPERATURE,
    queue: Annotated[
        bool, typer.Option("--queue/--no-queue", help="Check and queue what is admitted.")
    ] = True,
    again: Annotated[
        bool, typer.Option("--again", help="A new run, even if the same was asked for before.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be asked and cost; ask nothing.")
    ] = False,
    concurrency: Concurrency = 16,
    timeout: Timeout = 120.0,
    max_tokens: Annotated[int, typer.Option(min=16, help="Tokens of one sample.")] = 2048,
    max_tokens_total: MaxTokensTotal = None,
    budget: BudgetUsd = None,
) -> None:
    """Grow new samples from verified errors, and queue those that pass rules and a judge.

    The same command again goes on where it stopped, and asks for nothing twice.
    """
    terminal: Terminal = ctx.obj
    request = ExpandRequest(
        model=model or "",
        base_url=base_url,
        dataset=dataset,
        into=into,
        judge_models=tuple(judge_model or ()),
        judge_base_url=judge_base_url,
        rubric=rubric,
        votes=votes,
        least_equal=least_equal,
        children=children,
        directives=_weights(directive or []),
        seed=seed,
        max_similarity=max_similarity,
        with_judge_verdicts=judged,
        with_text=with_text,
        grounding=grounding,
        warnings=warnings,
        temperature=temperature,
        queue=queue,
        again=again,
        concurrency=concurrency,
        timeout_s=timeout,
        max_tokens=max_tokens,
        max_tokens_total=max_tokens_total,
        budget_usd=budget,
    )
    with terminal.store() as store:
        settings = settings_in_force(store, terminal.settings)
        request = replace(request, model=request.model or settings.generator_model)
        if dry_run:
            _tell_forecast(terminal, forecast_expand(store, request, settings))
            return
        url = base_url_of(settings, Asker.GENERATOR, base_url)
        if told := withheld_key(settings, Asker.GENERATOR, url):
            terminal.say(told)
        if not request.judge_models:
            terminal.say(
                f"{request.model} judges its own samples. Another model (--judge-model) sees more."
            )
        with TerminalRun("Growing") as progress:
            end = run_expand(store, request, settings, progress)
    _tell(terminal, end)
    if end.left:
        raise typer.Exit(PROBLEMS)


def _weights(given: list[str]) -> dict[str, float]:
    found = {}
    for one in given:
        name, _, weight = one.partition("=")
        try:
            found[name.strip()] = float(weight or 1)
        except ValueError:
            raise typer.BadParameter(
                f"{one!r} is not NAME or NAME=WEIGHT", param_hint="--directive"
            ) from None
    return found


def _tell(terminal: Terminal, end: ExpandEnd) -> None:
    report = end.report
    text = (
        f"{report.seeds:,} errors, {report.asked:,} samples written, {report.admitted:,} admitted"
        f"{f' to {report.dataset}' if report.admitted else ''}. "
        f"{report.tokens:,} tokens, {_cost(report.cost_usd)}."
    )
    if report.refused:
        text += "\n\n" + table(["refused because of", "samples"], list(report.refused.items()))
    _tell_skipped(terminal, end.skipped)
    if end.out_of_budget:
        terminal.say(
            f"The budget is spent; {end.left:,} samples are left. The same command with a larger "
            "one goes on."
        )
    elif end.left:
        terminal.say(f"{end.left:,} samples got no reply. The same command asks for them again.")
    if end.queued:
        terminal.say(f"{end.queued:,} tasks wait for annotators in {report.dataset}.")
    terminal.result(report, text)


def _tell_forecast(terminal: Terminal, forecast: ExpandForecast) -> None:
    least, most = forecast.tokens
    cost = "no price on record"
    if forecast.usd is not None:
        cost = f"{forecast.usd[0]:,.4f} to {forecast.usd[1]:,.4f} US dollars"
    _tell_skipped(terminal, forecast.skipped)
    terminal.result(
        forecast,
        f"{forecast.seeds:,} errors. {forecast.to_ask:,} samples would be asked for, and "
        f"{forecast.least_votes:,} to {forecast.most_votes:,} votes on them and on "
        f"{forecast.to_settle:,} that are there; fewer where rules refuse. About {least:,} to "
        f"{most:,} tokens, {cost}. {forecast.basis}",
    )


def _tell_skipped(terminal: Terminal, skipped: dict[str, int]) -> None:
    for reason, n in skipped.items():
        terminal.say(f"{n:,} errors are no seeds: {WHY_NOT.get(reason, reason)}.")


def _cost(usd: float | None) -> str:
    return "no price on record" if usd is None else f"{usd:,.4f} US dollars"


COMMANDS = {"expand": expand}
