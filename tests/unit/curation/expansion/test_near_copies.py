"""Likeness of samples; what is always dropped is `tests/properties/test_expansion.py`."""

from __future__ import annotations

import json

import pytest

from curation.expansion.near_copies import (
    COMPARED_CHARS,
    MAX_SIMILARITY,
    Corpus,
    sample_text,
    similarity,
)
from curation.trajectory import Message, Role, ToolCall


def text(asked: str, **arguments: str) -> str:
    call = ToolCall("get_weather", json.dumps(arguments))
    return sample_text([Message(Role.USER, asked), Message(Role.ASSISTANT, None, (call,))])


PARIS = text("What is the weather in Paris tomorrow?", city="Paris")


def test_one_exchanged_name_is_a_near_copy_and_other_words_are_not() -> None:
    assert similarity(PARIS, PARIS) == 1
    exchanged = text("What is the weather in Rome tomorrow?", city="Rome")
    other = text("Do I need an umbrella in Rome?", city="Rome")
    assert MAX_SIMILARITY <= similarity(PARIS, exchanged) < 1
    assert similarity(PARIS, other) < 0.7


def test_system_texts_results_and_answers_are_not_compared() -> None:
    asked = Message(Role.USER, "Hi")
    more = [Message(Role.SYSTEM, "Be brief."), asked, Message(Role.TOOL, "{}")]
    assert sample_text(more) == sample_text([asked]) == "hi"


def test_the_likeness_is_the_indel_similarity() -> None:
    """ "abcd" and "abxd": 6 of 8 characters are in common, so 1 - 2 / 8."""
    assert similarity("abcd", "abxd") == pytest.approx(0.75)


def test_a_corpus_names_the_closest() -> None:
    corpus = Corpus([("one", PARIS), ("two", text("Book a table.", city="Oslo"))])
    assert corpus.nearest(text("Something quite different, please", city="Q")) is None
    found = corpus.nearest(text("What is the weather in Rome tomorrow?", city="Rome"))
    assert found is not None
    assert (found.name, found.similarity >= MAX_SIMILARITY) == ("one", True)
    corpus.add("three", text("Do I need an umbrella in Rome?", city="Rome"))
    exact = corpus.nearest(text("Do I need an umbrella in Rome?", city="Rome"), 1.0)
    assert exact is not None
    assert (exact.name, exact.similarity, len(corpus)) == ("three", 1.0, 3)
    assert corpus.nearest(text("Do I need an umbrella in Roma?", city="Rome"), 1.0) is None


def test_long_samples_that_begin_alike_are_alike() -> None:
    one = text("word " * COMPARED_CHARS + "one")
    assert len(one) == COMPARED_CHARS
    assert similarity(one, text("word " * COMPARED_CHARS + "other")) == 1
