"""Passes: what a judge is asked of a trajectory on record, place by place, when no other answer is
compared.

A pass is a rubric that is answered item by item: of every step, of the results that follow it, or
of a whole turn. What it finds wanting are findings at that place, under the name of the pass; they
say what a model thinks, and label nothing.

Source: ToolACE's model layer, one expert a question (arXiv 2409.00920); CM2's checklists, with the
score of a turn as the sum of the weights of what holds (arXiv 2602.12268).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from curation.checking import Finding, Severity
from curation.checklist_judging import ChecklistRuling
from curation.checklists import ChecklistItem
from curation.judging import JudgeCase
from curation.rubric import About, Criterion, Rubric, builtin_rubrics
from curation.trajectory import Anchor, Message, Role, Trajectory

PREFIX = "judge/"
"""Before the name of a pass, where findings of checks have their family."""

MAX_QUOTED = 300
"""Characters of a judge's evidence that a finding repeats."""


def pass_docs() -> dict[str, str]:
    """Name of every pass, as its findings have it -> what a judge is asked."""
    return {
        f"{PREFIX}{one.name}": f"{one.title}. {one.instructions.strip()}\n\nSource: {one.source}."
        for one in builtin_rubrics()
        if one.about is not About.PAIR
    }


class Place(Struct, frozen=True):
    """One thing that is asked about."""

    message_index: int
    """The step, or the first step of the turn: where findings stand."""
    turn: int
    """1-based."""
    case: JudgeCase
    shown: tuple[Message, ...]
    """What the rubric is asked of: the answer, or all messages of the turn."""

    @property
    def tools_called(self) -> tuple[str, ...]:
        """Names of the tools that are called there, in order, each once."""
        calls = (call.name for message in self.shown for call in message.tool_calls)
        return tuple(dict.fromkeys(calls))


def places_of(trajectory: Trajectory, rubric: Rubric) -> list[Place]:
    """Every place of a trajectory that a pass asks about, in order.

    Raises:
        ValueError: the rubric compares two answers.
    """
    match rubric.about:
        case About.ANSWER:
            return list(_steps(trajectory, rubric.only_calls))
        case About.RESULTS:
            return list(_results(trajectory))
        case About.TURN:
            return list(_turns(trajectory))
        case About.PAIR:
            raise ValueError(f"{rubric.key} is about two answers")


def _turn_of(messages: Sequence[Message], index: int) -> int:
    return max(1, sum(m.role is Role.USER for m in messages[:index]))


def _place(trajectory: Trajectory, at: int, end: int, shown: Sequence[Message]) -> Place:
    """A place at message `at`, with the messages before `end` as what is known."""
    messages = trajectory.messages
    step = messages[at]
    case = JudgeCase(trajectory.tools, messages[:end], step, step)
    return Place(at, _turn_of(messages, at), case, tuple(shown))


def _steps(trajectory: Trajectory, only_calls: bool) -> Iterator[Place]:
    for i, message in enumerate(trajectory.messages):
        if message.role is Role.ASSISTANT and (message.tool_calls or not only_calls):
            yield _place(trajectory, i, i, [message])


def _results(trajectory: Trajectory) -> Iterator[Place]:
    messages = trajectory.messages
    for i, message in enumerate(messages):
        end = i + 1
        while end < len(messages) and messages[end].role is Role.TOOL:
            end += 1
        if message.role is Role.ASSISTANT and end > i + 1:
            yield _place(trajectory, i, end, [message])


def _turns(trajectory: Trajectory) -> Iterator[Place]:
    messages = trajectory.messages
    starts = [i for i, m in enumerate(messages) if m.role is Role.USER] or [-1]
    if any(m.role is Role.ASSISTANT for m in messages[: starts[0]]):
        starts = [-1, *starts]
    for start, end in zip(starts, [*starts[1:], len(messages)], strict=True):
        steps = [i for i in range(start + 1, end) if messages[i].role is Role.ASSISTANT]
        if steps:
            yield _place(trajectory, steps[0], steps[0], messages[steps[0] : end])


def with_tools(rubric: Rubric, items: Iterable[ChecklistItem]) -> Rubric:
    """The rubric with what annotators ask of calls of certain tools."""
    more = [
        Criterion(f"tool-item-{n}", f"In every call of {one.tool}, is this so: {one.text}?")
        for n, one in enumerate(items, 1)
    ]
    return with_criteria(rubric, [*rubric.criteria, *more])


def with_criteria(rubric: Rubric, criteria: Sequence[Criterion]) -> Rubric:
    """The rubric's instructions, asked of other items."""
    return Rubric(
        rubric.name,
        rubric.title,
        rubric.version,
        rubric.source,
        rubric.about,
        rubric.instructions,
        tuple(criteria),
        rubric.sub_question,
        rubric.only_calls,
    )


def findings_of_pass(
    ruling: ChecklistRuling, rubric: Rubric, place: int, who: str
) -> tuple[Finding, ...]:
    """What a ruling finds wanting, as warnings at the place.

    Args:
        who: the judge and its run, for the hint.
    """
    asked = {criterion.name: criterion for criterion in rubric.criteria}
    return tuple(
        Finding(
            check=f"{PREFIX}{rubric.name}",
            version=rubric.version,
            severity=Severity.WARNING,
            anchor=Anchor(message_index=place),
            message=f"Judge on “{_label(asked[item.name])}”: no. {_quoted(item.evidence)}",
            hint=f"{asked[item.name].question} (No, says {who}; a model may be wrong.)",
        )
        for item in ruling.items
        if item.holds is False
    )


def _label(criterion: Criterion) -> str:
    """Its name in words, where it has one of its own."""
    if _NUMBERED.fullmatch(criterion.name):
        return criterion.question
    return criterion.name.replace("-", " ")


_NUMBERED = re.compile(r"(tool-)?item-\d+")


def _quoted(evidence: str) -> str:
    line = " ".join(evidence.split()) or "It tells no evidence."
    return line if len(line) <= MAX_QUOTED else f"{line[:MAX_QUOTED]} …"
