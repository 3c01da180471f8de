"""`rounds`, `start-round`, `close-round`, `mixture`: the loop, round by round."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from app.commands.terminal import Terminal, table
from app.flows import rounds as flow
from app.flows.identity import annotator_named
from app.flows.rounds import RoundNow
from curation.errors import SettingsError
from curation.figure_words import share_in_words
from curation.high_perplexity import HighPerplexity, KeepBy
from curation.mixture import FILL, MixtureRecord, MixtureSpec
from curation.rounds import RoundSetup


def rounds(ctx: typer.Context) -> None:
    """List the rounds of the loop: what was asked, how it came out, what was drawn."""
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        found = flow.list_rounds(store)
    text = "No round was started yet: `loopwright start-round --model MODEL --dataset DATASET`."
    if found:
        head = ["round", "model", "answered", "match", "verdicts", "corrected", "mixture", "state"]
        text = table(head, [_row(one) for one in found])
    terminal.result({"rounds": [as_value(one) for one in found]}, text)


def as_value(one: RoundNow) -> dict[str, Any]:
    """A round as an object for JSON, with its counts and its match rate."""
    value: dict[str, Any] = msgspec.to_builtins(one.round, enc_hook=str)
    value["setup"] = {
        name: getattr(one.round.setup, name) for name in one.round.setup.__struct_fields__
    }
    counts = {name: getattr(one.counts, name) for name in one.counts.__struct_fields__}
    return value | {"counts": counts | {"match_rate": one.counts.match_rate}}


def _row(one: RoundNow) -> list[object]:
    counts, mixture = one.counts, one.round.mixture
    return [
        one.round.number,
        one.round.setup.model or "seed data alone",
        counts.answered,
        share_in_words(counts.match_rate),
        sum(counts.by_verdict.values()),
        counts.corrected,
        mixture.size if mixture else None,
        "open" if one.round.is_open else f"closed {one.round.closed_at:%Y-%m-%d}",
    ]


def start_round(
    ctx: typer.Context,
    model: Annotated[str, typer.Option(help="Whose answers are looked at.")] = "",
    dataset: Annotated[
        list[str] | None, typer.Option(help="What the model was asked; repeat it for several.")
    ] = None,
    seed_from: Annotated[
        list[str] | None,
        typer.Option(help="Where new seed data is taken from; else from the datasets asked."),
    ] = None,
    expanded: Annotated[
        list[str] | None,
        typer.Option(help="Datasets of samples made from errors; else all grown from those asked."),
    ] = None,
    probe: Annotated[
        int | None, typer.Option(help="Take model and dataset from the probe with this id.")
    ] = None,
    note: Annotated[str, typer.Option(help="What this round is for.")] = "",
) -> None:
    """Begin a round: whose answers to which data are looked at.

    Without a model it is a first round of seed data alone.
    """
    terminal: Terminal = ctx.obj
    setup = RoundSetup(
        model,
        tuple(dataset or ()),
        None if seed_from is None else tuple(seed_from),
        None if expanded is None else tuple(expanded),
        terminal.settings.mastered_by,
    )
    with terminal.store() as store:
        who = annotator_named(store, terminal.settings.annotator)
        begun = flow.start(store, who, setup, note=note, probe_run_id=probe)
        now = flow.round_now(store, begun.number)
    text = (
        f"Round {begun.number} is open: {now.counts.answered:,} steps are answered by "
        f"{begun.setup.model or 'nobody'}. Draw its mixture with "
        f"`loopwright close-round {begun.number} --budget STEPS --dry-run`."
    )
    terminal.result(as_value(now), text)


def close_round(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="Number of the round.")],
    budget: Annotated[int, typer.Option(min=1, help="Steps of the mixture, at most.")],
    preset: Annotated[
        str,
        typer.Option(help="fill, or D1, D2, D3, D4: the shares of LoopTool's table 3."),
    ] = FILL,
    seed_new: Annotated[
        int | None,
        typer.Option(min=0, help="With fill: new seed steps; else half of the round before."),
    ] = None,
    high_perplexity: Annotated[
        str,
        typer.Option(help="Mastered steps considered: count=N, share=0.2 or threshold=1.5."),
    ] = "share=1",
    drop_both_correct: Annotated[
        bool,
        typer.Option("--drop-both-correct", help="Leave out steps on which both are right."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Another one draws others.")] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be drawn, and close nothing.")
    ] = False,
) -> None:
    """Draw a round's mixture within a budget and close the round with it.

    Error seeds, expanded samples, mastered steps of high perplexity, and new seed data. Counts and
    steps stay as they are then; `loopwright export --round N` writes them.
    """
    terminal: Terminal = ctx.obj
    rule = read_rule(high_perplexity)
    spec = MixtureSpec(budget, preset, seed_new, rule, not drop_both_correct, seed)
    with terminal.store() as store:
        if dry_run:
            record = flow.preview(store, number, spec)
            terminal.result(_drawn(number, record, closed=False), _in_words(record))
            return
        who = annotator_named(store, terminal.settings.annotator)
        closed = flow.close(store, who, number, spec)
    assert closed.mixture is not None
    text = f"Round {number} is closed. {_in_words(closed.mixture)}"
    terminal.result(_drawn(number, closed.mixture, closed=True), text)


def read_rule(text: str) -> HighPerplexity:
    """A rule as people type it: `count=500`, `share=0.2`, `threshold=1.5`.

    Raises:
        SettingsError: it is none.
    """
    name, _, number = text.partition("=")
    try:
        return HighPerplexity(KeepBy(name.strip()), float(number))
    except ValueError:
        raise SettingsError(
            f"{text!r} is no rule.",
            where="--high-perplexity",
            hint="Write count=500, share=0.2 or threshold=1.5.",
        ) from None


def _drawn(number: int, record: MixtureRecord, *, closed: bool) -> dict[str, Any]:
    return {
        "round": number,
        "closed": closed,
        "steps": record.size,
        "short": record.short,
        "mixture": record,
    }


def _in_words(record: MixtureRecord) -> str:
    rows = [
        [one.part.value, one.available, one.wanted, one.chosen, one.short] for one in record.counts
    ]
    text = f"{record.size:,} of {record.spec.budget:,} steps.\n\n"
    return text + table(["set", "available", "wanted", "chosen", "short"], rows)


def mixture(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="Number of the round.")],
) -> None:
    """Write the steps of a closed round's mixture, one JSON object a line."""
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        terminal.lines(map(msgspec.to_builtins, flow.mixture_lines(store, number)))


COMMANDS = {
    "rounds": rounds,
    "start-round": start_round,
    "close-round": close_round,
    "mixture": mixture,
}
