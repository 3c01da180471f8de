"""Checks on calls: cases beyond the samples the checks carry."""

from __future__ import annotations

import pytest

from curation.checking import Finding, Severity, run_checks
from curation.checks._samples import BOOK, assistant, call, dialogue, result, single, user
from curation.trajectory import ToolCall, ToolSpec, Trajectory


def of(trajectory: Trajectory, name: str) -> list[Finding]:
    return [f for f in run_checks(trajectory) if f.check == name]


def errors(trajectory: Trajectory) -> set[str]:
    return {f.check for f in run_checks(trajectory) if f.severity is Severity.ERROR}


@pytest.mark.parametrize(
    "raw",
    ['{"people": 2', "{'people': 2}", '{"people": 2}}', "print(2)", '{"people": NaN}', '{"a" 1}'],
)
def test_what_is_not_json_is_unparsable_and_nothing_else(raw: str) -> None:
    assert errors(single(call(raw))) == {"calls/unparsable"}


@pytest.mark.parametrize("raw", ["[]", "2", '"people=2"', "null", "true"])
def test_json_that_is_no_object_is_told_apart(raw: str) -> None:
    assert errors(single(call(raw))) == {"calls/not-an-object"}


@pytest.mark.parametrize("raw", ["", "  \n"])
def test_blank_arguments_are_a_call_without_arguments(raw: str) -> None:
    plain = ToolSpec("now", "The time.", {"type": "object", "properties": {}})
    assert errors(single(call(raw, name="now"), tools=(plain,))) == set()
    assert errors(single(call(raw))) == {"calls/missing-required"}


def test_an_unknown_tool_comes_with_the_nearest_name_or_none() -> None:
    [near] = of(single(call(name="book_tabel")), "calls/unknown-tool")
    assert near.hint == 'Perhaps "book_table" is meant.'
    [far] = of(single(call(name="qqq")), "calls/unknown-tool")
    assert far.hint == ""
    assert (far.anchor.message_index, far.anchor.call_index) == (1, 0)


def test_without_any_tool_specs_no_tool_is_unknown() -> None:
    assert errors(single(call(name="whatever"), tools=())) == set()


def test_a_code_interpreter_may_be_called_python() -> None:
    builtin = ToolSpec("code_interpreter", extra={"type": "code_interpreter"})
    assert errors(single(call({"code": "1"}, name="python"), tools=(builtin,))) == set()


def test_each_missing_argument_is_named_with_its_pointer_even_nested() -> None:
    found = of(single(call({"guest": {}})), "calls/missing-required")
    assert [f.anchor.pointer for f in found] == ["/guest/name", "/people"]


def test_undeclared_and_misspelt_are_one_finding_each_and_hint_at_the_name() -> None:
    row = single(call({"poeple": 2, "people": 2, "vip": True}))
    found = of(row, "calls/undeclared-argument")
    assert [f.anchor.pointer for f in found] == ["/poeple", "/vip"]
    assert errors(row) == {"calls/undeclared-argument"}
    [only] = of(single(call({"poeple": 2})), "calls/undeclared-argument")
    assert only.hint == 'Perhaps "people" is meant.'


def test_a_value_of_the_wrong_type_is_not_also_blamed_for_its_enum() -> None:
    assert errors(single(call({"people": 2, "area": 3}))) == {"calls/wrong-type"}


def test_a_number_in_quotes_is_told_how_to_be_mended() -> None:
    [found] = of(single(call({"people": "2"})), "calls/wrong-type")
    assert found.message == 'people must be an integer, but it is a string: "2".'
    assert found.hint == "Write 2 without the quotation marks around it."


def test_a_boolean_is_no_integer_and_a_whole_float_is() -> None:
    assert errors(single(call({"people": True}))) == {"calls/wrong-type"}
    assert errors(single(call({"people": 2.0}))) == set()
    assert errors(single(call({"people": 2.5}))) == {"calls/wrong-type"}


def test_a_reference_to_an_earlier_result_fits_any_type_and_any_enum() -> None:
    row = single(call(id="c0"), call({"people": "API_call_0", "area": "API_call_0"}))
    assert run_checks(row) == []


def test_limits_patterns_and_formats_warn_and_never_call_an_error() -> None:
    row = single(call({"people": 50, "phone": "1", "day": "soon"}))
    assert errors(row) == set()
    assert {f.check for f in run_checks(row)} == {
        "calls/constraint",
        "calls/pattern",
        "calls/format",
    }


def test_blank_texts_are_reported_unless_the_schema_wants_them() -> None:
    tool = ToolSpec(
        "find",
        "Find.",
        {
            "type": "object",
            "properties": {
                "query": {"type": "string"},
                "sort": {"type": "string", "enum": ["", "asc"]},
                "page": {"type": "string", "default": ""},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
        },
    )
    arguments = {"query": " ", "sort": "", "page": "", "tags": ["", "x"]}
    found = of(single(call(arguments, name="find"), tools=(tool,)), "calls/empty-value")
    assert [f.anchor.pointer for f in found] == ["/query", "/tags/0"]


@pytest.mark.parametrize(
    "value", ["<name>", "{{name}}", "${name}", "YOUR_API_KEY", "todo", "xxx", "[insert name]"]
)
def test_placeholders_are_seen(value: str) -> None:
    row = single(call({"people": 2, "guest": {"name": value}}))
    assert [f.anchor.pointer for f in of(row, "calls/placeholder-value")] == ["/guest/name"]


@pytest.mark.parametrize(
    "value", ["Nora", "a < b > c", "<3", "Your Majesty", "$50", "example", "string", "xx", "None"]
)
def test_values_that_only_look_like_placeholders_are_left_alone(value: str) -> None:
    row = single(call({"people": 2, "guest": {"name": value}}))
    assert of(row, "calls/placeholder-value") == []


def test_calls_without_ids_share_none() -> None:
    row = single(call({"people": 1}, id=None), call({"people": 2}, id=None))
    assert run_checks(row) == []


def test_equal_calls_are_found_whatever_their_spacing_and_key_order() -> None:
    one = ToolCall("book_table", '{"people": 2, "area": "inside"}', "c1")
    two = ToolCall("book_table", '{"area":"inside","people":2}', "c2")
    other = ToolCall("book_table", '{"area":"inside","people":2.0}', "c3")
    found = of(single(one, two, other), "calls/duplicate-call")
    assert [(f.anchor.message_index, f.anchor.call_index) for f in found] == [(1, 1)]


def test_a_repeat_with_another_result_is_no_repeat() -> None:
    first, again = call(), call(id="c2")
    row = dialogue(
        user(), assistant(None, first), result("1"), assistant(None, again), result("2", id="c2")
    )
    assert of(row, "calls/repeated-call") == []


def test_a_call_that_breaks_its_schema_does_so_in_every_place() -> None:
    row = single(call({"people": "two", "area": "roof"}), call({"people": 2}, id="c2"), call("{"))
    assert errors(row) == {
        "calls/wrong-type", "calls/not-in-enum", "calls/unparsable", "calls/duplicate-id",
    }  # fmt: skip
    assert BOOK.parameters is not None and "additionalProperties" not in BOOK.parameters
