"""OpenAI chat messages with tools, in today's and the older spelling (formats §1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.importing import ImportContext, Imported, import_format
from curation.openai_messages import ROLES, read_record


@import_format
class OpenAIChat:
    """Rows `{messages, tools}`. Arguments may be text, an object or raw code."""

    name = "openai-chat"
    title = "OpenAI chat"
    description = (
        "Messages with tool_calls and a list of tools. Arguments as JSON text, object or raw code; "
        "ids may be missing or repeated; function_call, functions and role function are read too."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        messages = record.get("messages")
        if isinstance(messages, str):
            return messages.lstrip().startswith("[{") and '"role"' in messages
        if not isinstance(messages, list) or not messages:
            return False
        return all(
            isinstance(m, dict) and m.get("role") in ROLES and not _has_value_parts(m)
            for m in messages[:8]
        )

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        yield read_record(record, context)


def _has_value_parts(message: dict[str, Any]) -> bool:
    """Parts `{type, value}` are another format's (LLaMA-Factory v1)."""
    content = message.get("content")
    return isinstance(content, list) and any(
        isinstance(part, dict) and "value" in part and "text" not in part for part in content
    )
