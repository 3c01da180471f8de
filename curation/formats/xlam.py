"""xLAM / APIGen function calling: query, answers and tools, the last two as JSON text (formats §4).

A tool's parameters are a map and no schema; they get the form of one, with the types as spelt and
the map beside it. Empty answers mean that no tool should be called: the trajectory then ends with
the query, since the source gives no text for the refusal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from curation.importing import ImportContext, Imported, RecordError, import_format, json_text
from curation.openai_messages import read_arguments
from curation.sharegpt_turns import tools_in_record
from curation.trajectory import Message, Role, ToolCall, Trajectory

_TAKEN = frozenset(("id", "query", "answers", "tools"))


@import_format
class XLAM:
    """Rows `{id, query, answers, tools}`."""

    name = "xlam"
    title = "xLAM / APIGen"
    description = (
        "One query, the calls that answer it and the tools on offer; answers and tools are JSON "
        "text or lists. Parameters are a map with Python-like types."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        return (
            isinstance(record.get("query"), str)
            and isinstance(record.get("answers"), str | list)
            and "tools" in record
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        query = record["query"]
        if not isinstance(query, str):
            raise RecordError("The query is not text.", "Give `query` as text.")
        messages = [Message(Role.USER, query)]
        calls = _answers(record["answers"])
        source = {k: v for k, v in record.items() if k not in _TAKEN}
        if calls:
            messages.append(Message(Role.ASSISTANT, None, calls))
        else:
            source["answers"] = record["answers"]
        yield Imported(
            trajectory=Trajectory(
                tuple(messages), tools_in_record(record, context.tools, context.memory)
            ),
            source_id=context.source_id(record),
            source=source,
        )


def _answers(value: Any) -> tuple[ToolCall, ...]:
    """The calls; text that is no JSON is kept as one call that does not parse."""
    if isinstance(value, str):
        if not value.strip():
            return ()
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return (ToolCall("", value),)
    entries = value if isinstance(value, list) else [value]
    return tuple(_call(entry) for entry in entries)


def _call(entry: Any) -> ToolCall:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        return ToolCall("", json_text(entry))
    return ToolCall(entry["name"], read_arguments(entry.get("arguments")))
