"""The words of the label court: its classes, its verdicts, and what each key will do."""

from __future__ import annotations

from msgspec import Struct

from curation.court import CourtClass
from curation.standing import RulingAction
from curation.verdicts import Verdict

CLASSES = {
    CourtClass.OPEN: "All open",
    CourtClass.DISAGREEMENT: "≠ Judges disagree",
    CourtClass.LABEL_WRONG: "✎ Label wrong",
    CourtClass.PRED_WRONG: "✗ Prediction wrong",
    CourtClass.BOTH_CORRECT: "≈ Both correct",
    CourtClass.BOTH_WRONG: "▲ Both wrong",
    CourtClass.UNSCORED: "? Unscored",
    CourtClass.NOT_JUDGED: "· Not judged",
    CourtClass.RULED: "✓ Ruled",
}

VERDICTS = {
    Verdict.LABEL_WRONG: "✎ label wrong",
    Verdict.PRED_WRONG: "✗ prediction wrong",
    Verdict.BOTH_CORRECT: "≈ both correct",
    Verdict.BOTH_WRONG: "▲ both wrong",
}
"""A verdict as icon and words."""


class Choice(Struct, frozen=True):
    """One of the four keys."""

    key: str
    pressed: Verdict
    """What it means while the label is on the left."""
    label: str
    does: str


OPENLY = (
    Choice("1", Verdict.LABEL_WRONG, "Label wrong", "corrects it"),
    Choice("2", Verdict.PRED_WRONG, "Prediction wrong", "pair and error seed"),
    Choice("3", Verdict.BOTH_CORRECT, "Both correct", "an alternative"),
    Choice("4", Verdict.BOTH_WRONG, "Both wrong", "opens it in Annotate"),
)
BLINDLY = (
    Choice("1", Verdict.LABEL_WRONG, "A is wrong", "B stands"),
    Choice("2", Verdict.PRED_WRONG, "B is wrong", "A stands"),
    Choice("3", Verdict.BOTH_CORRECT, "Both right", "both are accepted"),
    Choice("4", Verdict.BOTH_WRONG, "Both wrong", "opens it in Annotate"),
)


def done_words(verdict: Verdict, action: RulingAction) -> str:
    """What a ruling did, in words."""
    done = {
        Verdict.LABEL_WRONG: "the trajectory is corrected" if action.correction_uid else "",
        Verdict.PRED_WRONG: "a preference pair" if action.try_id else "",
        Verdict.BOTH_CORRECT: "an accepted alternative" if action.try_id else "",
        Verdict.BOTH_WRONG: "",
    }[verdict]
    parts = [
        done,
        "an error seed" if action.is_error_seed else "",
        "the trajectory is accepted" if action.is_accepted else "",
    ]
    return ", ".join(part for part in parts if part)


def told(verdict: Verdict | None, unscored: str) -> str:
    """A verdict, or why there is none, in words."""
    return f"? no verdict: {unscored_words(unscored)}" if verdict is None else VERDICTS[verdict]


def unscored_words(reason: str) -> str:
    """Why a judge gave no verdict, in words."""
    return reason.replace("-", " ") or "no reason told"
