"""Taxonomies: the built-in ones load and agree with each other; bad files are refused usefully."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.errors import TaxonomyError
from curation.taxonomy import Applies, builtin_taxonomies, load_taxonomy, parse_taxonomy

GOOD = """
name = "mine"
title = "Mine"
version = 1
source = "us"
description = "Two classes."

[[categories]]
name = "late"
title = "Too late"
code = "tl"
definition = "The answer came after it was useful."
canonical = "TERMINATION"

[[categories]]
name = "rude"
title = "Rude"
code = "r1"
applies = "step"
definition = "The tone offends."
"""


def refusal(text: str) -> TaxonomyError:
    with pytest.raises(TaxonomyError) as caught:
        parse_taxonomy(text, "mine.toml")
    return caught.value


def test_the_ten_built_in_taxonomies_load_with_the_canonical_one_first() -> None:
    names = [t.name for t in builtin_taxonomies()]
    assert names[0] == "canonical"
    assert set(names) == {
        "canonical", "critictool", "hitec", "tl-training", "agenterror", "mast", "bfcl",
        "toolscan", "noisytoolbench", "asktoact",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("critictool", 5),
        ("hitec", 8),
        ("tl-training", 7),
        ("agenterror", 19),
        ("mast", 14),
        ("toolscan", 7),
        ("noisytoolbench", 4),
        ("asktoact", 1),
    ],
)
def test_a_published_taxonomy_has_as_many_classes_as_its_paper(name: str, count: int) -> None:
    (taxonomy,) = [t for t in builtin_taxonomies() if t.name == name]
    assert len(taxonomy.categories) == count


def test_every_canonical_class_is_reached_or_is_ours_alone() -> None:
    canonical, *published = builtin_taxonomies()
    reached = {c.canonical for t in published for c in t.categories if c.canonical}
    assert reached <= {c.name for c in canonical.categories}
    # No published list names a wrong reference: it is the data's fault, not the model's.
    assert {c.name for c in canonical.categories} - reached == {"LABEL_DEFECT"}


def test_definitions_say_something_and_differ_from_their_titles() -> None:
    for taxonomy in builtin_taxonomies():
        for category in taxonomy.categories:
            assert len(category.definition) > 30, f"{taxonomy.name}/{category.name}"
            assert category.group, f"{taxonomy.name}/{category.name}"


def test_canonical_codes_are_two_letters() -> None:
    canonical = builtin_taxonomies()[0]
    assert all(len(c.code) == 2 and c.code.isalpha() for c in canonical.categories)


def test_a_users_own_taxonomy_is_read_like_a_built_in_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")
    taxonomy = load_taxonomy(path)
    rude = taxonomy.get("rude")
    assert taxonomy.version == 1
    assert rude is not None
    assert rude.applies is Applies.STEP
    assert taxonomy.get("no such") is None


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8-sig")
    assert load_taxonomy(path).name == "mine"


def test_a_repeated_code_is_refused_naming_both_holders() -> None:
    error = refusal(GOOD.replace('"r1"', '"tl"'))
    assert error.where == "mine.toml"
    assert "'tl'" in error.message
    assert "Too late and Rude" in error.message
    assert "own code" in error.hint


def test_a_repeated_name_is_refused() -> None:
    assert "'late'" in refusal(GOOD.replace('name = "rude"', 'name = "late"')).message


def test_an_unknown_key_is_refused_naming_key_and_category() -> None:
    error = refusal(GOOD.replace('title = "Rude"', 'title = "Rude"\ncolour = "red"'))
    assert "colour" in error.message
    assert "category 2 (rude)" in error.message
    assert "definition" in error.hint


def test_a_missing_definition_is_refused_naming_the_category() -> None:
    error = refusal(GOOD.replace('definition = "The tone offends."\n', ""))
    assert "definition" in error.message
    assert "category 2 (rude)" in error.message


def test_a_blank_definition_is_refused() -> None:
    error = refusal(GOOD.replace("The tone offends.", "  "))
    assert "definition of category 2 (rude)" in error.message
    assert "Annotators need it" in error.hint


def test_a_wrong_kind_of_place_is_refused() -> None:
    error = refusal(GOOD.replace('"step"', '"sentence"'))
    assert "sentence" in error.message
    assert "key applies" in error.message
    assert "trajectory" in error.hint


def test_a_version_that_is_no_number_is_refused() -> None:
    assert "version" in refusal(GOOD.replace("version = 1", 'version = "one"')).message


def test_what_is_not_toml_is_refused_with_line_and_column() -> None:
    error = refusal(GOOD.replace('title = "Mine"', "title = Mine"))
    assert "line 3" in error.message
    assert "double quotes" in error.hint


@pytest.mark.parametrize("text", ["", "   \n\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    error = refusal(text)
    assert error.message == "The file is empty."
    assert "[[categories]]" in error.hint


def test_a_taxonomy_without_categories_is_refused() -> None:
    head = GOOD.split("[[categories]]")[0]
    assert "no categories" in refusal(head + "categories = []").message
    assert "categories" in refusal(head).message


@pytest.mark.parametrize("code", ["t", "tlx", "TL", "1a", "é1", ""])
def test_a_code_that_cannot_be_typed_is_refused(code: str) -> None:
    assert "cannot be typed" in refusal(GOOD.replace('"tl"', f'"{code}"')).message


def test_an_unknown_canonical_class_is_refused_with_the_nearest_one() -> None:
    error = refusal(GOOD.replace("TERMINATION", "TERMINATED"))
    assert "'TERMINATED' of late" in error.message
    assert error.hint == "Did you mean TERMINATION?"


def test_a_missing_file_and_one_that_is_not_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match=r"gone\.toml"):
        load_taxonomy(tmp_path / "gone.toml")
    broken = tmp_path / "broken.toml"
    broken.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TaxonomyError, match="UTF-8"):
        load_taxonomy(broken)
