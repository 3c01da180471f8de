"""ToolAlpaca: APIs with requests, with runs, and judged runs (formats §7).

A row is one API with many requests: every request becomes a trajectory. Where there is a run
(`Instances`), its steps are the trajectory; otherwise the gold calls are one step without results,
with their placeholders as they stand, which are no JSON. A judged file holds runs with the gold
answer and a judge's ruling in one prompt each: the run is the trajectory, the gold answer stays in
its source, and the ruling becomes the annotation of a judge: accept where process and final answer
are right, reject where one is wrong, unsure otherwise, and the judge's words as the note.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from curation.annotation import Annotation, Outcome, StepVerdict
from curation.importing import (
    TRUTH,
    ImportContext,
    Imported,
    Problem,
    Record,
    RecordError,
    SourceAnnotation,
    import_format,
)
from curation.openai_messages import read_arguments
from curation.toolalpaca_docs import documented_tools
from curation.toolalpaca_runs import read_instance, read_judged_prompt
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory

PART = "toolalpaca_part"
"""Key of a record that is one request of a file's record: its number, and the API's name."""

_DOCUMENTATION = ("Documentation", "NLDocumentation", "Functions", "Introduction")
_LISTS = ("Instructions", "Golden_Answers", "Instances")
_TAKEN = frozenset(
    (PART, "Name", "Function_Description", "Description", "id", *_DOCUMENTATION, *_LISTS)
)
JUDGE = "ToolAlpaca's judge"

_RULED = ("process_correctness", "final_response_correctness")
_RULING = (*_RULED, "output")
_JUDGED_TAKEN = frozenset((PART, "id", "input", *_RULING))


@import_format
class ToolAlpaca:
    """Rows of an API with `Instructions` or `Instances`, or the one object of a judged file."""

    name = "toolalpaca"
    title = "ToolAlpaca"
    description = (
        "One API a row with its functions in prose, requests, and gold answers or runs; or a "
        "judged file, whose rulings become annotations of the judge; gold answers are kept."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        if isinstance(record.get("Function_Description"), dict):
            return any(isinstance(record.get(key), list) for key in _LISTS)
        return PART in record or bool(_judged_apis(record))

    def gather(self, items: Iterator[Record | Problem]) -> Iterator[Record | Problem]:
        """One record per request, so that a damaged one takes no other with it."""
        position = 0
        for item in items:
            parts = _parts(item.value) if isinstance(item, Record) else None
            if isinstance(item, Problem) or not parts:
                position += 1
                yield item
                continue
            for part in parts:
                position += 1
                name, number = part[PART]
                yield Record(f"{item.where} ({name}/{number})", position, part)

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        parts = [record] if PART in record else _parts(record)
        if not parts:
            raise RecordError(
                "There is no API with requests in it.",
                "Give Function_Description with Instructions or Instances, or a judged file.",
            )
        for part in parts:
            yield (
                _request(part, context)
                if "Function_Description" in part
                else _judged(part, context)
            )


def _judged_apis(record: dict[str, Any]) -> dict[str, list[Any]]:
    """The lists of judged runs in a judged file; {} for anything else."""
    return {
        name: runs
        for name, runs in record.items()
        if isinstance(runs, list)
        and runs
        and all(isinstance(r, dict) and "input" in r and "output" in r for r in runs)
        and any("process_correctness" in r for r in runs)
    }


def _parts(record: Any) -> list[dict[str, Any]]:
    """The requests of a record, each with what they share."""
    if not isinstance(record, dict) or PART in record:
        return [record] if isinstance(record, dict) else []
    if isinstance(record.get("Function_Description"), dict):
        name = str(record.get("Name", ""))
        shared = {k: v for k, v in record.items() if k not in _LISTS}
        runs = record.get("Instances")
        requests = runs if isinstance(runs, list) and runs else record.get("Instructions")
        gold = record.get("Golden_Answers")
        found = []
        for number, request in enumerate(requests if isinstance(requests, list) else ()):
            part = {**shared, PART: [name, number], "request": request}
            if isinstance(gold, list) and number < len(gold):
                part["gold"] = gold[number]
            found.append(part)
        return found
    judged = _judged_apis(record)
    shared = {k: v for k, v in record.items() if k not in judged}
    return [
        {**shared, **run, PART: [name, run.get("id", number)]}
        for name, runs in judged.items()
        for number, run in enumerate(runs)
    ]


def _request(part: dict[str, Any], context: ImportContext) -> Imported:
    name, number = part[PART]
    request, gold = part["request"], part.get("gold")
    source = {k: v for k, v in part.items() if k not in (*_TAKEN, "request", "gold")}
    source["api"] = name
    if gold is not None:
        source["gold_answer"] = gold
    if isinstance(request, dict):
        messages, rest = read_instance(request)
        source.update(rest)
    elif isinstance(request, str):
        messages = (Message(Role.USER, request), *_gold(gold))
    else:
        raise RecordError("The request is not text.", "Give the instruction as text.")
    return _imported(
        messages, documented_tools(part["Function_Description"]), source, name, number, context
    )


def _gold(gold: Any) -> tuple[Message, ...]:
    """The gold calls as one step; () when there are none."""
    actions = [a for a in gold if isinstance(a, dict)] if isinstance(gold, list) else []
    calls = tuple(
        ToolCall(str(a.get("Action", "")), read_arguments(a.get("Action_Input"))) for a in actions
    )
    return (Message(Role.ASSISTANT, None, calls),) if calls else ()


def _judged(part: dict[str, Any], context: ImportContext) -> Imported:
    name, number = part[PART]
    prompt = part["input"]
    text = prompt[0].get("content") if isinstance(prompt, list) and prompt else prompt
    if not isinstance(text, str) or not text.strip():
        raise RecordError(
            f"Run {number} of {name} is empty: the judge was given nothing.",
            "It failed before it was judged; there is nothing to import.",
        )
    run = read_judged_prompt(text)
    source = {k: v for k, v in part.items() if k not in _JUDGED_TAKEN}
    source["api"] = name
    source["gold_answer"] = run.gold
    ruling = {key: part[key] for key in _RULING if key in part}
    imported = _imported(run.messages, run.tools, source, name, number, context)
    if not any(key in part for key in _RULED):
        return imported
    return msgspec.structs.replace(
        imported,
        source={**source, TRUTH: ruling},
        annotations=(SourceAnnotation(JUDGE, _annotation(ruling, run.messages), "judge"),),
    )


def _annotation(ruling: dict[str, Any], messages: tuple[Message, ...]) -> Annotation:
    """What the judge said: of the whole, and of the final answer, which is the last step."""
    process, final = (ruling.get(key) for key in _RULED)
    if "No" in (process, final):
        outcome = Outcome.REJECT
    else:
        outcome = Outcome.ACCEPT if process == final == "Yes" else Outcome.UNSURE
    verdict = {"Yes": StepVerdict.CORRECT, "No": StepVerdict.INCORRECT}.get(str(final))
    last = len(messages) - 1
    answered = verdict is not None and messages[last].role is Role.ASSISTANT
    words = ruling.get("output")
    return Annotation(
        outcome=outcome,
        step_verdicts={last: verdict} if answered and verdict is not None else {},
        note=words.strip() if isinstance(words, str) else "",
    )


def _imported(
    messages: tuple[Message, ...],
    tools: tuple[ToolSpec, ...],
    source: dict[str, Any],
    name: str,
    number: Any,
    context: ImportContext,
) -> Imported:
    place = f"{name}/{number}"
    return Imported(
        trajectory=Trajectory(messages, tools or context.tools),
        source_id=place,
        source=source,
        group=f"toolalpaca:{place}",
    )
