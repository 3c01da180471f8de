"""The label court: in which queue a case waits, and what is told apart while a person rules blind.

A blind person sees two answers called A and B and must not find out which one is the label, nor
what judges said: so the sides are exchanged at random, always the same way for one person and one
prediction. What was ruled is a `Verdict` about reference and prediction again. Pure; what is done
on a ruling is `app/flows/rule.py`.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from curation.verdicts import Verdict, swapped


class CourtClass(StrEnum):
    """Where a prediction waits for a person. `OPEN` holds all the others but `RULED`; of those,
    every prediction is in one."""

    OPEN = "open"
    """Everything that no person has ruled on and that is not mastered."""
    DISAGREEMENT = "disagreement"
    """Judges contradict each other or themselves, or people do."""
    LABEL_WRONG = "LABEL_WRONG"
    PRED_WRONG = "PRED_WRONG"
    BOTH_CORRECT = "BOTH_CORRECT"
    BOTH_WRONG = "BOTH_WRONG"
    UNSCORED = "unscored"
    """Judged without a verdict."""
    NOT_JUDGED = "not-judged"
    RULED = "ruled"
    """A person has ruled, and nobody contradicts."""

    @property
    def tells_a_verdict(self) -> bool:
        """Whether waiting here says what a judge said, which blind people must not know."""
        return self not in (CourtClass.OPEN, CourtClass.NOT_JUDGED, CourtClass.RULED)


class CourtOrder(StrEnum):
    """In which order the cases of a class come."""

    CAME = "came"
    """As the predictions came in."""
    WRONG = "wrong"
    """The lowest score first: the most wrong."""
    RIGHT = "right"
    """The highest score first: the nearly right."""


def is_exchanged(case_key: str, annotator: str) -> bool:
    """Whether A is the prediction, for this annotator. Half of all cases, the same every time.

    Args:
        case_key: what the case is, stable from run to run.
        annotator: their name; two people see one case in orders of their own.
    """
    said = f"court\x1f{case_key}\x1f{annotator}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(said).digest()[0] & 1 == 1


def ruled(pressed: Verdict, *, exchanged: bool) -> Verdict:
    """The verdict about reference and prediction that a key stands for.

    Args:
        pressed: what it would be were A the reference: `LABEL_WRONG` for "A is wrong".
        exchanged: A is the prediction.
    """
    return swapped(pressed) if exchanged else pressed
