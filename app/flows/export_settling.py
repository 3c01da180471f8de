"""What is settled about each candidate before its content is looked at.

Split, outcome, the correction to train on, or why the candidate is no use: all that needs the other
candidates or the store. What needs the content is `app.flows.export_making`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from app.flows.contamination import Leaks
from app.flows.export_making import UNREAD, Settled
from curation import adjudication
from curation.annotation import Annotation, Outcome
from curation.export_reasons import Dropped, DropReason
from curation.exporting import Curated
from curation.split_ledger import Sides
from storage.candidate_facts import Corrected
from storage.candidates import Candidate

CHUNK_ROWS = 250
CHUNK_BYTES = 1 << 20
"""A chunk ends at this many trajectories or packed bytes: memory stays flat for long ones too."""


def chunks(settled: Iterable[Settled]) -> Iterator[tuple[Settled, ...]]:
    """Runs of settled candidates, in order."""
    chunk: list[Settled] = []
    size = 0
    for one in settled:
        chunk.append(one)
        size += one.size
        if len(chunk) >= CHUNK_ROWS or size >= CHUNK_BYTES:
            yield tuple(chunk)
            chunk, size = [], 0
    if chunk:
        yield tuple(chunk)


class Settling:
    """Settles candidates one after the other; remembers the corrections that are written."""

    def __init__(
        self,
        sides: Sides,
        *,
        stem: str | None,
        taken: frozenset[int],
        leaks: Leaks,
    ) -> None:
        """`stem`: of the one file of a type without splits. `taken`: corrections that decisions
        chose, which are not written again in their own name. `leaks`: families that hold part of a
        benchmark."""
        self._sides = sides
        self._stem = stem
        self._taken = taken
        self._leaks = leaks
        self._written: set[int] = set()

    def settle(self, candidate: Candidate) -> Settled:
        """The candidate with all that is known of it but its content."""
        self._sides.enter([candidate.own_group])  # what came in since the ledger was read
        split = self._sides.side_of(candidate.own_group).value
        outcome, said, by, result, reason = _settled(candidate)
        if result is None and candidate.ruled is not None and outcome is not Outcome.REJECT:
            # The mixture was drawn for the corrected step: its label is known to be wrong.
            result = candidate.ruled
            reason = None if reason is DropReason.HAS_ERRORS else reason
        annotation = _with_court(said, candidate.court)
        dropped = None
        if self._stem is None:
            if reason is None and self._sides.is_withheld(candidate.own_group):
                reason = DropReason.SPLIT_CONFLICT
            dropped = Dropped(reason) if reason is not None else None
            dropped = dropped or self._leaks.of(candidate.own_group, candidate.uid)
            dropped = dropped or self._repeated(candidate, result)
        curated = Curated(
            uid=candidate.uid,
            source_id=candidate.source_id,
            datasets=candidate.datasets,
            group=candidate.group_key,
            trajectory=UNREAD,
            outcome=outcome,
            annotation=annotation,
            decided_by=by,
            n_errors=candidate.n_errors,
            n_warnings=candidate.n_warnings,
            said=candidate.said,
            decision=candidate.decision,
            split=split,
            correction_uid=result.uid if result is not None else "",
            attested=result.attested if result is not None else (),
            simulated=_simulated(candidate, result),
            checklist_items=candidate.checklist_items,
            tries=candidate.tries,
            mixed=candidate.mixed,
            facts=candidate.facts,
        )
        stem = split if self._stem is None else self._stem
        known = (curated, stem, candidate.checked, candidate.origin)
        if dropped is not None:
            return Settled(*known, dropped=dropped)
        if result is None:
            return Settled(*known, candidate.body)
        return Settled(*known, result.body, candidate.body)

    def _repeated(self, candidate: Candidate, result: Corrected | None) -> Dropped | None:
        """Refuse content that the export holds already as somebody's correction."""
        if result is None:
            return Dropped(DropReason.DUPLICATE) if candidate.id in self._taken else None
        if result.id in self._written:
            return Dropped(DropReason.DUPLICATE, f"the same correction as another, {result.uid}")
        self._written.add(result.id)
        return None


def _with_court(said: Annotation | None, court: Annotation | None) -> Annotation | None:
    """The judgement in force with the rulings of the court on steps and tries that it says nothing
    of: a label that was ruled wrong is no target, whoever has not corrected it yet."""
    if court is None:
        return said
    base = said or Annotation()
    known = {(t.message_index, t.try_id) for t in base.tries}
    more = (t for t in court.tries if (t.message_index, t.try_id) not in known)
    return msgspec.structs.replace(
        base,
        step_verdicts={**court.step_verdicts, **base.step_verdicts},
        tries=(*base.tries, *more),
    )


def _simulated(candidate: Candidate, result: Corrected | None) -> frozenset[int]:
    """The messages of the correction that a model made up, whoever accepted them."""
    if result is None:
        return frozenset()
    theirs = [s for s in candidate.said if s.annotation.correction_uid == result.uid]
    return frozenset(made_up.message_index for said in theirs for made_up in said.simulated)


_Settled = tuple[Outcome | None, Annotation | None, str, Corrected | None, DropReason | None]


def _settled(candidate: Candidate) -> _Settled:
    """Outcome, annotation, who decided, the correction to train on, or the reason against it."""
    if candidate.decision is not None:
        found = candidate.corrections.get(candidate.result_uid or "")
        accepted = candidate.decision.outcome is Outcome.ACCEPT
        return (
            candidate.decision.outcome,
            candidate.adopted,
            candidate.decision.by,
            found if accepted else None,
            None,
        )
    if not candidate.said:
        reason = DropReason.HAS_ERRORS if candidate.n_errors else None
        return None, None, "", None, reason
    said = [adjudication.Said(s.annotator, s.annotation) for s in candidate.said]
    if adjudication.differences(said).is_dispute:
        return None, None, "", None, DropReason.DISPUTED
    together = adjudication.merge(said) if len(said) > 1 else said[0].annotation
    by = ", ".join(s.annotator for s in said)
    found = candidate.corrections.get(together.correction_uid or "")
    match together.outcome:
        case Outcome.ACCEPT:
            return together.outcome, together, by, found, None
        case Outcome.REJECT:
            return together.outcome, together, by, None, None
        case Outcome.UNSURE:
            return together.outcome, together, by, None, DropReason.UNSURE
        case None:
            return None, together, by, None, DropReason.UNDECIDED
