"""`ingest`, `check`, `queue`, `export`: the stages that run without a person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands import recipes
from app.commands.augmenting import told_copies, with_copies
from app.commands.splits import SALT, SHARES, STRATIFY, TEST_DATASET, TOOL_SETS
from app.commands.terminal import Terminal, TerminalRun, table
from app.flows.check import check as run_check
from app.flows.export import export as run_export
from app.flows.export_forecast import forecast
from app.flows.ingest import dataset_name
from app.flows.ingest import ingest as run_ingest
from app.flows.mapping import first_records, list_imports, proposed, read_mapping_file
from app.flows.queue import fill_queue, last_import, queue_overview
from app.flows.reading import find_files
from curation.decontamination import HitKind
from curation.export_manifest import rendering_summary
from curation.export_reasons import ADAPTED, WHY, Adaptation, DropReason
from curation.exporting import Include
from curation.kto_balance import balance_summary
from curation.queueing import Policy
from curation.stratified_splits import Stratum
from storage.engine import Store

PROBLEMS_SHOWN = 20
PROBLEMS = 1
UNUSABLE = 2


def ingest(
    ctx: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", metavar="PATH...")],
    dataset: Annotated[
        str | None, typer.Option(help="Name of the dataset; default: the file's name.")
    ] = None,
    format: Annotated[
        str, typer.Option("--format", help="A name of `loopwright formats`, or auto.")
    ] = "auto",
    tools: Annotated[
        Path | None,
        typer.Option(help="Tool definitions for files that carry none: a file, or a folder."),
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option(
            help="Field mapping (TOML) for JSON of no known format; dataset:NAME takes the one "
            "that is kept with a dataset.",
            metavar="FILE",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read everything, store nothing.")
    ] = False,
) -> None:
    """Import trajectories. What is already there is not added again.

    Where the dataset has a queue, what is new is checked and follows into it, as it is set.
    """
    terminal: Terminal = ctx.obj
    with terminal.store(create=True) as store:
        before = last_import(store, dataset_name(dataset, paths))
        mapped, called = read_mapping_file(mapping, store) if mapping else ("", "")
        with TerminalRun("Importing") as progress:
            report = run_ingest(
                store,
                paths,
                dataset=dataset,
                format=format,
                tools=tools,
                mapping=mapped,
                mapping_name=called,
                dry_run=dry_run,
                max_record_bytes=terminal.settings.max_record_bytes,
                run=progress,
            )
        if before and report.added and not dry_run:
            _follow_into_queue(terminal, store, report.dataset, before)
    for problem in report.problems[:PROBLEMS_SHOWN]:
        terminal.say(f"{problem.where}: {problem.message} {problem.hint}".rstrip())
    if report.n_problems > PROBLEMS_SHOWN:
        terminal.say(f"… and {report.n_problems - PROBLEMS_SHOWN:,} more (--json lists up to 100).")
    would = "would be " if dry_run else ""
    text = (
        f"{report.dataset}: {report.added:,} {would}added of {report.records:,} records "
        f"({report.format}), {report.duplicates:,} were there already, "
        f"{report.predictions:,} predictions, {report.annotations:,} annotations, "
        f"{report.n_problems:,} problems."
    )
    terminal.result(report, text)
    if report.n_problems:
        raise typer.Exit(PROBLEMS if report.added + report.duplicates else UNUSABLE)


def propose_mapping(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(help="A file of records of no known format.")],
) -> None:
    """Write a field mapping to begin with, guessed from the first record, to standard output."""
    terminal: Terminal = ctx.obj
    (file, *_) = find_files([path])
    text = proposed(first_records(file))
    terminal.result({"mapping": text}, text.rstrip())


def imports(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
) -> None:
    """What was imported and how, the latest first; --json shows the field mappings."""
    terminal: Terminal = ctx.obj
    with terminal.store() as store:
        known = list_imports(store, dataset)
    rows = [
        [i.dataset, f"{i.created_at:%Y-%m-%d %H:%M}", i.about.format, " ".join(i.about.paths)]
        for i in known
    ]
    terminal.result({"imports": known}, table(["dataset", "when", "format", "files"], rows))


def _follow_into_queue(terminal: Terminal, store: Store, dataset: str, before: int) -> None:
    with TerminalRun("Checking") as progress:
        processes = terminal.settings.check_processes or None
        run_check(store, dataset=dataset, processes=processes, run=progress)
    added = fill_queue(store, dataset, newer_than=before)
    terminal.say(
        f"{dataset} has a queue: what is new was checked, and {added:,} tasks were added to it."
    )


def check(
    ctx: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
) -> None:
    """Run the rule checks over what they have not seen yet."""
    terminal: Terminal = ctx.obj
    with terminal.store() as store, TerminalRun("Checking") as progress:
        report = run_check(
            store,
            dataset=dataset,
            run=progress,
            processes=terminal.settings.check_processes or None,
        )
    found = sorted(report.by_check.items(), key=lambda pair: (-pair[1], pair[0]))
    text = (
        f"{report.trajectories:,} trajectories, {report.trajectories_with_errors:,} with errors, "
        f"{report.findings:,} findings."
    )
    if found:
        text += "\n\n" + table(["check", "findings"], found)
    for problem in report.problems:
        terminal.say(f"{problem.where}: {problem.message} {problem.hint}")
    terminal.result(report, text)
    if report.unchecked:
        raise typer.Exit(PROBLEMS)


def queue(
    ctx: typer.Context,
    dataset: Annotated[
        str | None, typer.Argument(help="Dataset to queue; without it the queues are listed.")
    ] = None,
    order: Annotated[
        Policy | None,
        typer.Option("--order", help="Which trajectory comes first; suspicious in a new queue."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the random order.")] = None,
    overlap: Annotated[
        int | None, typer.Option(min=1, help="Annotators per trajectory; 1 in a new queue.")
    ] = None,
    decide_alone: Annotated[
        bool | None,
        typer.Option(
            "--decide-alone/--no-decide-alone",
            help="Decide at once where all annotators agree, or the only one accepts or rejects; "
            "so in a new queue.",
        ),
    ] = None,
    only_suspicious: Annotated[
        bool | None,
        typer.Option("--only-suspicious/--all", help="Only trajectories with findings, or all."),
    ] = None,
) -> None:
    """Put a dataset's trajectories in front of annotators.

    Options that are not given stay as the queue has them.
    """
    terminal: Terminal = ctx.obj
    with terminal.store() as store, TerminalRun("Queueing") as progress:
        if dataset is None:
            queues = queue_overview(store)
            head = ["dataset", "order", "overlap", "waiting", "claimed", "done", "total"]
            rows = [
                [q.dataset, q.policy, q.overlap, q.waiting, q.claimed, q.done, q.total]
                for q in queues
            ]
            terminal.result({"queues": queues}, table(head, rows) if rows else "No queue yet.")
            return
        added = fill_queue(
            store,
            dataset,
            policy=order,
            seed=seed,
            overlap=overlap,
            decide_alone=decide_alone,
            only_suspicious=only_suspicious,
            run=progress,
        )
        info = next((q for q in queue_overview(store) if q.dataset == dataset), None)
    waiting = info.waiting if info else 0
    terminal.result(
        {"dataset": dataset, "added": added, "queue": info},
        f"{dataset}: {added:,} tasks added, {waiting:,} waiting.",
    )


def export(
    ctx: typer.Context,
    type: Annotated[
        str | None, typer.Option("--type", help="What is learnt: see `loopwright exports`.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="How the trainer wants it: see `loopwright exports`.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write to.")] = None,
    include: Annotated[
        Include | None,
        typer.Option(
            help="decided: what was decided (default). annotated: also what annotators agree on. "
            "all: also what nobody rejected and no check calls an error."
        ),
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    per_step: Annotated[
        bool | None,
        typer.Option("--per-step/--whole", help="One row per assistant turn, or per trajectory."),
    ] = None,
    shares: Annotated[str | None, typer.Option(help=SHARES)] = None,
    salt: Annotated[str | None, typer.Option(help=SALT)] = None,
    stratify: Annotated[list[Stratum] | None, typer.Option(help=STRATIFY)] = None,
    test_dataset: Annotated[list[str] | None, typer.Option(help=TEST_DATASET)] = None,
    tool_sets: Annotated[
        bool | None, typer.Option("--tool-sets/--no-tool-sets", help=TOOL_SETS)
    ] = None,
    round: Annotated[
        int | None,
        typer.Option(
            help="Only the steps of this round's mixture, one row each; --include is all then."
        ),
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option(
            help="Render every row with this model's chat template first: its folder, its "
            "tokenizer_config.json, or a .jinja file."
        ),
    ] = None,
    context: Annotated[
        int | None,
        typer.Option(min=1, help="Tokens the model takes; default as its files say."),
    ] = None,
    decontaminate: Annotated[
        list[str] | None,
        typer.Option(
            help="Leave out families that hold part of this benchmark (see `loopwright "
            "decontaminate`); may be given more than once.",
            metavar="NAME",
        ),
    ] = None,
    decontaminate_by: Annotated[
        list[HitKind] | None,
        typer.Option(help="Which hits count; all but tools, unless given."),
    ] = None,
    no_calls: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Type rl: share of the steps whose right answer makes no call that are kept; 0 "
            "unless told, because any words would earn their reward.",
        ),
    ] = None,
    augment: Annotated[
        list[str] | None,
        typer.Option(
            help="Changed copies of rows, as NAME=COPIES: shuffle-tools=0.5 copies every second "
            "row, =2 each twice. Repeatable; see `loopwright exports`.",
            metavar="NAME=COPIES",
        ),
    ] = None,
    redact: Annotated[
        str | None,
        typer.Option(
            help="Put placeholders in the place of: names of `loopwright scan`, comma-separated, "
            "or secrets, personal."
        ),
    ] = None,
    recipe: Annotated[
        Path | None,
        typer.Option(help="Take all this from a TOML or JSON file, or from a manifest.json."),
    ] = None,
) -> None:
    """Write training files, read them back, and say what was left out."""
    terminal: Terminal = ctx.obj
    request = recipes.request_from(
        recipe,
        type=type,
        layout=layout,
        out=str(out) if out else None,
        include=include or (Include.ALL if round is not None else None),
        dataset=dataset,
        per_step=per_step,
        round=round,
        shares=recipes.read_shares(shares) if shares else None,
        salt=salt,
        stratify=stratify or None,
        test_datasets=test_dataset or None,
        tool_sets=tool_sets,
        template=str(template) if template else None,
        context=context,
        decontaminate=recipes.read_decontaminate(decontaminate, decontaminate_by),
        rl=None if no_calls is None else {"no_call": no_calls},
        redact=[name.strip() for name in redact.split(",") if name.strip()] if redact else None,
    )
    request = with_copies(request, augment)
    with terminal.store() as store, TerminalRun("Exporting") as progress:
        if request.type == "kto":
            terminal.say(forecast(store, request).text)
        report = run_export(store, request, progress)
    splits = ", ".join(f"{n:,} {split}" for split, n in report.by_split.items())
    parts = [
        f"{report.out}: {report.rows:,} rows of {report.trajectories:,} trajectories ({splits})."
    ]
    dropped = [[reason, n, WHY[DropReason(reason)]] for reason, n in report.dropped.items()]
    adapted = [[kind, n, ADAPTED[Adaptation(kind)]] for kind, n in report.adapted.items()]
    for title, rows in (("left out", dropped), ("adapted", adapted)):
        if rows:
            parts.append(table([title, "n", "what it means"], rows))
    if report.balance:
        parts.append(balance_summary(report.balance))
    parts += told_copies(report.augmented)
    if report.rendering is not None:
        parts.append(rendering_summary(report.rendering))
    parts += report.cautions
    terminal.result(report, "\n\n".join(parts))


COMMANDS = {
    "ingest": ingest,
    "propose-mapping": propose_mapping,
    "imports": imports,
    "check": check,
    "queue": queue,
    "export": export,
}
