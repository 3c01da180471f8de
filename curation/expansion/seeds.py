"""Error seeds: steps of which it is known which answer is right and which is wrong.

LoopTool's ES = MR ∪ LR: where the prediction was wrong the reference is the right
side; where the label was wrong it is what people put in its place. An error on which both were
wrong is a seed only where a person wrote a third answer. LoopTool's code also asks that the right
side holds a call; so does this, unless told otherwise.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from msgspec import Struct

from curation.diffing import aligned, same_calls
from curation.trajectory import Message, Role, ToolSpec, Trajectory, canonical_json
from curation.verdicts import Verdict

SEED_PREFIX = "seed1-"
"""Tag of the content hash, as that of a trajectory's uid."""


class ErrorSeed(Struct, frozen=True):
    """One verified error, with both sides."""

    tools: tuple[ToolSpec, ...]
    context: tuple[Message, ...]
    """The messages before the step."""
    correct: Message
    wrong: Message
    verdict: Verdict
    analysis: str = ""
    """What judges or people said is wrong, when they did. No part of what makes a seed a seed."""
    date: str = ""
    """When the conversation took place; "" when nobody says."""

    @property
    def seed_id(self) -> str:
        """Tagged hash of the error: the same answer of two models to one step is one seed."""
        said = (self.tools, self.context, self.correct, self.wrong, self.date)
        return SEED_PREFIX + hashlib.sha256(canonical_json(said)).hexdigest()[:32]


class NoSeed(StrEnum):
    """Why a verified error is no seed."""

    NO_CORRECTION = "no-committed-correction"
    """The label is wrong, and nobody has committed what is right yet."""
    NO_CALL = "no-call"
    """The right side calls nothing."""
    STEP_GONE = "step-gone"
    """The correction has taken the step out."""
    NO_DIFFERENCE = "no-difference"
    """Both sides say the same by now."""
    NOT_AN_ERROR = "not-an-error"
    """Both are right, or nobody knows what is right."""


def seed_of(
    trajectory: Trajectory,
    message_index: int,
    prediction: Message,
    verdict: Verdict,
    *,
    correction: Trajectory | None = None,
    prediction_stands: bool = False,
    with_text: bool = False,
    analysis: str = "",
) -> ErrorSeed | NoSeed:
    """The seed that a verdict on a prediction gives.

    Args:
        message_index: of the step in `trajectory`.
        correction: what people committed in the trajectory's place; None when they did not.
        prediction_stands: without a correction the prediction itself is the right side of a wrong
            label, as where the verdict was applied automatically.
        with_text: the right side may be text alone.
        analysis: what is wrong, in somebody's words.
    """
    reference = trajectory.messages[message_index]
    correct: Message | None
    wrong = prediction
    match verdict:
        case Verdict.PRED_WRONG:
            correct = reference
        case Verdict.LABEL_WRONG:
            wrong = reference
            if correction is not None:
                correct = _step_of(trajectory, correction, message_index)
            elif prediction_stands:
                correct = prediction
            else:
                return NoSeed.NO_CORRECTION
        case Verdict.BOTH_WRONG:
            if correction is None:
                return NoSeed.NO_CORRECTION
            correct = _step_of(trajectory, correction, message_index)
            if correct is not None and _says_the_same(correct, reference):
                return NoSeed.NO_CORRECTION  # it corrects something else
        case _:
            return NoSeed.NOT_AN_ERROR
    if correct is None:
        return NoSeed.STEP_GONE
    if _says_the_same(correct, wrong):
        return NoSeed.NO_DIFFERENCE
    if not correct.tool_calls and not (with_text and correct.text.strip()):
        return NoSeed.NO_CALL
    return ErrorSeed(
        trajectory.tools,
        trajectory.messages[:message_index],
        correct,
        wrong,
        verdict,
        analysis,
    )


def _step_of(trajectory: Trajectory, correction: Trajectory, index: int) -> Message | None:
    """The step in the correction; None when it is not there any more."""
    places = {i: j for i, j in aligned(trajectory.messages, correction.messages) if i is not None}
    at = places.get(index)
    if at is None or correction.messages[at].role is not Role.ASSISTANT:
        return None
    return correction.messages[at]


def _says_the_same(one: Message, other: Message) -> bool:
    """Equal calls in any order; without calls, equal text."""
    if not same_calls(one, other):
        return False
    return bool(one.tool_calls) or one.text.strip() == other.text.strip()
