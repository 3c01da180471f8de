"""Where the rows of an export come from: one line of `lineage.jsonl` per trajectory in it.

`index.jsonl` names the trajectory of every row; what is the same for all rows of a trajectory (its
source, its correction, the decision, the verdicts, the people) stands here once. Lines hold only
what there is: an untouched trajectory is a line of four values.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from curation.exporting import Curated

LINEAGE = "lineage.jsonl"


class ProposedCorrection(Struct, frozen=True, omit_defaults=True, gc=False):
    """Who proposed a correction, and why."""

    uid: str
    by: str
    at: datetime
    reason: str = ""


class UsedVerdict(Struct, frozen=True, omit_defaults=True, gc=False):
    """A verdict in force on another model's answer to a step: a person's, or one that was applied
    without a person. What a judge said and nobody applied changes no export."""

    message_index: int
    model: str
    """Whose answer it is."""
    verdict: str
    by: str
    """The person who ruled, or who let the gate apply the judge's verdicts."""
    at: datetime
    is_blind: bool = False
    """The person ruled before seeing what judges said."""
    judge: str = ""
    """Backend and models whose verdict was applied; "" for a person's own ruling, as are the
    next two."""
    rubric: str = ""
    rubric_version: int = 0
    certificate: int | None = None
    """Why it was applied without a person (`loopwright gate`)."""


class Grown(Struct, frozen=True, omit_defaults=True, gc=False):
    """The verified error that a model grew this trajectory from."""

    parent_uid: str
    message_index: int
    """Of the step in the parent."""
    directive: str
    model: str


class Origin(Struct, frozen=True, omit_defaults=True, gc=False):
    """What the store knows of where a trajectory comes from."""

    where: str
    """`<file>:<line or row>` of the import."""
    imported_at: datetime
    corrections: tuple[ProposedCorrection, ...] = ()
    verdicts: tuple[UsedVerdict, ...] = ()
    grown: Grown | None = None
    unruled: int = 0
    """Answers of other models that nobody ruled on: unscored, or a judge's word alone."""


class DecisionSource(Struct, frozen=True, omit_defaults=True, gc=False):
    """The decision in force."""

    outcome: str
    by: str
    """A person's name, or `rule <name>`."""
    at: datetime
    note: str = ""


class Annotated(Struct, frozen=True, omit_defaults=True, gc=False):
    """An annotator whose annotation stands."""

    name: str
    at: datetime
    outcome: str = ""
    """"" when they said nothing of the whole."""


class SimulatedPart(Struct, frozen=True, omit_defaults=True, gc=False):
    """A tool result of the correction that a model proposed."""

    message_index: int
    model: str
    edited: bool = False


class Lineage(Struct, frozen=True, omit_defaults=True, gc=False):
    """One line of `lineage.jsonl`."""

    uid: str
    dataset: str
    source_id: str
    where: str
    imported_at: datetime
    correction: ProposedCorrection | None = None
    """What is trained on in the trajectory's place."""
    decision: DecisionSource | None = None
    annotators: tuple[Annotated, ...] = ()
    verdicts: tuple[UsedVerdict, ...] = ()
    simulated: tuple[SimulatedPart, ...] = ()
    grown: Grown | None = None
    unruled: int = 0
    """Answers of other models that nobody ruled on."""
    unchecked: bool = False
    """No check has looked at it."""
    n_errors: int = 0
    """Errors that checks found in it, before its correction."""


def lineage_of(curated: Curated, origin: Origin, *, checked: bool) -> Lineage:
    """The line of one trajectory."""
    decision: DecisionSource | None = None
    correction: ProposedCorrection | None = None
    simulated: tuple[SimulatedPart, ...] = ()
    if curated.decision is not None:
        decided = curated.decision
        decision = DecisionSource(
            decided.outcome.value, decided.by, decided.created_at, decided.note
        )
    if curated.correction_uid:
        correction = _proposal(curated.correction_uid, origin)
        simulated = tuple(
            {
                made_up.message_index: SimulatedPart(
                    made_up.message_index, made_up.model, made_up.edited
                )
                for said in curated.said
                if said.annotation.correction_uid == curated.correction_uid
                for made_up in said.simulated
            }.values()
        )
    return Lineage(
        curated.uid,
        curated.datasets[0] if curated.datasets else "",
        curated.source_id,
        origin.where,
        origin.imported_at,
        correction=correction,
        decision=decision,
        annotators=tuple(
            [
                Annotated(said.annotator, said.created_at, said.annotation.outcome or "")
                for said in curated.said
            ]
        )
        if curated.said
        else (),
        verdicts=origin.verdicts,
        simulated=simulated,
        grown=origin.grown,
        unruled=origin.unruled,
        unchecked=not checked,
        n_errors=curated.n_errors,
    )


def _proposal(uid: str, origin: Origin) -> ProposedCorrection:
    """The first proposal of the correction; several people may have made the same."""
    found = [one for one in origin.corrections if one.uid == uid]
    return found[0] if found else ProposedCorrection(uid, "", origin.imported_at)


def rewritten(line: Lineage, rewrite: Callable[[str], str]) -> Lineage:
    """The line with what people wrote freely put through `rewrite`."""
    decision, correction = line.decision, line.correction
    if decision is not None and decision.note:
        decision = replace(decision, note=rewrite(decision.note))
    if correction is not None and correction.reason:
        correction = replace(correction, reason=rewrite(correction.reason))
    return replace(line, decision=decision, correction=correction)
