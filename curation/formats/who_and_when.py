"""Who&When: failed runs of several agents, with the mistake that people found (formats §10).

Every entry of the history becomes a message with its speaker's name: agents are the assistant, what
a terminal gave and what a person said are the user's turn. Where the history does not begin with
the person's request, the question goes before it. The label becomes an annotation of the annotator
`Who&When`: reject, the step of the mistake incorrect, the reason as the note (the benchmark has no
classes of mistakes). The history entry at `mistake_step` must be of `mistake_agent`; where it is
not, the label is kept as a note without a step, and the import says so. The label as given stays in
the source under `truth`, where screens do not show it to who annotates anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.annotation import Annotation, Outcome, StepVerdict
from curation.importing import (
    TRUTH,
    ImportContext,
    Imported,
    RecordError,
    SourceAnnotation,
    import_format,
)
from curation.trajectory import Message, Role, Trajectory

ANNOTATOR = "Who&When"

_PEOPLE = frozenset(("human", "user"))
_TERMINAL = "Computer_terminal"
_LABEL = ("mistake_agent", "mistake_step", "mistake_reason", "labels")
_TAKEN = frozenset(("history", "question_ID", *_LABEL))


@import_format
class WhoAndWhen:
    """Rows `{question, history, mistake_agent, mistake_step, mistake_reason}`."""

    name = "who-and-when"
    title = "Who&When"
    description = (
        "Runs of several agents with the agent and step of the mistake: the label becomes an "
        "annotation of the annotator Who&When."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        return isinstance(record.get("history"), list) and "mistake_step" in record

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        messages = [_message(entry) for entry in record["history"]]
        question = record.get("question")
        asked = messages and messages[0].role is Role.USER and messages[0].name is None
        before = (
            [Message(Role.USER, question)]
            if isinstance(question, str) and question and not asked
            else []
        )
        label = {key: record[key] for key in _LABEL if key in record}
        source = {k: v for k, v in record.items() if k not in _TAKEN}
        yield Imported(
            trajectory=Trajectory((*before, *messages), context.tools),
            source_id=context.source_id(record, "question_ID"),
            source={**source, TRUTH: label},
            group=_group(record),
            annotations=(
                SourceAnnotation(ANNOTATOR, _annotation(label, messages, len(before), context)),
            ),
        )


def _message(entry: Any) -> Message:
    if not isinstance(entry, dict) or not isinstance(entry.get("role"), str):
        raise RecordError(
            "An entry of the history has no role.", "Give content and role, and name if known."
        )
    role, name, content = entry["role"], entry.get("name"), entry.get("content")
    if role in _PEOPLE and not isinstance(name, str):
        return Message(Role.USER, content)
    if name == _TERMINAL:
        return Message(Role.USER, content, name=name)
    speaker = name if isinstance(name, str) else role
    return Message(Role.ASSISTANT, content, name=None if speaker == "assistant" else speaker)


def _annotation(
    label: dict[str, Any], messages: list[Message], offset: int, context: ImportContext
) -> Annotation:
    """Reject, with the step where it can be told."""
    agent, step = str(label.get("mistake_agent", "")), str(label["mistake_step"]).strip()
    kinds = label.get("labels")
    reason = "\n".join(
        str(part) for part in (label.get("mistake_reason"), kinds and f"({kinds})") if part
    )
    index = int(step) if step.isdecimal() else -1
    if not 0 <= index < len(messages):
        problem = f"there is no step {step!r} in a history of {len(messages)}"
    elif not (messages[index].name or "assistant").startswith(agent):
        problem = f"step {step} is by {messages[index].name or messages[index].role}"
    elif messages[index].role is not Role.ASSISTANT:
        problem = f"step {step} is not an agent's"
    else:
        verdicts = {index + offset: StepVerdict.INCORRECT}
        return Annotation(Outcome.REJECT, step_verdicts=verdicts, note=reason)
    context.complain(
        f"The label names {agent} at step {step}, but {problem}. It was kept as a note, without a "
        "step.",
        "Correct mistake_step or mistake_agent, or judge the step in Annotate.",
    )
    note = f"{agent}, step {step} (but {problem}): {reason}"
    return Annotation(Outcome.REJECT, note=note)


def _group(record: dict[str, Any]) -> str | None:
    question_id = record.get("question_ID")
    return f"who-and-when:{question_id}" if question_id else None
