"""What two exports differ in, and why: the values, and the words for them.

Rows are the same row when they come from the same step of the same trajectory by the same
augmentation; where a step gives several rows, the first is compared with the first. Why a row came,
went or changed is read off what both exports recorded: their lineage, what they dropped, what they
were asked for.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from curation.export_lineage import Lineage
from curation.export_manifest import Manifest
from curation.export_reasons import DropReason


class Change(StrEnum):
    """What became of a row from the earlier export to the later one."""

    MOVED = "moved"
    """It stands in another split: what was tested on may have been trained on."""
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Why(StrEnum):
    """What explains a change; the first that applies."""

    OTHER_LEDGER = "other-ledger"
    SAME_LEDGER = "same-ledger"
    LEFT_OUT = "left-out"
    LEFT_OUT_BEFORE = "left-out-before"
    IMPORTED = "imported"
    DECIDED = "decided"
    CORRECTED = "corrected"
    RULED = "ruled"
    ANNOTATED = "annotated"
    AUGMENTED = "augmented"
    RECIPE = "recipe"
    VERSIONS = "versions"
    UNKNOWN = "unknown"


WORDS: dict[Why, str] = {
    Why.OTHER_LEDGER: "shares, salt or another setting of the splits differ",
    Why.SAME_LEDGER: "NOTHING EXPLAINS IT: under one ledger no row may ever move",
    Why.LEFT_OUT: "left out now",
    Why.LEFT_OUT_BEFORE: "was left out before",
    Why.IMPORTED: "imported since",
    Why.DECIDED: "decided since, or otherwise",
    Why.CORRECTED: "its correction is another",
    Why.RULED: "other verdicts count",
    Why.ANNOTATED: "annotated since, or otherwise",
    Why.AUGMENTED: "a copy that only one of the recipes asks for",
    Why.RECIPE: "the recipes differ",
    Why.VERSIONS: "the program or its checks differ",
    Why.UNKNOWN: "nothing on record says why",
}


class Setting(Struct, frozen=True):
    """Something asked for, or a version, that differs."""

    name: str
    before: Any
    after: Any


class RowDifference(Struct, frozen=True, omit_defaults=True):
    """One row that differs."""

    change: Change
    why: Why
    uid: str
    message_index: int | None
    augmentation: str = ""
    reason: DropReason | None = None
    """With which it was left out in the other export."""
    before: str = ""
    """`<file>:<line>` in the earlier export; "" where it has none."""
    after: str = ""


class WhyCount(Struct, frozen=True):
    """How many rows differ so."""

    change: Change
    why: Why
    reason: DropReason | None
    rows: int


class Shift(Struct, frozen=True):
    """Rows of one kind, before and after."""

    dimension: str
    value: str
    before: int
    after: int


class Facts(Struct, frozen=True):
    """What both exports recorded of one row and its trajectory."""

    before: Lineage | None
    after: Lineage | None
    dropped_before: DropReason | None
    dropped_after: DropReason | None
    augmentation: str


class Background(Struct, frozen=True):
    """What holds for all rows of the comparison."""

    before_at: datetime
    same_recipe: bool
    same_ledger: bool
    same_versions: bool


def explain(change: Change, facts: Facts, background: Background) -> Why:
    """Why one row came, went, moved or changed."""
    match change:
        case Change.MOVED:
            return Why.SAME_LEDGER if background.same_ledger else Why.OTHER_LEDGER
        case Change.REMOVED if facts.dropped_after is not None:
            return Why.LEFT_OUT
        case Change.ADDED if facts.dropped_before is not None:
            return Why.LEFT_OUT_BEFORE
    if facts.augmentation and change is not Change.CHANGED and not background.same_recipe:
        return Why.AUGMENTED
    if change is Change.ADDED and facts.after is not None:
        new = _newer(facts.after, background.before_at)
        if new is not None:
            return new
    if facts.before is not None and facts.after is not None:
        other = _otherwise(facts.before, facts.after)
        if other is not None:
            return other
    if not background.same_recipe:
        return Why.RECIPE
    return Why.UNKNOWN if background.same_versions else Why.VERSIONS


def _newer(line: Lineage, since: datetime) -> Why | None:
    """What of a row's history is newer than the earlier export."""
    if line.imported_at > since:
        return Why.IMPORTED
    if line.decision is not None and line.decision.at > since:
        return Why.DECIDED
    if any(one.at > since for one in line.verdicts):
        return Why.RULED
    return Why.ANNOTATED if any(one.at > since for one in line.annotators) else None


def _otherwise(before: Lineage, after: Lineage) -> Why | None:
    """What of a row's history is not what it was."""
    if (before.correction and before.correction.uid) != (after.correction and after.correction.uid):
        return Why.CORRECTED
    if before.decision != after.decision:
        return Why.DECIDED
    if before.verdicts != after.verdicts:
        return Why.RULED
    return Why.ANNOTATED if before.annotators != after.annotators else None


def settings_that_differ(before: Struct, after: Struct) -> tuple[Setting, ...]:
    """Fields of two values that differ, by dotted name; one that is not there is None."""
    one, other = dict(_flat(before)), dict(_flat(after))
    return tuple(
        Setting(name, one.get(name), other.get(name))
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    )


def _flat(value: Any, prefix: str = "") -> list[tuple[str, Any]]:
    plain = msgspec.to_builtins(value) if isinstance(value, Struct) else value
    if isinstance(plain, dict):
        return [
            pair
            for key, inner in plain.items()
            for pair in _flat(inner, f"{prefix}.{key}" if prefix else str(key))
        ]
    return [(prefix, plain)]


LEDGER = ("shares", "salt", "stratify", "test_datasets", "tool_sets")
"""Fields of a request that name its split ledger."""


def shifts(before: Manifest, after: Manifest) -> tuple[Shift, ...]:
    """How the composition differs, splits first."""
    found = [
        Shift("split", name, before.by_split.get(name, 0), after.by_split.get(name, 0))
        for name in dict.fromkeys([*before.by_split, *after.by_split])
    ]
    for dimension in before.composition.__struct_fields__:
        one: dict[str, int] = getattr(before.composition, dimension)
        other: dict[str, int] = getattr(after.composition, dimension)
        found += [
            Shift(dimension, name, one.get(name, 0), other.get(name, 0))
            for name in dict.fromkeys([*one, *other])
        ]
    return tuple(one for one in found if one.before != one.after)
