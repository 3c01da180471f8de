"""BFCL v3/v4: question files with their answers in `possible_answer/` (formats §8).

The gold answer becomes the assistant's step. Where several values are allowed the first that is
written out stands in the step, a parameter whose only value is "" is left out, and the whole set
stays in the source under `ground_truth`. Questions without an answer file (irrelevance) end with
the user. Multi-turn rows take their tools from `multi_turn_func_doc/` beside the file, or from the
file or folder of tools that was given, and get one step per turn, with the turn's calls in order;
the source has no results for them. Which functions the benchmark withholds until a turn stays in
the source under `missed_function`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.call_text import read_call
from curation.importing import ImportContext, Imported, RecordError, import_format, json_text
from curation.openai_messages import read_message
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory

FUNCTION_DOCS = {
    "GorillaFileSystem": "gorilla_file_system",
    "MathAPI": "math_api",
    "MessageAPI": "message_api",
    "TwitterAPI": "posting_api",
    "TicketAPI": "ticket_api",
    "TradingBot": "trading_bot",
    "TravelAPI": "travel_booking",
    "VehicleControlAPI": "vehicle_control",
    "WebSearchAPI": "web_search",
    "MemoryAPI_kv": "memory_kv",
    "MemoryAPI_vector": "memory_vector",
    "MemoryAPI_rec_sum": "memory_rec_sum",
}
"""Class named by a multi-turn row -> file of its definitions, as the benchmark names them."""

_TAKEN = frozenset(("id", "question", "function"))


@import_format
class BFCL:
    """Question rows; answers from the file of the same name in `possible_answer/`."""

    name = "bfcl"
    title = "BFCL question + possible_answer"
    description = (
        "Benchmark questions (id, question, function) with their possible_answer file beside them: "
        "the gold calls become the step, the set of allowed values stays in the source."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        question = record.get("question")
        return (
            isinstance(question, list)
            and all(isinstance(turn, list) for turn in question)
            and ("function" in record or "involved_classes" in record)
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        question_id = context.source_id(record)
        tools = _tools(record, context)
        gold = record.get("ground_truth", _answers(context).get(question_id))
        source = {k: v for k, v in record.items() if k not in _TAKEN}
        category, _, number = question_id.rpartition("_")
        if category:
            source["category"] = category
        if gold is not None:
            source["ground_truth"] = gold
        turns = [[read_message(m) for m in turn] for turn in record["question"]]
        steps = _steps(gold, len(turns), tools)
        messages: list[Message] = []
        for turn, calls in zip(turns, steps, strict=True):
            messages.extend(turn)
            if calls:
                messages.append(Message(Role.ASSISTANT, None, calls))
        yield Imported(
            trajectory=Trajectory(tuple(messages), tools),
            source_id=question_id,
            source=source,
            group=_group(category, number),
        )


def _group(category: str, number: str) -> str | None:
    """The question; the multi-turn categories vary the same tasks under the same numbers."""
    if not category:
        return None
    return f"bfcl:{'multi_turn' if category.startswith('multi_turn') else category}_{number}"


def _answers(context: ImportContext) -> dict[str, Any]:
    """Gold answers by question id, from the companion file; {} when there is none."""
    if "bfcl_answers" not in context.memory:
        name = context.file_name.removesuffix(".gz")
        rows = context.companions(f"possible_answer/{name}") or []
        context.memory["bfcl_answers"] = {
            str(row["id"]): row["ground_truth"]
            for row in rows
            if isinstance(row, dict) and "id" in row and "ground_truth" in row
        }
    answers: dict[str, Any] = context.memory["bfcl_answers"]
    return answers


def _tools(record: dict[str, Any], context: ImportContext) -> tuple[ToolSpec, ...]:
    """The row's functions, or those of its classes less the excluded ones."""
    if "function" in record:
        return read_tools(record["function"])
    excluded = set(record.get("excluded_function") or ())
    of_classes = [_class_tools(name, context) for name in record["involved_classes"]]
    found = [tool for tools in of_classes for tool in tools] or context.tools
    return tuple(tool for tool in found if tool.name not in excluded)


def _class_tools(name: str, context: ImportContext) -> tuple[ToolSpec, ...]:
    """The functions of a class; () when its document is not there, which is told once a file."""
    docs: dict[str, tuple[ToolSpec, ...]] = context.memory.setdefault("bfcl_docs", {})
    if name not in docs:
        stem = FUNCTION_DOCS.get(name, name)
        given = context.tool_sets.get(stem) or context.tool_sets.get(name)
        docs[name] = given or read_tools(context.companions(f"multi_turn_func_doc/{stem}.json"))
        if not docs[name] and not _is_one_file(context):
            context.complain(
                f"The functions of the class {name} are not there, so calls of them are calls of "
                "tools that are not offered.",
                f"Put multi_turn_func_doc/{stem}.json beside the file, or give the folder with "
                "--tools.",
            )
    return docs[name]


def _is_one_file(context: ImportContext) -> bool:
    """Whether the tools that were given are called after no class: they stand for them all."""
    known = {*FUNCTION_DOCS, *FUNCTION_DOCS.values()}
    return bool(context.tools) and known.isdisjoint(context.tool_sets)


def _steps(gold: Any, n_turns: int, tools: tuple[ToolSpec, ...]) -> list[tuple[ToolCall, ...]]:
    """The gold calls of every turn; () where the turn has none."""
    if gold is None:
        return [()] * n_turns
    if not isinstance(gold, list):
        raise RecordError(
            "The ground truth is not a list.", "See possible_answer of the benchmark."
        )
    if gold and all(isinstance(turn, list) for turn in gold):
        steps = [tuple(read_call(str(text), tools) for text in turn) for turn in gold]
        if len(steps) != n_turns:
            raise RecordError(
                f"There are {n_turns} turns and answers for {len(steps)}.",
                "Take questions and answers from the same release.",
            )
        return steps
    calls = tuple(_first_allowed(call) for call in gold)
    return [()] * (n_turns - 1) + [calls] if n_turns else []


def _first_allowed(call: Any) -> ToolCall:
    """`{function: {parameter: [allowed values]}}` as one call."""
    if not isinstance(call, dict) or len(call) != 1:
        return ToolCall("", json_text(call))
    ((name, parameters),) = call.items()
    return ToolCall(str(name), json_text(_chosen(parameters)))


def _chosen(parameters: Any) -> Any:
    """An object whose leaves are lists of allowed values, with one value chosen for each."""
    if not isinstance(parameters, dict):
        return parameters
    chosen: dict[str, Any] = {}
    for name, allowed in parameters.items():
        values = allowed if isinstance(allowed, list) else [allowed]
        written = [value for value in values if value != ""]
        if written:
            chosen[name] = _one(written[0])
    return chosen


def _one(value: Any) -> Any:
    """An allowed value; objects inside it hold lists of allowed values again."""
    if isinstance(value, dict):
        return _chosen(value)
    if isinstance(value, list):
        return [_one(inner) for inner in value]
    return value
