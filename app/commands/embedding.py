"""`embed`: vectors of what users ask."""

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
from app.flows.embed import EmbedReport, EmbedRequest
from app.flows.embed import embed as run_embed
from app.flows.endpoint_settings import settings_in_force
from app.flows.endpoints import Asker, base_url_of, withheld_key

PROBLEMS = 1


def embed(
    ctx: typer.Context,
    model: Annotated[
        str | None, typer.Option(help="Name of the embedding model; else LOOPWRIGHT_EMBED_MODEL.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="OpenAI-compatible API; else LOOPWRIGHT_EMBED_BASE_URL.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, max=2048, help="Texts of one question.")] = 64,
    concurrency: Concurrency = 16,
    timeout: Timeout = 120.0,
    max_tokens_total: MaxTokensTotal = None,
    budget: BudgetUsd = None,
) -> None:
    """Ask a model for the vector of what every trajectory's users say, to find duplicates by.

    The same command again goes on where it stopped, and asks for nothing twice.
    """
    terminal: Terminal = ctx.obj
    request = EmbedRequest(
        model=model or "",
        base_url=base_url,
        dataset=dataset,
        batch_size=batch_size,
        concurrency=concurrency,
        timeout_s=timeout,
        max_tokens_total=max_tokens_total,
        budget_usd=budget,
    )
    with terminal.store() as store, TerminalRun("Embedding") as progress:
        settings = settings_in_force(store, terminal.settings)
        url = base_url_of(settings, Asker.EMBED, base_url)
        if told := withheld_key(settings, Asker.EMBED, url):
            terminal.say(told)
        request = replace(request, model=request.model or settings.embed_model)
        report = run_embed(store, request, settings, progress)
    if report.out_of_budget:
        terminal.say("The budget is spent. The same command with a larger one goes on.")
    if report.failed:
        terminal.say(f"{report.failed:,} texts got no vector. The same command asks them again.")
        for problem in report.problems:
            terminal.say(f"  {problem}")
    terminal.result(report, _embedded(report))
    if report.failed or report.out_of_budget:
        raise typer.Exit(PROBLEMS)


def _embedded(report: EmbedReport) -> str:
    text = f"{report.model}: {report.embedded:,} of {report.trajectories:,} trajectories are done"
    if report.dimension is not None:
        text += f", vectors of {report.dimension:,} numbers"
    text += f". {report.tokens:,} tokens, {cost_in_words(report.cost_usd)}."
    if report.wordless:
        text += f" In {report.wordless:,} no user says anything, so they have no vector."
    return text


COMMANDS = {"embed": embed}
