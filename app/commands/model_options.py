"""Options of every command that asks a model: how hard it is pressed, and what it may cost."""

from __future__ import annotations

from typing import Annotated

import typer

Concurrency = Annotated[
    int,
    typer.Option(min=1, max=1024, help="Questions at once; above 100 install the extra `fast`."),
]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds for one try.")]
MaxTokensTotal = Annotated[
    int | None, typer.Option(min=1, help="Stop before this many tokens are spent.")
]
BudgetUsd = Annotated[
    float | None, typer.Option(min=0, help="Stop before this many US dollars are spent.")
]


def cost_in_words(usd: float | None) -> str:
    """What a run cost; None is told, never taken for nothing."""
    return "no price on record" if usd is None else f"{usd:,.4f} US dollars"
