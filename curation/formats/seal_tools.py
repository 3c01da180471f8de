"""Seal-Tools: requests with nested calls, plain and as fine-tuning rows (formats §15).

A fine-tuning row is a prompt around a request: the request becomes the user's message, the APIs in
the prompt the tools, and the prompt around them stays in the source. A plain row names no APIs;
those it calls are looked up in `tool.jsonl` beside the file (all 4,076 would be on offer in every
row otherwise), or all of --tools are on offer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from curation.importing import ImportContext, Imported, RecordError, import_format
from curation.nested_calls import is_api, is_call, read_apis, read_nested_calls
from curation.sharegpt_turns import turns_of
from curation.tagged_text import loose_value
from curation.trajectory import Message, Role, ToolSpec, Trajectory

_PROMPT = re.compile(
    r"\A(?P<head>.*?)api_list = (?P<apis>\[.*\])\s*\n"
    r"task_instruction = (?P<quote>[\"'])(?P<task>.*)(?P=quote)\s*(?:\nOutput:\s*)?\Z",
    re.DOTALL,
)
_TAKEN = frozenset(("id", "query", "calling", "conversations", "tools"))


@import_format
class SealTools:
    """Rows `{id, query, calling}`, or conversations whose prompt holds an `api_list`."""

    name = "seal-tools"
    title = "Seal-Tools"
    description = (
        "A request and the calls that answer it, which may refer to each other's results; plain "
        "rows with tool.jsonl beside them, or fine-tuning rows with the APIs in the prompt."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        if isinstance(record.get("query"), str) and isinstance(record.get("calling"), list):
            return all(is_call(call) for call in record["calling"][:3])
        conversation = record.get("conversations")
        if not isinstance(conversation, list) or not conversation:
            return False
        first = conversation[0].get("value")
        return isinstance(first, str) and "api_list = [" in first and "task_instruction" in first

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        source = {k: v for k, v in record.items() if k not in _TAKEN}
        if "conversations" in record:
            tools, request, calls, prompt = _fine_tuning(record)
            source["prompt"] = prompt
        else:
            request, calls = record["query"], record["calling"]
            tools = context.tools or _called(calls, context)
        if not isinstance(request, str):
            raise RecordError("The request is not text.", "Give `query` as text.")
        step = read_nested_calls(calls)
        user = Message(Role.USER, request)
        yield Imported(
            trajectory=Trajectory((user, step) if step else (user,), tools),
            source_id=context.source_id(record),
            source=source,
        )


def _fine_tuning(record: dict[str, Any]) -> tuple[tuple[ToolSpec, ...], str, Any, str]:
    """Tools, request, calls, and the prompt around them."""
    turns = list(turns_of(record))
    found = _PROMPT.match(turns[0][1]) if turns else None
    if found is None or len(turns) > 2:
        raise RecordError(
            "The prompt does not have the parts of Seal-Tools.",
            'It needs `api_list = […]` and `task_instruction = "…"`, and one answer after it.',
        )
    apis = _literal(found.group("apis"), "The api_list of the prompt")
    calls = _literal(turns[1][1], "The answer") if len(turns) == 2 else []
    return read_apis(apis), found.group("task"), calls, found.group("head").strip()


def _literal(text: str, what: str) -> Any:
    try:
        return loose_value(text)
    except ValueError:
        raise RecordError(
            f"{what} is neither JSON nor a Python literal.", "Correct its quotes and brackets."
        ) from None


def _called(calls: Any, context: ImportContext) -> tuple[ToolSpec, ...]:
    """The APIs that are called, from the pool beside the file."""
    if "seal_pool" not in context.memory:
        pool = context.companions("tool.jsonl") or []
        context.memory["seal_pool"] = {api["api_name"]: api for api in pool if is_api(api)}
    pool = context.memory["seal_pool"]
    names = [call.get("api") for call in calls if isinstance(call, dict)]
    return read_apis([pool[name] for name in dict.fromkeys(names) if name in pool])
