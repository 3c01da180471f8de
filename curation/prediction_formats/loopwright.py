"""Our own rows: one answer a line.

    {"uid": "…", "message_index": 3, "model": "…", "message": {…}, "logprobs": [-0.1, …]}

`uid` or `source_id` names the trajectory; `message_index` may be left out where there is one step.
`logprobs` is a list of natural log-probabilities of all tokens of the answer, or the object that
chat APIs give; `n_tokens` with `sum_logprob`, or `perplexity`, may stand instead. `kind` (greedy or
sampled) and `n_samples` may be given; every further key becomes the prediction's source.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation.importing import RecordError
from curation.openai_messages import read_message
from curation.prediction_importing import ReadPrediction, Target, only_step, prediction_format
from curation.predictions import PredictionKind
from curation.trajectory import Trajectory

_TAKEN = frozenset(
    (
        "uid",
        "source_id",
        "message_index",
        "model",
        "message",
        "logprobs",
        "perplexity",
        "n_tokens",
        "sum_logprob",
        "n_samples",
        "kind",
    )
)


@prediction_format
class Loopwright:
    """See the module."""

    name = "loopwright"
    title = "Loopwright predictions"
    description = (
        "JSON lines `{uid or source_id, message_index, model, message}` with `logprobs`, or "
        "`n_tokens` and `sum_logprob`, or `perplexity`."
    )

    def sniff(self, record: dict[str, Any]) -> bool:
        return ("uid" in record or "source_id" in record) and "message" in record

    def target(self, record: dict[str, Any], where: str) -> Target:
        uid, source_id = record.get("uid"), record.get("source_id")
        if isinstance(uid, str) and uid:
            return Target(uid=uid)
        if isinstance(source_id, str | int) and source_id != "":
            return Target(source_id=str(source_id))
        raise RecordError("The row names no trajectory.", "Give uid or source_id as text.")

    def read(self, record: dict[str, Any], trajectory: Trajectory) -> Sequence[ReadPrediction]:
        at = record.get("message_index")
        if at is not None and type(at) is not int:
            raise RecordError("message_index is no whole number.", "It counts messages from 0.")
        model = record.get("model")
        samples = record.get("n_samples", 1)
        if type(samples) is not int or samples < 1:
            raise RecordError("n_samples is no whole number from 1 on.", "Leave it out for one.")
        n_tokens, total = _summed(record)
        return [
            ReadPrediction(
                message_index=only_step(trajectory) if at is None else at,
                message=read_message({**record["message"], "role": "assistant"}),
                model=str(model) if model else None,
                perplexity=_number(record, "perplexity"),
                n_tokens=n_tokens,
                sum_logprob=total,
                n_samples=samples,
                kind=_kind(record.get("kind", "")),
                source={k: v for k, v in record.items() if k not in _TAKEN},
            )
        ]


def _kind(value: Any) -> PredictionKind:
    try:
        return PredictionKind(value)
    except ValueError:
        raise RecordError(
            f"{value!r} is no kind of prediction.", "It is greedy or sampled, or left out."
        ) from None


def _summed(record: dict[str, Any]) -> tuple[int | None, float | None]:
    """How many tokens, and the sum of their log-probabilities; None for both when not told."""
    given = record.get("logprobs")
    if isinstance(given, dict):
        given = [token["logprob"] for token in given.get("content") or ()]
    if given:
        values = [float(value) for value in given]
        return len(values), sum(values)
    n_tokens = record.get("n_tokens")
    total = _number(record, "sum_logprob")
    return (n_tokens, total) if type(n_tokens) is int and total is not None else (None, None)


def _number(record: dict[str, Any], key: str) -> float | None:
    value = record.get(key)
    if value is None:
        return None
    if type(value) not in (int, float):
        raise RecordError(f"{key} is no number.", "Leave it out when it is not known.")
    return float(value)
