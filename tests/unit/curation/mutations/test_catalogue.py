"""What must hold of every mutation, present and future: these tests walk the registry."""

from __future__ import annotations

import re
from random import Random

import pytest

from curation.diffing import same_calls
from curation.mutating import HITEC, MUTATIONS, Mutation
from curation.taxonomy import Applies, Category, builtin_taxonomies
from curation.tries import broken_calls

TAXONOMIES = {taxonomy.name: taxonomy for taxonomy in builtin_taxonomies()}
EVERY = pytest.mark.parametrize("entry", list(MUTATIONS), ids=lambda entry: entry.name)


def category_of(entry: Mutation) -> Category:
    found = TAXONOMIES[entry.taxonomy].get(entry.category)
    assert found is not None, f"{entry.taxonomy} has no {entry.category}"
    return found


@EVERY
def test_the_name_is_kebab_case_and_its_files(entry: Mutation) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", entry.name)
    expected = f"curation.mutations.{entry.name.replace('-', '_')}"
    assert entry.operator.__module__ == expected


@EVERY
def test_title_and_documentation_tell_what_it_does(entry: Mutation) -> None:
    assert 5 <= len(entry.title) <= 45 and not entry.title.endswith(".")
    assert len(entry.doc) >= 40 and entry.doc.endswith(".")


@EVERY
def test_the_category_exists_and_is_put_where_it_applies(entry: Mutation) -> None:
    category = category_of(entry)
    sample = entry.applies_to
    mutant = entry.mutate_step(sample, Random(1))
    assert mutant is not None
    assert (mutant.taxonomy, mutant.category) == (entry.taxonomy, entry.category)
    assert mutant.anchor.message_index == len(sample.context)
    at_call = mutant.anchor.call_index is not None
    assert at_call == (category.applies is Applies.CALL)
    assert at_call or mutant.anchor.pointer is None
    if mutant.anchor.call_index is not None:
        assert mutant.anchor.call_index < len(mutant.message.tool_calls)


@EVERY
def test_the_sample_is_made_wrong_whatever_the_seed(entry: Mutation) -> None:
    sample = entry.applies_to
    for seed in range(25):
        mutant = entry.mutate(sample.message, sample.tools, sample.context, Random(seed))
        assert mutant is not None
        assert not same_calls(mutant.message, sample.message)
        assert mutant.note.endswith(".") and mutant.mutation == entry.name


@EVERY
def test_the_sample_is_right_to_begin_with(entry: Mutation) -> None:
    assert broken_calls(entry.applies_to.message, entry.applies_to.tools) == []


@EVERY
def test_where_there_is_no_opening_it_says_so(entry: Mutation) -> None:
    for seed in range(25):
        assert entry.mutate_step(entry.not_to, Random(seed)) is None


@EVERY
def test_equal_generators_give_equal_mutants(entry: Mutation) -> None:
    one = entry.mutate_step(entry.applies_to, Random("a"))
    assert one == entry.mutate_step(entry.applies_to, Random("a"))


def test_every_global_class_of_hitec_has_a_mutation() -> None:
    covered = {entry.category for entry in MUTATIONS if entry.taxonomy == HITEC}
    assert covered == {category.name for category in TAXONOMIES[HITEC].categories}


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("misspelt-tool", "calls/unknown-tool"),
        ("missing-key", "calls/missing-required"),
        ("cast-value", "calls/wrong-type"),
        ("broken-json", "calls/unparsable"),
        ("doubled-call", "calls/duplicate-call"),
    ],
)
def test_rule_checks_find_what_they_can_know(name: str, check: str) -> None:
    entry = MUTATIONS.get(name)
    for seed in range(10):
        mutant = entry.mutate_step(entry.applies_to, Random(seed))
        assert mutant is not None
        findings = broken_calls(mutant.message, entry.applies_to.tools)
        assert [f.check for f in findings] == [check]
        if mutant.anchor.call_index is not None:
            assert findings[0].anchor.call_index == mutant.anchor.call_index


@pytest.mark.parametrize(
    "name", ["sibling-tool", "unasked-key", "value-from-elsewhere", "made-up-identifier"]
)
def test_the_others_break_no_schema(name: str) -> None:
    entry = MUTATIONS.get(name)
    for seed in range(10):
        mutant = entry.mutate_step(entry.applies_to, Random(seed))
        assert mutant is not None
        assert broken_calls(mutant.message, entry.applies_to.tools) == []
