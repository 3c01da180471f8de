"""CriticTool: answers with a planted or real tool-use error, and the right one (formats §11).

A file is an object with an entry under each query id. Assistant turns of `query_prompt` that are
JSON `{thought, name, args}` become calls. Where the conversation has such a turn, the last one is
what the label is about: `error_type` becomes a mark of the taxonomy `critictool` by the annotator
`CriticTool` (reject), or accept where it is falsy, and the right answer becomes a try of that step,
ruled an alternative to it. Where it has none, the right answer is the step. Steps that follow in
the ground truth (environment errors) and answers of a run stay in the source. The system text stays
as it is, API list included. Read from the benchmark's code, not from its data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.annotation import Annotation, Outcome, RuledTry, StepVerdict, TryRuling
from curation.importing import (
    TRUTH,
    ImportContext,
    Imported,
    ImportedPrediction,
    RecordError,
    SourceAnnotation,
    import_format,
)
from curation.marks import Mark
from curation.openai_messages import read_arguments, read_message
from curation.react_text import tools_in_prompt
from curation.tagged_text import loose_value
from curation.trajectory import Anchor, Message, Role, ToolCall, Trajectory
from curation.tries import try_id

ANNOTATOR = "CriticTool"
TAXONOMY = "critictool"
GROUND_TRUTH = "ground truth"
"""Model name of the try made from the right answer."""

ERRORS = frozenset(
    (
        "tool_select_error",
        "tool_hallucination_error",
        "parameters_key_error",
        "parameters_value_error",
        "environment_error",
    )
)
"""Categories of the taxonomy."""

_ROLES = {"function": "tool", "environment": "tool", "bot": "assistant"}
_ENTRY = frozenset(("query_prompt", "ground_truth"))
_TAKEN = frozenset(("query_prompt", "error_type", "id"))


@import_format
class CriticTool:
    """An object of entries `{query_prompt, error_type, ground_truth}` by query id."""

    name = "critictool"
    title = "CriticTool"
    description = (
        "Conversations with a tool-use error under each query id: error_type becomes a mark by the "
        "annotator CriticTool, the ground truth a try of the step."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        return _is_entry(record) or any(map(_is_entry, list(record.values())[:3]))

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        if _is_entry(record):
            yield _imported(context.source_id(record), record, {}, context)
            return
        entries = {key: value for key, value in record.items() if _is_entry(value)}
        if not entries:
            raise RecordError(
                "There is no entry with query_prompt and ground_truth.",
                "Give a file of the benchmark: an object with an entry under each query id.",
            )
        beside = {key: value for key, value in record.items() if key not in entries}
        for key in beside:
            context.complain(
                f"What stands under {key!r} has no query_prompt and ground_truth. It was kept "
                "with the others as a fact about the file.",
                "Give both, or take it out.",
            )
        for key, entry in entries.items():
            try:
                yield _imported(key, entry, beside, context)
            except RecordError as problem:
                context.complain(f"Query {key}: {problem.message}", problem.hint)


def _is_entry(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() >= _ENTRY
        and isinstance(value["query_prompt"], list)
    )


def _imported(
    key: str, entry: dict[str, Any], beside: dict[str, Any], context: ImportContext
) -> Imported:
    messages = [_message(raw) for raw in entry["query_prompt"]]
    system = next((m.text for m in messages if m.role is Role.SYSTEM), "")
    truth = entry["ground_truth"]
    right = _right(truth)
    judged = max((i for i, m in enumerate(messages) if m.tool_calls), default=None)
    tries: tuple[ImportedPrediction, ...] = ()
    said: tuple[SourceAnnotation, ...] = ()
    if judged is None:
        messages.append(right)
    else:
        if try_id(right) != try_id(messages[judged]):
            tries = (ImportedPrediction(judged, GROUND_TRUTH, right),)
        if "error_type" in entry:
            said = (SourceAnnotation(ANNOTATOR, _annotation(entry["error_type"], judged, tries)),)
    source = {**beside, **{k: v for k, v in entry.items() if k not in _TAKEN}}
    if "error_type" in entry:
        source[TRUTH] = {"error_type": entry["error_type"]}
    # Gold of BFCL's shape is read from the key `ground_truth`; this one has another.
    source["right_answer"] = source.pop("ground_truth")
    return Imported(
        trajectory=Trajectory(tuple(messages), tools_in_prompt(system) or context.tools),
        source_id=key,
        source=source,
        group=f"critictool:{key}",
        predictions=tries,
        annotations=said,
    )


def _message(raw: Any) -> Message:
    if not isinstance(raw, dict):
        raise RecordError("A message of the prompt is no object.", "Give role and content.")
    message = read_message({**raw, "role": _ROLES.get(str(raw.get("role")), raw.get("role"))})
    if message.role is not Role.ASSISTANT or message.tool_calls:
        return message
    try:
        value = loose_value(message.text)
    except ValueError:
        return message
    return _step(value) if isinstance(value, dict) and _is_step(value) else message


def _is_step(value: dict[str, Any]) -> bool:
    return isinstance(value.get("name"), str) and "args" in value


def _step(value: dict[str, Any]) -> Message:
    call = ToolCall(value["name"], read_arguments(value["args"]))
    thought = value.get("thought")
    return Message(
        Role.ASSISTANT, thought if isinstance(thought, str) and thought else None, (call,)
    )


def _right(truth: Any) -> Message:
    """The right answer; of several steps the first."""
    first = truth[0] if isinstance(truth, list) and truth else truth
    if not isinstance(first, dict) or not _is_step(first):
        raise RecordError(
            "The ground truth is no {thought, name, args}.", "Give it as the benchmark does."
        )
    return _step(first)


def _annotation(error: Any, judged: int, tries: tuple[ImportedPrediction, ...]) -> Annotation:
    ruled = tuple(RuledTry(judged, try_id(one.message), TryRuling.ALTERNATIVE) for one in tries)
    if not error:
        return Annotation(Outcome.ACCEPT, step_verdicts={judged: StepVerdict.CORRECT}, tries=ruled)
    is_known = error in ERRORS
    mark = Mark(
        "error", TAXONOMY, str(error), Anchor(message_index=judged, call_index=0), root_cause=True
    )
    return Annotation(
        Outcome.REJECT,
        step_verdicts={judged: StepVerdict.INCORRECT},
        marks=(mark,) if is_known else (),
        note="" if is_known else str(error),
        tries=ruled,
    )
