"""Set-valued gold as BFCL writes it, and as it is made of a message."""

from __future__ import annotations

from curation.gold import GoldCall, GoldParameter, gold_of, read_ground_truth
from curation.trajectory import ToolCall
from tests.unit.curation.matchers.answers import call, calling


def test_gold_is_read_as_the_benchmark_writes_it() -> None:
    assert read_ground_truth([{"f": {"x": [1, ""], "y": 2}}]) == (
        GoldCall("f", (GoldParameter("x", (1, ""), True), GoldParameter("y", (2,)))),
    )
    for other in (None, [], "f()", [["mv(source='a')"]], [{"f": {}, "g": {}}], [{"f": [1]}]):
        assert read_ground_truth(other) is None


def test_gold_of_a_message() -> None:
    found = gold_of(calling(call("f", x=[{"a": 1}], y={"b": "c"}, z=[{"a": 1}, 2])))
    assert found is not None
    assert found[0].accepted() == {
        "x": ([{"a": [1]}],),
        "y": ({"b": ["c"]},),
        "z": ([{"a": 1}, 2],),
    }
    assert gold_of(calling(ToolCall("f", "{"))) is None
