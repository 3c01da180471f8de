"""Mutants of BFCL's reference calls against its set-valued gold, under BFCL's own matcher.

A mutant that the gold accepts would be a wrong label in a set of negatives. Known: one of 2,106
steps, whose gold accepts "" for a required argument.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from app.flows.reading import detect_format, import_context, read_records
from curation.gold import read_ground_truth
from curation.importing import Record, pivot_record
from curation.matching import MATCHERS, match_step
from curation.mutating import MUTATIONS, mutants

SHARED = Path(__file__).resolve().parents[5] / "shared"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(
        not SHARED.is_dir(), reason="the public test data is not beside the project"
    ),
]
FILES = ("simple_python", "multiple", "parallel", "live_simple", "live_multiple")
RARE = {"unasked-key", "dropped-call", "made-up-identifier"}
"""Optional arguments are all in BFCL's references; most steps have one call and no codes."""


def test_mutants_of_bfcl_are_wrong_by_its_gold() -> None:
    strict, bfcl = MATCHERS.get("strict"), MATCHERS.get("bfcl")
    made: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    steps = 0
    for name in FILES:
        path = SHARED / f"data/bfcl_v4/BFCL_v4_{name}.json"
        entry, context = detect_format(path), import_context(path, ())
        assert entry is not None
        for record in read_records(path):
            assert isinstance(record, Record)
            [row] = pivot_record(entry, record, context)
            gold = read_ground_truth(row.source.get("ground_truth"))
            *before, right = row.trajectory.messages
            tools = row.trajectory.tools
            if not match_step(bfcl, right, right, gold=gold, tools=tools).matched:
                continue  # the gold of these few rows breaks BFCL's own rules
            steps += 1
            for mutant in mutants(right, tools, before, seed=row.source_id):
                made[mutant.mutation] += 1
                wrong = mutant.message
                assert not match_step(strict, right, wrong, tools=tools).matched
                accepted[mutant.mutation] += match_step(
                    bfcl, right, wrong, gold=gold, tools=tools
                ).matched
    print(f"\n{steps} steps")
    for name in MUTATIONS.names():
        print(f"{name:22}{made[name]:6} mutants, {accepted[name]} accepted by the gold")
    assert steps == 2106
    assert {name: n for name, n in accepted.items() if n} == {"blank-value": 1}
    for name in MUTATIONS.names():
        assert made[name] >= steps * (0.005 if name in RARE else 0.5), name
