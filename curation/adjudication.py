"""Where annotators differ, and what a queue's rule makes of what they said.

Annotations differ in their outcome, in the verdict and the recovery labels of a step that several
of them judged, in the categories at a place that several of them marked (and whether it may be
learnt), in the ruling on a try that several of them ruled on, in the step that holds the root
cause, and in the correction. What only one of them looked at (a verdict, a ruling or a mark nobody
else placed there) is extra, not a difference: it is shown, and it does not make a dispute.

Pure: who decides and how it is stored is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from curation.annotation import Annotation, Outcome, RuledTry, StepVerdict, TryRuling
from curation.checklists import Answered
from curation.marks import Mark, merged
from curation.queueing import State
from curation.recovery import Recovery
from curation.trajectory import Anchor

T = TypeVar("T")

ALONE = "alone"
"""Rule: one annotator, whose accept or reject is the decision."""

AGREED = "agreed"
"""Rule: all slots are committed and the annotations do not differ."""

CERTIFIED = "certificate"
"""Rule: a judge's correction of the only step there is, applied under a certificate of the gate."""


DO_NOT_LEARN = " (do not learn)"


class Said(Struct, frozen=True):
    """What one annotator says."""

    annotator: str
    annotation: Annotation


class Opinion(Struct, Generic[T], frozen=True):
    """One annotator's answer to one question."""

    annotator: str
    value: T


class StepDifference(Struct, frozen=True):
    """A step whose verdicts are not all the same."""

    message_index: int
    opinions: tuple[Opinion[StepVerdict | None], ...]


class MarkDifference(Struct, frozen=True):
    """A place where the marked categories are not all the same."""

    anchor: Anchor
    opinions: tuple[Opinion[tuple[str, ...]], ...]
    """Categories as `taxonomy/category`, sorted, with `DO_NOT_LEARN` behind those that say so; ()
    for an annotator who put nothing there."""


class RecoveryDifference(Struct, frozen=True):
    """A step whose recovery labels are not all the same."""

    message_index: int
    opinions: tuple[Opinion[tuple[Recovery, ...]], ...]


class TryDifference(Struct, frozen=True):
    """A try whose rulings are not all the same."""

    message_index: int
    try_id: str
    opinions: tuple[Opinion[TryRuling | None], ...]


class Differences(Struct, frozen=True):
    """Everything in which annotations of one trajectory are not the same."""

    outcomes: tuple[Opinion[Outcome | None], ...] = ()
    """Everybody's outcome when they are not all equal, else ()."""
    steps: tuple[StepDifference, ...] = ()
    marks: tuple[MarkDifference, ...] = ()
    corrections: tuple[Opinion[str | None], ...] = ()
    """Everybody's correction uid when they are not all equal, else ()."""
    root_causes: tuple[Opinion[tuple[int | None, ...]], ...] = ()
    """The message (None: the whole trajectory) in which everybody sees the root cause, when they
    are not all equal, else (). () for an annotator who names none; several only in old data."""
    recovery: tuple[RecoveryDifference, ...] = ()
    tries: tuple[TryDifference, ...] = ()

    @property
    def is_dispute(self) -> bool:
        """True when somebody contradicts somebody else, not merely says more."""
        return bool(
            self.outcomes
            or self.corrections
            or any(_contradict(d.opinions, lambda v: v is None) for d in self.steps)
            or any(_contradict(d.opinions, lambda v: not v) for d in self.marks)
            or any(_contradict(d.opinions, lambda v: not v) for d in self.recovery)
            or _contradict(self.root_causes, lambda v: not v)
            or any(_contradict(d.opinions, lambda v: v is None) for d in self.tries)
        )


def _contradict(opinions: Sequence[Opinion[T]], is_silent: Callable[[T], bool]) -> bool:
    spoken = [o.value for o in opinions if not is_silent(o.value)]
    return any(value != spoken[0] for value in spoken[1:])


def differences(said: Sequence[Said]) -> Differences:
    """Compare annotations of one trajectory; fewer than two do not differ."""
    if len(said) < 2:
        return Differences()
    return Differences(
        outcomes=_unless_equal([Opinion(s.annotator, s.annotation.outcome) for s in said]),
        steps=tuple(_step_differences(said)),
        marks=tuple(_mark_differences(said)),
        corrections=_unless_equal(
            [Opinion(s.annotator, s.annotation.correction_uid) for s in said]
        ),
        root_causes=_unless_equal([Opinion(s.annotator, _root_causes(s)) for s in said]),
        recovery=tuple(_recovery_differences(said)),
        tries=tuple(_try_differences(said)),
    )


def _unless_equal(opinions: list[Opinion[T]]) -> tuple[Opinion[T], ...]:
    return () if all(o.value == opinions[0].value for o in opinions) else tuple(opinions)


def _step_differences(said: Sequence[Said]) -> Iterable[StepDifference]:
    for index in sorted({i for s in said for i in s.annotation.step_verdicts}):
        opinions = _unless_equal(
            [Opinion(s.annotator, s.annotation.step_verdicts.get(index)) for s in said]
        )
        if opinions:
            yield StepDifference(index, opinions)


def _mark_differences(said: Sequence[Said]) -> Iterable[MarkDifference]:
    for anchor in sorted({m.anchor for s in said for m in s.annotation.marks}, key=_place):
        opinions = _unless_equal(
            [Opinion(s.annotator, _categories(s.annotation.marks, anchor)) for s in said]
        )
        if opinions:
            yield MarkDifference(anchor, opinions)


def _try_differences(said: Sequence[Said]) -> Iterable[TryDifference]:
    rulings = [{(t.message_index, t.try_id): t.ruling for t in s.annotation.tries} for s in said]
    for index, try_id in sorted({place for ruled in rulings for place in ruled}):
        opinions = _unless_equal(
            [
                Opinion(s.annotator, ruled.get((index, try_id)))
                for s, ruled in zip(said, rulings, strict=True)
            ]
        )
        if opinions:
            yield TryDifference(index, try_id, opinions)


def _categories(marks: Iterable[Mark], anchor: Anchor) -> tuple[str, ...]:
    here = [m for m in marks if m.anchor == anchor]
    return tuple(
        sorted({f"{m.taxonomy}/{m.category}{'' if m.train else DO_NOT_LEARN}" for m in here})
    )


def _root_causes(said: Said) -> tuple[int | None, ...]:
    found = {m.anchor.message_index for m in said.annotation.marks if m.root_cause}
    return tuple(sorted(found, key=lambda i: -1 if i is None else i))


def _recovery_differences(said: Sequence[Said]) -> Iterable[RecoveryDifference]:
    for index in sorted({i for s in said for i in s.annotation.recovery}):
        opinions = _unless_equal(
            [Opinion(s.annotator, s.annotation.recovery.get(index, ())) for s in said]
        )
        if opinions:
            yield RecoveryDifference(index, opinions)


def _place(anchor: Anchor) -> tuple[int, int, str, str, tuple[int, int]]:
    """Reading order: whole trajectory, then by message, call, argument and span."""
    return (
        -1 if anchor.message_index is None else anchor.message_index,
        -1 if anchor.call_index is None else anchor.call_index,
        anchor.pointer or "",
        anchor.field,
        anchor.span or (-1, -1),
    )


class Rule(Struct, frozen=True):
    """What the queues of a trajectory ask for."""

    overlap: int = 1
    decide_alone: bool = False
    is_certified: bool = False
    """Everything said is of judges whose verdicts a gate lets pass, and of the only step."""


class Settlement(Struct, frozen=True):
    """What the annotations of a trajectory amount to."""

    state: State
    rule: str = ""
    """The rule that decides, "" when a person has to."""
    adopted: Annotation | None = None
    """What the rule decides, None when a person has to."""


def settle(said: Sequence[Said], rule: Rule, *, open_slots: int, slots: int) -> Settlement:
    """State and automatic decision for a trajectory without a person's decision.

    Args:
        said: the standing annotations, one per annotator.
        rule: the strictest of the queues that ask for the trajectory.
        open_slots: slots that are waiting or claimed.
        slots: all slots, 0 for a trajectory that is in no queue.
    """
    if open_slots or not said:
        # All slots done and nothing said cannot come from commits; it waits again all the same.
        return Settlement(State.QUEUED if slots else State.NEW)
    if differences(said).is_dispute:
        return Settlement(State.DISPUTED)
    outcome = said[0].annotation.outcome
    if outcome not in (Outcome.ACCEPT, Outcome.REJECT):
        return Settlement(State.ANNOTATED)
    if rule.is_certified:
        return Settlement(State.DECIDED, CERTIFIED, merge(said))
    if not rule.decide_alone or len(said) < rule.overlap:
        return Settlement(State.ANNOTATED)
    return Settlement(State.DECIDED, ALONE if len(said) == 1 else AGREED, merge(said))


def merge(said: Sequence[Said]) -> Annotation:
    """What undisputed annotations say together; one alone stays exactly as it was said.

    Verdicts, recovery labels, rulings, answers to checklists and marks are united (see
    `curation.marks.merged`); notes follow each other under the names of their authors; outcome and
    correction are everybody's.
    """
    if len(said) == 1:
        return said[0].annotation
    verdicts: dict[int, StepVerdict] = {}
    recovery: dict[int, tuple[Recovery, ...]] = {}
    tries: dict[tuple[int, str], RuledTry] = {}
    answered: dict[tuple[int, int, str], Answered] = {}
    for one in said:
        verdicts.update(one.annotation.step_verdicts)
        recovery.update(one.annotation.recovery)
        tries.update({(t.message_index, t.try_id): t for t in one.annotation.tries})
        answered.update(
            {(a.message_index, a.call_index, a.item_id): a for a in one.annotation.checklist}
        )
    notes = [f"{s.annotator}: {s.annotation.note}" for s in said if s.annotation.note]
    return Annotation(
        outcome=said[0].annotation.outcome,
        step_verdicts=dict(sorted(verdicts.items())),
        marks=merged([one.annotation.marks for one in said]),
        note="\n".join(notes),
        correction_uid=said[0].annotation.correction_uid,
        recovery=dict(sorted(recovery.items())),
        checklist=tuple(answered.values()),
        tries=tuple(tries.values()),
    )
