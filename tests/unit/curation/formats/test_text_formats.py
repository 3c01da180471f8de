"""Details of the formats that hide calls in text: ShareGPT, Hermes, ToolACE."""

from __future__ import annotations

import json
from typing import Any

import pytest

from curation.formats.hermes_xml import split_transcript
from curation.importing import FORMATS, ImportContext, Imported, Record, RecordError, pivot_record
from curation.tagged_text import blocks, cut_thinking, values_in
from curation.tagged_turns import read_block
from curation.trajectory import Message, Role, ToolCall

TOOL = {"name": "rate", "parameters": {"type": "object", "properties": {"to": {"type": "string"}}}}
CALL = '<tool_call>{"name": "rate", "arguments": {"to": "EUR"}}</tool_call>'


def pivot(name: str, record: dict[str, Any]) -> Imported:
    (item,) = pivot_record(FORMATS.get(name), Record("f.jsonl:3", 3, record), ImportContext())
    return item


def turns(*pairs: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"from": speaker, "value": value} for speaker, value in pairs]


def hermes(answer: str, tools: str = json.dumps([TOOL])) -> Message:
    item = pivot(
        "hermes-xml",
        {
            "conversations": turns(
                ("system", f"<tools>{tools}</tools>"), ("human", "go"), ("gpt", answer)
            )
        },
    )
    return item.trajectory.messages[-1]


# --- ShareGPT ---


def sharegpt(*pairs: tuple[str, Any], **keys: Any) -> Imported:
    return pivot("sharegpt", {"conversations": turns(*pairs), "tools": "[]", **keys})


def test_a_list_in_function_call_is_parallel_calls_and_a_list_of_results_is_split() -> None:
    item = sharegpt(
        ("human", "go"),
        ("function_call", '[{"name":"f","arguments":{"a":1}},{"name":"g","arguments":{}}]'),
        ("observation", '[{"x": 1}, "two"]'),
    )
    _, step, first, second = item.trajectory.messages
    assert step.tool_calls == (ToolCall("f", '{"a":1}'), ToolCall("g", "{}"))
    assert (first.content, second.content) == ('{"x":1}', "two")


def test_one_call_may_answer_with_a_list() -> None:
    item = sharegpt(
        ("human", "go"), ("function_call", '{"name":"f","arguments":{}}'), ("observation", "[1]")
    )
    assert [m.content for m in item.trajectory.messages[2:]] == ["[1]"]


def test_text_right_before_a_call_belongs_to_the_same_step() -> None:
    item = sharegpt(
        ("human", "go"), ("gpt", "A moment."), ("function_call", '{"name":"f","arguments":{}}')
    )
    assert item.trajectory.messages[1:] == (
        Message(Role.ASSISTANT, "A moment.", (ToolCall("f", "{}"),)),
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [('{"name": "f", "arguments": {"a": ', "f"), ("go", ""), ("[1]", "")],
)
def test_a_function_call_that_is_none_is_kept_as_generated(text: str, name: str) -> None:
    (call,) = sharegpt(("human", "x"), ("function_call", text)).trajectory.messages[1].tool_calls
    assert call.name == name
    assert call.parsed().error


def test_a_function_call_without_a_name_is_kept_whole() -> None:
    text = '{"arguments":{}}'
    item = sharegpt(("human", "x"), ("function_call", text))
    assert item.trajectory.messages[1].tool_calls == (ToolCall("", text),)


def test_a_system_text_comes_first_and_an_empty_one_is_no_message() -> None:
    assert sharegpt(("human", "x"), system="Be kind").trajectory.messages[0].content == "Be kind"
    assert len(sharegpt(("human", "x"), system="").trajectory.messages) == 1


def test_chosen_ends_the_trajectory_and_rejected_is_a_prediction() -> None:
    item = sharegpt(
        ("human", "go"),
        chosen={"from": "gpt", "value": "good"},
        rejected={"from": "function_call", "value": '{"name":"f","arguments":{}}'},
    )
    assert item.trajectory.messages[-1].content == "good"
    (prediction,) = item.predictions
    assert prediction.message_index == 1
    assert prediction.message.tool_calls == (ToolCall("f", "{}"),)


def test_an_unknown_speaker_is_refused() -> None:
    with pytest.raises(RecordError, match="ghost"):
        sharegpt(("ghost", "boo"))


# --- Hermes ---


def test_text_around_calls_is_the_content() -> None:
    message = hermes(f"Looking.\n{CALL}\n{CALL}")
    assert message.content == "Looking."
    assert message.tool_calls == (ToolCall("rate", '{"to":"EUR"}'),) * 2


def test_calls_alone_leave_no_content() -> None:
    assert hermes(CALL).content is None


def test_thinking_may_name_the_tags() -> None:
    message = hermes(f"<think>I need <tool_call> and </tool_call> here.</think>\n{CALL}")
    assert message.reasoning == "I need <tool_call> and </tool_call> here."
    assert len(message.tool_calls) == 1
    only = hermes("<think>No <tool_call> is due.</think>Sorry.")
    assert (only.content, only.tool_calls) == ("Sorry.", ())


def test_thinking_without_an_opening_or_closing_tag() -> None:
    assert cut_thinking("hm</think>\n\nyes") == ("hm", "yes")
    assert cut_thinking("<think>hm, <tool_call>{") == ("hm, <tool_call>{", "")
    assert cut_thinking("plain") == (None, "plain")


@pytest.mark.parametrize(
    "block",
    [
        '{"name": "rate", "arguments": {"to": "EUR"}}',
        '{"arguments": {"to": "EUR"}, "name": "rate"}',
        "{'name': 'rate', 'arguments': {'to': 'EUR'}}",
        '{"name": "rate", "parameters": {"to": "EUR"}}',
        '[{"name": "rate", "arguments": {"to": "EUR"}}]',
    ],
)
def test_calls_are_read_in_every_spelling(block: str) -> None:
    assert read_block(block) == [ToolCall("rate", '{"to":"EUR"}')]


def test_arguments_given_as_text_stay_text() -> None:
    assert read_block('{"name": "f", "arguments": "{\\"a\\": 1}"}') == [ToolCall("f", '{"a": 1}')]


def test_one_call_a_line_is_read() -> None:
    block = '{"name": "f", "parameters": {}}\n{"name": "g", "parameters": {"a": 1}}'
    assert [c.name for c in read_block(block)] == ["f", "g"]


@pytest.mark.parametrize(
    ("answer", "name", "raw"),
    [
        ('<tool_call>\n{"name": "rate", "arguments": {"to": "E', "rate", None),
        ("<tool_call>get the rate</tool_call>", "", "get the rate"),
        ('<tool_call>{"arguments": {}}</tool_call>', "", '{"arguments": {}}'),
        ("<tool_call></tool_call>", "", ""),
    ],
)
def test_calls_that_do_not_parse_are_kept_as_generated(
    answer: str, name: str, raw: str | None
) -> None:
    (call,) = hermes(answer).tool_calls
    assert call.name == name
    if raw is None:
        assert call.raw_arguments in answer
        assert call.parsed().error
    else:
        assert call.raw_arguments == raw


def test_a_cut_off_call_does_not_swallow_the_next_one() -> None:
    found, rest = blocks("a<tool_call>{1<tool_call>{2}</tool_call>b", "tool_call")
    assert found == ["{1", "{2}"]
    assert rest == "ab"


@pytest.mark.parametrize(
    "tools",
    [
        json.dumps([TOOL]),
        f"\n{json.dumps(TOOL)}\n{json.dumps(TOOL)}\n",
        f"\n{json.dumps({'type': 'function', 'function': TOOL})}\n",
        str([TOOL]),
        json.dumps([TOOL], indent=2),
    ],
)
def test_tools_are_read_in_every_spelling(tools: str) -> None:
    system = f"Between <tools></tools> tags: <tools>{tools}</tools>"
    item = pivot("hermes-xml", {"conversations": turns(("system", system), ("human", "x"))})
    assert {t.name for t in item.trajectory.tools} == {"rate"}


def test_tools_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(RecordError):
        hermes(CALL, tools='[{"name": "rate", "param')


def test_several_responses_in_one_user_turn_are_several_results() -> None:
    item = pivot(
        "hermes-xml",
        {
            "messages": [
                {"role": "user", "content": "go"},
                {"role": "assistant", "content": CALL * 2},
                {
                    "role": "user",
                    "content": "<tool_response>\n1\n</tool_response>\n"
                    '<tool_response>{"name": "rate", "content": {"eur": 2}}</tool_response>Go on',
                },
            ]
        },
    )
    results = item.trajectory.messages[2:]
    assert results == (
        Message(Role.TOOL, "1"),
        Message(Role.TOOL, '{"eur":2}', name="rate"),
        Message(Role.USER, "Go on"),
    )


def test_a_transcript_is_split_into_turns() -> None:
    text = f"```\nSYSTEM: Use them\n<tools>[]</tools>\nUSER: Rate?\nASSISTANT:\n{CALL}\n```"
    assert [(who, said[:5]) for who, said, _ in split_transcript(text)] == [
        ("system", "Use t"),
        ("user", "Rate?"),
        ("assistant", "<tool"),
    ]
    item = pivot("hermes-xml", {"example": text})
    assert item.trajectory.messages[-1].tool_calls == (ToolCall("rate", '{"to":"EUR"}'),)


# --- ToolACE ---


def toolace(*pairs: tuple[str, Any], system: str | None = None) -> Imported:
    prompt = system or f"Use [func_name1(params_name1=x)] of {json.dumps([TOOL])}. No more."
    return pivot("toolace", {"system": prompt, "conversations": turns(*pairs)})


def test_prose_of_the_assistant_stays_text() -> None:
    item = toolace(("user", "x"), ("assistant", "[I] would rather not (really)."))
    assert item.trajectory.messages[-1].content == "[I] would rather not (really)."


def test_text_after_the_calls_is_the_content_of_the_step() -> None:
    step = toolace(("user", "x"), ("assistant", '[rate(to="EUR")]\nOne moment.'))
    message = step.trajectory.messages[-1]
    assert (message.content, len(message.tool_calls)) == ("One moment.", 1)


def test_results_that_are_no_list_of_results_stay_one_text() -> None:
    item = toolace(("user", "x"), ("assistant", '[rate(to="EUR")]'), ("tool", "[1, 2]"))
    assert [m.content for m in item.trajectory.messages[3:]] == ["[1, 2]"]


def test_definitions_without_a_list_around_them_are_read() -> None:
    system = f"func_name1(x). First {json.dumps(TOOL)}\nthen {json.dumps({**TOOL, 'name': 'b'})}"
    item = toolace(("user", "x"), ("assistant", "y"), system=system)
    assert [t.name for t in item.trajectory.tools] == ["rate", "b"]


def test_values_in_text_are_found_and_broken_ones_passed_over() -> None:
    text = 'a [x] {"b": [1]} [2, {"c": 3}] {"d": '
    assert [value for value, _, _ in values_in(text)] == [{"b": [1]}, [2, {"c": 3}]]


def test_text_full_of_brackets_is_given_up() -> None:
    assert list(values_in("[" * 20_000)) == []
