"""Patterns take time in step with the text, whatever it holds, and their places are right."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.disclosing import DISCLOSURES, Gate, found_in

HOSTILE = st.sampled_from(
    ["@", "a.", "a@", "+1", "1-", "4 ", "41", "DE0", "AA00", "eyJ", "sk-", "-----BEGIN ", "token",
     'token":"', "\\n", "A" * 20, "PRIVATE KEY-----", "password = ", "(415) ", "\u0130", "é"]
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.one_of(HOSTILE, st.text(max_size=5)), max_size=30))
def test_hits_are_in_order_apart_and_inside(parts: list[str]) -> None:
    text = "".join(parts)
    kinds = tuple(DISCLOSURES)
    found = found_in(text, kinds)
    places = [place for one in found for place in (one.start, one.end)]
    assert places == sorted(places)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    opened = {kind.name for kind in Gate(kinds).open_to(text.encode())}
    assert {one.kind for one in found} <= opened, "the gate rules out nothing that is there"


@pytest.mark.parametrize("kind", DISCLOSURES.names())
@pytest.mark.parametrize(
    "unit",
    ["a", "a.", "1", "1-", "1 ", "+1", "A", "AA00", "-", "a@", "eyJa.", "sk-a", "token=", " "],
)
def test_work_grows_with_the_text_and_no_faster(kind: str, unit: str) -> None:
    """Ten times the text, at most some thirty times the lines of Python; patterns are bounded."""
    find = DISCLOSURES.get(kind).find

    def lines(text: str) -> int:
        n = 0

        def count(*_: object) -> object:
            nonlocal n
            n += 1
            return count

        sys.settrace(count)  # type: ignore[arg-type]
        try:
            list(find(text))
        finally:
            sys.settrace(None)
        return n

    short, long = unit * (400 // len(unit)), unit * (4_000 // len(unit))
    assert lines(long) <= 30 * max(lines(short), 10)
