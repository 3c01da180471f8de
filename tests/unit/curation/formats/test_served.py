"""What providers, frameworks of agents and servers log: Anthropic, Google ADK, Qwen text."""

from __future__ import annotations

from typing import Any

import pytest

from curation.importing import FORMATS, ImportContext, Imported, Record, RecordError, pivot_record
from curation.trajectory import Role

from .samples import AREA, ARGUMENTS, SAMPLES, chatml


def imported(name: str, record: dict[str, Any]) -> list[Imported]:
    return pivot_record(FORMATS.get(name), Record("f:1", 1, record), ImportContext())


def one(name: str, record: dict[str, Any]) -> Imported:
    (found,) = imported(name, record)
    return found


# --- Anthropic ----------------------------------------------------------------------------------

REQUEST = SAMPLES["anthropic-messages"].records[0]
RESPONSE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "content": [{"type": "text", "text": "Fifteen."}],
    "usage": {"output_tokens": 3},
}
ASKED = {**REQUEST, "messages": REQUEST["messages"][:-1]}


@pytest.mark.parametrize(
    "log",
    [
        {"request": ASKED, "response": RESPONSE},
        {"custom_id": "msg_1", "params": ASKED, "result": {"message": RESPONSE}},
        {
            "request": {"headers": {"x-api-key": "secret"}, "body": ASKED},
            "response": {"status": 200, "body": RESPONSE},
        },
    ],
)
def test_a_logged_response_is_the_last_step(log: dict[str, Any]) -> None:
    found = one("anthropic-messages", log)
    whole = one("anthropic-messages", REQUEST)
    assert found.trajectory == whole.trajectory
    assert found.source_id == "msg_1"
    assert found.source["response"]["usage"] == {"output_tokens": 3}
    assert "secret" not in str(found.source)
    assert FORMATS.get("anthropic-messages").sniff(log)


def test_thinking_and_failed_results_are_kept() -> None:
    messages = one("anthropic-messages", REQUEST).trajectory.messages
    assert messages[2].reasoning == "Width times length."
    failed = {"type": "tool_result", "tool_use_id": "c1", "is_error": True, "content": "no"}
    record = {"messages": [{"role": "user", "content": [failed]}]}
    (result,) = one("anthropic-messages", record).trajectory.messages
    assert (result.role, result.tool_call_id, result.extra) == (
        Role.TOOL,
        "c1",
        {"is_error": True},
    )


def test_an_answer_that_the_request_began_is_one_message() -> None:
    begun = {"messages": [{"role": "user", "content": "3 by 5?"}, {"role": "assistant", "content": "It is "}]}  # fmt: skip # noqa: E501
    messages = one(
        "anthropic-messages", {"request": begun, "response": RESPONSE}
    ).trajectory.messages
    assert [m.content for m in messages] == ["3 by 5?", "It is Fifteen."]


def test_pictures_stay_typed_parts() -> None:
    blocks = [{"type": "text", "text": "What is it?"}, {"type": "image", "source": {"data": "…"}}]
    record = {"messages": [{"role": "user", "content": blocks}]}
    assert one("anthropic-messages", record).trajectory.messages[0].content == blocks


# --- Google ADK ---------------------------------------------------------------------------------


def test_chunks_of_streaming_are_left_out_and_events_keep_what_they_say() -> None:
    found = one("google-adk", SAMPLES["google-adk"].records[0])
    assert found.trajectory.messages[1].name == "surveyor"
    assert found.trajectory.messages[-1].text == "15 square metres."
    assert found.source["events"][0]["invocationId"] == "i1"
    assert found.source["appName"] == "rooms"


def test_python_spelling_and_thoughts_are_read() -> None:
    parts = [
        {"text": "Multiply.", "thought": True},
        {"function_call": {"name": "room_area", "args": {"width": 3}}},
    ]
    record = {"id": "s", "events": [{"author": "surveyor", "content": {"parts": parts}}]}
    (message,) = one("google-adk", record).trajectory.messages
    assert message.reasoning == "Multiply."
    assert message.tool_calls[0].raw_arguments == '{"width":3}'


def test_cases_of_an_evaluation_set_become_what_is_expected() -> None:
    turn = {
        "user_content": {"role": "user", "parts": [{"text": "3 by 5?"}]},
        "intermediate_data": {"tool_uses": [{"name": "room_area", "args": {"width": 3}}]},
        "final_response": {"role": "model", "parts": [{"text": "15."}]},
    }
    record = {
        "eval_set_id": "rooms",
        "eval_cases": [{"eval_id": n, "conversation": [turn]} for n in ("a", "b")],
    }
    found = imported("google-adk", record)
    assert FORMATS.get("google-adk").sniff(record)
    assert [i.source_id for i in found] == ["a", "b"]
    roles = [m.role.value for m in found[0].trajectory.messages]
    assert roles == ["user", "assistant", "assistant"]
    assert found[0].source == {"eval_set_id": "rooms"}


# --- Qwen and Hermes text -----------------------------------------------------------------------

QWEN = SAMPLES["qwen-text"].records[0]


def test_what_the_server_answered_is_the_last_step() -> None:
    found = one("qwen-text", QWEN)
    assert found.trajectory.messages[-1].text == "15 square metres."
    assert found.trajectory.messages[-1].reasoning == "Done."
    assert found.source == {"model": "small"}


def test_a_prompt_without_an_answer_ends_before_the_empty_turn() -> None:
    found = one("qwen-text", {"text": QWEN["prompt"]})
    assert found.trajectory.messages[-1].role is Role.TOOL


def test_a_log_of_a_server_gives_its_further_choices_as_predictions() -> None:
    choices = [{"text": "15."}, {"text": "16."}, {"text": "15."}]
    log = {
        "model": "small",
        "request": {"prompt": QWEN["prompt"], "temperature": 1},
        "response": {"choices": choices, "usage": {"total_tokens": 9}},
    }
    found = one("qwen-text", log)
    assert found.trajectory.messages[-1].text == "15."
    assert [(p.model, p.message.text) for p in found.predictions] == [("small", "16.")]
    assert found.source["request"] == {"temperature": 1}
    assert found.source["response"] == {"usage": {"total_tokens": 9}}


def test_thinking_that_the_prompt_began_is_thinking() -> None:
    record = {"prompt": chatml(("user", "3 by 5?")) + "<think>\n", "completion": "Hm.</think>\n15."}
    message = one("qwen-text", record).trajectory.messages[-1]
    assert (message.reasoning, message.text) == ("Hm.", "15.")


def test_calls_in_tags_of_functions_take_their_types_from_the_schema() -> None:
    call = (
        "<tool_call>\n<function=room_area>\n<parameter=width>\n3\n</parameter>\n"
        "<parameter=length>\n5\n</parameter>\n</function>\n</tool_call>"
    )
    record = {"prompt": chatml(("user", "3 by 5?")), "completion": call, "tools": [AREA]}
    (found,) = one("qwen-text", record).trajectory.messages[-1].tool_calls
    assert (found.name, found.raw_arguments) == ("room_area", ARGUMENTS)


def test_a_turn_by_nobody_known_is_refused() -> None:
    with pytest.raises(RecordError, match="narrator"):
        imported("qwen-text", {"prompt": "<|im_start|>narrator\nOnce<|im_end|>"})
