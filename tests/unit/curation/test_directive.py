"""Directives are files; who gets which is `tests/properties/test_expansion.py`."""

from __future__ import annotations

import pytest

from curation.directive import (
    builtin_directives,
    directive_mix,
    directive_named,
    drawn,
    parse_directive,
)
from curation.errors import ExpansionError

GOOD = """
name = "mine"
title = "Mine"
version = 2
source = "me"
instructions = "Write it in verse."
"""


def test_a_directive_is_read() -> None:
    assert parse_directive(GOOD, "mine.toml").key == "mine@2"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "mine"', 'name = "My Own"', "cannot be used"),
        ("version = 2", "version = 0", "cannot be used"),
        ("version = 2", 'version = "2"', "version"),
        ('title = "Mine"', "", "title"),
        ('"Write it in verse."', '" "', "blank"),
        ("source", "soruce", "soruce"),
        ('"me"', "me", "not TOML"),
    ],
)
def test_a_bad_one_is_refused_with_what_to_mend(old: str, new: str, says: str) -> None:
    with pytest.raises(ExpansionError, match=says) as caught:
        parse_directive(GOOD.replace(old, new), "mine.toml")
    assert caught.value.where == "mine.toml"


def test_the_four_of_the_paper_are_there() -> None:
    assert [one.name for one in builtin_directives()] == [
        "complexity-variation",
        "data-variation",
        "interaction-style",
        "user-persona",
    ]
    with pytest.raises(ExpansionError, match="No directive"):
        directive_named("weather")


def test_a_mix_is_what_is_wanted_of_them() -> None:
    assert directive_mix(None) == dict.fromkeys([one.name for one in builtin_directives()], 1.0)
    assert directive_mix({"user-persona": 2, "data-variation": 0}) == {"user-persona": 2.0}


@pytest.mark.parametrize(
    "weights",
    [
        {"weather": 1.0},
        {"user-persona": -1.0},
        {"user-persona": float("nan")},
        {"user-persona": float("inf")},
        {"user-persona": 0.0},
    ],
)
def test_a_mix_of_nothing_is_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ExpansionError) as caught:
        directive_mix(weights)
    assert caught.value.hint


def test_the_draw_is_written_down() -> None:
    """Stored runs go on with these: another draw would be another run."""
    mix = directive_mix(None)
    assert [drawn(mix, "seed1-a", number, 7) for number in range(4)] == [
        "complexity-variation",
        "interaction-style",
        "data-variation",
        "user-persona",
    ]
