"""ToolBench's and StableToolBench's requests (`instruction/`): a query and its APIs (formats §5b).

There is no answer in them: the trajectory is the request, to be answered by a model (`probe`). An
API is offered under the name that ToolBench gives it, `<api>_for_<tool>` in small letters, with its
own words in the tool's `extra`. The APIs that the request was made for stay in the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from curation.importing import ImportContext, Imported, RecordError, import_format
from curation.tool_schemas import read_tool
from curation.trajectory import Message, Role, ToolSpec, Trajectory

_TAKEN = frozenset(("query", "api_list", "query_id"))
_NAME_LENGTH = 64
_NO_LETTER = re.compile(r"[^a-z0-9_]+")


@import_format
class ToolBenchQuery:
    """Rows `{query, api_list, query_id}`."""

    name = "toolbench-query"
    title = "ToolBench requests"
    description = (
        "Requests of ToolBench and StableToolBench with their api_list and without an answer: each "
        "becomes a trajectory that ends with the user."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        return isinstance(record.get("api_list"), list) and "query" in record

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        query = record["query"]
        if not isinstance(query, str) or not query:
            raise RecordError("The request is missing.", "Give it as `query`.")
        tools = tuple(_tool(api) for api in record["api_list"])
        row_id = context.source_id(record, "query_id")
        yield Imported(
            trajectory=Trajectory((Message(Role.USER, query),), tools or context.tools),
            source_id=row_id,
            source={k: v for k, v in record.items() if k not in _TAKEN},
        )


def _tool(api: dict[str, Any]) -> ToolSpec:
    name = f"{_plain(api['api_name'])}_for_{_plain(api.get('tool_name', ''))}"
    return read_tool(
        {
            **{k: v for k, v in api.items() if k != "api_description"},
            "name": name[-_NAME_LENGTH:],
            "description": api.get("api_description") or "",
        }
    )


def _plain(name: Any) -> str:
    """Small letters, figures and single underscores, never a figure first."""
    text = re.sub(r"_+", "_", _NO_LETTER.sub("_", str(name).lower())).strip("_")
    return f"get_{text}" if text[:1].isdecimal() else text
