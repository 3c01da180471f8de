"""From settled trajectories to finished rows: decode, make examples, fit, encode.

Pure, so it runs in any process; it reads no database and writes no file, and loads no library for
either. What is kept of a row besides its bytes is what the files beside it are written from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.flows import export_comparing
from app.flows.export_comparing import content_of
from app.flows.export_disclosing import Disclosed, Guard
from curation.augment_reasons import Barred
from curation.augmenting import NO_AUGMENT, Augment, Original, copies
from curation.episodes import Episode
from curation.export_lineage import Origin
from curation.export_reasons import Adaptation, Dropped, DropReason, Unfit
from curation.exporting import (
    LAYOUTS,
    TYPES,
    Curated,
    Example,
    ExportType,
    Judged,
    Layout,
    Notes,
    Options,
    Pair,
)
from curation.exports.mixed import of_mixed_steps
from curation.exports.suffix import reach, without_stale
from curation.foreign_types import has_foreign_types
from curation.rendering.findings import RenderFinding
from curation.trajectory import Role
from storage.packed_episodes import PackedEpisode

BarredCounts = Counter[tuple[str, Barred]]
"""(augmentation, why it made no copy) -> how often."""

UNREAD = Episode(())
"""Stands in `Settled.curated` for what is still packed."""


class Settled(Struct, frozen=True, gc=False):
    """A trajectory of which everything is known but its content."""

    curated: Curated
    """Without its episodes."""
    stem: str
    """Of the file its rows go to."""
    checked: bool
    origin: Origin
    body: PackedEpisode | None = None
    """What is to be trained on; None for what is dropped."""
    original: PackedEpisode | None = None
    """Before its correction."""
    dropped: Dropped | None = None
    """Why there is nothing to make."""

    @property
    def size(self) -> int:
        """Packed bytes."""
        size = self.body.size if self.body is not None else 0
        return size + self.original.size if self.original is not None else size


class Making(Struct, frozen=True):
    """A chunk of work."""

    type: str
    layout: str
    options: Options
    settled: tuple[Settled, ...]
    sampled: frozenset[str]
    """Stems of the files that hold so many rows that only some are compared."""
    augment: Augment = NO_AUGMENT
    redact: tuple[str, ...] = ()
    """Kinds of secrets and personal data that are taken out."""


class RowText(Struct, frozen=True, gc=False):
    """What a row is under the model's chat template."""

    characters: int
    learnt_characters: int
    """How many carry loss."""
    tokens: int | None
    """None, here and below: there was no tokenizer to count with."""
    learnt_tokens: int | None
    findings: tuple[RenderFinding, ...] = ()


class Row(Struct, frozen=True, gc=False):
    """One finished row."""

    source: int
    """Which of the chunk's trajectories it is made of."""
    encoded: bytes
    """What the layout's writer takes."""
    digest: str
    """Hash of it, 16 hex digits: by which two exports tell rows that changed."""
    content: bytes | None
    """`content_of` the row; None when it is not going to be compared."""
    step: int | None
    """Message index of the target; None when the row is a whole trajectory."""
    label: bool | None
    """Wanted or unwanted; None where nothing is judged."""
    margin: float | None = None
    """Of a preference pair."""
    text: RowText | None = None
    """None: no chat template was given."""
    augmentation: str | None = None
    """What copied it; None for a row that is no copy."""


class Loss(Struct, frozen=True, gc=False):
    """Something that gave no row."""

    source: int
    dropped: Dropped
    augmentation: str | None = None
    """Of a copy."""


class Made(Struct, frozen=True):
    """What became of a chunk, in its order."""

    rows: list[Row]
    losses: list[Loss]
    notes: Notes
    sizes: dict[int, tuple[int, int]]
    """Source -> the tools and steps of the trajectory, of those with rows."""
    barred: BarredCounts = msgspec.field(default_factory=Counter)
    """Copies that were wanted and could not be made."""
    disclosed: Disclosed = msgspec.field(default_factory=Counter)
    """Secrets and personal data in the trajectories with rows."""


def make(work: Making) -> Made:
    """All rows of a chunk, and all that gives none."""
    kind, layout = TYPES.get(work.type), LAYOUTS.get(work.layout)
    made = Made([], [], Counter(), {})
    guard = Guard(work.redact)
    n_rows: Counter[str] = Counter()
    foreign: dict[bytes, bool] = {}
    carries_tools = kind.name != "labels"
    for source, settled in enumerate(work.settled):
        before = len(made.rows)
        if settled.body is None:
            assert settled.dropped is not None
            made.losses.append(Loss(source, settled.dropped))
            continue
        curated, stored = unpacked(settled, settled.body)
        leaving, disclosed = guard.look(curated, stored)
        if isinstance(leaving, Dropped):
            made.losses.append(Loss(source, leaving))
            continue
        curated = leaving
        for example in examples_of(curated, kind, work.options):
            n = n_rows[settled.stem]
            compared = settled.stem not in work.sampled or n % export_comparing.COMPARED_EVERY == 0
            if isinstance(example, Dropped):
                made.losses.append(Loss(source, example))
                continue
            row = _row(example, source, layout, compared, made.notes)
            if isinstance(row, Dropped):
                made.losses.append(Loss(source, row))
                continue
            made.rows.append(row)
            n_rows[settled.stem] += 1
            if any(at < reach(example) for at in settled.curated.simulated):
                made.notes[Adaptation.SIMULATED_RESULTS] += 1
            if work.augment.copies and settled.stem in work.augment.splits:
                _add_copies(made, Original(example, curated, work.augment.bare), row, work, n_rows)
        if len(made.rows) > before:
            made.disclosed.update(disclosed)
            episode = curated.trajectory
            steps = sum(m.role is Role.ASSISTANT for m in episode.messages)
            made.sizes[source] = (len(episode.tools), steps)
            if not settled.checked:
                made.notes[Adaptation.UNCHECKED] += 1
            made.notes.update(_of_tools(settled.body, episode, foreign) if carries_tools else ())
    return made


def _of_tools(
    body: PackedEpisode, episode: Episode, foreign: dict[bytes, bool]
) -> tuple[Adaptation, ...]:
    """What is to be told of its tools; `foreign`: what is known of packed tool sets."""
    if body.tools not in foreign:
        foreign[body.tools] = has_foreign_types(episode.tools)
    return (Adaptation.FOREIGN_TYPES,) if foreign[body.tools] else ()


def _add_copies(
    made: Made, original: Original, row: Row, work: Making, n_rows: Counter[str]
) -> None:
    """The copies of a row that is in the export, behind it; they pass the same gate as all rows."""
    layout, stem = LAYOUTS.get(work.layout), work.settled[row.source].stem
    for copied in copies(original, work.augment, row.step):
        if isinstance(copied.made, Barred):
            made.barred[copied.augmentation, copied.made] += 1
            continue
        compared = stem not in work.sampled or n_rows[stem] % export_comparing.COMPARED_EVERY == 0
        copy = _row(copied.made, row.source, layout, compared, made.notes)
        if isinstance(copy, Row):
            made.rows.append(replace(copy, step=row.step, augmentation=copied.augmentation))
            n_rows[stem] += 1
        elif copy.reason is DropReason.MASKED_STEP:
            # The source has no mask here, or it would not have come this far.
            made.barred[copied.augmentation, Barred.CANNOT_MASK] += 1
        else:
            made.losses.append(Loss(row.source, copy, copied.augmentation))


def unpacked(settled: Settled, body: PackedEpisode) -> tuple[Curated, tuple[bytes, ...]]:
    """The trajectory with its content, and the JSON of its messages and of its original's."""
    stored = body.messages_json()
    trajectory = body.with_messages(stored)
    if settled.original is None:
        return replace(settled.curated, trajectory=trajectory), (stored,)
    before = settled.original.messages_json()
    original = settled.original.with_messages(before)
    return replace(settled.curated, trajectory=trajectory, original=original), (stored, before)


def examples_of(
    curated: Curated, kind: ExportType, options: Options
) -> Iterator[Example | Dropped]:
    """The examples of the steps that are asked for, without those that hold something stale."""
    examples = of_mixed_steps(kind.examples(curated, options), curated)
    return examples if curated.original is None else without_stale(examples, curated)


def _row(
    example: Example, source: int, layout: Layout, compared: bool, notes: Notes
) -> Row | Dropped:
    """The row of one example, or why the layout cannot carry it."""
    step = getattr(example, "step", getattr(example, "message_index", None))
    adapted: Notes = Counter()
    try:
        fitted = layout.fit(example, adapted)
        if isinstance(fitted, Pair) and fitted.chosen == fitted.rejected:
            raise Unfit(DropReason.SAME_SIDES, f"message {step}")
        encoded = layout.encode(fitted)
        layout.contract(encoded)
    except Unfit as problem:
        return Dropped(problem.reason, problem.detail, step)
    if adapted:
        notes.update(adapted)
    return Row(
        source=source,
        encoded=encoded,
        digest=sha256(encoded).hexdigest()[:16],
        content=content_of(fitted) if compared else None,
        step=step,
        label=fitted.label if isinstance(fitted, Judged) else None,
        margin=example.margin if isinstance(example, Pair) else None,
    )
