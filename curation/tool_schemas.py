"""Reading tool definitions in whatever spelling a source uses.

A definition that carries a JSON Schema keeps it unchanged, aliases and defects included: judging it
is the checks' work. Only shapes that are no schema at all (a map or a list of parameters) are put
into the form of one, and then the original stays beside it in `extra["source_parameters"]`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from curation.importing import RecordError
from curation.trajectory import ToolSpec, json_type

SCHEMA_KEYS = ("parameters", "arguments", "input_schema", "inputSchema", "input_parameters")
"""Where sources put the parameters: OpenAI, ACEBench, Anthropic, MCP, API-Bank."""

_SCHEMA_SIGNS = frozenset(
    ("$ref", "$schema", "$defs", "anyOf", "oneOf", "allOf", "additionalProperties")
)
_PLAIN = frozenset(("name", "description", "parameters"))
_TAKEN = ("name", "description", "api_name", "api_description")
"""Name and description, also as Seal-Tools and NesTools spell them."""


def read_tools(value: Any) -> tuple[ToolSpec, ...]:
    """All tools of a record: a list, a JSON text, a map by name, or one definition.

    Raises:
        RecordError: the tools are text that is not JSON, or no kind of list.
    """
    if type(value) is list:
        return tuple([read_tool(definition) for definition in value])
    if value is None:
        return ()
    if isinstance(value, str):
        return read_tools(decode_tools_text(value)) if value.strip() else ()
    if isinstance(value, dict):
        return _from_object(value)
    raise RecordError(
        f"The tools are a JSON {json_type(value)}.", "Give a list of tool definitions."
    )


def decode_tools_text(text: str) -> Any:
    """The value of a JSON text of tools; raises RecordError when it is not JSON."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        raise RecordError(
            f"The tools are text that is not JSON: {problem}.",
            "Write the tools as a list, or as the JSON text of a list.",
        ) from None


def _from_object(value: dict[str, Any]) -> tuple[ToolSpec, ...]:
    """`{}`, `{"tools": [...]}`, one definition, or a map from name to definition."""
    if not value:
        return ()
    if isinstance(value.get("tools"), list):
        return read_tools(value["tools"])
    if isinstance(value.get("name", value.get("api_name")), str) or "function" in value:
        return (read_tool(value),)
    if all(isinstance(inner, dict) for inner in value.values()):
        return tuple([read_tool({"name": name, **inner}) for name, inner in value.items()])
    return (read_tool(value),)


def read_tool(definition: Any) -> ToolSpec:
    """One definition, wrapped or flat, as an object or as JSON text.

    A definition without a name that has a `type` is a built-in tool and named after it; one that
    is no object at all becomes a nameless tool with the original in `extra["definition"]`.
    """
    if isinstance(definition, str):
        definition = decode_tools_text(definition)
    if not isinstance(definition, dict):
        return ToolSpec(name="", extra={"definition": definition})
    body = definition.get("function")
    if type(body) is not dict:
        return _flat(definition, {})
    outer: dict[str, Any] = {}
    if len(definition) > 2 or definition.get("type", "function") != "function":
        outer = {k: v for k, v in sorted(definition.items()) if k not in ("function", "type")}
        if definition.get("type", "function") != "function":
            outer["type"] = definition["type"]
    return _flat(body, outer)


def _flat(body: dict[str, Any], outer: dict[str, Any]) -> ToolSpec:
    name = body.get("name", "")
    description = body.get("description", "")
    parameters = body.get("parameters")
    if (
        not outer
        and body.keys() <= _PLAIN
        and type(name) is str
        and type(description) is str
        and (parameters is None or (type(parameters) is dict and is_schema(parameters)))
        and name
    ):
        return ToolSpec(name, description, parameters)
    return _unusual(body, outer)


def _unusual(body: dict[str, Any], outer: dict[str, Any]) -> ToolSpec:
    """A definition with other keys, another place for its parameters, or another form of them."""
    extra = dict(outer)
    name = body.get("name", body.get("api_name"))
    description = body.get("description", body.get("api_description"))
    key = next((k for k in SCHEMA_KEYS if k in body), None)
    parameters, original = _parameters(body.get(key)) if key else (None, None)
    if key is None and ("required_parameters" in body or "optional_parameters" in body):
        parameters = _from_two_lists(body)
    if key == "input_parameters" and parameters is not None and original is not None:
        # API-Bank does not say which parameters are required, and its own calls leave some out.
        parameters = {k: v for k, v in parameters.items() if k != "required"}
    for other, value in sorted(body.items()):
        if other not in (*_TAKEN, key) and not (other == "type" and name):
            extra[other] = value
    if original is not None:
        extra["source_parameters"] = original
        if parameters is not None and isinstance(body.get("required"), list):
            parameters = {**parameters, "required": body["required"]}
    if description is not None and not isinstance(description, str):
        extra["description"] = description
    if name is None or name == "":
        name = body.get("type", "")
    elif not isinstance(name, str):
        extra["name"] = name
    return ToolSpec(
        name=name if isinstance(name, str) else str(name),
        description=description if isinstance(description, str) else "",
        parameters=parameters,
        extra=extra,
    )


def _parameters(value: Any) -> tuple[dict[str, Any] | None, Any]:
    """The schema, and the original when it was not one."""
    if isinstance(value, str):
        try:
            decoded = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None, value
        parameters, original = _parameters(decoded)
        return parameters, original if parameters is not None else value
    if isinstance(value, dict):
        if is_schema(value):
            return value, None
        return schema_of_map(value), value
    if isinstance(value, list) and all(isinstance(p, dict) and "name" in p for p in value):
        named = {str(p["name"]): {k: v for k, v in p.items() if k != "name"} for p in value}
        schema = schema_of_map(named)
        if any("required" in p for p in value):
            schema["required"] = [str(p["name"]) for p in value if p.get("required") is True]
        return schema, value
    return None, value


def is_schema(value: dict[str, Any]) -> bool:
    """Whether an object is a JSON Schema rather than a map from parameter names to descriptions.

    A parameter may itself be called `type` or `properties`; then its value is a description, an
    object where a schema has a type name, or an object without objects in it.
    """
    kind = value.get("type")
    if type(kind) is str or type(kind) is list:
        return True
    properties = value.get("properties")
    if type(properties) is dict and "type" not in value:
        return all(type(inner) is dict or type(inner) is bool for inner in properties.values())
    return not value or not _SCHEMA_SIGNS.isdisjoint(value)


def schema_of_map(value: dict[str, Any]) -> dict[str, Any]:
    """An object schema of a parameter map (xLAM); type texts stay as the source spells them.

    A parameter is optional when its type says so or it has a default, "" included.
    """
    properties = {
        name: dict(inner) if isinstance(inner, dict) else {"description": inner}
        for name, inner in value.items()
    }
    required = [name for name, inner in properties.items() if not _is_optional(inner)]
    return {"type": "object", "properties": properties, "required": required}


def _is_optional(parameter: dict[str, Any]) -> bool:
    kind = parameter.get("type")
    text = kind.lower() if isinstance(kind, str) else ""
    return (
        "default" in parameter
        or parameter.get("required") is False
        or text.startswith("optional[")
        or "optional" in [part.strip() for part in text.split(",")]
    )


def _from_two_lists(body: dict[str, Any]) -> dict[str, Any]:
    """ToolBench and CriticTool: required and optional parameters in two lists."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for key in ("required_parameters", "optional_parameters"):
        for parameter in body.get(key) or []:
            if isinstance(parameter, dict) and isinstance(parameter.get("name"), str):
                name = parameter["name"]
                properties[name] = {k: v for k, v in parameter.items() if k != "name"}
                if key == "required_parameters":
                    required.append(name)
    return {"type": "object", "properties": properties, "required": required}
