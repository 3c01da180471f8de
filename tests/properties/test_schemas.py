"""Schemas of any shape: normalising settles, both engines agree, nothing raises or changes."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.check_context import walk
from curation.checking import run_checks
from curation.schema_dialects import normalise
from curation.schemas import ToolValidator
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory

NAMES = st.sampled_from(["a", "b", "c", "type", "a/b", "required", "x~y", "ü"])
TYPES = st.sampled_from(
    ["string", "integer", "number", "boolean", "array", "object", "null", "dict", "float", "tuple",
     "any", "str", "int", "list(str)", "List[int]", "Optional[str]", "str, optional", "STRING",
     "HashMap", "byte", "long", "", "Union[int, str]", "Dict[str, float]", "headcount"]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from([0.5, 1.0, -2.5, 1e20])
    | st.sampled_from(["", "a", "ab", "1", "2024-05-17", "API_call_0", "x@y.no", "ü"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(NAMES, VALUES, max_size=4)


def schemas(names: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    leaf = st.fixed_dictionaries(
        {},
        optional={
            "type": names | st.lists(names, min_size=1, max_size=3),
            "enum": st.lists(SCALARS, min_size=1, max_size=3),
            "minimum": st.integers(-3, 3),
            "exclusiveMaximum": st.integers(-3, 3),
            "minLength": st.integers(0, 3),
            "maxItems": st.integers(0, 3),
            "uniqueItems": st.booleans(),
            "pattern": st.sampled_from(["^a", "b$", "^(a+)+$", "("]),
            "format": st.sampled_from(["date", "email", "int32"]),
            "nullable": st.booleans(),
            "default": SCALARS,
            "description": st.just("…"),
        },
    )
    return st.recursive(
        leaf,
        lambda inner: st.fixed_dictionaries(
            {},
            optional={
                "type": names,
                "properties": st.dictionaries(NAMES, inner, max_size=3),
                "required": st.lists(NAMES, max_size=2),
                "items": inner,
                "additionalProperties": st.booleans() | inner,
                "anyOf": st.lists(inner, min_size=1, max_size=2),
                "oneOf": st.lists(inner, min_size=1, max_size=2),
                "not": inner,
                "patternProperties": st.dictionaries(st.sampled_from(["^a", "b$"]), inner),
                "$ref": st.sampled_from(["#", "#/properties/a", "#/$defs/no", "http://x/y"]),
            },
        ),
        max_leaves=6,
    )


ANY_SCHEMA = schemas(TYPES)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["type", "properties", "items", "required", "$ref", "enum", "anyOf", "if",
                         "patternProperties", "pattern", "minLength", "format", "const", "x"]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(ANY_SCHEMA | JUNK)
@settings(max_examples=50, deadline=None)
def test_normalising_twice_is_normalising_once(parameters: Any) -> None:
    once = normalise(parameters)
    twice = normalise(once.schema)
    assert twice.schema == once.schema
    assert twice.defects == ()


@given(ANY_SCHEMA | JUNK)
@settings(max_examples=60, deadline=None)
def test_normalising_leaves_the_original_alone(parameters: Any) -> None:
    before = copy.deepcopy(parameters)
    normalise(parameters)
    assert repr(parameters) == repr(before)


@given(ANY_SCHEMA | JUNK)
@settings(max_examples=60, deadline=None)
def test_what_comes_out_is_a_schema_that_both_engines_accept(parameters: Any) -> None:
    schema = normalise(parameters).schema
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema_rs.Draft202012Validator(schema)
    assert "$ref" not in json.dumps(list(_keywords(schema)))


def _keywords(schema: Any) -> Any:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("properties", "patternProperties"):
                for inner in value.values():
                    yield from _keywords(inner)
            else:
                yield key
                if key not in ("enum", "const"):
                    yield from _keywords(value)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _keywords(inner)


@given(ANY_SCHEMA, ARGUMENTS)
@settings(max_examples=50, deadline=None)
def test_the_quick_yes_and_the_explanation_agree(parameters: Any, arguments: Any) -> None:
    validator = ToolValidator(parameters)
    problems = validator.problems(arguments)
    if validator.fits(arguments):
        assert problems == []
    elif not any(str(v).startswith("API_call_") for _, v in walk(arguments)):
        assert problems != []
    assert validator.is_valid(arguments) is (problems == [])


@given(schemas(st.sampled_from(["string", "integer", "number", "array", "object"])), ARGUMENTS)
@settings(max_examples=50, deadline=None)
def test_a_plain_schema_means_what_jsonschema_says_it_means(
    parameters: dict[str, Any], arguments: Any
) -> None:
    # Only schemas that say nothing we read otherwise than the standard does.
    parameters = {"type": "object"} | parameters
    if not _plain(parameters):
        return
    standard = jsonschema.Draft202012Validator(parameters)
    ours = jsonschema.Draft202012Validator(normalise(parameters).schema)
    assert ours.is_valid(arguments) == standard.is_valid(arguments)


def _plain(schema: Any) -> bool:
    words = ("nullable", "default", "(", '"enum"', '"required"', '"format"', '"$ref"')
    text = json.dumps(schema)
    return schema.get("type") == "object" and not any(word in text for word in words)


@given(ANY_SCHEMA | JUNK.filter(lambda v: isinstance(v, dict)), st.text(max_size=30) | ARGUMENTS)
@settings(max_examples=60, deadline=None)
def test_checking_never_raises(parameters: dict[str, Any], given_arguments: Any) -> None:
    raw = given_arguments if isinstance(given_arguments, str) else json.dumps(given_arguments)
    row = Trajectory(
        (Message(Role.USER, "?"), Message(Role.ASSISTANT, None, (ToolCall("t", raw, "c"),))),
        (ToolSpec("t", "", parameters),),
    )
    findings = run_checks(row)
    assert findings == run_checks(row)
    assert all(len(f.message) < 1_000 for f in findings)
