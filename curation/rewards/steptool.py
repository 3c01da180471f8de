"""StepTool's two rewards of a step that are decided by rule."""

from __future__ import annotations

import msgspec
from rapidfuzz.distance import LCSseq

from curation.rewarding import Scored, reward
from curation.steps import pair_results
from curation.trajectory import Message, Role

CONTRIBUTES_FROM = 0.3
"""Least share of a result that the final answer must hold, as a subsequence."""
LONGEST = 20_000
"""Characters of a result and of an answer that are compared; the comparison is quadratic."""

_COMPLAINTS = ("wrong", "error", "is empty")
_BAD_REQUEST = ("400", 400)
_STATUS_KEYS = ("status", "status_code", "statusCode", "code")


@reward("steptool-success", title="StepTool: the call went through", low=0.0, high=1.0,
        needs_following=True)  # fmt: skip
def succeeded(scored: Scored) -> float | None:
    """StepTool (arXiv 2410.07745): SuccCalling, 1 when every call of the step went through.

    By rule: the result has an empty error field, no status 400, and a text that does not hold
    "wrong", "error" or "is empty" and does not begin with "Please". An empty error field is not
    taken for the word "error". A call without a result did not go through. None when the step
    makes no call or nothing followed it, as with a prediction that was never carried out.
    """
    results = _results(scored)
    return None if results is None else float(all(map(_went_through, results)))


@reward("steptool-contribution", title="StepTool: the result is in the answer", low=0.0, high=1.0,
        needs_following=True)  # fmt: skip
def contributed(scored: Scored) -> float | None:
    """StepTool (arXiv 2410.07745): Contribution, 1 when the final answer draws on the step.

    By rule: the longest common subsequence of a result and the final answer is at least 0.3 of
    the result's length, for any call of the step. The final answer is the last assistant message
    that makes no call. None when the step makes no call or no final answer followed. The model-
    given 0-5 of the paper is a score for judges and people. Ours: texts are compared up to 20,000
    characters, an empty result contributes nothing.
    """
    results = _results(scored)
    answer = next(
        (
            message.text
            for message in reversed(scored.following)
            if message.role is Role.ASSISTANT and not message.tool_calls and message.text
        ),
        None,
    )
    if results is None or answer is None:
        return None
    texts = [result.text[:LONGEST] for result in results if result is not None and result.text]
    shares = [LCSseq.similarity(text, answer[:LONGEST]) / len(text) for text in texts]
    return float(any(share >= CONTRIBUTES_FROM for share in shares))


def _results(scored: Scored) -> list[Message | None] | None:
    """The result of every call of the prediction, None for a call without one; None when there
    are no calls, or nothing followed."""
    n_calls = len(scored.prediction.tool_calls)
    if not n_calls or not scored.following:
        return None
    episode = (scored.prediction, *scored.following)
    results = pair_results(episode).results
    places = [results.get((0, j)) for j in range(n_calls)]
    return [None if place is None else episode[place] for place in places]


def _went_through(result: Message | None) -> bool:
    if result is None:
        return False
    said = [result.text]
    try:
        value = msgspec.json.decode(result.text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        value = None
    if isinstance(value, dict):
        if value.get("error") or any(value.get(key) in _BAD_REQUEST for key in _STATUS_KEYS):
            return False
        said = [str(inner) for key, inner in value.items() if key != "error"]
    texts = [text.strip().lower() for text in said]
    return not any(
        text.startswith("please") or any(word in text for word in _COMPLAINTS) for text in texts
    )
