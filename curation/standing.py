"""Which of all verdicts on one prediction is in force, and whether they contradict each other.

Verdicts are appended and never changed; one that is taken back is named by a later row. Pure: the
rows are `storage/verdicts.py`, what is done on a ruling `app/flows/rule.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from curation.consensus import RulingReason
from curation.verdicts import Verdict

UNSCORED = "unscored"
"""Standing of a prediction that was judged without a verdict."""

CONTRADICTING = frozenset(
    {RulingReason.DISAGREEMENT, RulingReason.TIE, RulingReason.ORDERS_DISAGREE}
)
"""Reasons of having no verdict that are a disagreement of votes, not the want of any."""


class RulerKind(StrEnum):
    """On whose word a verdict is."""

    HUMAN = "human"
    AUTO = "auto"
    """A judge's, applied without a person because the gate lets its class pass."""
    JUDGE = "judge"


class RulingAction(Struct, frozen=True, omit_defaults=True):
    """What was done on a ruling: all of it is put back when the ruling is withdrawn."""

    acts: tuple[int, ...] = ()
    """Ids of the acts of annotation it performed, in order."""
    correction_uid: str = ""
    """The corrected trajectory it proposed; "" for none."""
    try_id: str = ""
    """The try it ruled on (`curation.tries.try_id`); "" for none."""
    is_error_seed: bool = False
    """New samples may be grown from this error."""
    is_accepted: bool = False
    """The trajectory was accepted and committed with it: nothing else was to be said."""

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to put back."""
        return self == RulingAction()


class GivenVerdict(Struct, frozen=True):
    """One row of what was said of a prediction."""

    id: int
    """Rises with time."""
    kind: RulerKind
    annotator_id: int
    verdict: Verdict | None = None
    unscored: str = ""
    withdraws: int | None = None
    """Id of the row that this one takes back; it then says nothing itself."""


class Standing(Struct, frozen=True):
    """What all rows on one prediction amount to."""

    standing: str = ""
    """The verdict in force, `UNSCORED`, or "" while nobody said anything."""
    decided_by: RulerKind | None = None
    verdict_id: int | None = None
    """The row in force; None when there is none."""
    is_disputed: bool = False
    """Annotators contradict each other, or the votes of the judge in force do. What people said
    settles what judges disagree about, unless people disagree."""


def standing_of(given: Sequence[GivenVerdict]) -> Standing:
    """What is in force: a person's before an automatic one before a judge's; of each the newest.

    Of every annotator only the newest row counts, so a judge that cannot decide any more takes its
    earlier verdict back, and another judge's "cannot decide" takes back nobody's.
    """
    taken_back = {one.withdraws for one in given if one.withdraws is not None}
    latest: dict[tuple[RulerKind, int], GivenVerdict] = {}
    for one in sorted(given, key=lambda one: one.id):
        if one.withdraws is None and one.id not in taken_back:
            latest[one.kind, one.annotator_id] = one
    for kind in RulerKind:
        said = [one for one in latest.values() if one.kind is kind]
        if said:
            # Whoever names a verdict goes before whoever could not.
            force = max(said, key=lambda one: (one.verdict is not None, one.id))
            heard = said if kind is RulerKind.HUMAN else list(latest.values())
            return Standing(
                UNSCORED if force.verdict is None else str(force.verdict),
                kind,
                force.id,
                len({one.verdict for one in heard} - {None}) > 1
                or (force.verdict is None and force.unscored in CONTRADICTING),
            )
    return Standing()
