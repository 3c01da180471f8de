"""Augmented copies before anything is written: how many rows allow one, and what one looks like."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct
from msgspec.structs import replace

from app.flows.export_disclosing import Guard
from app.flows.export_making import examples_of, unpacked
from app.flows.export_preview import MOST_LOOKED_AT, first_rows
from app.flows.export_request import ExportRequest
from curation.augment_reasons import Barred
from curation.augmenting import Original, copies, sound_for
from curation.errors import ExportError
from curation.example_parts import trained
from curation.export_reasons import Dropped
from curation.exporting import TYPES, Options
from curation.row_lines import LinePair, differing_lines
from curation.splits import Split
from storage.engine import Store

ROWS_TRIED = 200


class Tried(Struct, frozen=True):
    """What one augmentation makes of the first rows."""

    name: str
    rows: int
    """How many were tried."""
    made: int
    """How many allow a copy that passes every gate but the chat template."""
    why_not: dict[Barred, int]


class SeenCopy(Struct, frozen=True):
    """A row beside its copy."""

    uid: str
    source_id: str
    step: int | None
    """Message index of the target; None when the row is a whole trajectory."""
    differences: tuple[LinePair, ...]


def try_copies(store: Store, request: ExportRequest) -> tuple[Tried, ...]:
    """Copy each of the first rows once by every augmentation that is sound for the type."""
    names = sound_for(request.type)
    wanted = _each_row(request, names)
    rows, made, barred = 0, Counter[str](), Counter[tuple[str, Barred]]()
    for _, found in first_rows(store, wanted, copied=True):
        rows += sum(row.augmentation is None for row in found.rows)
        made.update(row.augmentation for row in found.rows if row.augmentation is not None)
        barred.update(found.barred)
        if rows >= ROWS_TRIED:
            break
    return tuple(
        Tried(name, rows, made[name], {w: n for (of, w), n in sorted(barred.items()) if of == name})
        for name in names
    )


def see_copy(store: Store, request: ExportRequest, name: str, number: int = 1) -> SeenCopy:
    """The copy with that number, counted from 1, that an augmentation makes.

    Raises:
        ExportError: it makes no so many among the first trajectories.
    """
    wanted = _each_row(request, [name])
    kind = TYPES.get(request.type)
    options = Options(request.per_step or request.round is not None, request.rl)
    left = number
    for settled, found in first_rows(store, wanted, copied=True):
        made_of = {row.step for row in found.rows if row.augmentation is not None}
        if not made_of or settled.body is None:
            continue
        whole, stored = unpacked(settled, settled.body)
        curated, _ = Guard(wanted.redact).look(whole, stored)
        if isinstance(curated, Dropped):
            continue
        for example in examples_of(curated, kind, options):
            step = getattr(example, "step", None)
            if isinstance(example, Dropped) or step not in made_of:
                continue
            original = Original(example, curated, wanted.augment.bare)
            for copied in copies(original, wanted.augment, step):
                if isinstance(copied.made, Barred):
                    continue
                left -= 1
                if not left:
                    lines = differing_lines(trained(example), trained(copied.made))
                    return SeenCopy(curated.uid, curated.source_id, step, lines)
    raise ExportError(
        f"{name} makes no {number} copies of the first {MOST_LOOKED_AT} trajectories.",
        hint="Choose a smaller number, or include more.",
    )


def _each_row(request: ExportRequest, names: list[str]) -> ExportRequest:
    """The request with one copy of every row, in whatever split it is."""
    augment = replace(request.augment, copies=dict.fromkeys(names, 1.0), splits=tuple(Split))
    return replace(request, augment=augment)
