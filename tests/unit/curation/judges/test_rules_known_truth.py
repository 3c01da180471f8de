"""The rules judge on 320 pairs whose verdicts are known: how much it decides, and how well.

The pairs (made from BFCL; see the README of the data) hold 80 of each verdict, in which a label is
wrong twice as often as in any real dataset, so precision is measured where it is hardest.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from curation.gold import read_ground_truth
from curation.judging import JudgeCase
from curation.proving import Ground, prove
from curation.trajectory import Message, Role, ToolCall, ToolSpec
from curation.verdicts import Verdict

DATA = Path(__file__).parents[5] / "shared" / "data"
PAIRS = DATA / "jglv_pairs" / "pairs.jsonl"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not PAIRS.is_file(), reason="../shared/data is absent"),
]


def answer(calls: list[dict[str, Any]]) -> Message:
    made = tuple(ToolCall(c["name"], json.dumps(c["arguments"])) for c in calls)
    return Message(Role.ASSISTANT, None if made else "", made)


def pairs() -> list[dict[str, Any]]:
    return [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]


def case_of(row: dict[str, Any], **more: Any) -> JudgeCase:
    tools = tuple(
        ToolSpec(t["name"], t.get("description", ""), t.get("parameters"))
        for t in (tool["function"] for tool in row["tools"])
    )
    context = tuple(Message(Role(m["role"]), m["content"]) for m in row["messages"])
    return JudgeCase(tools, context, answer(row["label"]), answer(row["prediction"]), **more)


def test_what_the_rules_prove_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    rows = pairs()
    confusion: Counter[tuple[str, str]] = Counter()
    grounds: Counter[tuple[Ground, bool]] = Counter()
    for row in rows:
        proof = prove(case_of(row))
        confusion[row["verdict"], proof.verdict or "unscored"] += 1
        if proof.ground is not None:
            grounds[proof.ground, proof.verdict == row["verdict"]] += 1
    right = sum(n for (_, is_right), n in grounds.items() if is_right)
    decided = grounds.total()
    columns = [*Verdict, "unscored"]
    with capsys.disabled():
        print(f"\nrules judge on {len(rows)} pairs: decided {decided} ({decided / len(rows):.1%}), "
              f"right {right} ({right / decided:.1%})")  # fmt: skip
        print("truth \\ said   " + "".join(f"{c:>14}" for c in columns))
        for truth in Verdict:
            print(f"{truth:<15}" + "".join(f"{confusion[truth, c]:>14}" for c in columns))
        for ground in Ground:
            n, wrong = grounds[ground, True], grounds[ground, False]
            if n or wrong:
                print(f"{ground:<15} {n} of {n + wrong}")
    assert len(rows) == 320
    assert right / decided >= 0.95
    assert decided >= 85, "coverage has fallen"


def test_gold_decides_where_it_accepts_the_prediction(capsys: pytest.CaptureFixture[str]) -> None:
    gold: dict[str, Any] = {}
    for path in sorted((DATA / "bfcl_v4" / "possible_answer").glob("*.json")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            gold[row["id"]] = read_ground_truth(row["ground_truth"])
    rows = [row for row in pairs() if gold.get(row["source_id"])]
    found = [(row, prove(case_of(row, gold=gold[row["source_id"]])).verdict) for row in rows]
    decided = [(row, verdict) for row, verdict in found if verdict is not None]
    wrong = [row["id"] for row, verdict in decided if verdict != row["verdict"]]
    with capsys.disabled():
        print(f"\nrules judge with gold: {len(found)} pairs, {len(decided)} decided, "
              f"{len(wrong)} otherwise: {wrong}")  # fmt: skip
    assert len(found) >= 250
    accepted = {Verdict.BOTH_CORRECT, Verdict.LABEL_WRONG}
    assert len(decided) >= 0.95 * sum(row["verdict"] in accepted for row, _ in found)
    assert len(wrong) <= 0.01 * len(found)
