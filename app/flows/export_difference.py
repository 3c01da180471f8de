"""Compare two export folders: recipe, versions, rows, composition. No database is needed.

The files beside the rows are dealt into parts by a hash of the trajectory's uid, which go to disk;
one part of both exports is held at a time, so memory does not grow with the exports.
"""

from __future__ import annotations

import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from app.flows.lineage import lines_of, read_manifest
from curation.export_difference import (
    LEDGER,
    Background,
    Change,
    Facts,
    RowDifference,
    Setting,
    Shift,
    Why,
    WhyCount,
    explain,
    settings_that_differ,
    shifts,
)
from curation.export_lineage import LINEAGE, Lineage
from curation.export_manifest import DROPPED, INDEX, Manifest
from curation.export_reasons import DropReason
from curation.lineage_story import RowPlace

ROWS_A_PART = 50_000
MOST_PARTS = 128
EXAMPLES = 10
"""Rows of each kind of difference that the report shows."""

_FILES = (INDEX, LINEAGE, DROPPED)


class ExportDifference(Struct, frozen=True, kw_only=True):
    """What two exports differ in."""

    same: bool
    """Nothing differs: neither what was asked, nor versions, nor rows."""
    before: str
    after: str
    rows_before: int
    rows_after: int
    rows_same: int
    contents_compared: bool
    """False where type or layout differ, or an export is older than the hashes of rows: then only
    what came and went is told."""
    recipe: tuple[Setting, ...]
    versions: tuple[Setting, ...]
    by_change: dict[Change, int]
    why: tuple[WhyCount, ...]
    moved_under_one_ledger: int
    """Rows that changed their split although the ledger is the same: a defect."""
    composition: tuple[Shift, ...]
    examples: tuple[RowDifference, ...]


class _Keyed(Struct, frozen=True):
    uid: str


class _Loss(Struct, frozen=True):
    uid: str
    reason: DropReason
    message_index: int | None = None


def compare_exports(
    before: Path, after: Path, tell: Callable[[RowDifference], None] | None = None
) -> ExportDifference:
    """Compare the earlier export with the later one.

    Args:
        tell: gets every row that differs; the report has the first of each kind.

    Raises:
        ExportError: one of them is no export, or a line of it does not read.
    """
    one, other = read_manifest(before), read_manifest(after)
    recipe = settings_that_differ(one.request, other.request)
    versions = settings_that_differ(one.versions, other.versions)
    names = {setting.name.partition(".")[0] for setting in recipe}
    comparable = not names & {"type", "layout"}
    background = Background(
        datetime.fromisoformat(one.created_at),
        same_recipe=not recipe,
        same_ledger=not names & set(LEDGER),
        same_versions=not versions,
    )
    counts: Counter[tuple[Change, Why, DropReason | None]] = Counter()
    examples: list[RowDifference] = []
    comparing = _Comparing(one, other, background, comparable)
    n_parts = min(MOST_PARTS, 1 + (one.rows + other.rows) // ROWS_A_PART)
    with tempfile.TemporaryDirectory(prefix="loopwright-diff-") as place:
        first = _dealt(before, Path(place) / "before", n_parts)
        second = _dealt(after, Path(place) / "after", n_parts)
        for part in range(n_parts):
            for found in comparing.part(first[part], second[part]):
                key = (found.change, found.why, found.reason)
                counts[key] += 1
                if counts[key] <= EXAMPLES:
                    examples.append(found)
                if tell is not None:
                    tell(found)
    by_change = {
        change: sum(n for (c, _, _), n in counts.items() if c is change) for change in Change
    }
    order = list(Change)
    return ExportDifference(
        same=not counts and not recipe and not versions,
        before=str(before),
        after=str(after),
        rows_before=one.rows,
        rows_after=other.rows,
        rows_same=comparing.same,
        contents_compared=comparable and comparing.hashed,
        recipe=recipe,
        versions=versions,
        by_change={change: n for change, n in by_change.items() if n},
        why=tuple(
            WhyCount(*key, n)
            for key, n in sorted(
                counts.items(), key=lambda pair: (order.index(pair[0][0]), -pair[1])
            )
        ),
        moved_under_one_ledger=counts[Change.MOVED, Why.SAME_LEDGER, None],
        composition=shifts(one, other),
        examples=tuple(sorted(examples, key=lambda found: order.index(found.change))),
    )


def _dealt(folder: Path, place: Path, n: int) -> list[Path]:
    """Folders with the lines of each part; the export itself where there is only one part."""
    if n == 1:
        return [folder]
    parts = [place / str(part) for part in range(n)]
    decoder = msgspec.json.Decoder(_Keyed)
    for part in parts:
        part.mkdir(parents=True)
    for name in _FILES:
        if not (folder / name).exists():
            continue
        with ExitStack() as stack:
            files = [stack.enter_context((part / name).open("wb")) for part in parts]
            source = stack.enter_context((folder / name).open("rb"))
            for line in source:
                uid = decoder.decode(line).uid
                files[zlib.crc32(uid.encode()) % n].write(line)
    return parts


_Key = tuple[str, int | None, str, int]


class _Comparing:
    """One comparison, part by part."""

    def __init__(
        self, before: Manifest, after: Manifest, background: Background, comparable: bool
    ) -> None:
        self._splits = (
            {entry.name: entry.split for entry in before.files},
            {entry.name: entry.split for entry in after.files},
        )
        self._background = background
        self._comparable = comparable
        self.same = 0
        self.hashed = True

    def part(self, before: Path, after: Path) -> Iterator[RowDifference]:
        """The rows of one part that differ."""
        earlier = dict(_keyed(before))
        found: list[tuple[Change, _Key, RowPlace | None, RowPlace | None]] = []
        for key, place in _keyed(after):
            known = earlier.pop(key, None)
            if known is None:
                found.append((Change.ADDED, key, None, place))
                continue
            change = self._between(known, place)
            if change is None:
                self.same += 1
            else:
                found.append((change, key, known, place))
        found += [(Change.REMOVED, key, place, None) for key, place in earlier.items()]
        if not found:
            return
        uids = {key[0] for _, key, _, _ in found}
        lines = (_lineages(before, uids), _lineages(after, uids))
        losses = (_losses(before, uids), _losses(after, uids))
        for change, key, was, now in found:
            uid, index, augmentation, _ = key
            facts = Facts(
                lines[0].get(uid),
                lines[1].get(uid),
                _reason(losses[0], uid, index),
                _reason(losses[1], uid, index),
                augmentation,
            )
            why = explain(change, facts, self._background)
            reason = {
                Why.LEFT_OUT: facts.dropped_after,
                Why.LEFT_OUT_BEFORE: facts.dropped_before,
            }.get(why)
            yield RowDifference(
                change, why, uid, index, augmentation, reason, _named(was), _named(now)
            )

    def _between(self, before: RowPlace, after: RowPlace) -> Change | None:
        if self._splits[0].get(before.file) != self._splits[1].get(after.file):
            return Change.MOVED
        if not (before.digest and after.digest):
            self.hashed = False
            return None
        return Change.CHANGED if self._comparable and before.digest != after.digest else None


def _keyed(folder: Path) -> Iterator[tuple[_Key, RowPlace]]:
    """Rows by what makes them the same row: trajectory, step, augmentation, and which of those."""
    seen: Counter[tuple[str, int | None, str]] = Counter()
    for place in lines_of(folder / INDEX, RowPlace):
        same = (place.uid, place.message_index, place.augmentation)
        yield (*same, seen[same]), place
        seen[same] += 1


def _lineages(folder: Path, uids: set[str]) -> dict[str, Lineage]:
    return {line.uid: line for line in lines_of(folder / LINEAGE, Lineage) if line.uid in uids}


def _losses(folder: Path, uids: set[str]) -> dict[str, list[_Loss]]:
    found: dict[str, list[_Loss]] = {}
    for loss in lines_of(folder / DROPPED, _Loss):
        if loss.uid in uids:
            found.setdefault(loss.uid, []).append(loss)
    return found


def _reason(losses: dict[str, list[_Loss]], uid: str, index: int | None) -> DropReason | None:
    """Why a row was left out: of its step first, then of the whole trajectory."""
    of_uid = losses.get(uid, [])
    for loss in of_uid:
        if index is not None and loss.message_index == index:
            return loss.reason
    whole = [loss.reason for loss in of_uid if loss.message_index is None or index is None]
    return whole[0] if whole else None


def _named(place: RowPlace | None) -> str:
    return f"{place.file}:{place.row + 1}" if place is not None else ""
