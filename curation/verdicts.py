"""The four verdicts on a reference and a prediction, and the names other people give them.

Source: LoopTool (arXiv 2511.09148), section 4.3 and appendix F, and its released code. A step that
nobody could rule on, or whose judge's reply could not be read, has no verdict: None, never a fifth
member. Reading a judge's reply is not done here: `verdict_named` takes one whole name, from a file
or a command line, and finds nothing inside longer text.
"""

from __future__ import annotations

from enum import StrEnum

from curation.errors import VerdictError


class Verdict(StrEnum):
    """Which of the two answers to one step is wrong."""

    PRED_WRONG = "PRED_WRONG"
    """The reference is right, the prediction is wrong."""
    LABEL_WRONG = "LABEL_WRONG"
    """The prediction is right, the reference is wrong."""
    BOTH_CORRECT = "BOTH_CORRECT"
    """Either answer does what was asked."""
    BOTH_WRONG = "BOTH_WRONG"
    """Neither answer can stay."""


ALIASES = {
    # The paper: its text writes LABEL_WRONG, its appendix REF_WRONG.
    "REF_WRONG": Verdict.LABEL_WRONG,
    # The tokens its judge prompt asks for. Response 1 is always the reference there.
    "RESPONSE1_INCORRECT": Verdict.LABEL_WRONG,
    "RESPONSE2_INCORRECT": Verdict.PRED_WRONG,
    "BOTH_INCORRECT": Verdict.BOTH_WRONG,
    # The statuses its code stores; `both_correct` and `both_incorrect` differ in case alone.
    "ORIGINAL_INCORRECT": Verdict.LABEL_WRONG,
    "MODEL_INCORRECT": Verdict.PRED_WRONG,
}
"""Other names of the verdicts, in upper case. LoopTool's UNKNOWN and its failure statuses are not
among them: they are no verdict."""


def verdict_named(text: str) -> Verdict:
    """The verdict called `text`: its own name or an alias, in any case, `-` or space for `_`.

    Raises:
        VerdictError: it is none of them; the hint lists those that are.
    """
    name = text.strip().upper().replace("-", "_").replace(" ", "_")
    found = ALIASES.get(name)
    if found is not None:
        return found
    try:
        return Verdict(name)
    except ValueError:
        raise VerdictError(
            f"{text!r} is not a verdict.",
            hint=f"Known are {', '.join(Verdict)}; also read: {', '.join(ALIASES)}.",
        ) from None


_SWAPPED = {
    Verdict.PRED_WRONG: Verdict.LABEL_WRONG,
    Verdict.LABEL_WRONG: Verdict.PRED_WRONG,
    Verdict.BOTH_CORRECT: Verdict.BOTH_CORRECT,
    Verdict.BOTH_WRONG: Verdict.BOTH_WRONG,
}


def swapped(verdict: Verdict) -> Verdict:
    """The same finding seen with reference and prediction exchanged."""
    return _SWAPPED[verdict]
