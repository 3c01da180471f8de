"""Reading ToolBench's answer trees: nodes, the messages they make up, and paths of messages.

A message of the model is a chain of nodes Thought → Action → Action Input, of which the thought may
be missing, or stand alone as a message without a call. Which path is worth what is not known here;
see `curation/formats/toolbench.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from curation.importing import RecordError
from curation.trajectory import Message, Role, ToolCall, json_type, parse_arguments

FINISH = "Finish"
BRANCH = "branch"
"""Model name of tries that are siblings in a tree."""
ANSWERED, GAVE_UP, STOPPED = "answered", "gave up", "stopped"
"""How a path ended: with an answer, with `give_up_and_restart`, or pruned or too long."""


class Answer(NamedTuple):
    """One message of the model in the tree, and what its call gave."""

    message: Message
    result: Message | None
    end: dict[str, Any]
    """Its last node: what comes after it are the node's children."""


Path = tuple[Answer, ...]
"""Messages one after the other; a leaf of the tree ends it."""


def _children(node: dict[str, Any]) -> list[dict[str, Any]]:
    children = node.get("children") or []
    if not isinstance(children, list) or not all(isinstance(c, dict) for c in children):
        raise RecordError(
            f"The children of a node are a JSON {json_type(children)}, not a list of nodes.",
            "Write `children` as a list of nodes, [] for none.",
        )
    return children


def answers_after(node: dict[str, Any]) -> Iterator[Answer]:
    """The messages that were tried right after a node, in the order of the tree."""
    for child in _children(node):
        yield from _from(child, None)


def _from(node: dict[str, Any], thought: str | None) -> Iterator[Answer]:
    """The answers whose chain goes through this node."""
    match node.get("node_type"):
        case "Thought":
            text = _text(node, "description")
            if _stands_alone(node):
                yield Answer(Message(Role.ASSISTANT, text), None, node)
            else:
                for child in _children(node):
                    yield from _from(child, text)
        case "Action":
            inputs = [c for c in _children(node) if c.get("node_type") == "Action Input"]
            name = _text(node, "description")
            for end in inputs or [node]:
                raw = _text(end, "description") if end is not node else ""
                message = Message(Role.ASSISTANT, thought, (ToolCall(name, raw),))
                yield Answer(message, _result(end, name), end)
        case other:
            raise RecordError(
                f"A node of the tree has the type {other!r} where an answer begins.",
                "Nodes are Thought, Action and Action Input; an Action Input follows its Action.",
            )


def _stands_alone(thought: dict[str, Any]) -> bool:
    """Whether a thought is a message of its own. The search numbers the last node of a message;
    where it did not, a thought before actions belongs to their messages."""
    children = _children(thought)
    if thought.get("expand_num"):
        return True
    return not children or any(c.get("node_type") != "Action" for c in children)


def _result(end: dict[str, Any], name: str) -> Message | None:
    if name == FINISH or not isinstance(end.get("observation"), str):
        return None
    return Message(Role.TOOL, end["observation"], name=name)


def _text(node: dict[str, Any], key: str) -> str:
    value = node.get(key)
    if not isinstance(value, str):
        raise RecordError(
            f"The {key} of a node is a JSON {json_type(value)}, not text.",
            "Write thoughts, tool names and arguments as text, as the model gave them.",
        )
    return value


def paths_from(answer: Answer) -> Iterator[Path]:
    """Every path from an answer to a leaf."""
    following = list(answers_after(answer.end))
    if not following:
        yield (answer,)
    for later in following:
        for path in paths_from(later):
            yield (answer, *path)


def ended(last: Answer) -> str:
    """How a path ended, from its last message."""
    for call in last.message.tool_calls:
        if call.name == FINISH:
            said = parse_arguments(call.raw_arguments).value or {}
            return GAVE_UP if said.get("return_type") == "give_up_and_restart" else ANSWERED
    return STOPPED


def ending_of(paths: list[Path]) -> str:
    """How a search or a branch ended: as the best of its paths."""
    found = {ended(path[-1]) for path in paths}
    return next(ending for ending in (ANSWERED, GAVE_UP, STOPPED) if ending in found)
