"""Rubrics are files: those that ship are sound, a bad one is refused with what to mend."""

from __future__ import annotations

import pytest

from curation.errors import RubricError
from curation.rubric import About, builtin_rubrics, parse_rubric, rubric_named

GOOD = """
name = "mine"
title = "Mine"
version = 2
source = "me"
about = "pair"
instructions = "Look."
[[criteria]]
name = "right"
question = "Is it right?"
"""


def test_a_rubric_is_read() -> None:
    rubric = parse_rubric(GOOD, "mine.toml")
    assert (rubric.key, rubric.about, rubric.sub_question) == ("mine@2", About.PAIR, False)
    assert rubric.criteria[0].weight == 1.0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "mine"', 'name = "My Rubric"', "cannot be used"),
        ("version = 2", "version = 0", "1 or more"),
        ("version = 2", 'version = "2"', "version"),
        ('title = "Mine"', "", "title"),
        ('instructions = "Look."', 'instructions = " "', "blank"),
        ('question = "Is it right?"', 'question = ""', "question of 'right' is blank"),
        ('question = "Is it right?"', 'question = "?"\nweight = 0', "more than 0"),
        ('about = "pair"', 'about = "both"', "about"),
        ("source", "soruce", "soruce"),
        ("[[criteria]]", '[[criteria]]\nname = "right"\nquestion = "?"\n[[criteria]]', "Two"),
        ("version = 2", "version = = 2", "not TOML"),
    ],
)
def test_a_bad_rubric_is_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(RubricError) as caught:
        parse_rubric(GOOD.replace(old, new), "mine.toml")
    assert says in caught.value.message
    assert caught.value.where == "mine.toml" and caught.value.hint


def test_those_that_ship() -> None:
    rubrics = {rubric.name: rubric for rubric in builtin_rubrics()}
    assert len(rubrics) == len(builtin_rubrics())
    assert [c.name for c in rubrics["label-verification"].criteria] == [
        "correctness", "parameter-accuracy", "function-selection", "completeness", "irrelevance",
    ]  # fmt: skip
    passes = {name for name, rubric in rubrics.items() if rubric.sub_question}
    assert passes == {"hallucinated-values", "consistency", "result-plausibility"}
    checklist = rubrics["turn-checklist"]
    assert checklist.about is About.TURN
    assert any(c.must_hold for c in checklist.criteria)


def test_a_rubric_that_does_not_exist() -> None:
    with pytest.raises(RubricError, match="label-verification"):
        rubric_named("nope")
