"""What the browser is told of one trajectory: plain JSON, shaped for drawing.

Pure: values in, a dict out. Pairing, step numbers and argument rows are worked out here once, so
that the browser never parses a model's arguments and every screen counts steps alike. Text is
sent as text; only the Markdown of users and assistants is sent as (sanitised) HTML beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from components.viewer.arguments import argument_rows, properties_of
from components.viewer.form_schema import form_schema
from components.viewer.markdown import markdown_html
from components.viewer.tries import tries_json
from curation.annotation import Annotation
from curation.check_context import CheckContext
from curation.checking import Finding
from curation.checklists import ChecklistItem, seeded_items, tool_fingerprint
from curation.diffing import diff_trajectories
from curation.expansion.lineage import Lineage
from curation.simulated import SimulatedResult
from curation.stale import stale_messages
from curation.trajectory import Anchor, Message, Role, ToolCall, ToolSpec, Trajectory
from curation.tries import StepTries

MAX_FACTS = 12
"""Facts of the source shown beside a trajectory; more are not read."""
MAX_FACT_CHARS = 200


class ShownCorrection(Struct, frozen=True):
    """The correction that goes with the annotation on screen."""

    uid: str
    author: str
    reason: str
    trajectory: Trajectory
    attested: tuple[int, ...] = ()
    simulated: tuple[SimulatedResult, ...] = ()


def viewer_payload(
    *,
    uid: str,
    trajectory: Trajectory,
    findings: Sequence[Finding],
    annotation: Annotation,
    committed: bool,
    dataset: str,
    source_id: str,
    source: Mapping[str, Any] | None = None,
    state: str = "",
    parent_uid: str | None = None,
    lineage: Lineage | None = None,
    correction: ShownCorrection | None = None,
    tries: Mapping[int, StepTries] | None = None,
    checklists: Mapping[str, Sequence[ChecklistItem]] | None = None,
    kept: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Everything the viewer draws of one trajectory.

    Args:
        uid: of the trajectory.
        annotation: what this annotator has said so far.
        committed: whether this annotator's annotation stands committed.
        source: what the source said besides the messages; small scalars of it are shown.
        state: `curation.queueing.State` of the trajectory.
        lineage: the error that the trajectory was grown from.
        correction: the one `annotation.correction_uid` names.
        tries: message index -> other answers for that step.
        checklists: name of a tool -> the items of its checklist.
        kept: this annotator's unsaved correction: `{revision, content}`, content None for none.

    Returns:
        The `View` of the annotate API (`View` in the module `session.js` of the viewer).
    """
    messages = _messages(trajectory)
    return {
        "uid": uid,
        "dataset": dataset,
        "source_id": source_id,
        "state": state,
        "committed": committed,
        "parent_uid": parent_uid,
        "grown_from": None if lineage is None else _grown_from(lineage),
        "source": _facts(source or {}),
        "annotation": annotation_json(annotation),
        "correction": None if correction is None else _correction(trajectory, correction),
        "kept": kept or {"revision": 0, "content": None},
        "messages": messages,
        "tries": tries_json(trajectory, tries or {}),
        "checklists": msgspec.to_builtins(dict(checklists or {})),
        "tools": [_tool(tool) for tool in trajectory.tools],
        "findings": [_finding(finding) for finding in findings],
        "n_steps": len(trajectory.assistant_indexes()),
        "n_calls": sum(len(m.tool_calls) for m in trajectory.messages),
    }


def _grown_from(lineage: Lineage) -> dict[str, Any]:
    return {
        "uid": lineage.parent_uid,
        "directive": lineage.directive,
        "model": lineage.model,
        "similarity": lineage.similarity,
    }


def _messages(trajectory: Trajectory) -> list[dict[str, Any]]:
    """Every message, with steps counted, calls paired with results, and values with origins."""
    context = CheckContext(trajectory)
    results = context.pairing.results
    answers = {result: call for call, result in results.items()}
    tools = {tool.name: tool for tool in reversed(trajectory.tools)}
    origins = _origins(context)
    messages: list[dict[str, Any]] = []
    n_steps = 0
    for index, message in enumerate(trajectory.messages):
        is_step = message.role is Role.ASSISTANT
        n_steps += is_step
        shown = _message(index, message, n_steps if is_step else None)
        shown["calls"] = [
            _call(j, call, tools.get(call.name), results.get((index, j)), origins.get((index, j)))
            for j, call in enumerate(message.tool_calls)
        ]
        shown["answers"] = list(answers[index]) if index in answers else None
        shown["orphan"] = index in context.pairing.orphans
        messages.append(shown)
    return messages


def _origins(context: CheckContext) -> dict[tuple[int, int], dict[str, dict[str, Any]]]:
    """(message, call) -> pointer -> where the value is from: `{origin, how, at, span}`, and
    `{call, pointer}` of the argument of an earlier call that it repeats."""
    found: dict[tuple[int, int], dict[str, dict[str, Any]]] = {}
    for grounding in context.grounds.all():
        anchor, source = grounding.anchor, grounding.source or Anchor()
        assert anchor.message_index is not None and anchor.call_index is not None
        values = found.setdefault((anchor.message_index, anchor.call_index), {})
        values[anchor.pointer or ""] = {
            "origin": grounding.origin,
            "how": grounding.how,
            "at": source.message_index,
            "span": source.span,
        }
        if source.call_index is not None:
            place = {"call": source.call_index, "pointer": source.pointer}
            values[anchor.pointer or ""].update(place)
    return found


def annotation_json(annotation: Annotation) -> dict[str, Any]:
    """An annotation with every field present; step verdicts are keyed by text, as JSON wants."""
    return {
        "outcome": annotation.outcome,
        "step_verdicts": {str(i): str(v) for i, v in annotation.step_verdicts.items()},
        "marks": [msgspec.to_builtins(mark) for mark in annotation.marks],
        "note": annotation.note,
        "correction_uid": annotation.correction_uid,
        "recovery": {str(i): list(labels) for i, labels in annotation.recovery.items()},
        "tries": [msgspec.to_builtins(ruled) for ruled in annotation.tries],
        "checklist": [msgspec.to_builtins(answered) for answered in annotation.checklist],
    }


def _message(index: int, message: Message, number: int | None) -> dict[str, Any]:
    text = message.text
    spoken = message.role in (Role.USER, Role.ASSISTANT)
    return {
        "index": index,
        "role": str(message.role),
        "step": number,
        "text": text,
        "html": markdown_html(text) if spoken and text else None,
        "parts": _other_parts(message),
        "reasoning": message.reasoning,
        "name": message.name,
        "tool_call_id": message.tool_call_id,
    }


def _other_parts(message: Message) -> list[str]:
    """Content parts that are no text (pictures, files), as JSON: shown, never fetched."""
    if not isinstance(message.content, list):
        return []
    return [_json_text(part) for part in message.content if not part.get("text")]


def _call(
    index: int,
    call: ToolCall,
    tool: ToolSpec | None,
    result: int | None,
    origins: dict[str, dict[str, Any]] | None,
) -> dict[str, Any]:
    parsed = call.parsed()
    return {
        "index": index,
        "name": call.name,
        "id": call.id,
        "raw": call.raw_arguments,
        "parse_error": parsed.error,
        "known": tool is not None,
        "rows": None if parsed.value is None else argument_rows(parsed.value, tool),
        "result": result,
        "origins": origins or {},
    }


def _tool(tool: ToolSpec) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "schema": _json_text(tool.parameters),
        "form_schema": form_schema(tool),
        "properties": properties_of(tool),
        "fingerprint": tool_fingerprint(tool),
        "seeds": seeded_items(tool),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "severity": str(finding.severity),
        "message": finding.message,
        "hint": finding.hint,
        "message_index": finding.anchor.message_index,
        "call_index": finding.anchor.call_index,
        "pointer": finding.anchor.pointer,
    }


def _correction(parent: Trajectory, correction: ShownCorrection) -> dict[str, Any]:
    messages = _messages(correction.trajectory)
    for said in correction.simulated:
        messages[said.message_index]["simulated"] = {"model": said.model, "edited": said.edited}
    return {
        "uid": correction.uid,
        "author": correction.author,
        "reason": correction.reason,
        "changes": msgspec.to_builtins(diff_trajectories(parent, correction.trajectory)),
        "messages": messages,
        "stale": msgspec.to_builtins(stale_messages(parent, correction.trajectory)),
        "attested": list(correction.attested),
    }


def _facts(source: Mapping[str, Any]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for key, value in source.items():
        if isinstance(value, bool | int | float) or value is None:
            facts[str(key)] = _json_text(value)
        elif isinstance(value, str) and value:
            facts[str(key)] = value[:MAX_FACT_CHARS] + ("…" if len(value) > MAX_FACT_CHARS else "")
        if len(facts) == MAX_FACTS:
            break
    return facts


def _json_text(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode("utf-8", "replace")
