"""ToolBench's answer trees: one depth-first search for one request (ToolLLM, formats §5a).

The path to the answer becomes the trajectory: an answer is a chain of nodes Thought → Action →
Action Input, of which the thought may be missing or stand alone. What was tried at the same place
and left are tries of that step: of each the message itself, and in its source how its branch ended,
how many steps followed and the longest path below it, as messages. Further side branches of such a
branch are not kept. Where the search gave up, its longest path becomes the trajectory (the last of
equally long ones) and the source says `ended: gave up`.

System and user message are those of `train_messages`; where it is missing (a failed run), the
request alone. What the search told the model besides ("This is not the first time you try this
task …") is no part of the path and is left out, as is the echo that answers `Finish`, a tool like
any other here. Schemas stay as they are, with ToolBench's `optional` and `example_value`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from curation.answer_tree import (
    ANSWERED,
    BRANCH,
    Answer,
    Path,
    answers_after,
    ended,
    ending_of,
    paths_from,
)
from curation.importing import (
    ImportContext,
    Imported,
    ImportedPrediction,
    RecordError,
    import_format,
)
from curation.openai_messages import read_message
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, Trajectory

_TAKEN = frozenset(("tree", "answer_generation", "compare_candidates", "id"))
_FACTS = ("query", "final_answer", "finish_type", "valid_data", "query_count", "total_tokens")


@import_format
class ToolBench:
    """Answer trees of ToolBench's depth-first search; siblings become tries of a step."""

    name = "toolbench"
    title = "ToolBench trees"
    description = (
        "Answer trees of ToolBench (DFSDT) with tree and answer_generation: the path to the answer "
        "becomes the trajectory, siblings off it become tries of the step where they branch."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        tree = record.get("tree")
        return (
            isinstance(tree, dict)
            and isinstance(tree.get("tree"), dict)
            and "answer_generation" in record
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        root, about = _parts(record)
        paths = [path for first in answers_after(root) for path in paths_from(first)]
        path = _chosen(paths, about.get("final_answer"))
        messages = list(_opening(about))
        tries: list[ImportedPrediction] = []
        before = root
        for answer in path:
            tries.extend(_tries(before, answer, len(messages)))
            messages.append(answer.message)
            if answer.result is not None:
                messages.append(answer.result)
            before = answer.end
        functions = about.get("function")
        yield Imported(
            trajectory=Trajectory(
                tuple(messages), context.tools if functions is None else read_tools(functions)
            ),
            source_id=context.source_id(record),
            source={
                **{k: v for k, v in record.items() if k not in _TAKEN},
                **{k: about[k] for k in _FACTS if k in about},
                "ended": ending_of(paths),
                "branches": len(tries),
            },
            group=_group(about),
            predictions=tuple(tries),
        )


def _parts(record: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The root node and what the file says beside the tree."""
    tree, about = record.get("tree"), record.get("answer_generation")
    root = tree.get("tree") if isinstance(tree, dict) else None
    if not isinstance(root, dict) or not isinstance(about, dict):
        raise RecordError(
            "There is no answer tree in it.",
            "A record needs tree.tree (the root node) and answer_generation, as ToolBench writes.",
        )
    return root, about


def _opening(about: dict[str, Any]) -> Iterator[Message]:
    """System and user message before the first answer."""
    lists = about.get("train_messages")
    first = lists[0] if isinstance(lists, list) and lists else ()
    found: dict[Role, Message] = {}
    for raw in first:
        message = read_message(raw)
        if message.role is Role.ASSISTANT:
            break
        found.setdefault(message.role, message)
    if Role.SYSTEM in found:
        yield found[Role.SYSTEM]
    query = about.get("query")
    if Role.USER in found:
        yield found[Role.USER]
    elif isinstance(query, str) and query:
        yield Message(Role.USER, query)
    else:
        raise RecordError(
            "The request is missing.", "Give it as answer_generation.query, or in train_messages."
        )


def _chosen(paths: list[Path], final_answer: Any) -> Path:
    """The path that becomes the trajectory."""
    if not paths:
        raise RecordError(
            "The tree holds no answer.", "A root without children is a run that never began."
        )
    answered = [path for path in paths if ended(path[-1]) == ANSWERED]
    for path in answered:
        if path[-1].message.tool_calls[0].raw_arguments == final_answer:
            return path
    return answered[0] if answered else max(reversed(paths), key=len)


def _tries(before: dict[str, Any], chosen: Answer, index: int) -> Iterator[ImportedPrediction]:
    """The siblings of an answer, each with what became of its branch."""
    for sibling in answers_after(before):
        if sibling.end is chosen.end:
            continue
        paths = list(paths_from(sibling))
        longest = max(paths, key=len)
        below = [m for answer in longest[1:] for m in (answer.message, answer.result) if m]
        first = [sibling.result] if sibling.result is not None else []
        yield ImportedPrediction(
            message_index=index,
            model=BRANCH,
            message=sibling.message,
            source={
                "ended": ending_of(paths),
                "steps_after": len(longest) - 1,
                "path": msgspec.to_builtins([*first, *below]),
            },
        )


def _group(about: dict[str, Any]) -> str | None:
    """The request: several searches for one stay together."""
    query = about.get("query")
    if not isinstance(query, str) or not query:
        return None
    return "toolbench:" + hashlib.sha256(query.encode("utf-8", "replace")).hexdigest()[:16]
