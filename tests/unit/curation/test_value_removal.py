"""Values taken out of sentences, and sentences that keep theirs."""

from __future__ import annotations

import pytest

from curation.value_removal import without_value


@pytest.mark.parametrize(
    ("text", "value", "left"),
    [
        ("How is the weather in Oslo?", "Oslo", "How is the weather?"),
        ("Fly from Rome to Paris on Monday.", "Paris", "Fly from Rome on Monday."),
        ("Book a room for 3 nights in Rome.", "3", "Book a room in Rome."),
        ("I want 2 tickets, please.", "2", "I want tickets, please."),
        ("Find the case titled 'Roe v. Wade'.", "Roe v. Wade", "Find the case."),
        ("Weather in Oslo tomorrow", "Oslo", "Weather tomorrow"),
        ("The area with a radius of 5 and a height.", "5", None),
        ("Add 5 and 3.", "5", None),
        ("Weather in Oslo and Rome", "Oslo", None),
        ("Weather in Oslo and Rome", "Rome", None),
        ("Weather in Oslo, Norway", "Oslo", None),
        ("Go to Oslo Airport now", "Oslo", None),
        ("A 30 year mortgage", "30", None),
        ("Oslo", "Oslo", None),
        ("In Oslo", "Oslo", None),
        ("It costs $20.", "20", None),
        ("between 3 and 9", "9", None),
    ],
)
def test_the_sentence_stays_a_sentence(text: str, value: str, left: str | None) -> None:
    start = text.index(value)
    assert without_value(text, start, start + len(value)) == left
