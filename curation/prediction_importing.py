"""What a format of predictions is: other models' answers for steps that are already there.

The formats live one per file in `curation/prediction_formats/`. A row says which trajectory it
answers, and is read with that trajectory at hand, since its tools tell how the answer is spelled.
Nothing is repaired: a call that does not parse is what annotators must see. Trajectories themselves
are imported by `curation/importing.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from curation.importing import DETECTION_RECORDS, Imported, Record, RecordError
from curation.predictions import PredictionKind
from curation.registry import Registry
from curation.trajectory import Message, Role, Trajectory, json_type


class Target(Struct, frozen=True):
    """Which trajectory a row answers: exactly one of the three is given."""

    uid: str = ""
    source_id: str = ""
    """As the dataset's source has it."""
    own: Imported | None = None
    """The row brings its trajectory along; it joins the dataset when it is not in it."""


class ReadPrediction(Struct, frozen=True):
    """One answer of a row."""

    message_index: int
    message: Message
    model: str | None = None
    """None where the row names none."""
    perplexity: float | None = None
    n_tokens: int | None = None
    sum_logprob: float | None = None
    n_samples: int = 1
    kind: PredictionKind = PredictionKind.UNKNOWN
    source: dict[str, Any] = {}
    """What else the row says."""


class PredictionFormat(Protocol):
    """One way to write predictions down; every method raises RecordError for a row it cannot read.

    `sniff` looks at one decoded row and says whether it is written so; cheap, by content.
    """

    @property
    def name(self) -> str:
        """Kebab-case."""

    @property
    def title(self) -> str: ...

    @property
    def description(self) -> str: ...

    def sniff(self, record: dict[str, Any]) -> bool: ...

    def target(self, record: dict[str, Any], where: str) -> Target: ...

    def read(self, record: dict[str, Any], trajectory: Trajectory) -> Sequence[ReadPrediction]: ...


PREDICTION_FORMATS: Registry[PredictionFormat] = Registry(
    "prediction format", "curation.prediction_formats"
)

F = TypeVar("F", bound=PredictionFormat)


def prediction_format(cls: type[F]) -> type[F]:
    """Class decorator that registers a format of predictions."""
    PREDICTION_FORMATS.register(cls(), origin=f"{cls.__module__}.{cls.__qualname__}")
    return cls


def detect_predictions(values: Sequence[Any]) -> PredictionFormat | None:
    """The format that recognises most of the first `DETECTION_RECORDS` rows, or None."""
    sample = [v for v in values[:DETECTION_RECORDS] if isinstance(v, dict)]
    counts = {f.name: sum(1 for v in sample if f.sniff(v)) for f in PREDICTION_FORMATS}
    best = max(counts, key=lambda name: counts[name], default="")
    return PREDICTION_FORMATS.get(best) if counts.get(best) else None


def target_of(entry: PredictionFormat, record: Record) -> Target:
    """Which trajectory a row answers.

    Raises:
        RecordError: the row does not say so, or is not of this format.
    """
    value = record.value
    if not isinstance(value, dict):
        raise RecordError(
            f"The row is a JSON {json_type(value)}, not an object.", "Every row must be an object."
        )
    try:
        return entry.target(value, record.where)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as problem:
        raise _misshapen(entry, problem) from problem


def read_predictions(
    entry: PredictionFormat, record: Record, trajectory: Trajectory
) -> list[ReadPrediction]:
    """The answers of a row, sure to be for steps of the trajectory.

    Raises:
        RecordError: the row cannot be read, or answers what is no step.
    """
    try:
        found = list(entry.read(record.value, trajectory))
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as problem:
        raise _misshapen(entry, problem) from problem
    except RecursionError:
        raise RecordError("The row is nested too deeply.", "Flatten it.") from None
    messages = trajectory.messages
    for one in found:
        at = one.message_index
        if not 0 <= at < len(messages) or messages[at].role is not Role.ASSISTANT:
            raise RecordError(
                f"It answers message {at}, which is not a step of the trajectory.",
                "message_index counts from 0 over all messages and names an assistant message.",
            )
    return found


def only_step(trajectory: Trajectory) -> int:
    """The message index of the only step.

    Raises:
        RecordError: there is none, or there are several and the row does not say which is meant.
    """
    steps = trajectory.assistant_indexes()
    if len(steps) == 1:
        return steps[0]
    if not steps:
        raise RecordError(
            "The trajectory has no step to compare the answer with.",
            "Import it with a reference answer; a question without one (BFCL's irrelevance) has "
            "none.",
        )
    raise RecordError(
        f"The row does not say which of {len(steps)} steps it answers.", "Give message_index."
    )


def _misshapen(entry: PredictionFormat, problem: Exception) -> RecordError:
    said = f"the key {problem.args[0]!r} is missing" if isinstance(problem, KeyError) else problem
    return RecordError(
        f"The row does not have the shape of {entry.title}: {said or type(problem).__name__}.",
        "Compare it with the description of the format (`loopwright formats`).",
    )
