"""`splits`: the split ledger, with what is new put on its side."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands import recipes
from app.commands.terminal import Terminal, TerminalRun, table
from app.flows.splits import report_ledger
from curation.split_ledger import LedgerSetup
from curation.splits import DEFAULT_SALT, DEFAULT_SHARES
from curation.stratified_splits import Stratum

SHARES = "Train, validation and test; default 0.8,0.1,0.1."
SALT = "Another one deals other splits."
STRATIFY = "Make splits alike in this, as far as groups can be dealt. Repeatable."
TEST_DATASET = "This dataset is the test set, and nothing else is. Repeatable."
TOOL_SETS = "What offers the same set of tools stands in one split."

SHOWN = 20
"""Conflicts that are printed; `--json` has all."""


def splits(
    ctx: typer.Context,
    shares: Annotated[str | None, typer.Option(help=SHARES)] = None,
    salt: Annotated[str, typer.Option(help=SALT)] = DEFAULT_SALT,
    stratify: Annotated[list[Stratum], typer.Option(help=STRATIFY)] = [],  # noqa: B006
    test_dataset: Annotated[list[str], typer.Option(help=TEST_DATASET)] = [],  # noqa: B006
    tool_sets: Annotated[bool, typer.Option("--tool-sets", help=TOOL_SETS)] = False,
) -> None:
    """Put what is new on its side of the split, and say how the ledger stands.

    An export does the same. A group keeps its side for good; near-duplicates become one family,
    and a family that a later import finds on two sides is used on the more protected one alone.
    """
    terminal: Terminal = ctx.obj
    setup = LedgerSetup(
        shares=recipes.read_shares(shares) if shares else DEFAULT_SHARES,
        salt=salt,
        stratify=tuple(stratify),
        test_datasets=tuple(test_dataset),
        tool_sets=tool_sets,
    )
    with terminal.store() as store, TerminalRun("Looking for near-duplicates") as progress:
        report = report_ledger(store, setup, progress)
    total = sum(report.groups.values())
    sides = [[side, n, f"{n / total:.1%}" if total else "-"] for side, n in report.groups.items()]
    parts = [
        table(["split", "groups", "share"], sides),
        f"Groups that are new: {report.entered:,}. Families of several: {report.families:,}, "
        f"the largest of {report.largest:,}. Of {report.near.looked_at:,} new trajectories "
        f"{report.near.near:,} are near-duplicates of others.",
    ]
    if report.near.given_up:
        parts.append(
            f"{report.near.given_up:,} comparisons were given up: a family has too many members "
            "that look alike, and some near-duplicates of it may stand on another side."
        )
    if report.conflicts:
        rows = [
            [one.family, ", ".join(f"{n} {side}" for side, n in one.sides.items()), one.used]
            for one in report.conflicts[:SHOWN]
        ]
        parts += [
            f"{len(report.conflicts):,} families stand on several sides; the rest is withheld:",
            table(["family", "groups on", "used"], rows),
        ]
    terminal.result(report, "\n\n".join(parts))


COMMANDS = {"splits": splits}
