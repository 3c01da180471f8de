"""ToolAlpaca's documentation of functions in prose, as tool definitions (formats §7).

Types stand in sentences: `Required. integer. How many.` What is recognised of them becomes a
schema, the sentence stays as the description; what is listed after "One of:" is not made an enum,
since the lists are illustrations as often as limits.
"""

from __future__ import annotations

import re
from typing import Any

from curation.tagged_text import loose_value
from curation.tool_schemas import read_tool
from curation.trajectory import ToolSpec

_PARTS = re.compile(r"\A(.*?)\n?Parameters: (.*?)(?:\nOutput: (.*))?\Z", re.DOTALL)
_NAMED = re.compile(r"^(\w[\w.\-]*): (?=[^\n]*\nParameters: )", re.MULTILINE)
_SENTENCE = re.compile(
    r"\s*(?:(Required|Optional)\.\s*)?(?:([A-Za-z]+)(?:\[[^\]]*\]|\{[^}]*\})?\.)?"
)
_TYPES = {
    "string": "string",
    "str": "string",
    "integer": "integer",
    "int": "integer",
    "number": "number",
    "float": "number",
    "boolean": "boolean",
    "bool": "boolean",
    "object": "object",
    "array": "array",
    "list": "array",
}


def documented_tools(functions: dict[str, Any]) -> tuple[ToolSpec, ...]:
    """The tools of `Function_Description`; its entry `components` documents no function."""
    return tuple(
        _tool(name, text)
        for name, text in functions.items()
        if not (name == "components" and "Parameters:" not in str(text))
    )


def tools_in_documentation(text: str) -> tuple[ToolSpec, ...]:
    """The tools of a documentation in one text (`name: … Parameters: … Output: …`)."""
    marks = list(_NAMED.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return tuple(
        _tool(mark.group(1), text[mark.end() : end].strip())
        for mark, end in zip(marks, ends, strict=True)
    )


def _tool(name: str, text: Any) -> ToolSpec:
    found = _PARTS.match(text) if isinstance(text, str) else None
    if found is None:
        return read_tool({"name": name, "description": text})
    definition: dict[str, Any] = {"name": name, "description": found.group(1).strip()}
    if found.group(3):
        definition["output"] = found.group(3).strip()
    try:
        parameters = loose_value(found.group(2))
    except ValueError:
        parameters = None
    if not isinstance(parameters, dict):
        return read_tool({**definition, "source_parameters": found.group(2)})
    properties = {key: _property(value) for key, value in parameters.items()}
    schema = {
        "type": "object",
        "properties": properties,
        "required": [
            k for k, v in parameters.items() if isinstance(v, str) and v.startswith("Required")
        ],
    }
    return read_tool({**definition, "parameters": schema})


def _property(sentence: Any) -> dict[str, Any]:
    text = sentence if isinstance(sentence, str) else str(sentence)
    found = _SENTENCE.match(text)
    kind = _TYPES.get((found.group(2) or "").lower()) if found else None
    return {"type": kind, "description": text} if kind else {"description": text}
