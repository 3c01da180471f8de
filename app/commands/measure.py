"""`scorecard`: judges measured against people."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.terminal import Terminal, table
from app.flows.scorecard import Scorecard, SliceKind, scorecards
from curation.confusion import JUDGED, VERDICTS
from curation.figure_words import as_number, as_percent, share_in_words


def scorecard(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    by: Annotated[
        SliceKind, typer.Option(help="One scorecard for all data, or for each of these.")
    ] = SliceKind.ALL,
    seen: Annotated[
        bool,
        typer.Option("--seen", help="Count rulings as gold that were not made blind, too."),
    ] = False,
) -> None:
    """Measure every judge against people: confusion, precision, kappa, corrected error rate."""
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        cards = scorecards(store, dataset=dataset, by=by, blind_only=not seen)
    text = "\n\n".join(map(_as_text, cards)) or "No judge has judged anything there."
    terminal.result({"blind_only": not seen, "scorecards": cards}, text)


def _as_text(card: Scorecard) -> str:
    measured, judge = card.measured, card.judge
    place = f", {card.by} {card.slice}" if card.slice else ""
    rate, swaps = measured.label_errors, measured.swaps
    facts = [
        ["judged", f"{card.n_judged:,}"],
        ["people ruled on", f"{card.gold:,} of {measured.n_clusters:,} groups"],
        ["agreement", as_percent(measured.agreement)],
        ["kappa", as_number(measured.kappa)],
        ["macro F1", as_number(measured.macro_f1)],
        ["same in both orders", as_percent(measured.order_consistency)],
        ["unscored", as_percent(measured.unscored)],
        ["label corruption", as_percent(swaps.label_corruption)],
        ["labels flagged", as_percent(rate.flagged)],
        ["labels wrong, corrected", share_in_words(rate.corrected)],
        ["tokens", f"{judge.tokens_in + judge.tokens_out:,}"],
        ["cost", judge.cost],
    ]
    if card.uncovered:
        facts.append(["no gold of", ", ".join(card.uncovered)])
    table_ = measured.confusion
    confusion = [[f"{v}", *(table_.count(v, said) for said in JUDGED)] for v in VERDICTS]
    scores = [
        [s.verdict, as_percent(s.precision), as_percent(s.recall), as_percent(s.f1)]
        for s in measured.scores
    ]
    return "\n".join(
        [
            f"{judge.who} [{judge.key}]{place}",
            judge.how,
            table(["figure", "value"], facts),
            "",
            table(["people \\ judge", *(said or "unscored" for said in JUDGED)], confusion),
            "",
            table(["verdict", "precision", "recall", "F1"], scores),
        ]
    )


COMMANDS = {"scorecard": scorecard}
