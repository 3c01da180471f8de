"""ToolEval: ToolBench's answers as converted for its evaluation (formats §5b).

A file is an object with an answer under each query id. An answer is a tree of `{role, message,
next}` in which a tool's message is the Python text of `{name, arguments, response}`: call and
result in one. The first branch at every place is the trajectory, calls at the other branches are
tries of the step. `Finish` is a call like any other, without a result. Where the calls cannot be
read the answer is refused: the published conversion cuts every text at 100 characters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from curation.answer_tree import BRANCH, FINISH
from curation.importing import (
    ImportContext,
    Imported,
    ImportedPrediction,
    RecordError,
    import_format,
    json_text,
)
from curation.openai_messages import read_arguments
from curation.tagged_text import loose_value
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolCall, Trajectory

_ANSWER = frozenset(("query", "available_tools", "answer"))
_TAKEN = frozenset(("available_tools", "answer", "id"))
_CUT_AT = 100
"""Length at which the published conversion cuts every text."""
_TREES = "Import the trees of the search (data/answer in ToolBench), which hold the calls whole."

_Node = dict[str, Any]


@import_format
class ToolEval:
    """An object of answers `{query, available_tools, answer}` by query id."""

    name = "tooleval"
    title = "ToolEval answers"
    description = (
        "ToolBench's answers converted for ToolEval, under query ids: the first branch becomes the "
        "trajectory, the others tries. Answers whose calls are cut off are refused one by one."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        return _is_answer(record) or _is_answer(next(iter(record.values()), None))

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        if _is_answer(record):
            yield _imported(context.source_id(record), record, {}, context)
            return
        answers = {key: value for key, value in record.items() if _is_answer(value)}
        if not answers:
            raise RecordError(
                "There is no answer with query, available_tools and answer.",
                "Give an object with an answer under each query id.",
            )
        beside = {key: value for key, value in record.items() if key not in answers}
        for key in beside:
            context.complain(
                f"What stands under {key!r} is no answer. It was kept with the others as a fact "
                "about the file.",
                "Give query, available_tools and answer, or take it out.",
            )
        for key, one in answers.items():
            try:
                yield _imported(key, one, beside, context)
            except RecordError as problem:
                context.complain(f"Query {key}: {problem.message}", problem.hint)


def _is_answer(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() >= _ANSWER


def _imported(
    key: str, record: dict[str, Any], beside: dict[str, Any], context: ImportContext
) -> Imported:
    query, answer = str(record["query"]), record["answer"]
    roots = answer.get("answer_details") or []
    _refuse_cut(roots)
    messages: list[Message] = []
    tries: list[ImportedPrediction] = []
    nodes = roots
    while nodes:
        first, *others = nodes
        if others:
            tries += [
                ImportedPrediction(len(messages), BRANCH, said[0])
                for other in others
                if (said := _said(other, query)) and said[0].role is Role.ASSISTANT
            ]
        messages += _said(first, query)
        nodes = first.get("next") or []
    if not any(m.role is Role.USER for m in messages):
        messages.insert(0, Message(Role.USER, query))
        tries = [_moved(one) for one in tries]
    facts = {k: v for k, v in answer.items() if k != "answer_details"}
    tools = read_tools(record["available_tools"])
    return Imported(
        trajectory=Trajectory(tuple(messages), tools or context.tools),
        source_id=key,
        source={**beside, **{k: v for k, v in record.items() if k not in _TAKEN}, **facts},
        group="toolbench:" + hashlib.sha256(query.encode("utf-8", "replace")).hexdigest()[:16],
        predictions=tuple(
            one
            for one in tries
            if one.message_index < len(messages)
            and messages[one.message_index].role is Role.ASSISTANT
        ),
    )


def _moved(one: ImportedPrediction) -> ImportedPrediction:
    return ImportedPrediction(one.message_index + 1, one.model, one.message)


def _said(node: _Node, query: str) -> list[Message]:
    """The messages of a node: a call comes with its result."""
    role, text = node.get("role"), node.get("message")
    if role == "tool":
        call, result = _call(text)
        said = Message(Role.ASSISTANT, None, (call,))
        return [said] if result is None else [said, result]
    words = text if isinstance(text, str) else json_text(text)
    if role == "assistant":
        return [Message(Role.ASSISTANT, words)]
    if role == "user":
        return [Message(Role.USER, words or query)]
    return [Message(Role.SYSTEM, words)] if words else []


def _call(message: Any) -> tuple[ToolCall, Message | None]:
    """The call of a tool node, and what it gave."""
    try:
        value = loose_value(message) if isinstance(message, str) else message
    except ValueError:
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise RecordError("A call cannot be read: it is no {name, arguments, response}.", _TREES)
    name, given = value["name"], value.get("response")
    call = ToolCall(name, read_arguments(value.get("arguments")))
    if name == FINISH or given is None:
        return call, None
    text = given if isinstance(given, str) else json_text(given)
    return call, Message(Role.TOOL, text, name=name)


def _refuse_cut(roots: list[_Node]) -> None:
    """An answer in which a call breaks off at the length of the cut is damaged as a whole."""
    texts = list(_call_texts(roots))
    cut = sum(len(text) == _CUT_AT and not _is_readable(text) for text in texts)
    if cut:
        raise RecordError(
            f"The answer is damaged: {cut} of {len(texts)} calls are cut off at {_CUT_AT} "
            "characters and unreadable.",
            _TREES,
        )


def _is_readable(text: str) -> bool:
    try:
        loose_value(text)
    except ValueError:
        return False
    return True


def _call_texts(roots: list[_Node]) -> Iterator[str]:
    waiting = [roots]
    while waiting:
        for node in waiting.pop():
            if node.get("role") == "tool" and isinstance(node.get("message"), str):
                yield node["message"]
            waiting.append(node.get("next") or [])
