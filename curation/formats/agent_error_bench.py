"""AgentErrorBench (AgentDebug): error labels by step and module, and the runs (formats §10).

A row of labels names its run by `trajectory_id`; the run `{metadata, messages}` is the file of that
name beside the labels, in `trajectories/` or in a folder called as its `task_type`, or stands in
the row itself. Steps count the assistant's messages from 1. The labels become an annotation of the
annotator `AgentErrorBench`: reject, labelled steps incorrect, a mark of the taxonomy `agenterror`
for every failure type it knows, the critical one as root cause, others as lines of the note. Labels
as given stay in the source under `truth`, where screens do not show them to who annotates anew.
"""

from __future__ import annotations

import re
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
from curation.marks import Mark, MarkSeverity
from curation.openai_messages import read_messages, tools_of
from curation.trajectory import Anchor, Trajectory

ANNOTATOR = "AgentErrorBench"
TAXONOMY = "agenterror"

FAILURES: dict[str, tuple[str, ...]] = {
    "memory": ("over_simplification", "memory_retrieval_failure", "hallucination"),
    "reflection": (
        "progress_misjudge",
        "outcome_misinterpretation",
        "causal_misattribution",
        "hallucination",
    ),
    "planning": ("constraint_ignorance", "impossible_action", "inefficient_plan"),
    "action": ("misalignment", "invalid_action", "format_error", "parameter_error"),
    "system": ("step_limit", "tool_execution_error", "llm_limit", "environment_error"),
    "others": ("others",),
}
"""Module -> its failure types, as AgentDebug defines them."""

_NO_FAILURE = frozenset(("", "no_error", "none", "null"))
_FILE_NAME = re.compile(r"[\w][\w. -]*")
_LABEL = ("critical_failure_step", "critical_failure_module", "step_annotations")
_TAKEN = frozenset(("trajectory_id", "messages", "tools", "functions", "metadata", *_LABEL))


@import_format
class AgentErrorBench:
    """Label rows `{trajectory_id, critical_failure_step, step_annotations}` with their runs."""

    name = "agent-error-bench"
    title = "AgentErrorBench"
    description = (
        "Rows of error labels by step and module, with the run of each in a file beside them: "
        "labels become marks of the taxonomy agenterror by the annotator AgentErrorBench."
    )
    extends = ("openai-chat",)

    def sniff(self, record: dict[str, Any]) -> bool:
        return "critical_failure_step" in record and (
            "trajectory_id" in record or "messages" in record
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        run_id = context.source_id(record, "trajectory_id")
        run = record if "messages" in record else _run_beside(run_id, record, context)
        messages = read_messages(run["messages"])
        trajectory = Trajectory(messages, tools_of(run, context))
        label = {key: record[key] for key in _LABEL if key in record}
        source = {k: v for k, v in record.items() if k not in _TAKEN}
        if "metadata" in run:
            source["metadata"] = run["metadata"]
        yield Imported(
            trajectory=trajectory,
            source_id=run_id,
            source={**source, TRUTH: label},
            annotations=(SourceAnnotation(ANNOTATOR, _annotation(label, trajectory, context)),),
        )


def _run_beside(run_id: str, record: dict[str, Any], context: ImportContext) -> dict[str, Any]:
    folders = ("", "trajectories/", f"{record.get('task_type', '')}/")
    for folder in folders:
        name = f"{folder}{run_id}.json"
        if not all(_FILE_NAME.fullmatch(part) for part in name.split("/")):
            continue
        for run in context.companions(name) or []:
            if isinstance(run, dict) and isinstance(run.get("messages"), list):
                return run
    raise RecordError(
        f"The run {run_id!r} that these labels are about is not there.",
        f"Put it beside the labels as {run_id}.json, or in trajectories/.",
    )


def _annotation(
    label: dict[str, Any], trajectory: Trajectory, context: ImportContext
) -> Annotation:
    steps = trajectory.assistant_indexes()
    critical = label.get("critical_failure_step")
    marks: list[Mark] = []
    notes: list[str] = []
    wrong: set[int] = set()
    for step, module, said in _labelled(label):
        place = f"step {step}, {module}"
        kind = str(said.get("failure_type") or "").strip().lower()
        reason = str(said.get("reasoning") or "")
        if kind in _NO_FAILURE:
            continue
        if not 1 <= step <= len(steps):
            _complain(context, place, len(steps))
            notes.append(f"{place}: {kind}. {reason}".strip())
            continue
        index = steps[step - 1]
        wrong.add(index)
        category = category_of(module, kind)
        if category is None:
            notes.append(f"{place}: {kind}. {reason}".strip())
            continue
        is_root = step == critical and module == label.get("critical_failure_module")
        marks.append(
            Mark(
                mark_id=f"step-{step}-{module}",
                taxonomy=TAXONOMY,
                category=category,
                anchor=Anchor(message_index=index),
                severity=MarkSeverity.CRITICAL if is_root else MarkSeverity.MAJOR,
                note=reason,
                root_cause=is_root,
            )
        )
    if type(critical) is int and not any(mark.root_cause for mark in marks):
        place = f"step {critical}, {label.get('critical_failure_module')}"
        notes.append(f"critical failure: {place}")
        if 1 <= critical <= len(steps):
            wrong.add(steps[critical - 1])
        else:
            _complain(context, place, len(steps))
    return Annotation(
        Outcome.REJECT if type(critical) is int or wrong else None,
        step_verdicts=dict.fromkeys(sorted(wrong), StepVerdict.INCORRECT),
        marks=tuple(marks),
        note="\n".join(notes),
    )


def _complain(context: ImportContext, place: str, n_steps: int) -> None:
    context.complain(
        f"A label is for {place}, but the run has {n_steps} steps. It was kept as a note.",
        "Steps count the assistant's messages from 1.",
    )


def _labelled(label: dict[str, Any]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Step, module and what is said of it."""
    for one in label.get("step_annotations") or ():
        for module, said in one.items():
            if module != "step" and isinstance(said, dict):
                yield int(one["step"]), module, said


def category_of(module: str, kind: str) -> str | None:
    """The category of `agenterror` for a failure type; None for one it does not know. Two modules
    call one of theirs hallucination, which the taxonomy tells apart."""
    if kind not in FAILURES.get(module, ()):
        return None
    return f"{module}_{kind}" if kind == "hallucination" else kind
