"""Figures of the loop: every mark leads to what it counts."""

from __future__ import annotations

from components.round_charts import PARTS, RoundMark, match_rates, mixtures, read_mark
from curation.mixture import Part

ROUNDS = [
    RoundMark(1, {Part.SEED_NEW: 40}, None),
    RoundMark(2, {Part.ERROR_SEEDS: 5, Part.SEED_NEW: 20}, 0.625),
    RoundMark(3, {}, 0.75),
]


def test_bars_stack_the_sets_of_every_round() -> None:
    figure = mixtures(ROUNDS)
    assert [bar.name for bar in figure.data] == list(PARTS.values())
    assert figure.layout.barmode == "stack"
    errors, *_, new = figure.data
    assert list(errors.y) == [0, 5, 0]
    assert list(new.y) == [40, 20, 0]
    assert list(new.x) == ["Round 1", "Round 2", "Round 3"]
    assert [a.text for a in figure.layout.annotations] == ["open"]


def test_the_line_is_of_rounds_with_answers() -> None:
    (line,) = match_rates(ROUNDS).data
    assert list(line.x) == ["Round 2", "Round 3"]
    assert list(line.y) == [0.625, 0.75]
    assert list(line.text) == ["62.5%", "75.0%"]


def test_marks_lead_to_their_round_and_set() -> None:
    errors, *_ = mixtures(ROUNDS).data
    assert read_mark(errors.customdata[1][0]) == (2, Part.ERROR_SEEDS)
    (line,) = match_rates(ROUNDS).data
    assert read_mark(line.customdata[0][0]) == (2, None)
    assert read_mark(None) is None
