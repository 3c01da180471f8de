"""The trainers themselves read every layout: they keep every row, put their loss where the row says
it belongs, and take two steps.

What runs is their own code, by the config or script that lies beside the rows; only the model and
what asks for a graphics card is changed. Axolotl's own training loop and verl's rollouts ask for
one: of these two, what reads rows is run.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import pytest

from tests.trainers.conftest import Consumed, Exported, needs
from tests.trainers.expected import Row, Side, lines, rows_of, sides_of, stands, tool_names
from tests.trainers.readers import TRAINERS, Reader, pairs


class Case(NamedTuple):
    """An export and who reads it."""

    reader: Reader
    layout: str
    type: str
    per_step: bool = False

    @property
    def variable(self) -> str:
        return self.reader.variables[0]

    @property
    def script(self) -> str:
        return self.reader.script


CASES = [
    Case(reader, layout, kind, per_step)
    for reader in TRAINERS
    for kind, layout in pairs(reader)
    for per_step in ((False, True) if kind == "sft" else (False,))
]


def parameters() -> list[Any]:
    return [
        pytest.param(
            case,
            marks=needs(case.variable),
            id=f"{case.layout}-{case.type}{'-per-step' if case.per_step else ''}",
        )
        for case in CASES
    ]


@pytest.mark.parametrize("case", parameters())
def test_every_row_is_trained_on_as_it_says(
    exported: Exported, consumed: Consumed, case: Case
) -> None:
    export = exported(case.type, case.layout, *(["--per-step"] if case.per_step else []))
    report = consumed(case.variable, case.script, export, type=case.type)
    rows = rows_of(export)
    assert len(rows) == len(report["rows"]) > 4
    took_steps(report)
    labels = [row.get("label", row.get("kto_tag")) for row in rows]
    assert report["labels"] == [label for label in labels if label is not None]
    counts = [(t["text"]["tokens"], t["text"]["learnt_tokens"]) for t in rendered(export)]
    own_template = case.script in ("trl_trainers", "axolotl_rows")
    for row, texts, counted in zip(rows, report["rows"], counts, strict=True):
        sides = sides_of(case.layout, row)
        if case.per_step and case.layout == "sharegpt":
            last = sides_of(case.layout, {**row, "kto_tag": True})[0]
            sides = [Side(last.learnt, last.context)]
        for side, text in zip(sides, texts, strict=True):
            look(row, side, text)
        if own_template:
            assert longest(texts) == counted


def rendered(export: Any) -> list[Row]:
    return lines(export / "rendering.jsonl")


def longest(texts: list[Row]) -> tuple[int, int]:
    """Tokens and learnt tokens of the longest text, as an export tells them of a row."""
    text = max(texts, key=lambda one: len(one["text"]))
    return text["tokens"], text["learnt_tokens"]


def look(row: Row, side: Side, text: Row) -> None:
    """All words are in the text, and loss lies on those that are to be learnt."""
    for words in side.learnt:
        assert stands(words, text["learnt"]), words
    for words in (*side.context, *tool_names(row)):
        assert stands(words, text["text"]), words
    spoken = "\n".join(side.learnt)
    for words in side.context:
        # Short words may be said again by who is learnt from.
        if len(words) > 20 and not stands(words, spoken):
            assert not stands(words, text["learnt"]), words
    assert 0 < text["learnt_tokens"] < text["tokens"]


def took_steps(report: dict[str, Any]) -> None:
    """Two steps were taken, and their loss is a number."""
    assert len(report["losses"]) == 2
    assert all(math.isfinite(loss) for loss in report["losses"])
