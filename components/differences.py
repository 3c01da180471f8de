"""Annotations side by side: only what differs, in reading order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from components.notices import escape
from components.words import OUTCOME_ICONS, counted
from curation.adjudication import Differences
from curation.annotation import Annotation
from curation.marks import Mark
from curation.steps import pair_results
from curation.trajectory import Anchor, TextField, Trajectory, quoted
from curation.tries import StepTries

SILENT = "—"
RESULT_CHARACTERS = 1_000
"""Of a result beside its call; the whole of it is one click away in Annotate."""
QUOTE_CHARACTERS = 80
RULING_ICONS = {"alternative": "≈ alternative", "rejected": "✗ rejected"}
VERDICT_ICONS = {"correct": "✓ correct", "incorrect": "✗ incorrect", "unsure": "? unsure"}


def draw_differences(
    found: Differences,
    annotators: Sequence[str],
    trajectory: Trajectory,
    tries: Mapping[int, StepTries] | None = None,
) -> None:
    """A table with one row per question on which the annotators differ."""
    rows = [
        *_one_row("outcome", found.outcomes, lambda v: OUTCOME_ICONS.get(v or "", SILENT)),
        *(
            row
            for difference in found.steps
            for row in _one_row(
                place(Anchor(message_index=difference.message_index), trajectory),
                difference.opinions,
                lambda v: VERDICT_ICONS.get(v or "", SILENT),
            )
        ),
        *(
            row
            for difference in found.marks
            for row in _one_row(
                place(difference.anchor, trajectory),
                difference.opinions,
                lambda v: ", ".join(v) or SILENT,
            )
        ),
        *_one_row(
            "root cause",
            found.root_causes,
            lambda v: ", ".join(place(Anchor(message_index=i), trajectory) for i in v) or SILENT,
        ),
        *(
            row
            for difference in found.recovery
            for row in _one_row(
                f"recovery · {place(Anchor(message_index=difference.message_index), trajectory)}",
                difference.opinions,
                lambda v: ", ".join(v) or SILENT,
            )
        ),
        *(
            row
            for difference in found.tries
            for row in _one_row(
                try_name(difference.message_index, difference.try_id, trajectory, tries or {}),
                difference.opinions,
                lambda v: RULING_ICONS.get(v or "", SILENT),
            )
        ),
        *_one_row("correction", found.corrections, lambda v: (v or SILENT)[:16]),
    ]
    if not rows:
        st.caption("They say the same.")
        return
    frame = pd.DataFrame(rows).reindex(columns=["what", *annotators])
    st.dataframe(frame, hide_index=True)


def try_name(
    index: int, try_id: str, trajectory: Trajectory, tries: Mapping[int, StepTries]
) -> str:
    """A try in words: its step and who answered so."""
    where = place(Anchor(message_index=index), trajectory)
    one = tries[index].find(try_id) if index in tries else None
    by = ", ".join(dict.fromkeys(answer.model for answer in one.answers)) if one else try_id
    return f"{where} · try of {by}"


def _one_row(what: str, opinions: Sequence[Any], shown: Any) -> list[dict[str, str]]:
    if not opinions:
        return []
    return [{"what": what, **{o.annotator: shown(o.value) for o in opinions}}]


def place(anchor: Anchor, trajectory: Trajectory) -> str:
    """An anchor in words: the step number, the tool and the argument."""
    if anchor.message_index is None:
        return "trajectory"
    steps = trajectory.assistant_indexes()
    if anchor.message_index in steps:
        words = f"step {steps.index(anchor.message_index) + 1}"
    else:
        words = f"message {anchor.message_index}"
    calls = (
        trajectory.messages[anchor.message_index].tool_calls
        if anchor.message_index < len(trajectory.messages)
        else ()
    )
    if anchor.call_index is not None and anchor.call_index < len(calls):
        words += f" · {calls[anchor.call_index].name}"
    if anchor.pointer:
        words += f" · {anchor.pointer}"
    quote = quoted(trajectory.messages, anchor)
    if quote:
        where = "" if anchor.field is TextField.CONTENT else f" {anchor.field}"
        cut = quote if len(quote) <= QUOTE_CHARACTERS else f"{quote[:QUOTE_CHARACTERS]}…"
        words += f" ·{where} “{cut}”"
    return words


def draw_annotation(
    annotation: Annotation,
    trajectory: Trajectory,
    tries: Mapping[int, StepTries] | None = None,
) -> None:
    """All of one annotation, compactly."""
    st.markdown(f"**{OUTCOME_ICONS.get(annotation.outcome or '', SILENT)}**")
    verdicts = [
        f"{place(Anchor(message_index=i), trajectory)}: {VERDICT_ICONS[v]}"
        for i, v in annotation.step_verdicts.items()
        if v != "correct"
    ]
    n_correct = len(annotation.step_verdicts) - len(verdicts)
    lines = [*([f"{counted(n_correct, 'step')} correct"] if n_correct else []), *verdicts]
    lines += [
        f"{place(Anchor(message_index=i), trajectory)}: ↻ {', '.join(labels)}"
        for i, labels in annotation.recovery.items()
    ]
    lines += [_mark_line(mark, annotation, trajectory) for mark in annotation.marks]
    lines += [
        f"{RULING_ICONS[t.ruling]}: {try_name(t.message_index, t.try_id, trajectory, tries or {})}"
        for t in annotation.tries
    ]
    if annotation.note:
        lines.append(f"note: {annotation.note}")
    st.text("\n".join(lines) or "no verdicts, no marks")


def _mark_line(mark: Mark, annotation: Annotation, trajectory: Trajectory) -> str:
    cause = next((m for m in annotation.marks if m.mark_id == mark.caused_by), None)
    facts = [
        str(mark.severity),
        "◎ root cause" if mark.root_cause else "",
        f"↳ from {cause.category} at {place(cause.anchor, trajectory)}" if cause else "",
        "" if mark.train else "⊘ do not learn",
    ]
    line = f"{mark.category} at {place(mark.anchor, trajectory)} ({', '.join(filter(None, facts))})"
    if mark.expected_clarification:
        line += f" should have asked: {mark.expected_clarification}"
    return f"{line}: {mark.note}" if mark.note else line


def draw_step(trajectory: Trajectory, message_index: int) -> None:
    """One message with its calls and their results, as plain text."""
    message = trajectory.messages[message_index]
    st.caption(escape(place(Anchor(message_index=message_index), trajectory)))
    if message.text:
        st.text(message.text)
    results = pair_results(trajectory.messages).results
    for position, call in enumerate(message.tool_calls):
        st.code(f"{call.name}  {call.raw_arguments}", language="json", wrap_lines=True)
        answer = results.get((message_index, position))
        if answer is not None:
            st.code(trajectory.messages[answer].text[:RESULT_CHARACTERS], language=None)
