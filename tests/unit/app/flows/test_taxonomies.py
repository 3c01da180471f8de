"""A new version of a taxonomy: what it would break is said first, older marks are read in it."""

from __future__ import annotations

import csv

import pytest

from app.flows import browse, overview
from app.flows.adjudicate import decide
from app.flows.annotate import open_trajectory, perform
from app.flows.export import ExportRequest, export
from app.flows.reports import annotation_lines
from app.flows.taxonomies import (
    add_taxonomy,
    list_taxonomies,
    preview_change,
    preview_text,
    with_renames,
)
from curation.errors import TaxonomyError
from storage.browse import Filter
from storage.engine import Store
from storage.tables import MarkRow, table_of
from tests.episodes import CALL_AT, Person, add_episodes

HEAD = """name = "ours"
title = "Ours"
version = {version}
source = "us"
description = "d"
"""
CATEGORY = """
[[categories]]
name = "{name}"
title = "{title}"
definition = "{definition}"
code = "{code}"
applies = "{applies}"
"""


def toml(version: int, *categories: tuple[str, str], **fields: str) -> str:
    text = HEAD.format(version=version)
    for name, code in categories:
        values = {"title": name.title(), "definition": "d", "applies": "any"} | fields
        text += CATEGORY.format(name=name, code=code, **values)
    return text


FIRST = toml(1, ("wrong-city", "wc"), ("wrong-day", "wd"), ("late", "la"))


@pytest.fixture
def marked(any_store: Store) -> tuple[str, ...]:
    """Two trajectories marked wrong-city, one of them decided; one marked late."""
    uids = add_episodes(any_store, 3)
    add_taxonomy(any_store, FIRST, "x")
    ann = Person(any_store, "Ann")
    for uid, category in zip(uids, ["wrong-city", "wrong-city", "late"], strict=True):
        anchor = {"message_index": CALL_AT, "call_index": 0}
        mark = {"mark_id": "m", "taxonomy": "ours", "category": category, "anchor": anchor}
        ops = [
            ann.op("mark", uid, mark=mark),
            ann.op("outcome", uid, outcome="unsure"),
            ann.op("commit", uid),
        ]
        assert {r.status for r in perform(any_store, ann.info, "s", ops).results} == {"ok"}
    decide(any_store, uids[0], decided_by=ann.info, outcome="reject")
    return uids


SECOND = toml(2, ("wrong-place", "wc"), ("wrong-day", "dd"), ("vague", "va"), applies="call")


def test_a_preview_tells_what_is_added_removed_and_changed_and_what_stands_in_it(
    any_store: Store, marked: tuple[str, ...]
) -> None:
    found = preview_change(any_store, SECOND, "x")
    assert (found.before, found.version, found.added) == (1, 2, ("wrong-place", "vague"))
    told = {
        r.removed.category: (r.removed.likely, r.use.marks, r.use.decided) for r in found.removed
    }
    assert told == {"wrong-city": ("wrong-place", 2, 1), "late": (None, 1, 0)}
    assert {r.removed.category for r in found.losing} == {"wrong-city", "late"}
    changed = {(c.category, c.what): (c.before, c.after, c.narrows) for c in found.changed}
    assert changed == {
        ("wrong-day", "code"): ("wd", "dd", False),
        ("wrong-day", "applies"): ("any", "call", True),
    }
    assert "wrong-city: 2 marks in 2 trajectories, 1 decided; loses its name" in preview_text(found)
    assert [t.version for t in list_taxonomies(any_store) if t.name == "ours"] == [1]


def test_a_rename_is_read_everywhere_and_stored_nowhere(
    any_store: Store, marked: tuple[str, ...]
) -> None:
    text = with_renames(SECOND, {"wrong-city": "wrong-place"})
    assert [r.removed.category for r in preview_change(any_store, text, "x").losing] == ["late"]
    add_taxonomy(any_store, text, "x")
    bars = {(b.part, b.label): b.n for b in overview.overview(any_store).marks_by_category}
    assert bars == {("ours", "wrong-place"): 2, ("ours", "late"): 1}
    assert browse.choices(any_store).categories == ("ours/late", "ours/wrong-place")
    found = browse.find(any_store, Filter(category="ours/wrong-place")).page.rows
    assert {row.uid for row in found} == set(marked[:2])
    said = [m.category for line in annotation_lines(any_store) for m in line.annotation.marks]
    assert sorted(said) == ["late", "wrong-place", "wrong-place"]
    ann = Person(any_store, "Ann")
    draft = open_trajectory(any_store, marked[0], ann.info).draft.annotation
    assert draft.marks[0].category == "wrong-city", "what was said is what was said"
    with any_store.read() as conn:
        stored = conn.execute(table_of(MarkRow).select()).all()
    assert {row.category for row in stored} == {"wrong-city", "late"}


def test_renames_reach_over_versions(any_store: Store, marked: tuple[str, ...]) -> None:
    add_taxonomy(any_store, with_renames(SECOND, {"wrong-city": "wrong-place"}), "x")
    third = toml(3, ("place", "pl"), ("late", "la"))
    (lost,) = preview_change(any_store, third, "x").losing
    assert (lost.removed.category, lost.use.marks) == ("wrong-place", 2)
    add_taxonomy(any_store, with_renames(third, {"wrong-place": "place"}), "x")
    found = browse.find(any_store, Filter(category="ours/place")).page.rows
    assert {row.uid for row in found} == set(marked[:2])
    kept = browse.find(any_store, Filter(category="ours/late")).page.rows
    assert [row.uid for row in kept] == [marked[2]]


def test_the_label_table_says_the_name_that_holds_now(
    any_store: Store, marked: tuple[str, ...], tmp_path
) -> None:
    add_taxonomy(any_store, with_renames(SECOND, {"wrong-city": "wrong-place"}), "x")
    request = ExportRequest(
        type="labels", layout="csv", out=str(tmp_path / "out"), include="annotated"
    )
    export(any_store, request)
    rows = [
        row
        for path in (tmp_path / "out").glob("*.csv")
        for row in csv.DictReader(path.open(encoding="utf-8-sig"))
    ]
    named = {value for row in rows for value in row.values() if value}
    assert "wrong-place" in named
    assert "wrong-city" not in named


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ('[renamed]\n"wrong-day" = "late"\n', "still is a category"),
        ('[renamed]\n"gone" = "nowhere"\n', "does not exist"),
    ],
)
def test_a_rename_that_cannot_be_is_refused(any_store: Store, extra: str, words: str) -> None:
    with pytest.raises(TaxonomyError, match=words) as refused:
        preview_change(any_store, FIRST + extra, "x")
    assert refused.value.hint


def test_lines_are_added_to_the_table_that_is_there() -> None:
    text = with_renames(FIRST + '\n[renamed]\n"a" = "late"\n', {"b": "late"})
    assert text.count("[renamed]") == 1
    assert '"b" = "late"\n"a" = "late"' in text
    assert with_renames(FIRST, {}) == FIRST
