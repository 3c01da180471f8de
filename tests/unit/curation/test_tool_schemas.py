"""Tool definitions in every spelling that sources use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from curation.importing import RecordError
from curation.tool_schemas import is_schema, read_tool, read_tools, schema_of_map
from curation.trajectory import ToolSpec

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
FLAT = {"name": "roll", "description": "Roll dice", "parameters": SCHEMA}
ROLL = ToolSpec("roll", "Roll dice", SCHEMA)


@pytest.mark.parametrize(
    "tools",
    [
        [FLAT],
        [{"type": "function", "function": FLAT}],
        [{"function": FLAT}],
        json.dumps([FLAT]),
        [json.dumps(FLAT)],
        FLAT,
        {"tools": [FLAT]},
        {"roll": {"description": "Roll dice", "parameters": SCHEMA}},
        [{"name": "roll", "description": "Roll dice", "arguments": SCHEMA}],
        [{"name": "roll", "description": "Roll dice", "input_schema": SCHEMA}],
        [{"name": "roll", "description": "Roll dice", "inputSchema": SCHEMA}],
        [{"name": "roll", "description": "Roll dice", "parameters": json.dumps(SCHEMA)}],
        [{"type": "function", "name": "roll", "description": "Roll dice", "parameters": SCHEMA}],
    ],
)
def test_all_spellings_of_one_tool_are_one_tool(tools: Any) -> None:
    assert read_tools(tools) == (ROLL,)


@pytest.mark.parametrize("tools", [None, "", "  ", "[]", [], {}])
def test_no_tools_in_any_spelling(tools: Any) -> None:
    assert read_tools(tools) == ()


@pytest.mark.parametrize("tools", ["{broken", 3, True])
def test_tools_that_are_no_tools_are_refused(tools: Any) -> None:
    with pytest.raises(RecordError) as caught:
        read_tools(tools)
    assert caught.value.hint


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "dict", "properties": {"x": {"type": "float"}}, "required": ["y"]},
        {"type": ["object", "null"]},
        {"properties": {"type": {"type": "string"}}},
        {"$ref": "#/$defs/loop", "$defs": {"loop": {"$ref": "#/$defs/loop"}}},
        {"anyOf": [{"type": "object"}]},
        {"type": "object", "properties": {"a": {"type": "any"}}, "optional": ["a"]},
    ],
)
def test_a_schema_stays_as_the_source_wrote_it(schema: dict[str, Any]) -> None:
    tool = read_tool({"name": "f", "parameters": schema})
    assert tool.parameters is schema
    assert tool.extra == {}


def test_missing_parameters_stay_missing() -> None:
    assert read_tool({"name": "f"}).parameters is None
    assert read_tool({"name": "f", "parameters": None}).parameters is None


def test_a_parameter_map_gets_the_form_of_a_schema_and_is_kept() -> None:
    parameters = {
        "country": {"type": "str", "description": "code"},
        "limit": {"type": "int, optional", "description": "max"},
        "order": {"type": "Optional[str]"},
        "page": {"type": "int", "default": ""},
        "callback": {"type": "Callable[[float], float]"},
    }
    tool = read_tool({"name": "cities", "description": "", "parameters": parameters})
    assert tool.parameters == {
        "type": "object",
        "properties": parameters,
        "required": ["country", "callback"],
    }
    assert tool.extra == {"source_parameters": parameters}


def test_parameters_called_like_keywords_do_not_make_a_map_a_schema() -> None:
    assert not is_schema({"type": {"type": "str", "description": "kind of cheese"}})
    assert not is_schema({"properties": {"type": "str"}})
    assert not is_schema({"description": {"type": "str"}, "age": {"type": "int"}})
    assert is_schema({"properties": {"type": {"type": "string"}}})


def test_a_parameter_that_says_it_is_not_required_is_optional() -> None:
    schema = schema_of_map({"a": {"type": "str", "required": False}, "b": {"type": "str"}})
    assert schema["required"] == ["b"]


def test_a_list_of_parameters_gets_the_form_of_a_schema() -> None:
    parameters = [
        {"name": "a", "type": "string", "required": True},
        {"name": "b", "type": "string", "required": False},
        {"name": "c", "type": "string"},
    ]
    tool = read_tool({"name": "f", "parameters": parameters})
    assert tool.parameters is not None
    assert tool.parameters["required"] == ["a"]
    assert list(tool.parameters["properties"]) == ["a", "b", "c"]
    assert tool.extra["source_parameters"] == parameters


def test_two_lists_of_parameters_get_the_form_of_a_schema() -> None:
    tool = read_tool(
        {
            "name": "f",
            "required_parameters": [{"name": "a", "type": "NUMBER"}],
            "optional_parameters": [{"name": "b", "type": "STRING", "default": ""}],
        }
    )
    assert tool.parameters == {
        "type": "object",
        "properties": {"a": {"type": "NUMBER"}, "b": {"type": "STRING", "default": ""}},
        "required": ["a"],
    }
    assert "required_parameters" in tool.extra


def test_required_beside_a_map_is_taken_over() -> None:
    tool = read_tool({"name": "f", "parameters": {"a": {"type": "str"}}, "required": []})
    assert tool.parameters is not None
    assert tool.parameters["required"] == []


def test_a_built_in_tool_is_named_after_its_type() -> None:
    assert read_tool({"type": "code_interpreter"}) == ToolSpec(
        "code_interpreter", extra={"type": "code_interpreter"}
    )


def test_other_keys_are_kept() -> None:
    tool = read_tool(
        {"type": "function", "strict": True, "function": {**FLAT, "responses": {"x": 1}}}
    )
    assert tool == ToolSpec("roll", "Roll dice", SCHEMA, {"responses": {"x": 1}, "strict": True})


@pytest.mark.parametrize("definition", [None, 3, ["f"], {}, {"name": None}, {"name": 5}])
def test_what_is_hardly_a_definition_is_kept_all_the_same(definition: Any) -> None:
    tool = read_tool(definition)
    assert isinstance(tool.name, str)


def test_parameters_that_are_nothing_known_are_kept_beside() -> None:
    tool = read_tool({"name": "f", "parameters": "a, b"})
    assert tool.parameters is None
    assert tool.extra == {"source_parameters": "a, b"}
