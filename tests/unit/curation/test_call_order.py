"""Which parallel calls may change places."""

from __future__ import annotations

import pytest

from curation.augment_reasons import Barred
from curation.call_order import only_reads, order_of_calls
from curation.trajectory import Message, Role
from tests.curated_examples import call, result, user


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("get_weather", True),
        ("math.factorial", True),
        ("searchFlights", True),
        ("Events_3_FindEvents", True),
        ("book_table", False),
        ("get_and_delete", False),
        ("spotify.play", False),
        ("move", False),
        ("xyzzy", False),
    ],
)
def test_what_a_tool_does_is_told_by_its_name(name: str, reads: bool) -> None:
    assert only_reads(name) is reads


def two(second: str, name: str = "get_area") -> Message:
    return call((name, '{"of": "A-1"}'), (name, f'{{"of": "{second}"}}'))


@pytest.mark.parametrize(
    ("words", "step", "why"),
    [
        ("Areas of A-1 and B-2.", two("B-2"), None),
        ("First A-1, then B-2.", two("B-2"), Barred.ORDER_MATTERS),
        ("Areas of A-1 and B-2.", two("B-2", "set_area"), Barred.MAY_CHANGE_THINGS),
        ("Areas of A-1 and of what it lies in.", two("C-3"), Barred.USES_RESULT),
    ],
)
def test_calls_stay_where_their_order_may_matter(
    words: str, step: Message, why: Barred | None
) -> None:
    results = [result('{"lies_in": "C-3", "area": 4}', "c0g"), result("{}", "c1g")]
    messages = [user(words), step, *results]
    assert messages[1].role is Role.ASSISTANT
    assert order_of_calls(messages, 1, results) is why
