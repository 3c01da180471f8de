"""The viewer's pure modules, tested by Node's own test runner; and the fold against Python's."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from curation.annotation import ActKind, fold, read_payload
from curation.recovery import Recovery

HERE = Path(__file__).parent
NODE = shutil.which("node")
VERDICTS = ["correct", "incorrect", "unsure", None]


def random_act(dice: random.Random) -> tuple[str, dict[str, Any]]:
    """One act over few places and ids, so that acts meet each other."""
    kinds = "mark mark mark unmark verdicts recovery outcome note correct try checklist"
    kind = dice.choice(kinds.split())
    mark_id = dice.choice("abc")
    match kind:
        case "mark":
            return kind, {"mark": random_mark(dice, mark_id)}
        case "unmark":
            return kind, {"mark_id": mark_id}
        case "verdicts":
            steps = dice.sample(["1", "3", "10"], 2)
            return kind, {"verdicts": {step: dice.choice(VERDICTS) for step in steps}}
        case "recovery":
            label = dice.choice(list(Recovery))
            step = dice.choice([1, 3, 10])
            return kind, {"message_index": step, "label": label, "holds": dice.random() < 0.7}
        case "outcome":
            return kind, {"outcome": dice.choice(["accept", "reject", "unsure", None])}
        case "note":
            return kind, {"note": dice.choice(["", "x", "ü"])}
        case "try":
            ruling = dice.choice(["alternative", "rejected", None])
            return kind, {"message_index": dice.choice([1, 3]), "try_id": mark_id, "ruling": ruling}
        case "checklist":
            place = {"message_index": dice.choice([1, 3]), "call_index": dice.randrange(2)}
            answer = dice.choice(["yes", "no", "na", None])
            return kind, {**place, "item_id": mark_id, "answer": answer}
        case _:
            return kind, {"correction_uid": dice.choice(["tj1-a", None])}


def random_mark(dice: random.Random, mark_id: str) -> dict[str, Any]:
    """A mark at one of few places, with some of what a mark may carry."""
    anchor: dict[str, Any] = {"message_index": dice.randrange(3)}
    if dice.random() < 0.5:
        anchor |= {"call_index": 0, "pointer": dice.choice(["", "/x"])}
    elif dice.random() < 0.5:
        anchor |= {"span": [1, 4], "field": dice.choice(["content", "reasoning"])}
    mark = {"mark_id": mark_id, "taxonomy": "t", "category": "C", "anchor": anchor}
    if dice.random() < 0.5:
        mark |= {"severity": "minor", "note": "n", "root_cause": dice.random() < 0.5}
    if dice.random() < 0.6:
        mark |= {"caused_by": dice.choice("abcd")}
    if dice.random() < 0.3:
        mark |= {"train": False, "expected_clarification": "Which ü?"}
    return mark


@pytest.fixture(scope="module")
def fold_cases() -> bytes:
    """Sequences of acts and what Python's fold makes of them, as the API would send it."""
    dice = random.Random(11)
    cases = []
    for length in itertools.islice(itertools.cycle(range(18)), 540):
        acts = [random_act(dice) for _ in range(length)]
        annotation = fold(read_payload(ActKind(kind), payload) for kind, payload in acts)
        cases.append(
            {
                "acts": [{"kind": kind, "payload": payload} for kind, payload in acts],
                "annotation": msgspec.to_builtins(annotation, str_keys=True),
            }
        )
    return msgspec.json.encode(cases)


@pytest.mark.skipif(NODE is None, reason="Node is not installed: the viewer's tests did not run")
@pytest.mark.parametrize("module", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_pure_modules_pass_their_tests(module: str, fold_cases: bytes, tmp_path: Path) -> None:
    cases = tmp_path / "fold_cases.json"
    cases.write_bytes(fold_cases)
    assert NODE is not None
    done = subprocess.run(
        [NODE, str(HERE / module)],  # `--test` would start a second process for the one file
        env={**os.environ, "LOOPWRIGHT_FOLD_CASES": str(cases)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
