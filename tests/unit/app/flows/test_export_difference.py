"""What two exports differ in, told from their folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import perform as command
from app.flows import export_difference
from app.flows.adjudicate import decide
from app.flows.annotate import perform
from app.flows.correct import propose_correction
from app.flows.export import ExportRequest, export
from app.flows.export_difference import compare_exports
from curation.errors import ExportError
from curation.export_difference import Change, RowDifference, Why
from storage.engine import Store
from tests.episodes import CALL_AT, Person, add_episodes
from tests.revisions import arguments, revised


def ask(store: Store, out: Path, **more: Any) -> Path:
    more = {"include": "all", "shares": (0.5, 0.5, 0.0), **more}
    export(store, ExportRequest("sft", more.pop("layout", "openai"), str(out), **more))
    return out


def correct(store: Store, person: Person, uid: str, city: str) -> None:
    edit = revised(5, arguments(CALL_AT, json.dumps({"city": city, "days": 3})))
    number = person.next_number()
    propose_correction(
        store, person.info, person.session, number, uid, edit, "Said so.", attested=[3, 4]
    )
    ops = [person.op("outcome", uid, outcome="accept"), person.op("commit", uid)]
    perform(store, person.info, person.session, ops)
    decide(store, uid, decided_by=person.info, outcome="accept", adopt_annotator="ana")


@pytest.mark.parametrize("rows_a_part", [50_000, 3])
def test_rows_that_came_went_and_changed_are_told_with_their_reason(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_a_part: int
) -> None:
    monkeypatch.setattr(export_difference, "ROWS_A_PART", rows_a_part)
    uids = add_episodes(store, 12)
    before = ask(store, tmp_path / "a")
    assert compare_exports(before, ask(store, tmp_path / "b")).same
    ana = Person(store, "ana")
    correct(store, ana, uids[0], "Oslo")
    reject = [ana.op("outcome", uids[1], outcome="reject"), ana.op("commit", uids[1])]
    perform(store, ana.info, ana.session, reject)
    (new,) = add_episodes(store, 1, first=50)
    told: list[RowDifference] = []
    found = compare_exports(before, ask(store, tmp_path / "b"), told.append)
    assert not found.same and found.contents_compared
    assert (found.rows_before, found.rows_after, found.rows_same) == (12, 12, 10)
    assert {(one.uid, one.change, one.why, one.reason) for one in told} == {
        (uids[0], Change.CHANGED, Why.CORRECTED, None),
        (uids[1], Change.REMOVED, Why.LEFT_OUT, "rejected"),
        (new, Change.ADDED, Why.IMPORTED, None),
    }
    assert found.recipe == found.versions == () and found.moved_under_one_ledger == 0
    (removed,) = [one for one in told if one.change is Change.REMOVED]
    assert removed.before and not removed.after
    assert json.loads((before / removed.before.partition(":")[0]).read_text().splitlines()[0])


def test_a_row_in_another_split_under_one_ledger_is_an_alarm(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_episodes(store, 12)
    before, after = ask(store, tmp_path / "a"), ask(store, tmp_path / "b", salt="other")
    moved = compare_exports(before, after)
    assert {one.why for one in moved.why if one.change is Change.MOVED} == {Why.OTHER_LEDGER}
    assert [one.name for one in moved.recipe] == ["salt"]
    # No honest way leads there: the later export is made to say that its ledger was the same.
    manifest = json.loads((after / "manifest.json").read_text())
    manifest["request"]["salt"] = json.loads((before / "manifest.json").read_text())["request"][
        "salt"
    ]
    (after / "manifest.json").write_text(json.dumps(manifest))
    found = compare_exports(before, after)
    assert found.moved_under_one_ledger == moved.by_change[Change.MOVED] > 0
    assert command(["diff-exports", str(before), str(after)]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"ALARM: {found.moved_under_one_ledger} rows")


def test_recipes_layouts_and_redaction_explain_what_they_change(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_episodes(store, 6)
    before = ask(store, tmp_path / "a")
    steps = compare_exports(before, ask(store, tmp_path / "b", per_step=True))
    assert {(one.change, one.why) for one in steps.why} == {
        (Change.ADDED, Why.RECIPE), (Change.REMOVED, Why.RECIPE)
    }  # fmt: skip
    other = ask(store, tmp_path / "c", layout="trl")
    found = compare_exports(before, other)
    assert not found.contents_compared and not found.why and not found.same
    assert command(["--json", "diff-exports", str(before), str(other)]) == 1
    assert json.loads(capsys.readouterr().out)["recipe"] == [
        {"name": "layout", "before": "openai", "after": "trl"}
    ]
    assert command(["diff-exports", str(before), str(before)]) == 0
    assert command(["diff-exports", str(before), str(tmp_path)]) == 2
    rows = tmp_path / "rows.jsonl"
    command(["diff-exports", str(before), str(tmp_path / "b"), "--rows", str(rows)])
    assert len(rows.read_text().splitlines()) == 18
    with pytest.raises(ExportError, match="no export"):
        compare_exports(tmp_path / "nothing", before)
