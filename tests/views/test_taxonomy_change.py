"""A pasted version of a taxonomy shows what it would change before anything is saved."""

from __future__ import annotations

import pytest

from app.flows.taxonomies import add_taxonomy, list_taxonomies
from tests.unit.app.flows.test_taxonomies import FIRST, SECOND
from tests.unit.app.flows.test_taxonomies import marked as marked_with_the_first

marked = marked_with_the_first


@pytest.fixture
def any_store(studio):
    return studio


def _button(page, label):
    return next(b for b in page.button if b.label == label)


def _paste(open_page, text):
    page = open_page("taxonomies")
    page.text_area(key="taxonomy-toml").set_value(text).run()
    assert not page.exception
    return page


def test_what_would_lose_its_category_asks_for_a_name_or_for_agreement(
    any_store, marked, open_page
):
    page = _paste(open_page, SECOND)
    assert _button(page, "Save version 2").disabled, "late has no new name"
    fate = page.selectbox(key="taxonomy-fate-ours-2-wrong-city")
    assert fate.value == "wrong-place", "the category with its code is proposed"
    page.checkbox(key="taxonomy-lose").check().run()
    _button(page, "Save version 2").click().run()
    (ours,) = [t for t in list_taxonomies(any_store) if t.name == "ours"]
    assert (ours.version, ours.renamed) == (2, {"wrong-city": "wrong-place"})


def test_an_old_version_is_refused_before_it_can_be_saved(studio, open_page):
    add_taxonomy(studio, FIRST, "x")
    page = _paste(open_page, FIRST)
    assert "already has version 1" in page.error[0].value
    assert not [b for b in page.button if b.label.startswith(("Add", "Save"))]
