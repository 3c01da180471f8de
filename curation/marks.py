"""Marks: categories placed at anchors, and what holds between the marks of one annotation.

Errors follow from errors. One mark at most is the root cause (AgentDebug's critical step, arXiv
2509.25370: the earliest error whose correction alone would have saved the run); others name the
mark they were caused by. These functions keep that true whatever is placed or taken away: a second
root cause takes the place of the first, and no link leads to a mark that is not there, to itself
or round in a circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from curation.trajectory import Anchor


class MarkSeverity(StrEnum):
    """How much a marked error matters to the task."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Mark(Struct, frozen=True, omit_defaults=True):
    """A category placed at an anchor."""

    mark_id: str
    """Chosen by the client, unique within the annotation; makes repeats harmless."""
    taxonomy: str
    category: str
    anchor: Anchor
    severity: MarkSeverity = MarkSeverity.MAJOR
    note: str = ""
    root_cause: bool = False
    caused_by: str | None = None
    """`mark_id` of the error that this one follows from; None when it stands by itself."""
    train: bool = True
    """False: "error, do not learn". The model may see the place and gets no loss there (AskToAct,
    arXiv 2503.01940; `train` in axolotl's `train_detail`)."""
    expected_clarification: str = ""
    """What the assistant should have asked the user (NoisyToolBench, arXiv 2409.00557)."""


Marks = tuple[Mark, ...]


def placed(marks: Marks, mark: Mark) -> Marks:
    """`marks` with `mark` at the end, in the place of the one with its id."""
    others = tuple(m for m in marks if m.mark_id != mark.mark_id)
    if mark.root_cause:
        mark = replace(mark, caused_by=None)
        others = tuple(replace(m, root_cause=False) if m.root_cause else m for m in others)
    elif mark.caused_by is not None and not _may_cause(others, mark):
        mark = replace(mark, caused_by=None)
    return (*others, mark)


def removed(marks: Marks, mark_id: str) -> Marks:
    """`marks` without the one with this id, and without links to it."""
    return tuple(
        replace(m, caused_by=None) if m.caused_by == mark_id else m
        for m in marks
        if m.mark_id != mark_id
    )


def merged(sets: Sequence[Marks]) -> Marks:
    """The marks of annotators who do not contradict each other: one per place and category.

    The first who put it there says how it is; a cause, a clarification and being the root cause
    are taken from the others when the first names none. Ids are unique only per annotator, so
    those that meet are told apart; links lead to the marks that stand for the ones they meant.
    """
    kept: dict[tuple[Anchor, str, str], Mark] = {}
    links: dict[str, tuple[int, str]] = {}
    names: list[dict[str, str]] = []
    has_root = False
    for number, marks in enumerate(sets):
        names.append({})
        for mark in marks:
            place = (mark.anchor, mark.taxonomy, mark.category)
            is_root = mark.root_cause and not has_root
            has_root = has_root or is_root
            first = kept.get(place)
            if first is None:
                taken = {m.mark_id for m in kept.values()}
                name = f"{number}:{mark.mark_id}" if mark.mark_id in taken else mark.mark_id
                first = replace(mark, mark_id=name, caused_by=None, root_cause=False)
            kept[place] = replace(
                first,
                root_cause=first.root_cause or is_root,
                expected_clarification=first.expected_clarification or mark.expected_clarification,
            )
            names[number][mark.mark_id] = first.mark_id
            if mark.caused_by is not None:
                links.setdefault(first.mark_id, (number, mark.caused_by))
    united = {m.mark_id: m for m in kept.values()}
    for effect, (number, cause) in links.items():
        linked = replace(united[effect], caused_by=names[number].get(cause))
        others = tuple(m for m in united.values() if m.mark_id != effect)
        if not linked.root_cause and _may_cause(others, linked):
            united[effect] = linked
    return tuple(united.values())


def _may_cause(others: Marks, effect: Mark) -> bool:
    """The cause exists and does not itself, over however many links, follow from the effect."""
    causes = {m.mark_id: m.caused_by for m in others}
    at = effect.caused_by
    for _ in range(len(causes) + 1):  # stored annotations may hold anything, circles too
        if at is None:
            return True
        if at not in causes:
            return False
        at = causes[at]
    return False
