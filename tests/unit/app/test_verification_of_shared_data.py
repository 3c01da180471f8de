"""Public predictions through the command line: BFCL results, and pairs for label verification."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app import cli

SHARED = next(
    (p / "shared/data" for p in Path(__file__).resolve().parents if (p / "shared/data").is_dir()),
    None,
)
pytestmark = pytest.mark.skipif(
    SHARED is None, reason="the public test data is not beside the project"
)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def perform(*arguments: object) -> Any:
        code = cli.perform([*map(str, arguments), "--json", "--db", f"sqlite:///{tmp_path}/s.db"])
        out = capsys.readouterr().out.strip().splitlines()
        return code, [json.loads(line) for line in out]

    return perform


def test_results_of_a_benchmark_are_matched_as_it_published(run: Any) -> None:
    assert SHARED is not None
    run("ingest", SHARED / "bfcl_v4/BFCL_v4_live_simple.json", "--dataset", "live")
    results = SHARED / "bfcl_pred/glyphh-ada-1.1/result/BFCL_v4_live_simple_result.json"
    options = ("--dataset", "live", "--model", "glyphh")
    code, (report,) = run("ingest-predictions", results, *options)
    assert code == 0
    assert report == {
        "dataset": "live", "model": "glyphh", "records": 258, "added": 258, "duplicates": 0,
        "unmatched": 0, "n_problems": 0, "problems": [],
    }  # fmt: skip
    _, (again,) = run("ingest-predictions", results, *options)
    assert (again["added"], again["duplicates"]) == (0, 258)

    _, (stats,) = run("stats", "--dataset", "live")
    truth = [json.loads(x) for x in (SHARED / "bfcl_pred/verdicts.jsonl").open(encoding="utf-8")]
    right = sum(
        row["correct"]
        for row in truth
        if row["model"] == "glyphh-ada-1.1" and row["category"] == "live_simple"
    )
    assert stats["verification"]["by_matcher"]["bfcl"] == right == 217
    assert stats["verification"]["predictions"] == stats["verification"]["compared"] == 258
    assert run("verdicts", "--dataset", "live") == (0, [])


def test_answers_of_several_turns_meet_the_step_of_their_turn(run: Any) -> None:
    assert SHARED is not None
    run("ingest", SHARED / "bfcl_v4/BFCL_v4_multi_turn_base.json", "--dataset", "turns")
    results = SHARED / "bfcl_pred/glyphh-ada-1.1/result/BFCL_v4_multi_turn_base_result.json"
    _, (report,) = run("ingest-predictions", results, "--dataset", "turns", "--model", "glyphh")
    assert (report["records"], report["n_problems"]) == (120, 0)
    assert report["added"] == 415
    _, (matched,) = run("match", "--dataset", "turns", "--again")
    assert matched["compared"] == 415
    # Most answers to a turn make the very calls of the gold; answers laid to other turns would not.
    assert matched["counts"]["mastered"] > 200


def test_pairs_become_trajectories_with_a_prediction_each(run: Any) -> None:
    assert SHARED is not None
    pairs = SHARED / "jglv_pairs/pairs.jsonl"
    code, (report,) = run("ingest-predictions", pairs, "--dataset", "pairs", "--model", "m")
    assert (code, report["records"], report["added"]) == (0, 320, 320)
    _, (stats,) = run("stats", "--dataset", "pairs")
    assert stats["datasets"][0]["n_items"] == 316  # four labels stand for two predictions each
    counts = stats["verification"]
    # No published verdict has become one of ours.
    assert (counts["predictions"], counts["judged"], counts["by_verdict"]) == (320, 0, {})
    assert counts["mastered"] == counts["by_matcher"]["strict"]
