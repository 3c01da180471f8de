"""Spans of a trace become conversations: history is not repeated, tries and sub-agents are kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from curation.flattened import nested
from curation.importing import (
    FORMATS,
    ImportContext,
    Imported,
    Problem,
    Record,
    RecordError,
    gathered,
    pivot_record,
)
from curation.trace_gathering import gather_traces
from curation.trajectory import Role

from .samples import AREA, ARGUMENTS, GENAI_ANSWER, GENAI_CALL, GENAI_STORY, span


def chat(given: list[Any], answers: list[Any], **more: Any) -> dict[str, Any]:
    return span(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": more.pop("model", "small"),
            "gen_ai.input.messages": given,
            "gen_ai.output.messages": answers,
        },
        **more,
    )


def records(*values: Any) -> list[Record]:
    return [
        Record(f"f:{n}", n, value, json.dumps(value).encode())
        for n, value in enumerate(values, start=1)
    ]


def imported(*values: Any, name: str = "otel-genai") -> list[Imported]:
    entry, context = FORMATS.get(name), ImportContext()
    return [
        one
        for item in gathered(entry, iter(records(*values)))
        if isinstance(item, Record)
        for one in pivot_record(entry, item, context)
    ]


def said(text: str, role: str = "assistant") -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


THINKING = {
    "role": "assistant",
    "parts": [{"type": "reasoning", "content": "Multiply."}, GENAI_CALL],
}


def test_a_story_told_twice_is_one_trajectory_and_keeps_the_thinking() -> None:
    first = chat(GENAI_STORY[:1], [THINKING], start=1)
    second = chat(GENAI_STORY, GENAI_ANSWER, start=2)
    (one,) = imported(second, first)  # the file need not be in order of time
    messages = one.trajectory.messages
    assert [m.role.value for m in messages] == ["user", "assistant", "tool", "assistant"]
    assert messages[1].reasoning == "Multiply."
    assert one.source_id == "t1"
    assert one.group == "trace:t1"
    assert [s["span_id"] for s in one.source["spans"]] == ["s1", "s2"]


def test_an_answer_the_story_did_not_go_on_with_is_a_prediction() -> None:
    first = chat(GENAI_STORY[:1], [said("Very big.")], start=1, model="other")
    second = chat(GENAI_STORY[:1], [THINKING], start=2)
    third = chat(GENAI_STORY, GENAI_ANSWER, start=3)
    (one,) = imported(first, second, third)
    (prediction,) = one.predictions
    assert (prediction.message_index, prediction.model) == (1, "other")
    assert prediction.message.text == "Very big."


def test_several_choices_of_one_request_are_one_step_and_predictions() -> None:
    (one,) = imported(chat(GENAI_STORY, [*GENAI_ANSWER, said("16, I think.")]))
    assert one.trajectory.messages[-1].text == "15 square metres."
    assert [p.message.text for p in one.predictions] == ["16, I think."]


def test_a_sub_agent_has_a_trajectory_of_its_own_in_the_same_group() -> None:
    one, other = imported(
        chat(GENAI_STORY, GENAI_ANSWER, start=1),
        chat([said("Look up paint.", "user")], [said("Green.")], start=2),
    )
    assert one.group == other.group == "trace:t1"
    assert (one.source_id, other.source_id) == ("t1", "t1#2")
    assert len(other.trajectory.messages) == 2


def test_spans_that_record_only_what_is_new_are_put_together() -> None:
    (one,) = imported(
        chat(GENAI_STORY[:1], [THINKING], start=1), chat(GENAI_STORY[2:], GENAI_ANSWER, start=2)
    )
    assert len(one.trajectory.messages) == 4


def test_the_run_of_a_tool_gives_the_result_that_no_call_repeats() -> None:
    run = span(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "room_area",
            "gen_ai.tool.call.id": "c1",
            "gen_ai.tool.call.result": {"area": 15},
        },
        start=2,
    )
    (one,) = imported(chat(GENAI_STORY[:1], [THINKING], start=1), run)
    result = one.trajectory.messages[-1]
    assert (result.role, result.text, result.tool_call_id) == (Role.TOOL, '{"area": 15}', "c1")


def test_a_batch_of_a_collector_is_read_with_its_resource() -> None:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "rooms"}}]}
    spans = [chat(GENAI_STORY, GENAI_ANSWER), chat(GENAI_STORY, GENAI_ANSWER, trace="t2")]
    batch = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}
    one, other = imported(batch)
    assert one.source["resource"] == {"service.name": "rooms"}
    assert {one.source_id, other.source_id} == {"t1", "t2"}


def test_spans_without_content_say_how_to_record_it() -> None:
    (item,) = gathered(
        FORMATS.get("otel-genai"), iter(records(span({"gen_ai.operation.name": "chat"})))
    )
    assert isinstance(item, Record)
    with pytest.raises(RecordError) as caught:
        pivot_record(FORMATS.get("otel-genai"), item, ImportContext())
    assert "CAPTURE_MESSAGE_CONTENT" in caught.value.hint


def test_openllmetrys_indexed_attributes_are_read() -> None:
    (one,) = imported(
        span(
            {
                "gen_ai.prompt.0.role": "user",
                "gen_ai.prompt.0.content": "3 by 5?",
                "gen_ai.completion.0.role": "assistant",
                "gen_ai.completion.0.tool_calls.0.name": "room_area",
                "gen_ai.completion.0.tool_calls.0.arguments": ARGUMENTS,
                "llm.request.functions.0.name": "room_area",
            }
        )
    )
    assert [c.name for _, _, c in one.trajectory.calls()] == ["room_area"]
    assert one.trajectory.tools[0].name == "room_area"


def test_a_table_of_phoenix_with_dotted_keys_in_lists_is_read() -> None:
    call = {
        "tool_call.function.name": "room_area",
        "tool_call.function.arguments": ARGUMENTS,
        "tool_call.id": "c1",
    }
    (one,) = imported(
        {
            "context.trace_id": "t9",
            "context.span_id": "s1",
            "start_time": "2026-01-02T03:04:05.000001+00:00",
            "attributes.openinference.span.kind": "LLM",
            "attributes.llm.input_messages": [
                {"message.role": "user", "message.content": "3 by 5?"}
            ],
            "attributes.llm.output_messages": [
                {"message.role": "assistant", "message.tool_calls": [{**call}]}
            ],
            "attributes.llm.tools": [
                {"tool.name": "room_area", "tool.json_schema": json.dumps(AREA["parameters"])}
            ],
            "attributes.metadata": None,
        },
        name="openinference",
    )
    assert [(c.name, c.id) for _, _, c in one.trajectory.calls()] == [("room_area", "c1")]
    assert one.trajectory.tools[0].parameters == AREA["parameters"]
    assert one.source_id == "t9"


def test_positions_in_keys_are_numbers() -> None:
    flat = {f"a.{n}.b": n for n in (10, 9, 1, 0)}
    assert nested(flat, "a") == [{"b": 0}, {"b": 1}, {"b": 9}, {"b": 10}]


def test_the_body_of_datadogs_intake_is_one_trace_a_trajectory() -> None:
    spans = [
        {
            "trace_id": f"t{n}",
            "span_id": f"s{n}",
            "start_ns": n,
            "meta": {
                "kind": "llm",
                "input": {"value": f"Room {n}?"},
                "output": {"value": "Yes."},
            },
        }
        for n in (1, 2)
    ]
    attributes = {"ml_app": "rooms", "spans": spans}
    one, other = imported({"data": {"type": "span", "attributes": attributes}}, name="datadog-llm")
    assert one.source["ml_app"] == other.source["ml_app"] == "rooms"
    assert [m.text for m in one.trajectory.messages] == ["Room 1?", "Yes."]


def test_what_is_held_is_bounded_and_late_spans_are_told_once() -> None:
    values = [{"traceId": t, "spanId": str(n)} for n, t in enumerate("abacbb")]
    found = list(gather_traces(iter(records(*values)), max_spans=2))
    traces = [
        (item.value["spans"][0]["traceId"], len(item.value["spans"]))
        for item in found
        if isinstance(item, Record)
    ]
    problems = [item for item in found if isinstance(item, Problem)]
    assert traces == [("b", 1), ("a", 2), ("c", 1)]
    assert [p.where for p in problems] == ["f:5"]
    assert "Sort the file by trace id" in problems[0].hint


def test_bytes_held_are_bounded_too() -> None:
    values = [{"traceId": t, "text": "x" * 100} for t in "aab"]
    found = list(gather_traces(iter(records(*values)), max_bytes=300))
    assert [len(item.value["spans"]) for item in found if isinstance(item, Record)] == [2, 1]
    assert found[0].where == "f:1"


@pytest.mark.parametrize("name", ["otel-genai", "openinference", "datadog-llm"])
@pytest.mark.parametrize(
    "record",
    [
        {"data": [3]},
        {"data": {"attributes": {"spans": [1, None]}}},
        {"resourceSpans": [3]},
        {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": 4, "attributes": 5}]}]}]},
        {"spans": [1, {"traceId": "t", "attributes": [{"key": "gen_ai.x", "value": 1}]}]},
        {"traceId": "t", "attributes": [{"key": "n", "value": {"intValue": "four"}}]},
        {"trace_id": "t", "meta": {"kind": "llm", "input": {"messages": [3]}, "output": 3}},
    ],
)
def test_what_is_no_span_is_refused_and_never_stops_an_import(name: str, record: Any) -> None:
    for item in gathered(FORMATS.get(name), iter(records(record))):
        assert isinstance(item, Record)
        with pytest.raises(RecordError):
            pivot_record(FORMATS.get(name), item, ImportContext())


def test_times_of_a_table_put_spans_in_order() -> None:
    late, early = (
        {
            "context.trace_id": "t",
            "start_time": datetime(2026, 1, 1, 12, minute, tzinfo=UTC),
            "attributes.openinference.span.kind": "LLM",
            "attributes.llm.input_messages": [
                {"message.role": "user", "message.content": f"Room {minute}?", "message.name": None}
            ],
            "attributes.llm.output_messages": [
                {"message.role": "assistant", "message.content": "Yes.", "message.tool_calls": None}
            ],
        }
        for minute in (2, 1)
    )
    entry = FORMATS.get("openinference")
    rows = [Record(f"f: row {n}", n, value) for n, value in enumerate((late, early), start=1)]
    (item,) = gathered(entry, iter(rows))
    assert isinstance(item, Record)
    found = pivot_record(entry, item, ImportContext())
    assert [i.trajectory.messages[0].text for i in found] == ["Room 1?", "Room 2?"]
