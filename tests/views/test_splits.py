"""The dialog of the split ledger on the Export page."""

from __future__ import annotations

from pathlib import Path

from app.flows.export import ExportRequest, export
from curation.split_ledger import LedgerSetup
from curation.splits import DEFAULT_SALT, DEFAULT_SHARES, Split
from storage.engine import Store
from storage.groups import link
from storage.split_ledger import record_sides, unrecorded_groups
from tests.views.conftest import Open

LEDGER = LedgerSetup(DEFAULT_SHARES, DEFAULT_SALT).name


def test_the_dialog_says_who_waits_who_is_where_and_what_is_withheld(
    filled: Store, open_page: Open, tmp_path: Path
) -> None:
    def opened() -> str:
        page = open_page("export")
        (button,) = [one for one in page.button if one.label == "Splits"]
        button.click().run()
        assert not page.exception
        said = [*page.markdown, *page.warning]
        return " ".join(one.value for one in said)

    assert "Without a side: **6 groups**" in opened()
    with filled.write() as conn:
        one, other, *_ = unrecorded_groups(conn, LEDGER)
        record_sides(conn, LEDGER, {one: Split.TRAIN, other: Split.TEST})
        link(conn, [(one, other)])
    assert "On several sides: 1 family" in opened()
    export(filled, ExportRequest("labels", "jsonl", str(tmp_path / "out"), "all"))
    assert "Without a side" not in opened()
