"""Tool definitions inside a prompt: JSON after prose, numbered prose (formats §3b, §3c, §14)."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from curation.tagged_text import loose_value, values_in
from curation.tool_schemas import read_tool, read_tools
from curation.trajectory import ToolSpec

_NUMBERED = re.compile(
    r"^\d+\. Name: (.*?)\n\s*Description: (.*?)\n\s*Parameters: (.*?)"
    r"(?=\n\d+\. Name: |\n[ \t]*\n|\Z)",
    re.DOTALL | re.MULTILINE,
)


def tools_in_text(text: str) -> tuple[ToolSpec, ...]:
    """The definitions in a prompt: the first list of named objects, else all named objects."""
    loose: list[Any] = []
    for value, _, _ in values_in(text):
        if isinstance(value, list) and value and all(_is_definition(v) for v in value):
            return read_tools(value)
        if _is_definition(value):
            loose.append(value)
    return read_tools(loose)


def _is_definition(value: Any) -> bool:
    return isinstance(value, dict) and (
        isinstance(value.get("name"), str) or isinstance(value.get("function"), dict)
    )


def numbers_tools(text: str) -> bool:
    """Whether a prompt lists its tools as numbered prose."""
    return _NUMBERED.search(text) is not None


def numbered_tools(text: str) -> tuple[ToolSpec, ...]:
    """`1. Name: … Description: … Parameters: {…}`; parameters are JSON or a Python literal.

    Parameters that are neither stay beside a tool without a schema.
    """
    return tuple(_numbered(*found.groups()) for found in _NUMBERED.finditer(text))


def _numbered(name: str, description: str, parameters: str) -> ToolSpec:
    """One tool; a map of parameters does not say which are required, so none is."""
    tool = read_tool(
        {
            "name": name.strip(),
            "description": description.strip(),
            "parameters": _value(parameters.strip()),
        }
    )
    if tool.parameters is None or "source_parameters" not in tool.extra:
        return tool
    schema = {k: v for k, v in tool.parameters.items() if k != "required"}
    return msgspec.structs.replace(tool, parameters=schema)


def _value(text: str) -> Any:
    try:
        return loose_value(text)
    except ValueError:
        return text
