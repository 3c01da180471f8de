"""`list`, `show`, `stats`, `findings`, `annotations`: what is in the store."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
import typer

from app.commands.terminal import Terminal, table
from app.flows import browse, reports
from curation.annotation import Outcome
from curation.checking import Severity
from curation.queueing import State
from storage.browse import Filter, MarkedAs, Order, Stage
from storage.matches import VerificationCounts

PREVIEW = 60
MOST = 10**9
"""Nobody counts further, and databases do not either."""


def list_(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    state: Annotated[State | None, typer.Option(help="Only in this state.")] = None,
    outcome: Annotated[Outcome | None, typer.Option(help="Only with this outcome.")] = None,
    check: Annotated[str | None, typer.Option(help="Only with a finding of this check.")] = None,
    tool: Annotated[str | None, typer.Option(help="Only those that call this tool.")] = None,
    broken_tool: Annotated[
        str | None, typer.Option(help="Only with an error in a call of this tool.")
    ] = None,
    category: Annotated[
        str | None, typer.Option(help="Only marked with this: taxonomy/category.")
    ] = None,
    marked: Annotated[
        MarkedAs | None, typer.Option(help="Only with a mark that says this.")
    ] = None,
    reached: Annotated[
        Stage | None, typer.Option(help="Only what came as far as this stage.")
    ] = None,
    annotator: Annotated[str | None, typer.Option(help="Only annotated by this person.")] = None,
    said: Annotated[
        Outcome | None, typer.Option(help="Only annotated so, whatever was decided.")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only annotated on this UTC day."),
    ] = None,
    min_messages: Annotated[int | None, typer.Option(min=0, max=MOST, help="At least.")] = None,
    max_messages: Annotated[int | None, typer.Option(min=0, max=MOST, help="At most.")] = None,
    errors: Annotated[
        bool | None, typer.Option("--errors/--no-errors", help="Only with errors, or without.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Only those that hold these words.")] = None,
    order: Annotated[Order, typer.Option(help="Which come first.")] = Order.NEWEST,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50,
) -> None:
    """List trajectories."""
    terminal: Terminal = ctx.obj
    wanted = Filter(
        dataset=dataset,
        state=state.value if state else None,
        outcome=outcome.value if outcome else None,
        check=check,
        tool=tool,
        broken_tool=broken_tool,
        category=category,
        marked=marked.value if marked else None,
        reached=reached.value if reached else None,
        annotator=annotator,
        said=said.value if said else None,
        day=f"{day:%Y-%m-%d}" if day else None,
        min_messages=min_messages,
        max_messages=max_messages,
        with_errors=errors,
        text=text,
        order=order,
    )
    with terminal.store() as store:
        browse.refuse_unknown(store, wanted)
        found = browse.find(store, wanted, limit=limit)
    head = ["uid", "dataset", "state", "outcome", "errors", "messages", "begins"]
    rows = [
        [t.uid, t.dataset, t.state, t.outcome, t.n_errors, t.n_messages, t.preview[:PREVIEW]]
        for t in found.page.rows
    ]
    text_form = table(head, rows) + f"\n{len(rows):,} of {found.count}" if rows else "None."
    terminal.result({"trajectories": found.page.rows, "count": found.count}, text_form)


def show(ctx: typer.Context, uid: Annotated[str, typer.Argument(help="Its uid.")]) -> None:
    """Show one trajectory with all that was said of it."""
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        shown = reports.show(store, uid)
    terminal.result(shown, reports.as_text(shown))


def stats(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
) -> None:
    """Count what is in the store and how far it got."""
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        numbers = reports.statistics(store, dataset, mastered_by=terminal.settings.mastered_by)
    parts = [
        table(
            ["dataset", "format", "trajectories"],
            [[d.name, d.format, d.n_items] for d in numbers.datasets],
        ),
        table(["stage", "trajectories"], [[b.label, b.n] for b in numbers.funnel]),
    ]
    if numbers.findings_by_check:
        rows = [[b.label, b.n] for b in numbers.findings_by_check]
        parts.append(table(["check", "trajectories"], rows))
    if numbers.verification.predictions:
        parts.append(_verification(numbers.verification))
    terminal.result(numbers, "\n\n".join(parts))


def _verification(counts: VerificationCounts) -> str:
    rows = [
        ["compared with the reference", counts.compared],
        ["mastered", counts.mastered],
        *([f"matched by {name}", n] for name, n in counts.by_matcher.items()),
        ["judged", counts.judged],
        *([name, n] for name, n in counts.by_verdict.items()),
        ["unscored", counts.unscored],
        ["disputed", counts.disputed],
    ]
    return table(["verification", "predictions"], [["all", counts.predictions], *rows])


def findings_(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Only this severity.")] = None,
) -> None:
    """Write what the checks found, one JSON object a line."""
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        terminal.lines(map(msgspec.to_builtins, reports.finding_lines(store, dataset, severity)))


def annotations_(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
) -> None:
    """Write what annotators committed, one JSON object a line."""
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        terminal.lines(reports.annotation_lines(store, dataset))


COMMANDS = {
    "list": list_,
    "show": show,
    "stats": stats,
    "findings": findings_,
    "annotations": annotations_,
}
