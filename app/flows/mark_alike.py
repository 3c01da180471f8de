"""Marking very many places alike, by the worker: the same acts as a browser's, in small deliveries.

What is to be done is planned once and kept in the checkpoint, so that a run that was interrupted
goes on with the same ops under the same numbers: what was done already is not done again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from app.flows.alike import MOST, About, AlikePlace, find_alike
from app.flows.annotate import LEASE
from app.flows.delivery import Delivery
from app.flows.identity import annotator_named
from app.flows.ops import Op
from app.flows.running import Run
from curation.annotation import ActKind, Outcome, StepVerdict
from curation.marks import Mark, MarkSeverity
from curation.trajectory import Anchor
from storage.annotators import hold_annotator, take_turn
from storage.engine import Store

CHUNK = 25
"""Trajectories per transaction: browsers wait while one is written."""


class Ticked(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be said of every place alike."""

    about: About
    batch: str
    severity: MarkSeverity = MarkSeverity.MAJOR
    note: str = ""
    incorrect: bool = False
    """Whether its step becomes incorrect as well."""
    reject: bool = False
    """Whether the trajectory is rejected and committed as well."""
    without: tuple[tuple[str, Anchor], ...] = ()
    """(uid, anchor) of places that were ticked off."""


class AlikeReport(Struct, frozen=True):
    """What became of them."""

    batch: str
    trajectories: int
    marks: int
    refused: int
    """Acts that were refused: the trajectory was decided, claimed or committed meanwhile."""


def mark_alike(store: Store, ticked: Ticked, *, by: str, run: Run | None = None) -> AlikeReport:
    """Say the same of every place alike, as annotator `by`.

    Raises:
        NotFound, AnnotationError: as `find_alike`.
        Cancelled: the user stopped it; what was done stays, and one undo takes it back.
    """
    run = run or Run()
    who = annotator_named(store, by)
    plan = _plan(run.checkpoint)
    if plan is None:
        found = find_alike(store, who, ticked.about, limit=MOST)
        plan = [p for p in found.places if (p.uid, p.anchor) not in set(ticked.without)]
        with store.write() as conn:
            run.save(conn, {"plan": msgspec.to_builtins(plan)})
    families = list(_by_trajectory(plan))
    session, n = f"batch:{ticked.batch}", 1
    marks = refused = 0
    for start in range(0, len(families), CHUNK):
        ops: list[Op] = []
        for places in families[start : start + CHUNK]:
            ops += ops_of(places, ticked, n + len(ops))
        with store.write() as conn:
            take_turn(conn)
            hold_annotator(conn, who.id)
            done = Delivery(conn, who, session, datetime.now(UTC), LEASE).take(ops)
        n += len(ops)
        kinds = {op.n: op.kind for op in ops}
        bad = [result for result in done.results if result.status == "refused"]
        refused += len(bad)
        marks += sum(kinds[r.n] == ActKind.MARK for r in done.results if r not in bad)
        run.report(min(start + CHUNK, len(families)), len(families), "trajectories")
        store.give_way()
    return AlikeReport(ticked.batch, len(families), marks, refused)


def ops_of(places: Sequence[AlikePlace], ticked: Ticked, first: int) -> list[Op]:
    """The ops on one trajectory, numbered from `first`; the commit comes last."""
    uid = places[0].uid
    said: list[tuple[ActKind, dict[str, Any]]] = []
    for i, place in enumerate(places):
        mark = Mark(
            mark_id=f"{ticked.batch}-{first + i}",
            taxonomy=ticked.about.taxonomy,
            category=ticked.about.category,
            anchor=place.anchor,
            severity=ticked.severity,
            note=ticked.note,
        )
        said.append((ActKind.MARK, {"mark": msgspec.to_builtins(mark)}))
    steps = sorted({p.step_index for p in places if p.step_index is not None})
    if ticked.incorrect and steps:
        verdicts = {str(index): StepVerdict.INCORRECT.value for index in steps}
        said.append((ActKind.VERDICTS, {"verdicts": verdicts}))
    if ticked.reject:
        outcome = {"outcome": Outcome.REJECT.value}
        said += [(ActKind.OUTCOME, outcome), (ActKind.COMMIT, outcome)]
    return [
        Op(first + i, uid, kind.value, payload, ticked.batch)
        for i, (kind, payload) in enumerate(said)
    ]


def _plan(checkpoint: dict[str, Any]) -> list[AlikePlace] | None:
    kept = checkpoint.get("plan")
    return None if kept is None else msgspec.convert(kept, list[AlikePlace])


def _by_trajectory(places: Sequence[AlikePlace]) -> Iterator[list[AlikePlace]]:
    families: dict[str, list[AlikePlace]] = {}
    for place in places:
        families.setdefault(place.uid, []).append(place)
    yield from families.values()
