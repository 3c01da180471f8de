"""How much of what is planted of a real benchmark is found: as it is, with a word or two of ten
changed, in part; and that questions of another benchmark are not taken for it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from app.flows.reading import read_records
from curation.asked import Asked, words_of
from curation.benchmark_index import Index
from curation.decontamination import LEAKS, THRESHOLD
from curation.importing import Record
from curation.word_prints import prints_of

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent"),
]


def questions(path: str, key: str) -> list[list[str]]:
    records = (one for one in read_records(DATA / path) if isinstance(one, Record))
    asked = (one.value[key] for one in records)
    return [words_of(one if isinstance(one, str) else one[0][0]["content"]) for one in asked]


def share_found(index: Index, texts: list[list[str]]) -> float:
    page = prints_of([Asked([words], []) for words in texts])
    found = index.find(page, [str(i) for i in range(len(texts))])
    return len({match.row for match in found if match.kind in LEAKS}) / len(texts)


def test_plants_of_a_real_benchmark_are_found_and_another_benchmark_is_not() -> None:
    entries = [q for q in questions("bfcl_v4/BFCL_v4_simple_python.json", "question") if len(q) > 9]
    index = Index(prints_of([Asked([words], []) for words in entries]), THRESHOLD)
    draw = random.Random(5)

    def changed(words: list[str], n: int) -> list[str]:
        at = set(draw.sample(range(len(words)), n))
        return [f"other{i}" if i in at else word for i, word in enumerate(words)]

    assert share_found(index, entries) == 1
    assert share_found(index, [changed(q, 1) for q in entries]) == 1
    twenty = [q for q in entries if len(q) >= 20]
    assert share_found(index, [changed(q, 2) for q in twenty]) == 1
    padding = [f"pad{i}" for i in range(30)]
    parts = [[*padding, *q[len(q) - 13 :], *padding] for q in entries if len(q) >= 13]
    assert share_found(index, parts) == 1
    others = questions("acebench_en/data_normal_single_turn_single_function.json", "question")
    assert len(twenty) > 50 and len(others) > 50
    assert share_found(index, others) == 0
