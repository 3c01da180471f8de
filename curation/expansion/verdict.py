"""The second tier: what a judge's votes on one new sample amount to.

A sample is asked after alone, against a rubric of one answer: a vote says "correct" when every
criterion that must hold does, "incorrect" when one does not, and nothing when the reply cannot be
read or leaves one open. Enough votes must say "correct", and more than say otherwise; everything
else is not admitted (LoopTool's released code also keeps what its votes did not agree on, under
another status).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from curation.checklist_judging import ChecklistVote
from curation.consensus import ConsensusRule
from curation.expansion.refusals import Refusal
from curation.rubric import Rubric


class AnswerVerdict(StrEnum):
    """What is said of one answer."""

    CORRECT = "correct"
    INCORRECT = "incorrect"


class AnswerRuling(Struct, frozen=True):
    """What votes on one answer amount to."""

    verdict: AnswerVerdict | None
    refusal: Refusal | None
    """Why the answer is not admitted; None when it is, or while `is_open`."""
    is_open: bool
    """Whether votes that are still missing may decide."""
    detail: str


def answer_verdict(vote: ChecklistVote, rubric: Rubric) -> AnswerVerdict | None:
    """What one vote says; None when it says nothing that counts."""
    if vote.unscored is not None:
        return None
    said = {item.name: item.holds for item in vote.items}
    strict = [said.get(criterion.name) for criterion in rubric.criteria if criterion.must_hold]
    if False in strict:
        return AnswerVerdict.INCORRECT
    return None if None in strict else AnswerVerdict.CORRECT


def answer_ruling(said: Sequence[AnswerVerdict | None], rule: ConsensusRule) -> AnswerRuling:
    """The ruling that votes amount to; None stands for a vote that names no verdict."""
    counts = Counter(one for one in said if one is not None)
    n, missing = len(said), max(0, rule.votes - len(said))
    correct, incorrect = counts[AnswerVerdict.CORRECT], counts[AnswerVerdict.INCORRECT]
    most, other = max(correct, incorrect), min(correct, incorrect)
    told = (
        f"{correct} correct, {incorrect} incorrect, {n - correct - incorrect} without a verdict; "
        f"{rule.least_equal} of {rule.votes} must agree."
    )
    if most >= rule.least_equal and most > other + missing:
        if correct > incorrect:
            return AnswerRuling(AnswerVerdict.CORRECT, None, False, told)
        return AnswerRuling(AnswerVerdict.INCORRECT, Refusal.INCORRECT, False, told)
    if missing and most + missing >= rule.least_equal:
        return AnswerRuling(None, None, True, told)
    counted = correct + incorrect
    refusal = Refusal.NO_CONSENSUS if counted >= rule.least_equal else Refusal.UNSCORED
    return AnswerRuling(None, refusal, False, told)


def votes_wanted(
    given: Mapping[int, AnswerVerdict | None], rule: ConsensusRule, models: Sequence[str]
) -> list[tuple[str, int]]:
    """(model, number) of the votes to ask for next: as few as might settle it, going round the
    models; [] when it is settled.

    Args:
        given: 0-based number of a vote -> what it says.
    """
    if not answer_ruling(list(given.values()), rule).is_open:
        return []
    counts = Counter(one for one in given.values() if one is not None)
    lacking = max(1, rule.least_equal - max(counts.values(), default=0))
    numbers = [number for number in range(rule.votes) if number not in given]
    return [(models[number % len(models)], number) for number in numbers[:lacking]]
