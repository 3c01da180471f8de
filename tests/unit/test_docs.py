"""The README cannot fall behind: its tables are what the registries say now."""

from __future__ import annotations

import re

import pytest

from curation.exporting import supported
from tests.readme_tables import README, TABLES, with_tables
from tests.trainers.readers import READERS, pairs

TEXT = README.read_text(encoding="utf-8")


def _block(name: str, text: str) -> str:
    found = re.search(f"<!-- begin {name} -->(.*?)<!-- end {name} -->", text, re.DOTALL)
    assert found, f"the README has no table of {name}"
    return found.group(1).strip()


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_table_is_not_stale(name: str) -> None:
    assert _block(name, TEXT) == TABLES[name](), "run `make docs`"


def test_a_stale_table_would_be_noticed_and_mended() -> None:
    stale = TEXT.replace("`LOOPWRIGHT_PORT`", "`LOOPWRIGHT_HARBOUR`")
    assert _block("settings", stale) != TABLES["settings"]()
    assert with_tables(stale) == with_tables(TEXT)


def test_every_make_target_is_mentioned() -> None:
    makefile = (README.parent / "Makefile").read_text(encoding="utf-8")
    for target in ("run", "test", "lint", "bench", "docs"):
        assert re.search(f"^{target}:", makefile, re.MULTILINE)
        assert f"make {target}" in TEXT


def test_links_within_the_repository_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", TEXT):
        assert (README.parent / target).exists(), target


def test_every_type_in_every_layout_is_reloaded_by_a_reader() -> None:
    reloaded = {pair for reader in READERS for pair in pairs(reader)}
    assert reloaded == {(t, y) for t, layouts in supported().items() for y in layouts}
    for reader in READERS:
        assert (README.parent / f"tests/trainers/consumers/{reader.script}.py").exists()
