"""The schema a form is made from: what validates, with what explains it put back."""

from __future__ import annotations

from typing import Any

import msgspec

from components.viewer.form_schema import form_schema
from components.viewer.payload import viewer_payload
from curation.annotation import Annotation
from curation.schemas import validator_for
from curation.trajectory import Message, Role, ToolSpec, Trajectory


def of(parameters: Any) -> dict[str, Any]:
    return form_schema(ToolSpec(name="t", parameters=parameters))


def test_every_tool_of_a_trajectory_is_sent_with_the_schema_of_its_form() -> None:
    tools = (
        ToolSpec(name="a", parameters={"type": "dict", "properties": {"n": {"type": "float"}}}),
        ToolSpec(name="unknown"),
    )
    shown = viewer_payload(
        uid="u",
        trajectory=Trajectory(messages=(Message(role=Role.USER, content="hi"),), tools=tools),
        findings=[],
        annotation=Annotation(),
        committed=False,
        dataset="d",
        source_id="s",
    )
    assert [tool["form_schema"] for tool in shown["tools"]] == [
        {"type": "object", "properties": {"n": {"type": "number"}}},
        {},
    ]
    assert msgspec.json.decode(msgspec.json.encode(shown)) == shown


def test_descriptions_and_defaults_are_put_back_at_every_depth() -> None:
    found = of(
        {
            "type": "object",
            "description": "All.",
            "properties": {
                "city": {"type": "string", "description": "Where.", "default": "Oslo"},
                "guests": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"age": {"description": "Years."}}},
                },
                "when": {"anyOf": [{"type": "string", "title": "A day"}, {"type": "null"}]},
            },
        }
    )
    properties = found["properties"]
    assert found["description"] == "All."
    assert properties["city"] == {"type": "string", "description": "Where.", "default": "Oslo"}
    assert properties["guests"]["items"]["properties"]["age"] == {"description": "Years."}
    assert properties["when"]["anyOf"][0] == {"type": "string", "title": "A day"}


def test_descriptions_behind_local_references_are_found_and_loops_end() -> None:
    found = of(
        {
            "type": "object",
            "properties": {
                "home": {"$ref": "#/$defs/Place", "description": "Where you live."},
                "work": {"$ref": "#/$defs/Place"},
                "odd": {"$ref": "#/$defs/Loop"},
            },
            "$defs": {
                "Place": {
                    "type": "object",
                    "description": "A place.",
                    "properties": {"city": {"type": "string", "description": "Its town."}},
                },
                "Loop": {"$ref": "#/$defs/Loop"},
            },
        }
    )
    properties = found["properties"]
    assert properties["home"]["description"] == "Where you live."
    assert properties["work"]["description"] == "A place."
    assert properties["work"]["properties"]["city"]["description"] == "Its town."
    assert properties["odd"] == {}


def test_a_bare_map_of_parameters_is_explained_too() -> None:
    found = of({"city": {"type": "string", "description": "Where."}})
    assert found["properties"]["city"]["description"] == "Where."


def test_what_validates_is_exactly_what_the_checks_use() -> None:
    parameters = {
        "type": "dict",
        "description": 5,
        "properties": {
            "description": {"type": "string", "default": None, "examples": ["a"]},
            "n": {"type": "integer", "minimum": 1, "format": {"odd": True}},
        },
        "required": ["n", "ghost"],
    }
    spec = ToolSpec(name="t", parameters=parameters)
    before = msgspec.json.encode(validator_for(spec).schema)
    found = form_schema(spec)
    assert "description" not in found
    assert found["properties"]["description"].pop("examples") == ["a"]
    assert found == validator_for(spec).schema
    assert msgspec.json.encode(validator_for(spec).schema) == before, "the cached one is untouched"
