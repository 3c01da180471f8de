"""Python-call text: what reads as calls, what stays as generated, what is no call at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from curation.call_text import read_call, read_calls
from curation.trajectory import ToolSpec


def tool(name: str, *properties: str) -> ToolSpec:
    return ToolSpec(name, "", {"type": "object", "properties": {p: {} for p in properties}})


def calls(text: str, *tools: ToolSpec) -> list[tuple[str, Any]]:
    found = read_calls(text, tools)
    assert found is not None
    return [(c.name, c.parsed().value) for c in found.calls]


def test_names_may_hold_spaces_slashes_and_dots() -> None:
    text = '[Find Hotel(city="Oslo"), a/b.c v2(x=1), Bücher-Suche(titel="Ä")]'
    assert calls(text) == [
        ("Find Hotel", {"city": "Oslo"}),
        ("a/b.c v2", {"x": 1}),
        ("Bücher-Suche", {"titel": "Ä"}),
    ]


def test_a_known_name_may_even_hold_brackets() -> None:
    assert calls('[Rate (EUR)(to="NOK")]', tool("Rate (EUR)")) == [("Rate (EUR)", {"to": "NOK"})]


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("true", True),
        ("True", True),
        ("false", False),
        ("null", None),
        ("None", None),
        ("-3", -3),
        ("+3", 3),
        ("1_000", 1000),
        ("2.50", 2.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("123456789012345678901234", 123456789012345678901234),
        ("''", ""),
        ("'it\\'s'", "it's"),
        ('"a \\"b\\" c"', 'a "b" c'),
        ("'tab\\tline\\nend'", "tab\tline\nend"),
        ("'\\u00e9\\x41'", "éA"),
        ("'\\ud83d\\ude00'", "😀"),
        ("'C:\\dir'", "C:\\dir"),
        ("'a, b) ]}'", "a, b) ]}"),
        ("[]", []),
        ("[1, 'two', [null]]", [1, "two", [None]]),
        ("(1, 2)", [1, 2]),
        ("(1, 2,)", [1, 2]),
        ("{'k': null, 'n': {'d': [1]}}", {"k": None, "n": {"d": [1]}}),
        ("{1: 'a', true: 'b'}", {"1": "a", "true": "b"}),
        ("{1, 2}", [1, 2]),
        ("{}", {}),
    ],
)
def test_literals_of_python_and_json_are_read(literal: str, value: Any) -> None:
    assert calls(f"[f(a={literal})]") == [("f", {"a": value})]


@pytest.mark.parametrize(
    "arguments",
    [
        "unit=celsius",
        "a=lambda x: x",
        "a=2*3",
        "a=g(1)",
        "a=1e999",
        "a=nan",
        "a='\\ud83d'",
        "a=1, a=2",
        "a=[1, 2",
        "a=1 b=2",
        "a='it's'",
    ],
)
def test_arguments_that_are_no_literals_stay_as_generated(arguments: str) -> None:
    found = read_calls(f"[f({arguments})]", [tool("f")])
    assert found is not None
    (call,) = found.calls
    assert call.name == "f"
    assert call.raw_arguments.startswith(arguments[:6])
    assert call.parsed().error


def test_one_broken_call_leaves_the_others_whole() -> None:
    found = read_calls("[f(a=1), g(b=oops), f(a=2)]", [tool("f"), tool("g")])
    assert found is not None
    assert [(c.name, c.parsed().value) for c in found.calls] == [
        ("f", {"a": 1}),
        ("g", None),
        ("f", {"a": 2}),
    ]


def test_a_call_that_is_cut_off_does_not_parse() -> None:
    found = read_calls('[f(a=1), g(b="half', [tool("f"), tool("g")])
    assert found is not None
    assert [c.name for c in found.calls] == ["f", "g"]
    assert found.calls[1].raw_arguments == 'b="half'
    assert found.calls[1].parsed().error


def test_a_call_cut_off_right_before_its_bracket_does_not_parse_either() -> None:
    found = read_calls("[f(a=1", [tool("f")])
    assert found is not None
    assert found.calls[0].raw_arguments == "a=1"
    assert found.calls[0].parsed().error


def test_a_missing_last_bracket_of_the_list_harms_nothing() -> None:
    assert calls("[f(a=1)") == [("f", {"a": 1})]


def test_text_after_the_list_is_kept_apart() -> None:
    found = read_calls("[f(a=1)]\nOne moment.")
    assert found is not None
    assert (len(found.calls), found.rest) == (1, "One moment.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello!",
        "[]",
        "[1, 2]",
        "[see (a) and (b)]",
        "I can help (maybe).",
        "Call print() now",
        "[f(a=1) g(b=2)]",
        "[Note: nothing to do]",
        '{"name": "f"}',
    ],
)
def test_prose_and_other_lists_are_no_calls(text: str) -> None:
    assert read_calls(text) is None


def test_calls_without_arguments_and_with_blanks_around() -> None:
    assert calls(" [ now( ) , f( a = 1 ,\n b = 'x' , ) ] ") == [
        ("now", {}),
        ("f", {"a": 1, "b": "x"}),
    ]


def test_positional_arguments_take_the_names_of_the_properties() -> None:
    call = read_call("mv('a', destination='b')", [tool("mv", "source", "destination")])
    assert json.loads(call.raw_arguments) == {"source": "a", "destination": "b"}


def test_positional_arguments_of_an_unknown_tool_do_not_parse() -> None:
    call = read_call("mv('a')")
    assert call.name == ""
    assert call.raw_arguments == "mv('a')"


def test_more_positional_arguments_than_properties_do_not_parse() -> None:
    call = read_call("sort('a', 'b')", [tool("sort", "file")])
    assert (call.name, call.raw_arguments) == ("sort", "'a', 'b'")


def test_arguments_are_compact_json() -> None:
    assert read_call("f(b='é', a=[1, 2])").raw_arguments == '{"b":"é","a":[1,2]}'


@pytest.mark.parametrize(
    "text",
    [
        "[f(a=" + "[" * 5000 + "]" * 5000 + ")]",
        "[f(a=" + "(" * 50_000,
        "[" + " " * 50_000 + "f",
        "[f(" + "a='" * 20_000,
        "[" + "f(a=1)," * 5000 + "]",
        "[f(a=" + "9" * 5000 + ")]",
    ],
)
def test_hostile_text_ends(text: str) -> None:
    found = read_calls(text, [tool("f")])
    assert found is None or all(isinstance(c.raw_arguments, str) for c in found.calls)
