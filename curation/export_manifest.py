"""What an export says of itself: the manifest, and the dataset card made from it.

The manifest is the machine's record (what was asked, which versions, every file with its hash, how
many rows per split, why anything is missing); the card is the same for people, with the header by
which the Hugging Face hub finds the splits.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from curation.augmenting import NO_AUGMENT, Augment
from curation.decontamination import Avoided, Decontaminate, in_words
from curation.export_augmented import AugmentedEntry, copies_text
from curation.export_limits import (
    composition_text,
    disclosures_kept,
    disclosures_text,
    limits,
    people_text,
    sources_text,
)
from curation.export_lineage import LINEAGE
from curation.export_reasons import ADAPTED, WHY, Adaptation, DropReason
from curation.export_sources import (
    Composition,
    DisclosureCount,
    JudgeUse,
    Looks,
    People,
    SourceEntry,
)
from curation.funnel import Funnel
from curation.kto_balance import Balance, balance_summary
from curation.rendering.findings import FOUND, RenderFinding
from curation.rl_options import RlOptions
from curation.selection import NOTHING, Selection
from curation.splits import Split

MANIFEST = "manifest.json"
CARD = "README.md"
INDEX = "index.jsonl"
DROPPED = "dropped.jsonl"
RENDERING = "rendering.jsonl"


class FileEntry(Struct, frozen=True):
    """One file of rows."""

    name: str
    split: str
    rows: int
    bytes: int
    sha256: str
    """Of the bytes of the file."""
    content_sha256: str
    """Of the content of the compared rows, as the store held it and as it was read back."""
    compared: int
    """Rows whose content was compared: the first 1,000 and at least every 16th after them."""


class Request(Struct, frozen=True):
    """What was asked for."""

    type: str
    layout: str
    include: str
    dataset: str | None
    per_step: bool
    shares: tuple[float, float, float]
    salt: str
    stratify: tuple[str, ...] = ()
    """What splits are alike in."""
    test_datasets: tuple[str, ...] = ()
    """The fixed test set."""
    tool_sets: bool = False
    """Whether what offers the same set of tools stands in one split."""
    round: int | None = None
    """Number of the round whose mixture was exported."""
    template: str | None = None
    """Where the model's chat template was read from."""
    context: int | None = None
    """Tokens that the model takes, where it was said."""
    selection: Selection = NOTHING
    rl: RlOptions = RlOptions()
    decontaminate: Decontaminate = Decontaminate()
    """Benchmarks that it was held against."""
    augment: Augment = NO_AUGMENT
    redact: tuple[str, ...] = ()
    """Kinds of secrets and personal data that were taken out."""


class Versions(Struct, frozen=True):
    """What the rows were made with."""

    loopwright: str
    checks: str
    """Fingerprint of the check catalogue."""
    taxonomies: dict[str, int]
    """Taxonomies in force, by name."""
    each_check: dict[str, int] = {}
    rubrics: dict[str, int] = {}
    """Rubrics as this version of the program has them; which were used, `judges` says."""


class MixtureEntry(Struct, frozen=True):
    """The round that was exported."""

    round: int
    model: str
    """Whose answers it looked at."""
    closed_at: str
    preset: str
    budget: int
    steps: dict[str, int]
    """Of its mixture, by set."""


class Refused(Struct, frozen=True):
    """A row that its layout, its trainer or its chat template would not take."""

    uid: str
    source_id: str
    reason: DropReason
    detail: str
    message_index: int | None


class RenderingEntry(Struct, frozen=True):
    """How the rows are under the model's chat template."""

    template: str
    sha256: str
    """Of the template's text."""
    learnt_by: str
    """How it is known what carries loss: generation blocks, or what each step adds."""
    unit: str
    """tokens or characters: of the lengths below."""
    context: int | None
    rows: int
    length: int
    """Of all rows together."""
    learnt: int
    """What of it carries loss."""
    longest: int
    findings: dict[RenderFinding, int]
    """Rows by what is wrong with their text."""


class Manifest(Struct, frozen=True, kw_only=True):
    """The record of one export."""

    made_by: str = "loopwright"
    manifest_version: int = 1
    created_at: str
    request: Request
    versions: Versions
    trajectories: int
    """How many were looked at: those that gave rows and those that were dropped."""
    rows: int
    by_split: dict[str, int]
    balance: dict[str, Balance]
    """By split; only where examples are wanted or unwanted."""
    dropped: dict[DropReason, int]
    adapted: dict[Adaptation, int]
    files: tuple[FileEntry, ...]
    other_files: tuple[str, ...]
    mixture: MixtureEntry | None = None
    refused: tuple[Refused, ...] = ()
    """The first of the rows that could not be trained on as they are."""
    rendering: RenderingEntry | None = None
    sources: tuple[SourceEntry, ...] = ()
    people: People = People()
    judges: tuple[JudgeUse, ...] = ()
    """Those whose verdicts were applied without a person."""
    looks: Looks = Looks()
    composition: Composition = Composition()
    disclosures: tuple[DisclosureCount, ...] = ()
    """Secrets and personal data, by kind; those of which nothing was found are left out."""
    selection: Funnel | None = None
    """What the recipe left out, rule by rule; None where it selects nothing."""
    benchmarks: tuple[Avoided, ...] = ()
    """What the export was held against, with the files and their hashes."""
    augmented: dict[str, AugmentedEntry] = {}
    """By augmentation; its copies are among the rows."""

    @property
    def n_copies(self) -> int:
        """Rows that are copies of others."""
        return sum(entry.rows for entry in self.augmented.values())


def encode_manifest(manifest: Manifest) -> bytes:
    """The manifest as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def cautions(manifest: Manifest) -> tuple[str, ...]:
    """What somebody who trains on it has to know beforehand, as sentences."""
    found = _of_empty_splits(manifest)
    for split, balance in manifest.balance.items():
        if not (balance.wanted and balance.unwanted):
            side = "unwanted" if balance.wanted else "wanted"
            found.append(f"{split} holds no {side} example; KTO learns from both.")
    if manifest.mixture is not None and manifest.request.type == "sft":
        missing = sum(manifest.mixture.steps.values()) - (manifest.rows - manifest.n_copies)
        if missing > 0:
            found.append(
                f"{missing:,} steps of the mixture gave no row: what was found or decided since, "
                "and what the layout cannot carry."
            )
    found += disclosures_kept(manifest.disclosures)
    if manifest.rendering is not None:
        found += _of_rendering(manifest.rendering)
    if manifest.selection is not None:
        found += manifest.selection.short
    return tuple(found)


def _of_empty_splits(manifest: Manifest) -> list[str]:
    request = manifest.request
    empty = {split for split in Split if manifest.by_split.get(split.value) == 0}
    found = []
    for split, share in zip(Split, request.shares, strict=True):
        if split not in empty or not share:
            continue
        if split is Split.TEST and request.test_datasets:
            found.append(
                f"No row fell into test: nothing of {', '.join(request.test_datasets)} is "
                f"{request.include} and fits the layout."
            )
        else:
            found.append(
                f"No row fell into {split}, though {share:g} of the groups were asked for: groups "
                "are dealt by their hash, so shares hold for many groups, not for few"
                f"{'.' if request.stratify else '; stratify to hold them for few.'}"
            )
    return found


def _dealing(request: Request) -> str:
    """How groups came to their splits, as sentences."""
    parts = [
        "A group (a source task with its corrections, what grew from it, near-duplicates) is dealt "
        f"once, by a stable salted hash, and never moves. Salt: `{request.salt}`."
    ]
    if request.stratify:
        parts.append(f"Splits are alike in {' and '.join(request.stratify)}.")
    if request.test_datasets:
        parts.append(f"The test set is {', '.join(f'`{one}`' for one in request.test_datasets)}.")
    if request.tool_sets:
        parts.append("What offers the same set of tools stands in one split.")
    return " ".join(parts)


def _of_rendering(entry: RenderingEntry) -> list[str]:
    """What the chat template does to the rows, one sentence a kind."""
    found = [
        f"{n:,} of {entry.rows:,} rows under the chat template {entry.template}: "
        f"{FOUND[RenderFinding(kind)]}."
        for kind, n in entry.findings.items()
    ]
    if entry.unit == "characters" and entry.context is not None:
        found.append(
            f"Lengths are counted in characters, so no row was held against the context of "
            f"{entry.context:,} tokens; install `tokenizers` and give the folder with "
            "tokenizer.json."
        )
    return found


def rendering_summary(entry: RenderingEntry) -> str:
    """One line on what is learnt and how long the rows are."""
    share = entry.learnt / entry.length if entry.length else 0.0
    learnt = f"{share:.0%} of {entry.length:,} {entry.unit} carry loss (told by {entry.learnt_by})"
    if not entry.learnt:
        learnt = f"{entry.length:,} {entry.unit} of prompts, which a model answers itself"
    return (
        f"Under {entry.template}: {entry.rows:,} rows, {learnt}; the longest row has "
        f"{entry.longest:,} {entry.unit}"
        + (f" of a context of {entry.context:,} tokens." if entry.context else ".")
    )


def card(manifest: Manifest, title: str, advice: str) -> str:
    """The dataset card, as Markdown with the hub's header."""
    request = manifest.request
    parts = [
        _header(manifest),
        f"# {title}",
        _summary(manifest),
        "## How to use it",
        advice.strip(),
        "## What is in it",
        _rows_table(manifest),
        *([balance_summary(manifest.balance)] if manifest.balance else []),
        *([rendering_summary(manifest.rendering)] if manifest.rendering else []),
        *([in_words(manifest.benchmarks)] if manifest.benchmarks else []),
        *[f"**Note:** {caution}" for caution in cautions(manifest)],
        f"{_dealing(request)} Splits without rows have no file. `{INDEX}` says which trajectory "
        f"each row comes from, `{LINEAGE}` who had a hand in it; hashes and versions are in "
        f"`{MANIFEST}`.",
        *_made_of(manifest),
    ]
    if manifest.selection is not None:
        parts += ["## How it was selected", _funnel_table(manifest.selection)]
    if manifest.augmented:
        parts += ["## Augmented copies", *copies_text(manifest.augmented, request.augment)]
    if manifest.dropped:
        rows = [
            f"| {reason.value} | {n} | {WHY[reason]} |" for reason, n in manifest.dropped.items()
        ]
        parts += [
            "## What is not in it",
            f"Each of them is listed in `{DROPPED}`.",
            "\n".join(["| reason | count | why |", "| --- | ---: | --- |", *rows]),
        ]
    if manifest.adapted:
        lines = [f"- {n} × {ADAPTED[kind]}" for kind, n in manifest.adapted.items()]
        parts += ["## What was adapted to the layout", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _made_of(manifest: Manifest) -> list[str]:
    """Composition, origin, people and limits."""
    known_limits = limits(
        manifest.looks, manifest.sources, compared_with_benchmarks=bool(manifest.benchmarks)
    )
    hands = people_text(manifest.people, manifest.judges)
    return [
        composition_text(manifest.composition),
        "## Where it comes from",
        sources_text(manifest.sources),
        *([hands] if hands else []),
        "## Secrets and personal data",
        disclosures_text(manifest.disclosures),
        "## Limits",
        "\n".join(f"- {line}" for line in known_limits),
    ]


PIECE = 10 << 20
"""Bytes that `datasets` reads of a JSON file at a time, unless told otherwise."""


def _header(manifest: Manifest) -> str:
    lines = ["---", "configs:", "- config_name: default"]
    largest = max([e.bytes for e in manifest.files if e.name.endswith(".jsonl")], default=0)
    if largest > PIECE:
        # Read in pieces, a file does not load when a later one has a key that the first has not.
        lines.append(f"  chunksize: {largest}")
    lines.append("  data_files:")
    for entry in manifest.files:
        # The hub knows split names only; a table that is not split counts as train.
        split = entry.split if entry.split in set(Split) else "train"
        lines += [f"  - split: {split}", f"    path: {entry.name}"]
    return "\n".join([*lines, "---"])


def _summary(manifest: Manifest) -> str:
    request = manifest.request
    source = f"the dataset {request.dataset!r}" if request.dataset else "all datasets"
    return (
        f"{manifest.rows} rows of type `{request.type}` in the layout `{request.layout}`, from "
        f"{manifest.trajectories} trajectories of {source} (include: {request.include}"
        f"{', one row per step' if request.per_step else ''}). {_mixed(manifest)}"
        f"Made by Loopwright {manifest.versions.loopwright} on {manifest.created_at[:10]}."
    )


def _mixed(manifest: Manifest) -> str:
    if manifest.mixture is None:
        return ""
    held = ", ".join(f"{n:,} {part}" for part, n in manifest.mixture.steps.items() if n)
    return f"They are the mixture of round {manifest.mixture.round} ({held}). "


def _funnel_table(funnel: Funnel) -> str:
    rows = [f"| looked at | | {funnel.looked_at} |"]
    rows += [
        f"| {stage}: {rule.replace('|', '/')} | {left_out} | {remaining} |"
        for stage, rule, left_out, remaining in funnel.rows()
    ]
    return "\n".join(["| rule | left out | remaining |", "| --- | ---: | ---: |", *rows])


def _rows_table(manifest: Manifest) -> str:
    wanted = bool(manifest.balance)
    head = "| file | split | rows |" + (" wanted | unwanted |" if wanted else "")
    rule = "| --- | --- | ---: |" + (" ---: | ---: |" if wanted else "")
    rows = []
    for entry in manifest.files:
        line = f"| {entry.name} | {entry.split} | {entry.rows} |"
        if wanted:
            balance = manifest.balance.get(entry.split, Balance())
            line += f" {balance.wanted} | {balance.unwanted} |"
        rows.append(line)
    return "\n".join([head, rule, *rows])
