"""What running text mentions: numbers, measures, dates and times, each with its place."""

from __future__ import annotations

import pytest

from curation.mentions.dates import Day, day_mentions, days_of, time_mentions, times_of
from curation.mentions.measures import is_conversion, measures
from curation.mentions.numbers import number_mentions


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a loan of 5,000 over 3 years", {5000, 3}),
        ("about $2.5k please", {2500, 2.5}),
        ("1.5 million people", {1_500_000}),
        ("a 5% discount", {5, 0.05}),
        ("twenty-five guests", {25}),
        ("two hundred and twelve", {212}),
        ("a dozen eggs", {12}),
        ("200,300,400", {200, 300, 400}),
        ('{"price":12.50,"seats":[1,2]}', {12.5, 1, 2}),
        ("the 3rd floor", {3}),
    ],
)
def test_numbers_are_read_in_every_spelling(text: str, values: set[float]) -> None:
    assert values <= {m.value for m in number_mentions(text)}


@pytest.mark.parametrize("text", ["HAT001", "v2.3.4b", "", "no number", "x86"])
def test_what_is_part_of_a_name_is_no_number(text: str) -> None:
    assert [m.value for m in number_mentions(text) if m.is_literal] == []


def test_a_number_has_its_place() -> None:
    text = "It costs 1,250 euro."
    first = next(number_mentions(text))
    assert text[first.start : first.end] == "1,250" and first.is_literal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("within 5 km", 5000),  # 5 km x 1,000 m
        ("5 miles", 8046.72),  # 5 x 1,609.344 m
        ("two hours", 120),  # 2 h x 60 min
        ("a 90-minute talk", 1.5),  # 90 / 60
        ("20 °C", 68),  # 20 x 9/5 + 32
        ("68 degrees Fahrenheit", 20),  # (68 - 32) x 5/9
        ("50mH", 0.05),
        ("100 μF", 0.0001),
        ("3 dollars", 300),  # cents
    ],
)
def test_a_measure_in_another_unit(text: str, value: float) -> None:
    assert any(is_conversion(value, m) for m in measures(text))


@pytest.mark.parametrize(("text", "value"), [("500 mg", 501), ("5 km", 5100), ("5 apples", 5000)])
def test_a_near_miss_is_no_conversion(text: str, value: float) -> None:
    assert not any(is_conversion(value, m) for m in measures(text))


@pytest.mark.parametrize(
    "text",
    [
        "on 2024-05-03", "on May 3rd, 2024", "on 3 May 2024", "5/3/2024", "3.5.2024",
        "the 3rd of May", "May 3",
    ],
)  # fmt: skip
def test_dates_are_read_in_every_spelling(text: str) -> None:
    wanted = Day(2024, 5, 3)
    assert any(m.day is not None and m.day.fits(wanted) for m in day_mentions(text))


@pytest.mark.parametrize("text", ["tomorrow", "next Friday", "in two weeks", "three days ago"])
def test_relative_dates_may_be_any(text: str) -> None:
    assert any(m.day is None for m in day_mentions(f"Book it {text}, please."))


def test_another_day_does_not_fit() -> None:
    assert not Day(2024, 5, 3).fits(Day(2024, 5, 4))
    assert not Day(2024, 5, 3).fits(Day(2023, 5, 3))
    assert Day(None, 5, 3).fits(Day(2023, 5, 3))


def test_only_what_is_hardly_more_than_a_date_is_taken_for_one() -> None:
    assert days_of("2024-05-03") == [Day(2024, 5, 3)]
    assert days_of("2024-05-03T10:00:00") == [Day(2024, 5, 3)]
    assert days_of("Minutes of the meeting on 3 May 2024 with everybody") == []
    assert days_of("99-99-9999") == []


def test_times_of_day() -> None:
    assert (14, 30) in {m.time for m in time_mentions("at 2:30 pm")}
    assert {m.time for m in time_mentions("at 2:30")} == {(2, 30), (14, 30)}
    assert {m.time for m in time_mentions("around noon")} == {(12, 0)}
    assert set(times_of("2024-05-03T14:30:00")) == {(14, 30), (2, 30)}
    assert times_of("half past two") == []
