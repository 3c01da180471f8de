"""BFCL result files: `{"id": …, "result": …}`, as the benchmark writes them (formats §8).

The id is the source id of the question in the dataset. Where the question was imported the gold
stands in its single step, or in one step a turn with all calls of the turn; so an answer of several
steps in a turn is laid together likewise: all its calls in order, or its last words where it made
none. Turns without a gold call have no step, and what was answered there is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation.bfcl_results import is_bfcl_result, read_bfcl_result
from curation.importing import RecordError
from curation.prediction_importing import ReadPrediction, Target, only_step, prediction_format
from curation.trajectory import Message, Role, Trajectory


@prediction_format
class BfclResultFile:
    """See the module."""

    name = "bfcl-result"
    title = "BFCL result"
    description = (
        "Rows `{id, result}` of the benchmark's result files, for a dataset imported from its "
        "question files; the id is the question's."
    )

    def sniff(self, record: dict[str, Any]) -> bool:
        return is_bfcl_result(record)

    def target(self, record: dict[str, Any], where: str) -> Target:
        question = record.get("id")
        if not isinstance(question, str) or not question:
            raise RecordError("The row has no id.", "Give the result file as it was written.")
        return Target(source_id=question)

    def read(self, record: dict[str, Any], trajectory: Trajectory) -> Sequence[ReadPrediction]:
        result = read_bfcl_result(record, trajectory.tools)
        if result.answer is not None and len(result.turns) == 1:
            return [
                ReadPrediction(only_step(trajectory), result.answer, source=_source(result.source))
            ]
        steps = _step_of_turn(trajectory, len(result.turns))
        return [
            ReadPrediction(at, _laid_together(turn), source={"turn": number})
            for number, (turn, at) in enumerate(zip(result.turns, steps, strict=True))
            if turn and at is not None
        ]


def _source(said: dict[str, Any]) -> dict[str, Any]:
    """The log of the inference repeats the prompt and the answer; it is not kept."""
    return {k: v for k, v in said.items() if k != "inference_log"}


def _laid_together(turn: Sequence[Message]) -> Message:
    calls = tuple(call for message in turn for call in message.tool_calls)
    return Message(Role.ASSISTANT, None, calls) if calls else turn[-1]


def _step_of_turn(trajectory: Trajectory, n_turns: int) -> list[int | None]:
    """The message index of the step of every turn; None for turns without one."""
    found: list[int | None] = []
    before: Role | None = None
    for index, message in enumerate(trajectory.messages):
        if message.role is Role.USER and before is not Role.USER:
            found.append(None)
        elif message.role is Role.ASSISTANT and found and found[-1] is None:
            found[-1] = index
        before = message.role
    if len(found) != n_turns:
        raise RecordError(
            f"The answer has {n_turns} turns, the trajectory {len(found)}.",
            "Take questions and results from the same release; turns in which the user says "
            "nothing cannot be told apart.",
        )
    return found
