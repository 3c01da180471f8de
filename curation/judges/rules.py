"""The judge without a model: it decides only what schemas, gold and equality prove.

Everything else is unscored, with what is known all the same ("the prediction is wrong: …; the other
may be wrong too"). What counts as a proof, and what does not, is `curation/proving.py`. Measured on
320 pairs with known verdicts: `tests/unit/curation/judges/test_rules_known_truth.py`.
"""

from __future__ import annotations

from curation.judging import (
    JUDGES,
    JudgeBackend,
    JudgeCase,
    JudgeSetup,
    Unscored,
    Vote,
    VoteKey,
)
from curation.proving import prove
from curation.rubric import Rubric


class RulesJudge:
    """Says the same of a case whenever and in whatever order it is asked."""

    async def vote(self, case: JudgeCase, key: VoteKey, rubric: Rubric, nonce: str) -> Vote:
        """The verdict that is proven, if any; see `Judge.vote`."""
        if rubric.sub_question:
            detail = f"Rules prove which answer is wrong, not what {rubric.key} asks."
            return Vote(key, rubric.key, unscored=Unscored.NOT_PROVEN, detail=detail)
        proof = prove(case)
        if proof.verdict is None:
            return Vote(key, rubric.key, unscored=Unscored.NOT_PROVEN, detail=proof.detail)
        return Vote(key, rubric.key, proof.verdict, detail=f"[{proof.ground}] {proof.detail}")

    async def close(self) -> None:
        """Nothing to give back."""


async def _open(_setup: JudgeSetup) -> RulesJudge:
    return RulesJudge()


JUDGES.register(
    JudgeBackend(
        name="rules",
        title="Rules",
        doc="Decides offline what schemas, gold and equality prove: answers that mean the same, "
        "answers that both break their schemas, one that spells the same thing in a way its tool "
        "refuses. All else stays unscored.",
        open=_open,
    ),
    __name__,
)
