"""`loopwright`: the command line. Every action of a screen is a command on the same flow.

`--db URL` and `--json` may stand before or after the command. Exit codes: 0 done; 1 done, with
problems to look at; 2 unusable input or settings; 70 a defect of ours (its traceback is in the
log, under the id that is shown); 130 stopped by Ctrl-C.

This module only wires commands together and is the one place where errors become messages.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from app.commands.terminal import Terminal, complain, encode, write
from app.flows.incidents import report_incident, set_up_log
from app.settings import load_settings
from curation.errors import LoopwrightError

DEFECT = 70
STOPPED = 130

program = typer.Typer(
    name="loopwright",
    help="Curate the data that teaches language models to use tools.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@program.callback()
def options(
    ctx: typer.Context,
    db: Annotated[
        str | None, typer.Option("--db", metavar="URL", help="Database instead of the set one.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Results as JSON on standard output.")
    ] = False,
) -> None:
    """Options of every command."""
    settings = load_settings(database_url=db)
    set_up_log(settings.log_level, settings.log_file)
    ctx.obj = Terminal(settings, as_json)


FAMILIES = {
    "run": ("run",),
    "data": ("ingest", "propose-mapping", "imports", "check", "queue", "export"),
    "measure": ("scorecard", "gate"),
    "predictions": ("ingest-predictions", "match", "verdicts", "predictions", "rollouts"),
    "verify": ("probe",),
    "embedding": ("embed",),
    "judging": ("judge", "passes"),
    "expand": ("expand",),
    "rounds": ("rounds", "start-round", "close-round", "mixture"),
    "catalogue": ("formats", "checks", "taxonomies", "exports"),
    "look": ("list", "show", "stats", "findings", "annotations"),
    "splits": ("splits",),
    "provenance": ("datasets", "lineage", "diff-exports", "scan"),
    "selection": ("select",),
    "contamination": ("decontaminate", "contamination", "dismiss-hit"),
    "operate": ("backup", "restore", "doctor", "migrate", "worker"),
}
"""Commands by their module in `app/commands`, in the order of the help."""

_registered: set[str] = set()


def register(arguments: Sequence[str] = ()) -> typer.Typer:
    """The program with the family of the command that `arguments` name, or with all of them.

    Only what is used is imported: otherwise every command, `run` above all, would wait for the
    libraries of all the others.
    """
    named = [f for f, names in FAMILIES.items() if any(a in names for a in arguments)]
    for family in FAMILIES if len(named) != 1 or "--help" in arguments[:1] else named:
        if family not in _registered:
            _registered.add(family)
            module = importlib.import_module(f"app.commands.{family}")
            for name in FAMILIES[family]:
                program.command(name)(module.COMMANDS[name])
    return program


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    sys.exit(perform(sys.argv[1:] if arguments is None else arguments))


def perform(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; nothing is raised for a user to read."""
    args = global_first(arguments)
    as_json = "--json" in args
    try:
        register(args)(args)
    except SystemExit as end:
        if end.code == STOPPED:
            complain("Stopped. What was finished is kept.")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except LoopwrightError as problem:
        return _refuse(problem, as_json)
    except Exception as defect:  # noqa: BLE001 - the outermost frame: logged whole, shown as an id
        incident = report_incident(defect, "running a command")
        complain(f"Something went wrong inside Loopwright. The log has it as {incident}.")
        if as_json:
            write(encode({"error": {"message": "defect", "id": incident}}))
        return DEFECT
    return 0


def _refuse(problem: LoopwrightError, as_json: bool) -> int:
    complain(f"Error: {problem.message}")
    if problem.where:
        complain(f"  where: {problem.where}")
    if problem.hint:
        complain(f"  do:    {problem.hint}")
    if as_json:
        parts = {"message": problem.message, "where": problem.where, "hint": problem.hint}
        write(encode({"error": parts}))
    return 2


def global_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with `--json` and `--db URL` moved before the command."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest.extend([argument, *waiting])
        elif argument == "--json":
            front.append(argument)
        elif argument == "--db":
            front.extend(
                [argument, *[value for value in [next(waiting, None)] if value is not None]]
            )
        elif argument.startswith("--db="):
            front.append(argument)
        else:
            rest.append(argument)
    return front + rest


if __name__ == "__main__":
    main()
