"""Normalising parameter schemas, and the problems of arguments under them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from curation.schema_dialects import MAX_DEPTH, DefectKind, normalise
from curation.schemas import ArgumentProblem, ToolValidator, validator_for
from curation.trajectory import ToolSpec


def one(schema: Any, **more: Any) -> dict[str, Any]:
    """Parameters with the single property `a`."""
    return {"type": "object", "properties": {"a": schema}, **more}


def problems(parameters: Any, arguments: Any) -> list[tuple[str, str]]:
    return [(p.pointer, p.keyword) for p in ToolValidator(parameters).problems(arguments)]


def kinds(parameters: Any) -> list[str]:
    return [d.kind.value for d in normalise(parameters).defects]


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("dict", {"type": "object"}),
        ("float", {"type": "number"}),
        ("double", {"type": "number"}),
        ("tuple", {"type": "array"}),
        ("any", {}),
        ("Any", {}),
        ("", {}),
        ("str", {"type": "string"}),
        ("int", {"type": "integer"}),
        ("byte", {"type": "integer"}),
        ("long", {"type": "integer"}),
        ("Bigint", {"type": "integer"}),
        ("char", {"type": "string"}),
        ("STRING", {"type": "string"}),
        ("BOOLEAN", {"type": "boolean"}),
        ("HashMap", {"type": "object"}),
        ("ArrayList", {"type": "array"}),
        ("list(str)", {"type": "array", "items": {"type": "string"}}),
        ("List[int]", {"type": "array", "items": {"type": "integer"}}),
        ("list[list[float]]",
         {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}),
        ("Array<String>", {"type": "array", "items": {"type": "string"}}),
        ("string[]", {"type": "array", "items": {"type": "string"}}),
        ("Tuple[float, str]", {"type": "array"}),
        ("set", {"type": "array"}),
        ("Optional[str]", {"type": ["string", "null"]}),
        ("Union[int, float]", {"type": ["integer", "number"]}),
        ("str | None", {"type": ["string", "null"]}),
        ("string or null", {"type": ["string", "null"]}),
        ("str, optional", {"type": "string"}),
        ("Dict[str, int]", {"type": "object", "additionalProperties": {"type": "integer"}}),
    ],
)  # fmt: skip
def test_type_names_of_other_languages_are_read(name: str, schema: dict[str, Any]) -> None:
    normalised = normalise(one({"type": name}))
    assert normalised.schema["properties"]["a"] == schema
    assert normalised.defects == ()


@pytest.mark.parametrize("name", ["headcount", "Callable[[float], float]", "List[", "a" * 5000])
def test_an_unknown_type_means_anything_and_is_a_defect(name: str) -> None:
    normalised = normalise(one({"type": name}))
    assert normalised.schema["properties"]["a"] == {}
    assert [d.kind for d in normalised.defects] == [DefectKind.UNKNOWN_TYPE]
    assert normalised.defects[0].pointer == "/properties/a/type"


def test_the_original_is_not_changed() -> None:
    original = one({"type": "dict", "properties": {"b": {"type": "float", "nullable": True}}})
    before = copy.deepcopy(original)
    normalise(original)
    assert original == before


@pytest.mark.parametrize("parameters", [None, {}, {"type": "object"}, {"type": "dict"}])
def test_a_tool_that_says_nothing_of_its_arguments_takes_any(parameters: Any) -> None:
    assert problems(parameters, {"x": 1}) == []


def test_declared_empty_properties_take_none() -> None:
    assert problems({"type": "object", "properties": {}}, {"x": 1}) == [("/x", "undeclared")]


def test_parameters_without_type_are_read_by_their_properties() -> None:
    parameters = {"properties": {"a": {"type": "int"}}, "required": ["a"]}
    assert problems(parameters, {"a": "1"}) == [("/a", "type")]


def test_null_fits_only_where_it_is_listed_nullable_or_the_default() -> None:
    assert problems(one({"type": "string"}), {"a": None}) == [("/a", "type")]
    assert problems(one({"type": ["string", "null"]}), {"a": None}) == []
    assert problems(one({"type": "string", "nullable": True}), {"a": None}) == []
    assert problems(one({"type": "string", "default": None}), {"a": None}) == []
    assert problems(one({"type": "str", "enum": ["x"], "default": None}), {"a": None}) == []
    assert problems(one({"anyOf": [{"type": "str"}], "nullable": True}), {"a": None}) == []
    assert problems(one({"type": "str, optional"}), {"a": None}) == [("/a", "type")]


def test_integers_numbers_and_booleans_are_kept_apart_as_json_schema_does() -> None:
    assert problems(one({"type": "integer"}), {"a": True}) == [("/a", "type")]
    assert problems(one({"type": "integer"}), {"a": 5.0}) == []
    assert problems(one({"type": "float"}), {"a": 5}) == []
    assert problems(one({"type": "float"}), {"a": False}) == [("/a", "type")]
    assert problems(one({"type": "List[float]"}), {"a": [1, 2.5]}) == []


def test_a_parameter_map_is_read_with_optional_ones_told_by_suffix_default_or_type() -> None:
    parameters = {
        "country": {"type": "str", "description": "Code."},
        "type": {"type": "str, optional", "description": "A parameter called type."},
        "limit": {"type": "int", "description": "Most.", "default": 10},
        "sort": {"type": "Optional[str]", "description": "Order."},
    }
    assert normalise(parameters).schema["required"] == ["country"]
    assert problems(parameters, {"country": "PE", "limit": 3, "type": "x"}) == []
    assert problems(parameters, {"limit": "3"}) == [("/limit", "type"), ("/country", "required")]


def test_a_schema_that_only_describes_properties_is_no_parameter_map() -> None:
    parameters = {"properties": {"type": {"type": "string"}, "description": {"type": "string"}}}
    assert problems(parameters, {"type": 1}) == [("/type", "type")]
    assert problems({"properties": {}}, {}) == []


def test_required_inside_a_property_counts_for_the_object_around_it() -> None:
    parameters = one({"type": "string", "required": True}, required=None)
    assert problems(parameters, {}) == [("/a", "required")]
    assert problems(one({"type": "string", "required": False}), {}) == []


def test_a_required_name_that_is_not_declared_fails_once_and_never_twice() -> None:
    parameters = one({"type": "string"}, required=["b"])
    assert kinds(parameters) == ["required-not-declared"]
    assert problems(parameters, {"a": "x"}) == [("/b", "required")]
    assert problems(parameters, {"a": "x", "b": 1}) == []


def test_an_enum_beside_an_array_is_about_its_elements_unless_it_lists_arrays() -> None:
    parameters = one({"type": "array", "items": {"type": "string"}, "enum": ["x", "y"]})
    assert problems(parameters, {"a": ["x", "y"]}) == []
    assert problems(parameters, {"a": ["x", "z"]}) == [("/a/1", "enum")]
    whole = one({"type": "array", "enum": [["x"], ["y"]]})
    assert problems(whole, {"a": ["x"]}) == []
    assert problems(whole, {"a": ["z"]}) == [("/a", "enum")]


def test_undeclared_follows_what_the_schema_says_of_additional_properties() -> None:
    nested = one({"type": "object", "properties": {"b": {}}})
    assert problems(nested, {"a": {"c": 1}}) == []
    closed = one({"type": "object", "properties": {"b": {}}, "additionalProperties": False})
    assert problems(closed, {"a": {"c": 1}}) == [("/a/c", "undeclared")]
    assert problems(one({}, additionalProperties=True), {"z": 1}) == []
    typed = one({}, additionalProperties={"type": "integer"})
    assert problems(typed, {"z": "1", "y": 1}) == [("/z", "type")]


def test_properties_declared_in_alternatives_are_declared() -> None:
    parameters = one({}, anyOf=[{"properties": {"b": {"type": "string"}}}, {"required": ["a"]}])
    assert problems(parameters, {"a": 1, "b": "x"}) == []
    assert problems(parameters, {"a": 1, "c": "x"}) == [("/c", "undeclared")]


def test_alternatives_are_resolved_to_the_nearest_one() -> None:
    by_type = one({"anyOf": [{"type": "string"}, {"type": "integer"}]})
    [problem] = ToolValidator(by_type).problems({"a": [1]})
    assert problem.message == "a must be a string or an integer, but it is an array: [1]."
    by_shape = one({"oneOf": [{"type": "object", "required": ["k"]}, {"type": "null"}]})
    assert problems(by_shape, {"a": {}}) == [("/a/k", "required")]
    both = one({"oneOf": [{"minimum": 1}, {"minimum": 2}]})
    assert problems(both, {"a": 5}) == [("/a", "oneOf")]


def test_local_references_are_followed() -> None:
    parameters = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/pair"}, "b": {"$ref": "#tag"}},
        "$defs": {
            "pair": {"type": "array", "items": {"$ref": "#/$defs/n"}},
            "n": {"type": "integer"},
            "t": {"$anchor": "tag", "type": "string"},
        },
    }
    assert kinds(parameters) == []
    assert problems(parameters, {"a": [1, "2"], "b": 3}) == [("/a/1", "type"), ("/b", "type")]


def test_a_recursive_schema_is_checked_one_level_deep_and_reported() -> None:
    tree = {"type": "object", "properties": {"n": {"type": "int"}, "next": {"$ref": "#/$defs/t"}}}
    parameters = {
        "type": "object",
        "properties": {"t": {"$ref": "#/$defs/t"}},
        "$defs": {"t": tree},
    }
    assert kinds(parameters) == ["reference-loop"]
    assert problems(parameters, {"t": {"n": "1"}}) == [("/t/n", "type")]
    assert problems(parameters, {"t": {"next": {"n": "1"}}}) == []


@pytest.mark.parametrize(
    "target", ["https://example.com/x.json", "file:///etc/passwd", "x.json#/a"]
)
def test_remote_references_are_never_fetched(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something tried to reach the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    parameters = one({"$ref": target})
    assert kinds(parameters) == ["remote-reference"]
    assert problems(parameters, {"a": 1}) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        one({"$ref": "#/properties/a"}),
    ],
)
def test_references_that_only_lead_to_themselves_allow_anything(parameters: Any) -> None:
    assert "reference-loop" in kinds(parameters)
    assert problems(parameters, {"a": 1}) == []


def test_dynamic_references_are_followed_like_plain_ones() -> None:
    assert problems(one({"$dynamicRef": "#"}), {"a": {"a": {}}}) == []
    assert problems(one({"$dynamicRef": "#"}), {"a": 1}) == [("/a", "type")]


def test_references_that_multiply_each_other_end() -> None:
    level: dict[str, Any] = {
        f"l{i}": {"properties": {name: {"$ref": f"#/$defs/l{i + 1}"} for name in "abc"}}
        for i in range(40)
    }
    parameters = {"$ref": "#/$defs/l0", "$defs": level | {"l40": {"type": "string"}}}
    assert kinds(parameters) == ["broken"]
    assert problems(parameters, {"a": {"b": 1}}) in ([], [("/a/b", "type")])


def test_a_schema_nested_beyond_the_limit_is_cut_there() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(MAX_DEPTH * 20):
        schema = one(schema)
    assert kinds(schema) == ["broken"]
    assert problems(schema, {"a": {"a": 1}}) == [("/a/a", "type")]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "("},
        {"type": "string", "minLength": "x"},
        {"type": "string", "enum": "x"},
        {"type": 5},
        {"type": "string", "anyOf": {}},
        {"type": "string", "properties": 5},
        {"type": "string", "required": "x"},
        {"$ref": "#/nowhere"},
        {"$ref": 5},
        5,
    ],
)
def test_a_broken_part_is_a_defect_and_validates_nothing(schema: Any) -> None:
    parameters = one(schema, required=["b"]) | {"properties": {"a": schema, "b": {"type": "int"}}}
    assert "broken" in kinds(parameters)
    assert problems(parameters, {"a": "anything", "b": "1"}) == [("/b", "type")]


def test_hostile_patterns_cost_no_time_in_either_engine() -> None:
    parameters = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "pattern": r"^(a+)+$"},
            "b": {"type": "string", "pattern": r"^(?!z)(([a-z])+.)+[A-Z]([a-z])+$"},
        },
        "patternProperties": {r"^(c+)+$": {"type": "integer"}},
        "additionalProperties": False,
    }
    arguments = {"a": "a" * 200 + "!", "b": "a" * 200, "c" * 200 + "!": 1, "ccc": "x"}
    found = problems(parameters, arguments)
    assert ("/a", "pattern") in found and ("/ccc", "type") in found
    assert ("/" + "c" * 200 + "!", "undeclared") in found


def test_old_drafts_are_read_in_their_sense() -> None:
    draft4 = one({"type": "integer", "minimum": 1, "exclusiveMinimum": True})
    assert problems(draft4, {"a": 1}) == [("/a", "exclusiveMinimum")]
    draft7 = one({"type": "array", "items": [{"type": "string"}], "additionalItems": False})
    assert problems(draft7, {"a": ["x"]}) == []
    assert problems(draft7, {"a": [1]}) == [("/a/0", "type")]
    assert [k for _, k in problems(draft7, {"a": ["x", "y"]})] == ["items"]
    needs = one({}, dependencies={"a": ["b"]}) | {"properties": {"a": {}, "b": {}}}
    assert problems(needs, {"a": 1}) == [("", "dependentRequired")]


def test_the_schema_is_found_under_other_names_when_parameters_is_missing() -> None:
    spec = ToolSpec("t", extra={"arguments": one({"type": "integer"})})
    assert [p.pointer for p in validator_for(spec).problems({"a": "x"})] == ["/a"]


def test_pointers_escape_what_json_pointer_wants_escaped() -> None:
    parameters = {"type": "object", "properties": {"a/b": {"properties": {"c~d": {"type": "int"}}}}}
    assert problems(parameters, {"a/b": {"c~d": "1"}}) == [("/a~1b/c~0d", "type")]
    assert problems(parameters, {"x/y": 1}) == [("/x~1y", "undeclared")]


def test_text_that_is_not_unicode_and_numbers_beyond_64_bits_do_not_disturb() -> None:
    parameters = one({"type": "integer"})
    assert problems(parameters, {"a": "\ud800"}) == [("/a", "type")]
    assert problems(parameters, {"a": 10**60}) == []
    assert problems(one({"type": "string"}), {"a": "\ud800"}) == []
    assert ToolValidator({"type": "object", "properties": {"\ud800": {}}}).is_valid({"a": 1})


def test_equal_schemas_share_one_validator() -> None:
    first = validator_for(ToolSpec("a", "x", one({"type": "integer"})))
    second = validator_for(ToolSpec("b", "y", one({"type": "integer"})))
    assert first is second


def test_messages_say_what_is_wrong_and_hint_at_what_is_meant() -> None:
    parameters = one({"type": "string", "enum": ["celsius", "fahrenheit"]})
    assert ToolValidator(parameters).problems({"a": "celcius"}) == [
        ArgumentProblem(
            "/a",
            "enum",
            'a is "celcius", which is not among the allowed values.',
            'Perhaps "celsius" is meant. Allowed are: "celsius", "fahrenheit".',
        )
    ]
    nested = one({"type": "array", "items": {"type": "object", "required": ["b"]}})
    [problem] = ToolValidator(nested).problems({"a": [{"b": 1}, {}]})
    assert problem.message == "The required argument a[1].b is missing."


def test_quoted_values_are_shortened() -> None:
    [problem] = ToolValidator(one({"type": "integer"})).problems({"a": "x" * 10_000})
    assert len(problem.message) < 200
