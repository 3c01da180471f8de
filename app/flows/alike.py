"""The others like this: what is wrong here stands in other trajectories of the dataset as well.

From a finding, the other findings of the same check at the same argument of the same tool; from a
mark where no check found anything, the other calls that say the same. What is decided, in somebody
else's hands, committed or marked so already by the annotator is counted and left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from app.flows.delivery import draft_of
from app.flows.others import LeftAlone, why_left_alone
from app.flows.replay import phrases_of
from curation.checking import Finding, Severity
from curation.errors import AnnotationError
from curation.likeness import ANY_ITEM, place_of, pointer_shape, says_the_same, value_at
from curation.marks import Mark
from curation.trajectory import Anchor, ToolCall, Trajectory
from storage import browse, findings, others, tasks, trajectories
from storage.annotators import AnnotatorInfo
from storage.browse import Filter, Order
from storage.datasets import dataset_id, items_of
from storage.engine import Store
from storage.queues import dataset_name

MOST = 2_000
"""Places alike that are looked for; with more, the oldest count."""

MOST_SENT = 200
"""Places that are told one by one; more are done by the worker."""

MOST_READ = 1_000
"""Trajectories that are read in search of equal calls."""

MARKED = "marked"
"""Left alone because this annotator marked it so already."""

MAX_VALUE = 200
"""Characters of a value that are told."""

_BY_SEVERITY = list(Severity)


class About(Struct, frozen=True):
    """What others are to be like, and what is going to be said of them."""

    uid: str
    anchor: Anchor
    check: str | None = None
    """Name of the check whose finding it is; None: whatever was found at the place."""
    dataset: str | None = None
    """Where to look; None: the dataset that the trajectory is worked on in."""
    taxonomy: str = ""
    category: str = ""
    """What they are going to be marked with; "" when that is not chosen yet."""


class AlikePlace(Struct, frozen=True):
    """One place in another trajectory."""

    uid: str
    source_id: str
    anchor: Anchor
    """Where the mark goes."""
    message: str
    """What the check says there; "" for an equal call."""
    step: int | None = None
    """Number of the step as screens count it."""
    step_index: int | None = None
    """Message index of the step whose verdict it is; None when it is about no step."""
    name: str = ""
    """Of the called tool."""
    value: str | None = None
    """Of the argument, as JSON text; None when it is missing."""


class Alike(Struct, frozen=True):
    """What is alike, and on what grounds."""

    grounds: str
    """What all of them have in common, in words."""
    n_places: int
    n_trajectories: int
    places: tuple[AlikePlace, ...]
    """The first `MOST_SENT` of them."""
    left_alone: dict[str, int]
    """Reason (`LeftAlone`, or `MARKED`) -> trajectories alike that are not touched."""
    is_capped: bool = False
    """True when there may be more than were looked at."""


class _Place(Struct, frozen=True):
    trajectory_id: int
    uid: str
    source_id: str
    anchor: Anchor
    message: str


class _Search(Struct, frozen=True):
    grounds: str
    places: list[_Place]
    is_capped: bool


def find_alike(store: Store, who: AnnotatorInfo, about: About, limit: int = MOST_SENT) -> Alike:
    """Places like this one that the annotator may mark.

    Raises:
        NotFound: no such trajectory or dataset.
        AnnotationError: there is nothing at the place that others could be like.
    """
    with store.read() as conn:
        here = trajectories.load(conn, about.uid)
        number = _dataset(conn, about, here.id, who)
        found = _search(conn, about, here.id, here.trajectory, number)
        free, left = _sorted_out(conn, who, found.places, about)
        told = _told(conn, free[:limit])
    return Alike(
        grounds=found.grounds,
        n_places=len(free),
        n_trajectories=len({place.trajectory_id for place in free}),
        places=tuple(told),
        left_alone=left,
        is_capped=found.is_capped,
    )


def _dataset(conn: Connection, about: About, trajectory_id: int, who: AnnotatorInfo) -> int:
    if about.dataset is not None:
        return dataset_id(conn, about.dataset)
    at_work = tasks.dataset_at_work(conn, who.id, trajectory_id)
    if at_work is not None:
        return at_work
    items = items_of(conn, trajectory_id)
    if not items:
        raise AnnotationError(
            "This trajectory is in no dataset, so it has no others.",
            where=about.uid,
            hint="Open the imported trajectory that it corrects.",
        )
    return dataset_id(conn, items[0].dataset)


def _search(
    conn: Connection, about: About, trajectory_id: int, here: Trajectory, number: int
) -> _Search:
    finding = _finding_here(conn, about, trajectory_id, here)
    if finding is not None:
        return _same_finding(conn, finding, trajectory_id, here, number)
    call = _call_at(here, about.anchor)
    if call is None:
        raise AnnotationError(
            "There is nothing here that others could be like.",
            where=about.uid,
            hint="Select a finding, or a mark on a call or on one of its arguments.",
        )
    return _same_call(conn, call, about.anchor.pointer, trajectory_id, number)


def _finding_here(
    conn: Connection, about: About, trajectory_id: int, here: Trajectory
) -> Finding | None:
    found = [
        f
        for f in findings.findings_of(conn, trajectory_id)
        if about.check in (None, f.check) and about.anchor in (f.anchor, place_of(here, f.anchor))
    ]
    return min(found, key=lambda f: _BY_SEVERITY.index(f.severity), default=None)


def _same_finding(
    conn: Connection, finding: Finding, trajectory_id: int, here: Trajectory, number: int
) -> _Search:
    call = _call_at(here, finding.anchor)
    shape = pointer_shape(finding.anchor.pointer)
    found = findings.found_alike(
        conn,
        number,
        finding.check,
        tool=None if call is None else call.name,
        pointer=shape,
        any_item=ANY_ITEM,
        apart_from=trajectory_id,
        limit=MOST + 1,
    )
    grounds = f"The check {finding.check} found something {_where(call, shape)}"
    places = [
        _Place(f.trajectory_id, f.uid, f.source_id, f.anchor, f.message)
        for f in found
        if pointer_shape(f.anchor.pointer) == shape
    ]
    return _Search(grounds, places[:MOST], len(found) > MOST)


def _same_call(
    conn: Connection, call: ToolCall, pointer: str | None, trajectory_id: int, number: int
) -> _Search:
    is_there, value = value_at(call, pointer)
    if not is_there:
        raise AnnotationError(
            "The argument is not in the call, and no check found anything there.",
            where=pointer or "",
            hint="Select a finding, or a mark on a call or on an argument that it has.",
        )
    name = dataset_name(conn, number)
    wanted = Filter(dataset=name, tool=call.name, text=phrases_of({"": value}), order=Order.OLDEST)
    rows = [r for r in browse.page(conn, wanted, limit=MOST_READ).rows if r.id != trajectory_id]
    sources = {row.id: row for row in rows}
    places: list[_Place] = []
    for start in range(0, len(rows), 20):
        for stored in trajectories.load_many(conn, [r.id for r in rows[start : start + 20]]):
            places += [
                _Place(stored.id, stored.uid, sources[stored.id].source_id, anchor, "")
                for i, j, other in stored.trajectory.calls()
                if says_the_same(call, other, pointer)
                for anchor in [Anchor(message_index=i, call_index=j, pointer=pointer)]
            ]
    said = _short(value)
    grounds = (
        f"A call of {call.name} has {said} as its {_named(pointer)}"
        if pointer
        else f"A call of {call.name} has the same arguments"
    )
    return _Search(grounds, places[:MOST], len(rows) >= MOST_READ - 1 or len(places) > MOST)


def _where(call: ToolCall | None, shape: str | None) -> str:
    if call is None:
        return "in the trajectory"
    of_call = f"in a call of {call.name}"
    return f"at {_named(shape)} {of_call}" if shape else of_call


def _named(pointer: str | None) -> str:
    return (pointer or "").lstrip("/") or "arguments"


def _call_at(trajectory: Trajectory, anchor: Anchor) -> ToolCall | None:
    i, j = anchor.message_index, anchor.call_index
    if i is None or j is None or not 0 <= i < len(trajectory.messages):
        return None
    calls = trajectory.messages[i].tool_calls
    return calls[j] if 0 <= j < len(calls) else None


def _sorted_out(
    conn: Connection, who: AnnotatorInfo, places: Sequence[_Place], about: About
) -> tuple[list[_Place], dict[str, int]]:
    """(places that may be marked, reason -> how many trajectories may not)."""
    ids = list(dict.fromkeys(place.trajectory_id for place in places))
    why: dict[int, str] = dict(why_left_alone(conn, who.id, ids))
    begun = others.begun_by(conn, who.id, ids) - set(why)
    marks = {i: draft_of(conn, i, who.id).annotation.marks for i in begun}
    marks = {i: mine for i, mine in marks.items() if mine}
    bodies = {one.id: one.trajectory for one in trajectories.load_many(conn, list(marks))}
    free: list[_Place] = []
    for place in places:
        i = place.trajectory_id
        if i in why:
            continue
        if i in marks and _is_marked(marks[i], place_of(bodies[i], place.anchor), about):
            continue
        free.append(place)
    with_place = {place.trajectory_id for place in free}
    why |= {i: MARKED for i in begun if i not in with_place}
    order = [*LeftAlone, MARKED]
    counted = Counter(why.values())
    return free, {str(reason): counted[reason] for reason in order if counted[reason]}


def _is_marked(marks: Iterable[Mark], anchor: Anchor, about: About) -> bool:
    return any(
        (mark.taxonomy, mark.category, mark.anchor) == (about.taxonomy, about.category, anchor)
        for mark in marks
    )


def _told(conn: Connection, places: Sequence[_Place]) -> list[AlikePlace]:
    ids = list(dict.fromkeys(place.trajectory_id for place in places))
    bodies: dict[int, Trajectory] = {}
    for start in range(0, len(ids), 20):
        for stored in trajectories.load_many(conn, ids[start : start + 20]):
            bodies[stored.id] = stored.trajectory
    return [_tell(place, bodies[place.trajectory_id]) for place in places]


def _tell(place: _Place, body: Trajectory) -> AlikePlace:
    anchor = place_of(body, place.anchor)
    steps = body.assistant_indexes()
    step = steps.index(anchor.message_index) + 1 if anchor.message_index in steps else None
    call = _call_at(body, anchor)
    is_there, value = (False, None) if call is None else value_at(call, anchor.pointer)
    return AlikePlace(
        uid=place.uid,
        source_id=place.source_id,
        anchor=anchor,
        message=place.message,
        step=step,
        step_index=None if step is None else anchor.message_index,
        name="" if call is None else call.name,
        value=_short(value) if is_there else _unparsed(call),
    )


def _unparsed(call: ToolCall | None) -> str | None:
    """What stands where arguments should, when they are not JSON."""
    if call is None or call.parsed().value is not None:
        return None
    return call.raw_arguments[:MAX_VALUE]


def _short(value: Any) -> str:
    text = msgspec.json.encode(value).decode("utf-8", "replace")
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
