"""Results on record of the same call elsewhere in the store."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from app.flows.replay import recorded_results
from curation.trajectory import Message, Role, ToolCall, Trajectory
from storage.engine import Store
from tests.episodes import CALL_AT, WEATHER, add_trajectories, episode

RAW = '{"city": "Oslo", "days": 2}'


def with_result(i: int, raw: str, text: str) -> Trajectory:
    value = episode(i, raw)
    return value.replace_message(3, replace(value.messages[3], content=text))


def test_the_most_frequent_result_of_the_same_call_comes_first(store: Store) -> None:
    uids = add_trajectories(
        store,
        [
            with_result(0, RAW, '{"sky": "clear"}'),
            with_result(1, '{"days":2,"city":"Oslo"}', '{"sky": "rain"}'),
            with_result(2, ' { "city" : "Oslo", "days" : 2 } ', '{"sky": "rain"}'),
            with_result(3, '{"city": "Oslo", "days": 3}', '{"sky": "snow"}'),
            with_result(4, '{"city": "Oslo Airport", "days": 2}', '{"sky": "fog"}'),
            episode(5),
        ],
    )
    found = recorded_results(store, "get_weather", RAW)
    assert [(r.text, r.times) for r in found] == [('{"sky": "rain"}', 2), ('{"sky": "clear"}', 1)]
    assert found[1].uid == uids[0] and found[1].message_index == CALL_AT + 1
    assert found[1].source_id == "weather-0"
    [only] = recorded_results(store, "get_weather", RAW, apart_from=uids[0])
    assert only.times == 2


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("get_weather", "{"), ("get_weather", "[]"), ("get_wether", RAW), ("get_weather", '{"x": 1}')],
)
def test_what_was_never_called_so_has_no_result(store: Store, name: str, arguments: str) -> None:
    add_trajectories(store, [with_result(0, RAW, "{}")])
    assert recorded_results(store, name, arguments) == ()


def test_calls_without_words_and_without_results_are_no_trouble(store: Store) -> None:
    call = ToolCall("get_weather", '{"place": {}, "ok": true}', "c1")
    asked = (Message(Role.USER, "Go."), Message(Role.ASSISTANT, tool_calls=(call,)))
    told = (*asked, Message(Role.TOOL, "done", tool_call_id="c1"))
    add_trajectories(store, [Trajectory(asked, (WEATHER,)), Trajectory(told, (WEATHER,))])
    [found] = recorded_results(store, "get_weather", '{"ok": true, "place": {}}')
    assert (found.text, found.times) == ("done", 1)


@pytest.mark.postgres
def test_postgresql_finds_the_same(postgres_store: Store) -> None:
    add_trajectories(postgres_store, [with_result(0, RAW, "fine")])
    assert [r.text for r in recorded_results(postgres_store, "get_weather", RAW)] == ["fine"]
