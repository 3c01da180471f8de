"""What the browser is told of tries: folded, matched, checked, and what followed them."""

from __future__ import annotations

from typing import Any

from components.viewer.tries import MAX_PATH, tries_json
from curation.trajectory import Message, Role, ToolCall, Trajectory
from curation.tries import Answer, tries_by_step
from tests.episodes import CALL_AT, episode


def calling(raw: str, *more: ToolCall, text: str | None = None) -> Message:
    return Message(Role.ASSISTANT, text, (ToolCall("get_weather", raw), *more))


def shown(value: Trajectory, *answers: Answer) -> dict[str, Any]:
    found = tries_by_step(value.messages, [(CALL_AT, answer) for answer in answers])
    step: dict[str, Any] = tries_json(value, found)[str(CALL_AT)]
    return step


def test_a_try_comes_with_its_difference_its_errors_and_who_said_it() -> None:
    value = episode(1)
    step = shown(
        value,
        Answer("ada", calling('{"city": "Rome", "days": "two"}'), 1.25, n_samples=3),
        Answer("bo", calling('{"days": 2, "city": "City 1"}')),
    )
    assert [one["model"] for one in step["same"]] == ["bo"]
    (one,) = step["others"]
    assert one["models"] == [{"model": "ada", "perplexity": 1.25, "n": 3}]
    assert one["n"] == 3
    assert one["pairs"] == [(0, 0)]
    (call,) = one["change"]["calls"]
    kinds = {a["pointer"]: a["kind"] for a in call["arguments"]}
    assert kinds == {"/city": "changed", "/days": "retyped"}
    (problem,) = one["problems"]
    assert problem["severity"] == "error"
    assert problem["call"] == 0
    assert [row["name"] for row in one["calls"][0]["rows"]] == ["city", "days"]


def test_calls_are_matched_and_ids_are_no_difference() -> None:
    raw = '{"city": "City 1", "days": 2}'
    (one,) = shown(
        episode(1), Answer("ada", calling('{"city": "Rome"}', ToolCall("get_weather", raw, "x")))
    )["others"]
    assert one["pairs"] == [(0, 1)]
    assert [c["kind"] for c in one["change"]["calls"]] == ["added"]


def test_a_call_that_does_not_parse_has_no_rows() -> None:
    (one,) = shown(episode(1), Answer("ada", calling("{oops")))["others"]
    assert one["calls"][0] == {"name": "get_weather", "raw": "{oops", "rows": None}
    assert one["problems"]


def test_what_followed_is_told_with_its_facts_and_bounded() -> None:
    path = [{"role": "tool", "content": "x" * 5_000, "name": "f"}] * (MAX_PATH + 3)
    source = {"ended": "gave up", "steps_after": 2, "path": path, "flag": True}
    (one,) = shown(episode(1), Answer("branch", calling("{}"), source=source))["others"]
    assert one["facts"] == ["ended: gave up", "steps after: 2"]
    assert len(one["path"]) == MAX_PATH
    assert len(one["path"][0]["text"]) < 5_000


def test_another_meaning_of_the_word_path_is_left_alone() -> None:
    (one,) = shown(episode(1), Answer("m", calling("{}"), source={"path": "/data/x"}))["others"]
    assert one["path"] == []


def test_without_tries_nothing_is_sent() -> None:
    assert tries_json(episode(1), {}) == {}
