"""BFCL's rules one by one, with the benchmark's own names for what is wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest

from curation import bfcl_values
from curation.gold import gold_of, read_ground_truth
from curation.matchers import bfcl
from curation.matching import MATCHERS, Match, Mismatch, match_step
from curation.taxonomy import builtin_taxonomies
from curation.trajectory import Message, ToolSpec

from .answers import BROKEN, call, calling, saying, tool

BFCL = MATCHERS.get("bfcl")
NOTHING = saying(None)
BOOK = tool(
    "hotel.book",
    "city",
    city="string",
    nights="integer",
    price="float",
    breakfast="boolean",
    guests={"type": "array", "items": {"type": "string"}},
    rates={"type": "array", "items": {"type": "float"}},
    room={"type": "dict"},
    extras={"type": "array", "items": {"type": "dict"}},
    pair={"type": "tuple", "items": {"type": "integer"}},
    date="any",
    free={"anyOf": [{"type": "string"}, {"type": "number"}]},
)
OTHER = tool("hotel.find", city="string")


def said(
    prediction: Message, *gold: dict[str, Any], tools: tuple[ToolSpec, ...] = (BOOK,)
) -> Match:
    """Against gold calls of `hotel.book`, each given as parameter -> accepted values."""
    truth = read_ground_truth([{"hotel.book": one} for one in gold])
    return match_step(BFCL, NOTHING, prediction, gold=truth, tools=tools)


def book(**arguments: Any) -> Message:
    return calling(call("hotel.book", **arguments))


@pytest.mark.parametrize(
    ("gold", "arguments"),
    [
        ({"city": ["Oslo", "Oslo, Norway"]}, {"city": "oslo norway"}),
        ({"city": ["it's"]}, {"city": 'IT"S'}),
        ({"city": ["x*^2/a-b_c."]}, {"city": "X2 a, bc"}),
        ({"city": ["Oslo"], "nights": [2, 3, ""]}, {"city": "Oslo"}),
        ({"city": ["Oslo"], "nights": [2, 3, ""]}, {"city": "Oslo", "nights": 3}),
        ({"city": ["Oslo"], "price": [5.0]}, {"city": "Oslo", "price": 5}),
        ({"city": ["Oslo"], "price": [5]}, {"city": "Oslo", "price": 5.0}),
        ({"city": ["Oslo"], "guests": [["Ann Lee", "Bo"]]},
         {"city": "Oslo", "guests": ["annlee", "BO"]}),
        ({"city": ["Oslo"], "guests": [["Ann"], ""]}, {"city": "Oslo", "guests": []}),
        ({"city": ["Oslo"], "rates": [[1, 2.5]]}, {"city": "Oslo", "rates": [1, 2.5]}),
        ({"city": ["Oslo"], "rates": [[1, 3]]}, {"city": "Oslo", "rates": [1, 3]}),
        ({"city": ["Oslo"], "pair": [[1, 2]]}, {"city": "Oslo", "pair": [1, 2]}),
        ({"city": ["Oslo"], "room": [{"kind": ["Double", "Twin"], "sea": [True, ""]}]},
         {"city": "Oslo", "room": {"kind": "twin"}}),
        ({"city": ["Oslo"], "extras": [[{"id": [1]}, {"id": [2, 3]}]]},
         {"city": "Oslo", "extras": [{"id": 1}, {"id": 3}]}),
        ({"city": ["home_city"], "nights": ["n_nights"]},
         {"city": "home_city", "nights": "n_nights"}),
        ({"city": ["Oslo"], "date": ["May 1"]}, {"city": "Oslo", "date": "may 1"}),
        ({"city": ["Oslo"], "date": [5]}, {"city": "Oslo", "date": 5}),
        ({"city": ["Oslo"], "free": [1.0, "One"]}, {"city": "Oslo", "free": "one"}),
        ({"city": ["Oslo"], "free": [1.0]}, {"city": "Oslo", "free": 1}),
    ],
)  # fmt: skip
def test_accepted(gold: dict[str, Any], arguments: dict[str, Any]) -> None:
    assert said(book(**arguments), gold) == Match(True)


@pytest.mark.parametrize(
    ("gold", "arguments", "why", "code", "pointer"),
    [
        ({"city": [""], "nights": [2]}, {"nights": 2},
         Mismatch.MISSING_ARGUMENT, "simple_function_checker:missing_required", "/city"),
        ({"city": ["Oslo"], "nights": [2]}, {"city": "Oslo"},
         Mismatch.MISSING_ARGUMENT, "simple_function_checker:missing_optional", "/nights"),
        ({"city": ["Oslo"]}, {"city": "Oslo", "nights": 2},
         Mismatch.UNEXPECTED_ARGUMENT, "simple_function_checker:unexpected_param", "/nights"),
        ({"city": ["Oslo"], "stars": [5]}, {"city": "Oslo", "stars": 5},
         Mismatch.UNEXPECTED_ARGUMENT, "simple_function_checker:unexpected_param", "/stars"),
        ({"city": ["Oslo"], "nights": [2]}, {"city": "Oslo", "nights": "2"},
         Mismatch.TYPE, "type_error:simple", "/nights"),
        ({"city": ["Oslo"], "nights": [2]}, {"city": "Oslo", "nights": 2.0},
         Mismatch.TYPE, "type_error:simple", "/nights"),
        ({"city": ["Oslo"], "breakfast": [True]}, {"city": "Oslo", "breakfast": 1},
         Mismatch.TYPE, "type_error:simple", "/breakfast"),
        ({"city": ["Oslo"], "rates": [[1.0, 3.0]]}, {"city": "Oslo", "rates": [1, 3]},
         Mismatch.TYPE, "type_error:nested", "/rates"),
        ({"city": ["Oslo"]}, {"city": "Rome"}, Mismatch.VALUE, "value_error:string", "/city"),
        ({"city": ["Oslo"], "guests": [["Ann", "Bo"]]}, {"city": "Oslo", "guests": ["Bo", "Ann"]},
         Mismatch.VALUE, "value_error:list/tuple", "/guests"),
        ({"city": ["Oslo"], "room": [{"kind": ["Twin"]}]}, {"city": "Oslo", "room": {"type": 1}},
         Mismatch.VALUE, "value_error:dict_key", "/room"),
        ({"city": ["Oslo"], "room": [{"kind": ["Twin"]}]}, {"city": "Oslo", "room": {}},
         Mismatch.VALUE, "value_error:dict_key", "/room"),
        ({"city": ["Oslo"], "room": [{"kind": ["Twin"]}]},
         {"city": "Oslo", "room": {"kind": "One"}},
         Mismatch.VALUE, "value_error:dict_value", "/room"),
        ({"city": ["Oslo"], "room": [""]}, {"city": "Oslo", "room": {"kind": "One"}},
         Mismatch.VALUE, "dict_checker:unclear", "/room"),
        ({"city": ["Oslo"], "extras": [[{"id": [1]}]]}, {"city": "Oslo", "extras": []},
         Mismatch.VALUE, "value_error:list_dict_count", "/extras"),
        ({"city": ["Oslo"], "nights": [2, 3]}, {"city": "Oslo", "nights": 4},
         Mismatch.VALUE, "value_error:others", "/nights"),
    ],
)  # fmt: skip
def test_refused(
    gold: dict[str, Any], arguments: dict[str, Any], why: Mismatch, code: str, pointer: str
) -> None:
    assert said(book(**arguments), gold) == Match(
        False, why, code, call_index=0, reference_call_index=0, pointer=pointer
    )


OSLO = {"city": ["Oslo"]}


@pytest.mark.parametrize(
    ("prediction", "tools", "why", "code"),
    [
        (NOTHING, (BOOK,), Mismatch.NO_CALL, "simple_function_checker:wrong_count"),
        (NOTHING, (BOOK, OTHER), Mismatch.NO_CALL, "multiple_function_checker:wrong_count"),
        (saying("Sorry."), (BOOK,), Mismatch.NO_CALL, "ast_decoder:decoder_failed"),
        (calling(BROKEN), (BOOK,), Mismatch.UNREADABLE, "ast_decoder:decoder_failed"),
        (calling(*book(city="Oslo").tool_calls * 2), (BOOK,), Mismatch.COUNT,
         "simple_function_checker:wrong_count"),
        (calling(call("hotel.find", city="Oslo")), (BOOK, OTHER), Mismatch.TOOL,
         "simple_function_checker:wrong_func_name"),
    ],
)  # fmt: skip
def test_whole_calls(
    prediction: Message, tools: tuple[ToolSpec, ...], why: Mismatch, code: str
) -> None:
    found = said(prediction, OSLO, tools=tools)
    assert (found.matched, found.why, found.code) == (False, why, code)


def test_parallel_calls_in_any_order() -> None:
    oslo, rome = call("hotel.book", city="Oslo"), call("hotel.book", city="Rome")
    gold = ({"city": ["Rome"]}, {"city": ["Oslo"]})
    assert said(calling(oslo, rome), *gold).matched
    assert said(calling(rome, oslo), *gold).matched
    assert said(calling(oslo), *gold).code == "parallel_function_checker_no_order:wrong_count"
    # Rome takes the second call; for Oslo the first remains, whose city is wrong.
    near = said(calling(call("hotel.book", city="Bonn"), rome), *gold)
    assert near.code == "parallel_function_checker_no_order:cannot_find_match"
    assert (near.why, near.reference_call_index, near.call_index, near.pointer) == (
        Mismatch.VALUE, 1, 0, "/city",
    )  # fmt: skip
    other = said(calling(call("hotel.find", city="Rome"), rome), *gold)
    assert (other.why, other.reference_call_index) == (Mismatch.TOOL, 1)


def test_parallel_calls_are_matched_greedily_as_the_benchmark_does() -> None:
    # Gold 1 takes Oslo, the first that fits it; gold 2 takes only Oslo and finds none.
    gold = ({"city": ["Oslo", "Rome"]}, {"city": ["Oslo"]})
    oslo, rome = call("hotel.book", city="Oslo"), call("hotel.book", city="Rome")
    assert not said(calling(oslo, rome), *gold).matched
    assert said(calling(rome, oslo), *gold).matched


def test_needless_calls_and_restraint() -> None:
    needless = match_step(BFCL, saying("No tool fits."), book(city="Oslo"), tools=[BOOK])
    assert needless.code == "irrelevance_error:decoder_success"
    assert match_step(BFCL, NOTHING, saying("No tool fits."), tools=[BOOK]).matched


def test_dots_may_be_underscores() -> None:
    assert said(calling(call("hotel_book", city="Oslo")), OSLO).matched
    assert not said(calling(call("hotelbook", city="Oslo")), OSLO).matched


def test_without_gold_the_values_of_the_reference_are_the_only_ones() -> None:
    reference = book(city="Oslo", nights=2, room={"kind": "Twin"}, extras=[{"id": 1}])
    same = book(city="OSLO", nights=2, room={"kind": "twin"}, extras=[{"id": 1}])
    assert match_step(BFCL, reference, same, tools=[BOOK]).matched
    for arguments in (
        {"city": "Oslo", "nights": 2, "room": {"kind": "Twin"}},
        {"city": "Oslo", "nights": 3, "room": {"kind": "Twin"}, "extras": [{"id": 1}]},
        {"city": "Oslo", "nights": 2, "room": {}, "extras": [{"id": 1}]},
    ):
        assert not match_step(BFCL, reference, book(**arguments), tools=[BOOK]).matched


def test_without_gold_an_equal_answer_matches_whatever_the_schema_says_of_both() -> None:
    reference = book(stars=5, rates=[1, "two"])
    assert match_step(BFCL, reference, reference, tools=[BOOK]).matched
    # With gold it is the benchmark's word: a required parameter is missing.
    truth = gold_of(reference)
    assert not match_step(BFCL, reference, reference, tools=[BOOK], gold=truth).matched


def test_without_tools_the_accepted_values_stand_for_the_types() -> None:
    gold = {"city": ["Oslo"], "price": [5.0], "rates": [[1.0, 2.0]]}
    assert said(book(city="oslo", price=5, rates=[1, 2]), gold, tools=()).matched
    assert said(book(city=5, price=5, rates=[1]), gold, tools=()).code == "type_error:simple"


def test_other_spellings_of_schemas() -> None:
    plain = ToolSpec(
        "hotel.book",
        parameters={
            "type": "object",
            "properties": {"city": {"type": ["string", "null"]}, "price": {"type": "number"}},
        },
    )
    assert said(book(city="oslo", price=5), {**OSLO, "price": [5.0]}, tools=(plain,)).matched
    xlam = ToolSpec("hotel.book", parameters={"city": {"type": "str"}, "price": {"type": "float"}})
    assert said(book(city="oslo", price=5), {**OSLO, "price": [5.0]}, tools=(xlam,)).matched


def test_reasons_are_categories_of_the_taxonomy() -> None:
    """So that a mismatch can be counted beside marks; the two defaults have no category there."""
    known = {c.name for t in builtin_taxonomies() if t.name == "bfcl" for c in t.categories}
    texts = [*vars(bfcl_values).values(), *vars(bfcl).values()]
    given = {text for text in texts if isinstance(text, str) and re.fullmatch(r"\w+:[\w/]+", text)}
    assert given - known == {"dict_checker:unclear", "list_dict_checker:unclear"}
    assert len(given) > 15
