"""What the browser is told: pairing, step numbers, argument rows, safe Markdown."""

from __future__ import annotations

from typing import Any

import msgspec

from components.viewer.payload import ShownCorrection, viewer_payload
from curation.annotation import Annotation, Outcome, StepVerdict
from curation.checking import Finding, Severity
from curation.expansion.lineage import Lineage
from curation.marks import Mark
from curation.trajectory import Anchor, Message, Role, ToolCall, ToolSpec, Trajectory
from curation.verdicts import Verdict

BOOK = ToolSpec(
    name="book",
    description="Book it.",
    parameters={
        "type": "object",
        "properties": {
            "city": {"type": "string", "enum": ["Oslo", "Rome"]},
            "guests": {"type": "array", "items": {"type": "object", "required": ["name"]}},
        },
        "required": ["city", "date"],
    },
)


def trajectory(*calls: ToolCall, results: int = 1) -> Trajectory:
    messages = [
        Message(role=Role.USER, content="**Hello** <b>there</b>"),
        Message(role=Role.ASSISTANT, content=None, tool_calls=calls),
        *(Message(role=Role.TOOL, content="ok", tool_call_id=f"c{i}") for i in range(results)),
        Message(role=Role.ASSISTANT, content="Done."),
    ]
    return Trajectory(messages=tuple(messages), tools=(BOOK,))


def payload(value: Trajectory, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "uid": value.uid,
        "trajectory": value,
        "findings": [],
        "annotation": Annotation(),
        "committed": False,
        "dataset": "d",
        "source_id": "s",
    }
    return viewer_payload(**{**given, **more})


def rows_of(raw: str) -> list[dict[str, Any]]:
    shown = payload(trajectory(ToolCall(name="book", raw_arguments=raw, id="c0")))
    rows: list[dict[str, Any]] = shown["messages"][1]["calls"][0]["rows"]
    return rows


def test_results_are_paired_and_steps_counted() -> None:
    shown = payload(trajectory(ToolCall(name="book", raw_arguments="{}", id="c0"), results=2))
    roles = [(m["role"], m["step"], m["answers"], m["orphan"]) for m in shown["messages"]]
    assert roles == [
        ("user", None, None, False),
        ("assistant", 1, None, False),
        ("tool", None, [1, 0], False),
        ("tool", None, None, True),
        ("assistant", 2, None, False),
    ]
    assert shown["messages"][1]["calls"][0]["result"] == 2
    assert (shown["n_steps"], shown["n_calls"]) == (2, 1)


def test_arguments_become_rows_with_pointers_and_missing_ones_are_listed() -> None:
    rows = rows_of('{"city":"Oslo","a/b~c":1.0,"guests":[{"age":12345678901234567890}]}')
    found = [(r["pointer"], r["value"], r["type"], r["declared"], r["missing"]) for r in rows]
    assert found == [
        ("/city", "Oslo", "string", True, False),
        ("/a~1b~0c", "1.0", "number", False, False),
        ("/guests", "", "array", True, False),
        ("/guests/0", "", "object", None, False),
        ("/guests/0/age", "12345678901234567890", "integer", None, False),
        ("/guests/0/name", "", "", True, True),
        ("/date", "", "", True, True),
    ]
    assert [r["required"] for r in rows] == [True, False, False, False, False, True, True]


def test_arguments_that_do_not_parse_are_sent_raw_with_the_reason() -> None:
    shown = payload(trajectory(ToolCall(name="nope", raw_arguments='{"city": ', id="c0")))
    call = shown["messages"][1]["calls"][0]
    assert call["rows"] is None
    assert call["raw"] == '{"city": '
    assert "not JSON" in call["parse_error"]
    assert call["known"] is False


def test_markdown_is_formatting_only() -> None:
    html = payload(trajectory())["messages"][0]["html"]
    assert html == "<p><strong>Hello</strong> &lt;b&gt;there&lt;/b&gt;</p>\n"
    assert payload(trajectory())["messages"][2]["html"] is None
    linked = Trajectory(messages=(Message(role=Role.USER, content="*see* [x](javascript:P())"),))
    assert "<a" not in payload(linked)["messages"][0]["html"]
    assert "[x](javascript:P())" in payload(linked)["messages"][0]["html"]


def test_json_in_a_message_keeps_its_indentation() -> None:
    data = '{\n  "a_b": ["*x*"],\n  "c": 1\n}\n'
    said = Trajectory(messages=(Message(role=Role.USER, content=data),))
    message = payload(said)["messages"][0]
    assert (message["html"], message["text"]) == (None, data)


def test_annotation_is_sent_with_every_field() -> None:
    mark = Mark(mark_id="m", taxonomy="t", category="C", anchor=Anchor(message_index=1))
    said = Annotation(
        outcome=Outcome.REJECT, step_verdicts={1: StepVerdict.INCORRECT}, marks=(mark,)
    )
    shown = payload(trajectory(), annotation=said)["annotation"]
    assert shown == {
        "outcome": "reject",
        "step_verdicts": {"1": "incorrect"},
        "marks": [
            {"mark_id": "m", "taxonomy": "t", "category": "C", "anchor": {"message_index": 1}}
        ],
        "note": "",
        "correction_uid": None,
        "recovery": {},
        "tries": [],
        "checklist": [],
    }


def test_findings_keep_their_anchor() -> None:
    finding = Finding(
        "calls/x", 1, Severity.WARNING, Anchor(message_index=1, call_index=0, pointer="/a"), "m"
    )
    assert payload(trajectory(), findings=[finding])["findings"] == [
        {
            "check": "calls/x",
            "severity": "warning",
            "message": "m",
            "hint": "",
            "message_index": 1,
            "call_index": 0,
            "pointer": "/a",
        }
    ]


def test_a_correction_brings_its_changes_and_its_messages() -> None:
    parent = trajectory(ToolCall(name="book", raw_arguments='{"city":"Oslo"}', id="c0"))
    fixed = ToolCall(name="book", raw_arguments='{"city":"Rome"}', id="c0")
    corrected = trajectory(fixed)
    shown = payload(
        parent, correction=ShownCorrection(corrected.uid, "ann", "wrong city", corrected)
    )["correction"]
    assert (shown["author"], shown["reason"]) == ("ann", "wrong city")
    assert shown["messages"][1]["calls"][0]["raw"] == '{"city":"Rome"}'
    change = shown["changes"][0]["calls"][0]["arguments"][0]
    assert (change["kind"], change["pointer"]) == ("changed", "/city")
    assert (change["before"], change["after"]) == ("Oslo", "Rome")


def test_only_small_facts_of_the_source_are_sent() -> None:
    source = {"reward": 1.0, "ok": True, "long": "x" * 500, "nested": {"a": 1}, "none": None}
    facts = payload(trajectory(), source=source)["source"]
    assert facts == {"reward": "1.0", "ok": "true", "long": "x" * 200 + "…", "none": "null"}


def test_everything_can_be_sent_as_json() -> None:
    shown = payload(trajectory(ToolCall(name="book", raw_arguments='{"city":null}', id="c0")))
    assert msgspec.json.decode(msgspec.json.encode(shown)) == shown


def test_tools_are_described_for_reading() -> None:
    tool = payload(trajectory())["tools"][0]
    assert tool["properties"] == [
        {
            "name": "city",
            "type": "string",
            "required": True,
            "description": "",
            "enum": ["Oslo", "Rome"],
        },
        {
            "name": "guests",
            "type": "array of object",
            "required": False,
            "description": "",
            "enum": [],
        },
    ]
    assert '"required": [' in tool["schema"]


def test_every_value_says_where_it_came_from() -> None:
    calls = (
        ToolCall(name="book", raw_arguments='{"who": "there", "code": "XQ-7"}', id="c0"),
        ToolCall(name="book", raw_arguments='{"code": "XQ-7", "open": true}', id="c1"),
    )
    first, second = payload(trajectory(*calls, results=2))["messages"][1]["calls"]
    source = {"origin": "user", "how": "exact", "at": 0, "span": (13, 18)}
    assert first["origins"]["/who"] == source
    assert first["origins"]["/code"]["origin"] == "nowhere"
    again = {"origin": "assistant", "how": "exact", "at": 1, "span": None}
    assert second["origins"] == {"/code": {**again, "call": 0, "pointer": "/code"}}


def test_a_sample_grown_from_an_error_says_from_which() -> None:
    lineage = Lineage("tj1-abc", 1, Verdict.PRED_WRONG, "user-persona@1", "writer", 0.25)
    value = trajectory(ToolCall(name="book", raw_arguments="{}", id="c0"))
    assert payload(value)["grown_from"] is None
    assert payload(value, lineage=lineage)["grown_from"] == {
        "uid": "tj1-abc",
        "directive": "user-persona@1",
        "model": "writer",
        "similarity": 0.25,
    }
