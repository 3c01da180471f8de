"""The first tier: registered checks refuse a sample, and say by which name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from curation.expansion.reply import read_sample
from curation.expansion.rules import broken_rules
from curation.trajectory import ToolSpec
from tests.expanding import made, replied, said, sample, seed


def names(value: Any, tools: tuple[ToolSpec, ...] = seed().tools, **more: bool) -> list[str]:
    return [found.check for found in broken_rules(read_sample(replied(value), tools), **more)]


def test_a_good_sample_breaks_none() -> None:
    assert names(sample()) == []
    assert names(sample(), warnings=True) == []


@pytest.mark.parametrize(
    ("call", "check"),
    [
        (made("get_wether", city="Oslo"), "calls/unknown-tool"),
        (made(), "calls/missing-required"),
        (made(city=7), "calls/wrong-type"),
        (made(city="Oslo", unit="K"), "calls/undeclared-argument"),
        ({"name": "get_weather", "arguments": '{"city": '}, "calls/unparsable"),
        ({"name": "get_weather", "arguments": "[1]"}, "calls/not-an-object"),
    ],
)
def test_an_error_refuses(call: dict[str, Any], check: str) -> None:
    assert names(sample(calls=[call]))[0] == check


def test_a_made_up_identifier_refuses_unless_told_otherwise() -> None:
    value = sample(
        said("user", "What became of my ticket?"), calls=[made("get_ticket", ticket_id="TK-88213")]
    )
    assert names(value) == ["grounding/unknown-identifier"]
    assert names(value, grounding=False) == []


def test_warnings_refuse_where_that_is_wanted() -> None:
    value = sample(calls=[made(city="")])
    assert names(value) == []
    assert names(value, warnings=True)


def test_what_is_wrong_with_the_tools_is_not_the_samples_fault() -> None:
    broken = ToolSpec("", "Nameless", json.loads('{"type": "object", "required": ["x"]}'))
    assert names(sample(), (*seed().tools, broken), warnings=True) == []
