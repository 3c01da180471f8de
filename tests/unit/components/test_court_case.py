"""What the browser is told of a case: sides aligned, and blind nothing that names the label."""

from __future__ import annotations

import json
from typing import Any

from components.court_case import ShownCase, ShownVote, Side, case_json
from curation.check_context import CheckContext
from curation.judging import JudgeReply, Omission, OmissionKind, Order, Unscored, Vote, VoteKey
from curation.trajectory import Message, Role, ToolCall, Trajectory
from tests.episodes import WEATHER, episode

CONTEXT = episode(1).messages[:2]


def calling(*calls: ToolCall, text: str | None = None, thought: str | None = None) -> Message:
    return Message(Role.ASSISTANT, text, calls, reasoning=thought)


def weather(raw: str, call_id: str | None = None) -> ToolCall:
    return ToolCall("get_weather", raw, call_id)


def shown(left: Message, right: Message, **more: Any) -> dict[str, Any]:
    case = ShownCase(CONTEXT, (WEATHER,), Side("A", left), Side("B", right), **more)
    return json.loads(json.dumps(case_json(case)))


def rows_of(call: dict[str, Any]) -> dict[str, tuple[Any, Any, bool]]:
    def text(cell: Any) -> Any:
        return None if cell is None else "".join(piece["text"] for piece in cell["pieces"])

    return {row["name"]: (*map(text, row["cells"]), row["differs"]) for row in call["rows"]}


def test_arguments_stand_side_by_side_and_tell_in_which_words_they_differ() -> None:
    case = shown(
        calling(weather('{"city": "New York", "days": 2}')),
        calling(weather('{"days": 2, "place": {"zip": "1"}, "city": "New Haven"}')),
    )
    (call,) = case["calls"]
    assert rows_of(call) == {
        "city": ("New York", "New Haven", True),
        "days": ("2", "2", False),
        "place": (None, "", True),
        "zip": (None, "1", True),
    }
    city = next(row for row in call["rows"] if row["name"] == "city")
    own = [[p["text"] for p in cell["pieces"] if p["is_own"]] for cell in city["cells"]]
    assert own == [["York"], ["Haven"]]


def test_calls_in_another_order_are_paired_and_a_missing_one_is_told() -> None:
    rome, oslo = weather('{"city": "Rome"}'), weather('{"city": "Oslo"}')
    case = shown(calling(rome, oslo), calling(oslo))
    assert [call["names"] for call in case["calls"]] == [
        ["get_weather", "get_weather"],
        ["get_weather", None],
    ]
    assert rows_of(case["calls"][0])["city"] == ("Oslo", "Oslo", False)
    assert rows_of(case["calls"][1])["city"] == ("Rome", None, False)


def test_one_and_a_text_that_says_one_differ() -> None:
    (call,) = shown(calling(weather('{"days": 1}')), calling(weather('{"days": "1"}')))["calls"]
    assert rows_of(call)["days"] == ("1", "1", True)


def test_every_argument_tells_where_it_is_from_and_how() -> None:
    """The user asks for Oslo in two days' time."""
    said = Message(Role.USER, "How is the weather in Oslo, for two days?")
    answer = calling(weather('{"city": "OSLO", "days": 2, "unit": "K"}'))
    found = tuple(CheckContext(Trajectory((said, answer), (WEATHER,))).grounds.all())
    case = ShownCase((said,), (WEATHER,), Side("A", answer, groundings=found), Side("B", calling()))
    (call,) = json.loads(json.dumps(case_json(case)))["calls"]
    assert call["origins"] == [
        {
            "/city": {"origin": "user", "how": "case"},
            "/days": {"origin": "user", "how": "number"},
            "/unit": {"origin": "nowhere", "how": None},
        },
        None,
    ]
    assert [row["pointer"] for row in call["rows"]][:2] == ["/city", "/days"]


def test_arguments_that_do_not_parse_are_told_as_they_came() -> None:
    (call,) = shown(calling(weather("{oops")), calling(weather('{"city": "Oslo"}')))["calls"]
    assert call["raw"] == ["{oops", None]
    assert rows_of(call)["city"][1] == "Oslo"


def test_only_the_last_turn_is_told_at_once_and_the_called_tool_comes_first() -> None:
    case = shown(calling(weather("{}")), calling(text="Which city?"))
    assert [m["role"] for m in case["earlier"]] == ["system"]
    assert [m["role"] for m in case["turn"]] == ["user"]
    assert [(t["name"], t["is_called"]) for t in case["tools"]] == [("get_weather", True)]
    assert [piece["text"] for piece in case["texts"][1]] == ["Which city?"]


def test_blind_nothing_but_the_order_tells_the_sides_apart() -> None:
    reference = calling(weather('{"city": "Oslo"}', "call_label_7"), thought="the label thinks")
    prediction = calling(weather('{"city": "Rome"}'), text="<think>hm</think>")
    told = json.dumps(shown(reference, prediction, is_blind=True))
    for giveaway in ("call_label_7", "the label thinks", "hm", "reference", "rediction"):
        assert giveaway not in told
    assert "the label thinks" in json.dumps(shown(reference, prediction))


def test_a_vote_tells_its_reply_why_it_does_not_count_and_what_was_left_out() -> None:
    vote = Vote(
        VoteKey("m", 0, Order.PREDICTION_FIRST),
        "r@1",
        unscored=Unscored.NEGATED,
        reply=JudgeReply("not BOTH_CORRECT"),
        omitted=(Omission(OmissionKind.RESULT, 1_200, 3, "search"),),
    )
    reply = shown(calling(), calling(), votes=[ShownVote("judge", vote)])["votes"][0]
    assert (reply["order"], reply["verdict"], reply["unscored"]) == (
        "prediction-first",
        None,
        "negated",
    )
    assert reply["omitted"] == ["result search of message 3 (1,200 characters)"]
    assert reply["reply"] == "not BOTH_CORRECT"
