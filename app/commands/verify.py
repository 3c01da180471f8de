"""`probe`: what a model answers to every step."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec.structs import replace

from app.commands.model_options import (
    BudgetUsd,
    Concurrency,
    MaxTokensTotal,
    Timeout,
    cost_in_words,
)
from app.commands.terminal import Terminal, TerminalRun
from app.flows.endpoint_settings import settings_in_force
from app.flows.endpoints import Asker, base_url_of, withheld_key
from app.flows.probe import ProbeReport, ProbeRequest
from app.flows.probe import probe as run_probe

PROBLEMS = 1


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
    if "temperature" in report.asked_without:
        terminal.say(
            "The endpoint takes no temperature, so its answers are not the likeliest ones for "
            "certain: read matches and perplexity with that in mind."
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
        f"{report.matched:,} match. {report.tokens:,} tokens, {cost_in_words(report.cost_usd)}."
    )
    if report.mean_perplexity is not None:
        text += f" Mean perplexity {report.mean_perplexity:.3f}."
    if report.pass_rate is not None:
        text += (
            f" {report.samples:,} samples: pass rate {report.pass_rate:.1%}, "
            f"{report.undecided_steps:,} steps pass now and then."
        )
    return text


COMMANDS = {"probe": probe}
