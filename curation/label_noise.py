"""What a judge's LABEL_WRONG does to the labels, and how many labels are wrong in truth.

LoopTool replaces a reference by the prediction wherever its judge says LABEL_WRONG; neither paper
nor code measures how often that turns a right label into a wrong one (methods §6.3).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from curation.confusion import VERDICTS, Confusion
from curation.intervals import Figure, wilson
from curation.verdicts import Verdict

WRONG_LABEL = (Verdict.LABEL_WRONG, Verdict.BOTH_WRONG)
"""Verdicts that call the reference wrong."""


class Swaps(Struct, frozen=True):
    """What comes of putting the prediction in the reference's place at every LABEL_WRONG.

    Amounts are weights: in a stratified sample they speak of the whole it was drawn from.
    """

    label_corruption: Figure
    """1 − precision, where the label was right: the share of the swaps whose reference people call
    right (PRED_WRONG or BOTH_CORRECT). They were false alarms, harmful or not."""
    harmful: Figure
    """The part of them that puts a wrong call in place of a right one (PRED_WRONG)."""
    errors_before: float
    """e: labels that people call wrong (LABEL_WRONG or BOTH_WRONG)."""
    fixed: float
    """Label wrong, prediction right, swapped."""
    corrupted: float
    """Label right, prediction wrong, swapped."""
    n: int
    """Cases looked at."""

    @property
    def errors_after(self) -> float:
        """e′ = e − fixed + corrupted."""
        return self.errors_before - self.fixed + self.corrupted


def swaps_of(table: Confusion) -> Swaps:
    """The effect of swapping wherever the judge says LABEL_WRONG, by what people ruled."""
    said = [(human, Verdict.LABEL_WRONG) for human in VERDICTS]
    fixed = (Verdict.LABEL_WRONG, Verdict.LABEL_WRONG)
    corrupted = (Verdict.PRED_WRONG, Verdict.LABEL_WRONG)
    needless = (Verdict.BOTH_CORRECT, Verdict.LABEL_WRONG)
    wrong = [(human, judge) for human in WRONG_LABEL for judge in (*VERDICTS, None)]
    return Swaps(
        table.share([corrupted, needless], said),
        table.share([corrupted], said),
        table.weight(wrong),
        table.weight([fixed]),
        table.weight([corrupted]),
        table.n,
    )


class ErrorRate(Struct, frozen=True):
    """How many labels are wrong: as flagged by the judge, and corrected for its mistakes."""

    flagged: Figure
    """Share of the scored cases that the judge flags (LABEL_WRONG or BOTH_WRONG)."""
    sensitivity: Figure
    """TPR: of the labels that people call wrong, the share that the judge flags."""
    specificity: Figure
    """TNR: of the labels that people call right, the share that it does not flag."""
    corrected: float | None
    """Rogan and Gladen's estimate; None when the judge tells nothing (TPR + TNR ≤ 1)."""


def error_rate(table: Confusion, judged: Mapping[Verdict, int] | None = None) -> ErrorRate:
    """The rate of wrong labels behind what the judge flags; unscored cases are left out.

    Args:
        table: the sample that people ruled on too.
        judged: how many cases the judge gave each verdict altogether, people or not. Without it the
            sample's own share of flags is corrected, which only gives back what people said.
    """
    right = [v for v in VERDICTS if v not in WRONG_LABEL]
    due = [(human, judge) for human in WRONG_LABEL for judge in VERDICTS]
    clean = [(human, judge) for human in right for judge in VERDICTS]
    sensitivity = table.share([c for c in due if c[1] in WRONG_LABEL], due)
    specificity = table.share([c for c in clean if c[1] not in WRONG_LABEL], clean)
    scored = [*due, *clean]
    flagged = table.share([c for c in scored if c[1] in WRONG_LABEL], scored)
    if judged is not None:
        n = sum(judged.values())
        flags = sum(judged.get(verdict, 0) for verdict in WRONG_LABEL)
        flagged = Figure(flags / n if n else None, n, wilson(flags, n))
    return ErrorRate(
        flagged,
        sensitivity,
        specificity,
        rogan_gladen(flagged.value, sensitivity.value, specificity.value),
    )


def rogan_gladen(flagged: float | None, tpr: float | None, tnr: float | None) -> float | None:
    """(flagged + TNR − 1) / (TPR + TNR − 1), kept within 0 and 1 (Rogan and Gladen 1978).

    Returns:
        None when a part is unknown, and when TPR + TNR ≤ 1: a judge no better than chance says
        nothing of the rate, and the formula would turn its mistakes into an estimate.
    """
    if flagged is None or tpr is None or tnr is None or tpr + tnr <= 1:
        return None
    return min(1.0, max(0.0, (flagged + tnr - 1) / (tpr + tnr - 1)))
