"""Public predictions through the command line: BFCL results, and pairs for label verification."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.flows.annotate import perform
from app.flows.rule import rule
from curation.errors import AnnotationError
from curation.verdicts import Verdict
from storage.engine import open_store
from storage.matches import page_to_compare
from storage.trajectories import load_by_id
from tests.episodes import Person

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


def test_rulings_on_benchmark_steps_reach_the_files_that_trainers_read(
    run: Any, tmp_path: Path
) -> None:
    """Prediction, match, ruling, correction or pair or alternative, export."""
    assert SHARED is not None
    run("ingest", SHARED / "bfcl_v4/BFCL_v4_live_simple.json", "--dataset", "live")
    results = SHARED / "bfcl_pred/glyphh-ada-1.1/result/BFCL_v4_live_simple_result.json"
    run("ingest-predictions", results, "--dataset", "live", "--model", "glyphh")
    store = open_store(f"sqlite:///{tmp_path}/s.db")
    mara = Person(store, "Mara")
    with store.read() as conn:
        known = page_to_compare(conn, None, 0, 1_000, again=True)
    wrong = [one for one in known if not one.matches["bfcl"] and one.message.tool_calls]
    spelled = [one for one in known if one.matches["bfcl"] and not one.matches["strict"]][:10]
    ruled: dict[int, Verdict] = {one.id: Verdict.BOTH_CORRECT for one in spelled}
    n = 0
    for one in [*spelled, *wrong[:20]]:
        # By turns, whatever is true: what counts here is what becomes of it.
        of_wrong = Verdict.PRED_WRONG if n % 2 else Verdict.LABEL_WRONG
        n += 1
        verdict = ruled.get(one.id, of_wrong)
        try:
            rule(store, mara.info, one.id, verdict, session_id="s", n=n)
        except AnnotationError as refused:
            # An answer that breaks its tool's schema cannot become the reference.
            assert verdict is Verdict.LABEL_WRONG
            assert "cannot be saved" in refused.message
            continue
        ruled[one.id] = verdict
        with store.read() as conn:
            uid = load_by_id(conn, one.trajectory_id).uid
        said = [mara.op("outcome", uid, outcome="accept"), mara.op("commit", uid)]
        perform(store, mara.info, mara.session, said)
    store.close()

    counts = Counter(ruled.values())
    assert counts[Verdict.BOTH_CORRECT] == counts[Verdict.PRED_WRONG] == 10
    assert counts[Verdict.LABEL_WRONG] >= 5
    _, lines = run("verdicts", "--dataset", "live")
    assert Counter(line["verdict"] for line in lines) == {str(v): n for v, n in counts.items()}
    assert {(line["decided_by"], line["consensus"]) for line in lines} == {("Mara", None)}
    assert set(lines[0]) == {
        "dataset", "uid", "source_id", "message_index", "model", "verdict", "decided_by",
        "consensus",
    }  # fmt: skip
    _, (stats,) = run("stats", "--dataset", "live")
    # Each accepted answer is mastered from then on.
    assert stats["verification"]["mastered"] == 124 + 10

    options = ("--include", "annotated", "--shares", "1,0,0", "--layout", "trl")
    _, (pairs,) = run("export", "--type", "dpo", *options, "--out", tmp_path / "dpo")
    assert pairs["rows"] == counts[Verdict.LABEL_WRONG] + counts[Verdict.PRED_WRONG]
    _, (whole,) = run("export", "--type", "sft", *options, "--out", tmp_path / "sft")
    assert whole["rows"] == len(ruled)
