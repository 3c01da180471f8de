"""Tools that may stand in for another, and tools that cannot."""

from __future__ import annotations

import pytest
from msgspec import Raw

from curation.episodes import ToolText
from curation.tool_likeness import may_stand_in

WEATHER = ToolText("get_weather", "Current weather in a city.")


@pytest.mark.parametrize(
    ("other", "able"),
    [
        (ToolText("book_hotel", "Reserves a room in a hotel."), False),
        (ToolText("play_song", "Plays music by an artist."), False),
        (ToolText("weather_forecast", "What comes tomorrow."), True),
        (ToolText("climate", "The weather of a city in the coming week."), True),
        (ToolText("run_python", "Executes code."), True),
        (ToolText("web_search", "Searches the web."), True),
        (ToolText("f", ""), True),
    ],
)
def test_a_stand_in_is_told_by_its_words(other: ToolText, able: bool) -> None:
    assert may_stand_in(other, WEATHER) is able


def test_tools_that_require_the_same_are_alike() -> None:
    schema = Raw(b'{"type": "object", "properties": {}, "required": ["base", "height"]}')
    one = ToolText("triangle", "Half of a rectangle.", schema)
    assert may_stand_in(ToolText("rhomboid", "Leaning shape.", schema), one)
    assert not may_stand_in(ToolText("rhomboid", "Leaning shape."), one)
