"""How well a judge agrees with people: scores per verdict, and agreement beyond chance.

Formulas: methods §6.1 and §6.3. What the judge left unscored counts as not found (recall), and is
no disagreement (agreement, kappa): it goes to people anyway.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec import Struct

from curation.confusion import JUDGED, VERDICTS, Confusion
from curation.intervals import Figure, Vector
from curation.verdicts import Verdict


class VerdictScore(Struct, frozen=True):
    """How far one verdict of the judge can be relied on."""

    verdict: Verdict
    precision: Figure
    """Of the cases the judge gave this verdict, the share that people gave it too."""
    recall: Figure
    """Of the cases that people gave it, the share that the judge found. Unscored is not found."""
    f1: Figure
    """2·TP / (2·TP + FP + FN); n counts the cases with this verdict on either side."""
    balanced_accuracy: Figure
    """(TPR + TNR) / 2, this verdict against the others, over scored cases."""


def score_of(table: Confusion, verdict: Verdict) -> VerdictScore:
    """Scores of one verdict against the rest."""
    hit = (verdict, verdict)
    said = [(human, verdict) for human in VERDICTS]
    due = [(verdict, judge) for judge in JUDGED]
    either = list(dict.fromkeys([*said, *due]))
    precision, recall = table.share([hit], said), table.share([hit], due)
    found, wanted = table.weight([hit]), table.weight(said) + table.weight(due)
    f1 = 2 * found / wanted if wanted else None
    return VerdictScore(
        verdict,
        precision,
        recall,
        Figure(f1, sum(table.count(*cell) for cell in either)),
        _balanced(table, verdict),
    )


def _balanced(table: Confusion, verdict: Verdict) -> Figure:
    tpr = table.share([(verdict, verdict)], [(verdict, judge) for judge in VERDICTS])
    others = [(human, judge) for human in VERDICTS if human is not verdict for judge in VERDICTS]
    tnr = table.share([cell for cell in others if cell[1] is not verdict], others)
    both = None if tpr.value is None or tnr.value is None else (tpr.value + tnr.value) / 2
    return Figure(both, tpr.n + tnr.n)


def macro_f1(scores: Iterable[VerdictScore]) -> Figure:
    """Mean F1 of the verdicts that occur on either side; n is the number of those verdicts.

    A verdict that neither judge nor people ever gave has no F1 and is left out, not counted as 0.
    """
    known = [score.f1.value for score in scores if score.f1.value is not None]
    return Figure(math.fsum(known) / len(known) if known else None, len(known))


def agreement(table: Confusion) -> Figure:
    """Share of the scored cases with one verdict on both sides, p_o."""
    scored = [(human, judge) for human in VERDICTS for judge in VERDICTS]
    return table.share([(v, v) for v in VERDICTS], scored)


def cohen_kappa(cells: Vector) -> float | None:
    """Cohen's κ = (p_o − p_e)/(1 − p_e) over scored cases (Cohen 1960; methods §6.1).

    Args:
        cells: the 4×5 table of weights as `Confusion.flat` gives it; the unscored column is left
            out.

    Returns:
        None without cases, and when chance alone would agree always (p_e = 1).
    """
    width = len(JUDGED)
    rows = [cells[i * width : (i + 1) * width - 1] for i in range(len(VERDICTS))]
    total = math.fsum(map(math.fsum, rows))
    if not total:
        return None
    observed = math.fsum(row[i] for i, row in enumerate(rows)) / total
    chance = math.fsum(
        math.fsum(rows[i]) * math.fsum(row[i] for row in rows) for i in range(len(rows))
    ) / (total * total)
    if chance >= 1 - 1e-12:
        return None
    return (observed - chance) / (1 - chance)
