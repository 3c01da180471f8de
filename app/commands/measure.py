"""`scorecard`, `gate`: judges measured against people, and which verdicts need no person."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.terminal import Terminal, TerminalRun, table
from app.flows.gate import JudgeGate, allow, certificate_called, gates
from app.flows.gate_applying import Applied, apply_open, withdraw_all
from app.flows.identity import annotator_named
from app.flows.scorecard import Scorecard, SliceKind, judge_called, scorecards
from curation.certificates import certificate_markdown
from curation.confusion import JUDGED, VERDICTS
from curation.errors import SettingsError
from curation.figure_words import as_number, as_percent, share_in_words
from curation.gate import VerdictPolicy
from curation.verdicts import Verdict
from storage.engine import Store

PROBLEMS = 1


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
    if not seen and any(card.gold == 0 for card in cards):
        terminal.say(
            "Only rulings made blind are gold: switch Blind on in Verify before you rule, or count "
            "the others too with --seen."
        )
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


def gate(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    judge: Annotated[
        str | None, typer.Option(help="Only the judge with this key, as `scorecard` tells it.")
    ] = None,
    let: Annotated[
        Verdict | None, typer.Option(help="Let this verdict of the judge pass where proven.")
    ] = None,
    never: Annotated[
        Verdict | None, typer.Option(help="Leave this verdict of the judge to people again.")
    ] = None,
    target: Annotated[
        float, typer.Option(help="With --let: precision that the lower bound must reach.")
    ] = 0.9,
    least_gold: Annotated[int, typer.Option(help="With --let: blind cases, at least.")] = 100,
    audit_share: Annotated[
        float, typer.Option(help="With --let: share that goes to people for good.")
    ] = 0.05,
    drift_window: Annotated[
        int, typer.Option(help="With --let: how many of the latest audits are looked at.")
    ] = 100,
    apply: Annotated[
        bool, typer.Option("--apply", help="Apply what passes, under certificates.")
    ] = False,
    certificate: Annotated[
        int | None, typer.Option(help="Print this certificate as Markdown.")
    ] = None,
    withdraw: Annotated[
        int | None, typer.Option(help="Take back everything applied under this certificate.")
    ] = None,
) -> None:
    """Say which verdicts of a judge may be applied without a person, and why not the others.

    With `--apply` they are, but for a share that is left to people for good.
    """
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        if certificate is not None:
            found = certificate_called(store, certificate)
            terminal.result(found, certificate_markdown(found.content))
            return
        who = annotator_named(store, terminal.settings.annotator)
        if withdraw is not None:
            with TerminalRun("Taking back") as run:
                back = withdraw_all(store, who, withdraw, run)
            terminal.result(back, f"{back.withdrawn:,} verdicts taken back.")
            raise typer.Exit(PROBLEMS if back.n_problems else 0)
        if let is not None or never is not None:
            policy = VerdictPolicy(target, least_gold, audit_share, drift_window)
            _change(store, judge, let, never, policy)
        applied = []
        if apply:
            for one in _wanted(gates(store, dataset), judge):
                with TerminalRun("Applying") as run:
                    applied.append(apply_open(store, who, one.judge.key, dataset, run))
        shown = _wanted(gates(store, dataset), judge)
    told = [*map(_applied_text, applied), *map(_gate_text, shown)]
    value = {"judges": shown, "applied": applied}
    terminal.result(value, "\n\n".join(told) or "No judge has judged anything there.")
    if any(one.n_problems for one in applied):
        raise typer.Exit(PROBLEMS)


def _change(
    store: Store,
    judge: str | None,
    let: Verdict | None,
    never: Verdict | None,
    policy: VerdictPolicy,
) -> None:
    if judge is None:
        raise SettingsError(
            "A policy is of one judge.",
            where="--judge",
            hint="Name it by the key that `loopwright scorecard` tells.",
        )
    if let is not None:
        allow(store, judge, let, policy)
    if never is not None:
        allow(store, judge, never, None)


def _wanted(found: list[JudgeGate], key: str | None) -> list[JudgeGate]:
    if key is None:
        return found
    one = judge_called([gate.judge for gate in found], key)
    return [gate for gate in found if gate.judge.key == one.key]


def _gate_text(found: JudgeGate) -> str:
    rows = [
        [
            one.state.verdict,
            "open" if one.state.is_open else f"closed: {one.state.reason}",
            one.waiting,
            one.audits_due,
            one.applied,
            one.state.why,
        ]
        for one in found.classes
    ]
    parts = [
        f"{found.judge.who} [{found.judge.key}]\n{found.judge.how}",
        table(["verdict", "gate", "waiting", "audits", "applied", "why"], rows),
    ]
    if found.certificates:
        held = [
            [c.id, c.verdict, c.dataset or "all data", c.applied, c.in_force, c.issued_by]
            for c in found.certificates
        ]
        head = ["certificate", "verdict", "data", "applied", "in force", "issued by"]
        parts.append(table(head, held))
    return "\n\n".join(parts)


def _applied_text(done: Applied) -> str:
    lines = [f"{done.n:,} verdicts of {done.judge} applied, {done.audits:,} left to people."]
    lines += [f"  prediction {p.prediction_id}: {p.message} {p.hint}" for p in done.problems]
    return "\n".join(lines)


COMMANDS = {"scorecard": scorecard, "gate": gate}
