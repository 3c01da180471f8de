"""What Arrow would read as something else is not published."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.flows.annotate import perform
from app.flows.correct import propose_correction
from app.flows.export import ExportReport, ExportRequest, export
from curation.errors import ExportError
from curation.exporting import Include
from storage.engine import Store
from tests.episodes import CALL_AT, Person, add_trajectories, episode
from tests.revisions import arguments, revised


def write(store: Store, out: Path, kind: str, layout: str) -> ExportReport:
    shares = (1.0, 0.0, 0.0)
    return export(store, ExportRequest(kind, layout, str(out), Include.ALL, shares=shares))


def corrected(store: Store, *cities: tuple[str, str]) -> None:
    """Trajectories whose call names a wrong city, each with its accepted correction."""
    ana = Person(store, "ana")
    for i, (wrong, right) in enumerate(cities):
        (uid,) = add_trajectories(store, [episode(i, f'{{"city": "{wrong}"}}')])
        edit = revised(5, arguments(CALL_AT, f'{{"city": "{right}"}}'))
        propose_correction(
            store, ana.info, ana.session, ana.next_number(), uid, edit, "!", attested=[3, 4]
        )
        ops = [ana.op("outcome", uid, outcome="accept"), ana.op("commit", uid)]
        assert all(r.status == "ok" for r in perform(store, ana.info, ana.session, ops).results)


def test_arguments_that_are_all_dates_are_not_left_to_arrow(store: Store, tmp_path: Path) -> None:
    corrected(store, ("2026-01-01", "2026-01-02"), ("2026-01-03 10:00:00", "2026-01-04"))
    with pytest.raises(
        ExportError, match=r"chosen\.tool_calls\.function\.arguments\.city is a"
    ) as told:
        write(store, tmp_path / "objects", "dpo", "trl-objects")
    assert "layout trl" in told.value.hint and not (tmp_path / "objects").exists()
    assert write(store, tmp_path / "text", "dpo", "trl").rows == 2
    # Messages of other roles have other keys, so whole conversations stay JSON.
    assert write(store, tmp_path / "whole", "sft", "trl-objects").rows == 2


def test_one_text_that_is_no_date_is_enough(store: Store, tmp_path: Path) -> None:
    corrected(store, ("2026-01-01", "2026-01-02"), ("Rome", "Oslo"))
    assert write(store, tmp_path / "out", "dpo", "trl-objects").rows == 2


def test_datasets_reads_those_files_so(tmp_path: Path) -> None:
    """Why the rule is there; if this fails, `datasets` has learnt better and the rule may go."""
    datasets = pytest.importorskip("datasets")
    (tmp_path / "rows.jsonl").write_text('{"a":[{"d":"2026-01-01"}]}\n' * 2)
    rows = datasets.load_dataset(
        "json", data_files=str(tmp_path / "rows.jsonl"), split="train", cache_dir=str(tmp_path)
    )
    assert not isinstance(rows[0]["a"][0]["d"], str)
