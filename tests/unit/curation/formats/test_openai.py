"""Details of the chat format and of the ones built on it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET

from curation.importing import FORMATS, ImportContext, Imported, Record, RecordError, pivot_record
from curation.openai_messages import read_message
from curation.steps import pair_results
from curation.trajectory import Message, Role, ToolCall


def pivot(name: str, record: dict[str, Any]) -> Imported:
    (item,) = pivot_record(FORMATS.get(name), Record("f.jsonl:3", 3, record), ImportContext())
    return item


def assistant(*calls: Any, **keys: Any) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": list(calls), **keys}


def call(arguments: Any, **keys: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "arguments": arguments}, **keys}


def test_null_empty_and_absent_content_stay_apart() -> None:
    contents = [
        read_message({"role": "assistant", **given}).content
        for given in ({"content": None}, {"content": ""}, {})
    ]
    assert contents == [None, "", UNSET]


@pytest.mark.parametrize(
    ("arguments", "raw"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ({"a": 1, "é": [None]}, '{"a":1,"é":[null]}'),
        ("l=[1]\nl.pop()", "l=[1]\nl.pop()"),
        ('{"a": ', '{"a": '),
        ("", ""),
        (None, ""),
        ([1], "[1]"),
        (0, "0"),
    ],
)
def test_arguments_are_kept_as_generated(arguments: Any, raw: str) -> None:
    assert read_message(assistant(call(arguments))).tool_calls[0].raw_arguments == raw


def test_ids_may_be_missing_or_repeated() -> None:
    message = read_message(assistant(call("{}"), call("{}", id="x"), call("{}", id="x")))
    assert [c.id for c in message.tool_calls] == [None, "x", "x"]


def test_parallel_calls_without_ids_find_their_results_by_order() -> None:
    item = pivot(
        "openai-chat",
        {
            "messages": [
                {"role": "user", "content": "both"},
                assistant(call("{}"), call("{}"), content="ok"),
                {"role": "tool", "name": "f", "content": "1"},
                {"role": "tool", "name": "f", "content": "2"},
            ]
        },
    )
    assert pair_results(item.trajectory.messages).results == {(1, 0): 2, (1, 1): 3}


def test_the_older_spelling_is_read() -> None:
    message = read_message(
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    )
    assert message.tool_calls == (ToolCall("f", "{}"),)
    result = read_message({"role": "function", "name": "f", "content": "ok"})
    assert (result.role, result.name) == (Role.TOOL, "f")


@pytest.mark.parametrize("calls", [None, [], ()])
def test_no_calls_in_any_spelling(calls: Any) -> None:
    assert read_message({"role": "assistant", "tool_calls": calls}).tool_calls == ()


def test_flat_calls_custom_calls_and_calls_as_text_are_read() -> None:
    message = read_message(
        assistant(
            {"id": "1", "name": "f", "arguments": {}, "requestor": "assistant"},
            {"type": "custom", "custom": {"name": "g", "input": "free text"}},
            "nonsense",
        )
    )
    assert message.tool_calls == (
        ToolCall("f", "{}", "1"),
        ToolCall("g", "free text"),
        ToolCall("", '"nonsense"'),
    )
    assert message.extra == {"tool_call_extras": [{"requestor": "assistant"}, {}, {}]}
    as_text = read_message(
        {"role": "assistant", "tool_calls": '[{"function":{"name":"f","arguments":"{}"}}]'}
    )
    assert as_text.tool_calls == (ToolCall("f", "{}"),)


def test_content_parts_are_kept_and_other_content_becomes_its_json() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "x"}}]
    assert read_message({"role": "user", "content": parts}).content == parts
    assert read_message({"role": "user", "content": ["a"]}).content == [
        {"type": "text", "text": "a"}
    ]
    assert read_message({"role": "tool", "content": {"ok": True}}).content == '{"ok":true}'
    assert read_message({"role": "tool", "content": [1, 2]}).content == "[1,2]"


def test_reasoning_is_kept_apart_from_content() -> None:
    assert read_message({"role": "assistant", "reasoning_content": "hm"}).reasoning == "hm"
    assert read_message({"role": "assistant", "reasoning": "hm"}) == Message(
        Role.ASSISTANT, reasoning="hm"
    )
    assert read_message({"role": "assistant", "reasoning_content": {"a": 1}}).reasoning == '{"a":1}'


def test_unknown_keys_are_kept_in_alphabetical_order() -> None:
    message = read_message({"role": "user", "zeal": 1, "content": "x", "audio": None})
    assert list(message.extra.items()) == [("audio", None), ("zeal", 1)]


@pytest.mark.parametrize("raw", [None, "x", [], {}, {"role": None}, {"role": ["user"]}])
def test_messages_without_a_role_are_refused(raw: Any) -> None:
    with pytest.raises(RecordError):
        read_message(raw)


def test_messages_may_stand_in_the_record_as_text() -> None:
    item = pivot("openai-chat", {"messages": '[{"role":"user","content":"x"}]', "tools": "[]"})
    assert item.trajectory.messages == (Message(Role.USER, "x"),)


def test_a_row_of_our_own_carries_its_group_and_predictions() -> None:
    item = pivot(
        "loopwright",
        {
            "id": "r1",
            "group": 12,
            "domain": "rooms",
            "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}],
            "predictions": [
                {"message_index": 1, "model": "m", "message": {"role": "assistant"}},
                {
                    "message_index": 1,
                    "model": "n",
                    "message": {"content": "z"},
                    "perplexity": 3,
                },
            ],
        },
    )
    assert item.group == "12"
    assert item.source == {"domain": "rooms"}
    assert [(p.model, p.message.content, p.perplexity) for p in item.predictions] == [
        ("m", UNSET, None),
        ("n", "z", 3.0),
    ]


@pytest.mark.parametrize(
    "prediction",
    [
        {"message_index": 0, "model": "m", "message": {}},
        {"message_index": 9, "model": "m", "message": {}},
        {"message_index": -1, "model": "m", "message": {}},
        {"message_index": True, "model": "m", "message": {}},
        {"message_index": 1, "message": {}},
        {"message_index": 1, "model": "m"},
        {"message_index": 1, "model": "m", "message": "text"},
        None,
    ],
)
def test_a_prediction_that_answers_no_step_is_refused(prediction: Any) -> None:
    record = {
        "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}],
        "predictions": [prediction],
    }
    with pytest.raises(RecordError):
        pivot("loopwright", record)


def test_weights_stay_with_their_messages() -> None:
    item = pivot(
        "openai-finetune",
        {"messages": [{"role": "assistant", "content": "x", "weight": 0}], "seed": 1},
    )
    assert item.trajectory.messages[0].extra == {"weight": 0}
    assert item.source == {"seed": 1}


def test_a_preference_row_is_the_preferred_answer_and_a_prediction() -> None:
    item = pivot(
        "openai-finetune",
        {
            "input": {
                "messages": [{"role": "user", "content": "Cancel 7"}],
                "tools": [],
                "parallel_tool_calls": True,
            },
            "preferred_output": [{"role": "assistant", "content": "Cancelled."}],
            "non_preferred_output": [
                {"role": "assistant", "content": "Which?"},
                {"role": "assistant", "content": "Well?"},
            ],
        },
    )
    assert [m.content for m in item.trajectory.messages] == ["Cancel 7", "Cancelled."]
    (prediction,) = item.predictions
    assert (prediction.message_index, prediction.model) == (1, "rejected")
    assert prediction.message.content == "Which?"
    assert item.source["parallel_tool_calls"] is True
    assert len(item.source["non_preferred_output"]) == 2


@pytest.mark.parametrize("side", [None, [], [{"role": "user", "content": "x"}], "text"])
def test_a_preference_row_without_an_answer_is_refused(side: Any) -> None:
    record = {
        "input": {"messages": [{"role": "user", "content": "x"}]},
        "preferred_output": [{"role": "assistant", "content": "y"}],
        "non_preferred_output": side,
    }
    with pytest.raises(RecordError):
        pivot("openai-finetune", record)
