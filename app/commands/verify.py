"""`probe` and `judge`: what a model answers to every step, and what a judge says of the labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from app.commands.model_options import BudgetUsd, Concurrency, MaxTokensTotal, Timeout
from app.commands.terminal import Terminal, TerminalRun, table
from app.flows.endpoint_settings import settings_in_force
from app.flows.endpoints import Asker, base_url_of, withheld_key
from app.flows.judge import JudgeEnd
from app.flows.judge import judge as run_judge
from app.flows.judge_setup import DEFAULT_RUBRIC, JudgeRequest, backend_named
from app.flows.probe import ProbeReport, ProbeRequest
from app.flows.probe import probe as run_probe

PROBLEMS = 1


def judge(
    ctx: typer.Context,
    backend: Annotated[str, typer.Option(help="rules, openai or replay.")] = "rules",
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Model to ask; repeat it, and votes go round them.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="OpenAI-compatible API; else LOOPWRIGHT_JUDGE_BASE_URL.")
    ] = None,
    rubric: Annotated[str, typer.Option(help="What the judge looks at.")] = DEFAULT_RUBRIC,
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

    The same command again goes on where it stopped, and asks nothing twice.
    """
    terminal: Terminal = ctx.obj
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
            url = base_url_of(settings, Asker.JUDGE, base_url)
            if told := withheld_key(settings, Asker.JUDGE, url):
                terminal.say(told)
            if not request.models and settings.judge_model:
                request = replace(request, models=(settings.judge_model,))
        end = run_judge(store, request, settings, progress)
    _tell(terminal, end)
    if end.failed or end.left:
        raise typer.Exit(PROBLEMS)


def _tell(terminal: Terminal, end: JudgeEnd) -> None:
    report = end.report
    cost = _cost(report.cost_usd)
    text = (
        f"{report.judged:,} judged, {report.unscored:,} of them unscored; "
        f"{report.skipped_matched:,} match and went to no judge. "
        f"{report.votes:,} votes, {report.tokens:,} tokens, {cost}."
    )
    if report.by_verdict:
        text += "\n\n" + table(["verdict", "predictions"], list(report.by_verdict.items()))
    if end.out_of_budget:
        terminal.say(
            f"The budget is spent; {end.left:,} predictions are left. The same command with a "
            "larger one goes on."
        )
    if end.failed:
        terminal.say(f"{end.failed:,} questions got no reply. The same command asks them again.")
    terminal.result(report, text)


def _cost(usd: float | None) -> str:
    return "no price on record" if usd is None else f"{usd:,.4f} US dollars"


def probe(
    ctx: typer.Context,
    model: Annotated[
        str | None, typer.Option(help="Name of the model; else LOOPWRIGHT_PROBE_MODEL.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="OpenAI-compatible API; else LOOPWRIGHT_PROBE_BASE_URL.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    greedy: Annotated[
        bool, typer.Option("--greedy/--no-greedy", help="One answer a step, the likeliest.")
    ] = True,
    rollouts: Annotated[
        int, typer.Option(min=0, max=1000, help="Sampled answers a step, for a pass rate.")
    ] = 0,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="Of the sampled answers.")] = 1.0,
    logprobs: Annotated[
        bool, typer.Option("--logprobs/--no-logprobs", help="Ask for them, for the perplexity.")
    ] = True,
    text_calls: Annotated[
        bool,
        typer.Option("--text-calls", help="Tools in the prompt, calls as <tool_call> text."),
    ] = False,
    concurrency: Concurrency = 16,
    timeout: Timeout = 120.0,
    max_tokens: Annotated[int, typer.Option(min=1, help="Tokens of one answer.")] = 1024,
    max_tokens_total: MaxTokensTotal = None,
    budget: BudgetUsd = None,
) -> None:
    """Ask a model for its own answer to every step, and compare.

    The same command again goes on where it stopped, and asks for nothing twice.
    """
    terminal: Terminal = ctx.obj
    request = ProbeRequest(
        model=model or "",
        base_url=base_url,
        dataset=dataset,
        greedy=greedy,
        rollouts=rollouts,
        temperature=temperature,
        logprobs=logprobs,
        text_calls=text_calls,
        concurrency=concurrency,
        timeout_s=timeout,
        max_tokens=max_tokens,
        max_tokens_total=max_tokens_total,
        budget_usd=budget,
    )
    with terminal.store() as store, TerminalRun("Probing") as progress:
        settings = settings_in_force(store, terminal.settings)
        url = base_url_of(settings, Asker.PROBE, base_url)
        if told := withheld_key(settings, Asker.PROBE, url):
            terminal.say(told)
        request = replace(request, model=request.model or settings.probe_model)
        report = run_probe(store, request, settings, progress)
    if report.out_of_budget:
        terminal.say("The budget is spent. The same command with a larger one goes on.")
    if report.failed:
        terminal.say(
            f"{report.failed:,} questions got no answer. The same command asks them again."
        )
    if logprobs and report.answered > report.with_perplexity:
        terminal.say(
            f"{report.answered - report.with_perplexity:,} answers have no perplexity: the "
            "endpoint lists no log-probabilities for them, or not of the whole output."
        )
    terminal.result(report, _probed(report))
    if report.failed or report.out_of_budget:
        raise typer.Exit(PROBLEMS)


def _probed(report: ProbeReport) -> str:
    text = (
        f"{report.model}: {report.answered:,} of {report.steps:,} steps answered, "
        f"{report.matched:,} match. {report.tokens:,} tokens, {_cost(report.cost_usd)}."
    )
    if report.mean_perplexity is not None:
        text += f" Mean perplexity {report.mean_perplexity:.3f}."
    if report.pass_rate is not None:
        text += (
            f" {report.samples:,} samples: pass rate {report.pass_rate:.1%}, "
            f"{report.undecided_steps:,} steps pass now and then."
        )
    return text


COMMANDS = {"probe": probe, "judge": judge}
