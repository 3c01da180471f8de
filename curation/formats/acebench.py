"""ACEBench: a dialogue in one string, tools, and the answer in `possible_answer/` (formats §15).

In `question` the assistant is called "system". A gold answer of calls becomes the step; where
several answers are accepted the first is the step and the others are alternatives, ruled so by an
annotator with the benchmark's name. `{function_1: …, function_2: …}` are two calls of one function.
A sentence (special_irrelevant) becomes the step as text. What special_incomplete and
special_error_param expect is named, not written out, so those rows end with the user. The answer
as given stays in the source under `possible_answer`. What the row says of time and of the user is
the system message. Rows of agents (end states of classes) have no gold step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from curation.alternatives import accepted_besides
from curation.importing import ImportContext, Imported, RecordError, import_format, json_text
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolCall, Trajectory

ANNOTATOR = "ACEBench"

_SPEAKER = re.compile(r"^(user|system):[ \t]?", re.MULTILINE)
_NUMBERED = re.compile(r"(.+)_\d+")
_TOLD = ("time", "profile")
_TAKEN = frozenset(("id", "question", "function", "ground_truth"))
_NAMED_ONLY = ("special_incomplete", "special_error_param", "agent_")


@import_format
class ACEBench:
    """Rows `{id, question, function, time}` with the question as one text."""

    name = "acebench"
    title = "ACEBench question + possible_answer"
    description = (
        "Benchmark rows whose question is one text of `user:` and `system:` turns, with their "
        "possible_answer file beside them; the gold calls become the step."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        question = record.get("question")
        return (
            isinstance(question, str)
            and _SPEAKER.match(question) is not None
            and isinstance(record.get("function"), list)
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        tools = read_tools(record["function"])
        row_id = context.source_id(record)
        answer = record.get("ground_truth", _answers(context).get(row_id))
        told = [str(record[key]) for key in _TOLD if record.get(key)]
        messages = [Message(Role.SYSTEM, "\n".join(told))] if told else []
        messages += _dialogue(record["question"])
        gold = _gold(row_id, answer, {tool.name for tool in tools})
        if gold and messages[-1].role is Role.ASSISTANT:
            raise RecordError(
                "The question ends with the assistant, so the answer has no place.",
                "Give the dialogue up to the user's turn that is answered.",
            )
        tries, rulings = (
            accepted_besides(gold[0], len(messages), gold[1:], ANNOTATOR) if gold else ((), ())
        )
        source = {k: v for k, v in record.items() if k not in _TAKEN}
        if answer is not None:
            source["possible_answer"] = answer
        yield Imported(
            trajectory=Trajectory((*messages, *gold[:1]), tools or context.tools),
            source_id=row_id,
            source=source,
            group=_group(row_id),
            predictions=tries,
            annotations=rulings,
        )


def _dialogue(question: str) -> list[Message]:
    """The turns of the text; a line without a speaker belongs to the turn before it."""
    marks = list(_SPEAKER.finditer(question))
    if not marks or question[: marks[0].start()].strip():
        raise RecordError(
            "The question does not begin with `user:` or `system:`.",
            "Give it as the benchmark writes it.",
        )
    ends = [mark.start() for mark in marks[1:]] + [len(question)]
    return [
        Message(
            Role.USER if mark.group(1) == "user" else Role.ASSISTANT,
            question[mark.end() : end].rstrip("\n"),
        )
        for mark, end in zip(marks, ends, strict=True)
    ]


def _group(row_id: str) -> str | None:
    """The dialogue: `normal_multi_turn_…_3_1` is a later turn of `…_3_0`."""
    category, _, number = row_id.rpartition("_")
    if not category or not number.isdecimal():
        return None
    first, _, dialogue = category.rpartition("_")
    is_turn = "multi_turn" in category and dialogue.isdecimal() and bool(first)
    return f"acebench:{category if is_turn else row_id}"


def _answers(context: ImportContext) -> dict[str, Any]:
    """Gold answers by id, from the companion file; {} when there is none."""
    if "acebench_answers" not in context.memory:
        name = context.file_name.removesuffix(".gz")
        context.memory["acebench_answers"] = {
            str(row["id"]): row["ground_truth"]
            for row in context.companions(f"possible_answer/{name}") or []
            if isinstance(row, dict) and row.keys() >= {"id", "ground_truth"}
        }
    answers: dict[str, Any] = context.memory["acebench_answers"]
    return answers


def _gold(row_id: str, answer: Any, names: set[str]) -> list[Message]:
    """The accepted answers, each as a step; [] where none is written out."""
    if answer is None or row_id.startswith(_NAMED_ONLY):
        return []
    if isinstance(answer, str):
        return [Message(Role.ASSISTANT, answer)]
    accepted = answer if isinstance(answer, list) else [answer]
    if not all(isinstance(one, dict) for one in accepted):
        raise RecordError(
            "The answer is neither calls nor a sentence.",
            "Give {function: arguments}, or a list of such answers.",
        )
    return [
        Message(
            Role.ASSISTANT,
            None,
            tuple(ToolCall(_plain(n, names), json_text(given)) for n, given in one.items()),
        )
        for one in accepted
        if one
    ]


def _plain(name: str, names: set[str]) -> str:
    """The function that a numbered key means."""
    numbered = _NUMBERED.fullmatch(name)
    if name not in names and numbered and numbered.group(1) in names:
        return numbered.group(1)
    return name
