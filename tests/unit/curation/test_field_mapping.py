"""Field mappings: what they find, what they keep, and errors that name line and row."""

from __future__ import annotations

from typing import Any

import pytest

from curation.errors import IngestError
from curation.field_mapping import read_mapping
from curation.field_paths import MISSING, at, read_path
from curation.importing import ImportContext, Imported, Record, RecordError, pivot_record
from curation.mapped_rows import MappedRows
from curation.trajectory import Role

DIALOG = """\
# A support desk's log.
[record]
messages = "dialog.turns"
tools = "functions"
id = "meta.ticket"
group = "meta.case"
gold = "expected"

[message]
role = "who"
content = ["text", "said"]
calls = "actions"
call_id = "for"

[call]
name = "fn"
arguments = "args"
id = "ref"

[tool]
name = "fn"
parameters = "schema"

[roles]
customer = "user"
bot = "assistant"
backend = "tool"
"""
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
ROW: dict[str, Any] = {
    "dialog": {
        "language": "en",
        "turns": [
            {"who": "Customer", "text": "Weather in Oslo?"},
            {
                "who": "bot",
                "said": None,
                "actions": [{"fn": "weather", "args": {"city": "Oslo"}, "ref": "r1"}],
            },
            {"who": "backend", "for": "r1", "text": {"rain": True}},
            {"who": "bot", "text": "It rains."},
        ],
    },
    "functions": [{"fn": "weather", "schema": SCHEMA}],
    "meta": {"ticket": 17, "case": "oslo", "stars": 5},
    "expected": [{"weather": {"city": ["Oslo"]}}],
    "agent": "v2",
}


def imported(mapping: str, record: dict[str, Any]) -> Imported:
    rows = MappedRows(read_mapping(mapping, "desk.toml"))
    (found,) = pivot_record(rows, Record("f:1", 1, record), ImportContext())
    return found


def test_everything_a_mapping_can_name_is_found() -> None:
    found = imported(DIALOG, ROW)
    messages = found.trajectory.messages
    assert [m.role for m in messages] == [Role.USER, Role.ASSISTANT, Role.TOOL, Role.ASSISTANT]
    (call,) = messages[1].tool_calls
    assert (call.name, call.raw_arguments, call.id) == ("weather", '{"city":"Oslo"}', "r1")
    assert messages[1].content is None
    assert (messages[2].tool_call_id, messages[2].content) == ("r1", '{"rain":true}')
    (tool,) = found.trajectory.tools
    assert (tool.name, tool.parameters) == ("weather", SCHEMA)
    assert (found.source_id, found.group) == ("17", "oslo")


def test_nothing_that_is_not_taken_is_dropped() -> None:
    assert imported(DIALOG, ROW).source == {
        "dialog": {"language": "en"},
        "meta": {"stars": 5},
        "agent": "v2",
        "ground_truth": [{"weather": {"city": ["Oslo"]}}],
    }


def test_named_metadata_is_all_that_is_kept() -> None:
    named = DIALOG.replace('gold = "expected"', 'metadata = {stars = "meta.stars", x = "y.z"}')
    assert imported(named, ROW).source == {"stars": 5}
    listed = DIALOG.replace('gold = "expected"', 'metadata = ["meta.stars", "agent"]')
    assert imported(listed, ROW).source == {"stars": 5, "agent": "v2"}


def test_steps_that_are_their_call_and_carry_its_result() -> None:
    react = """
[record]
system = "prompt"
user = "question"
messages = "steps"
assistant = "final"
[message]
default_role = "assistant"
content = "thought"
calls = "."
[call]
name = "action"
arguments = "action_input"
result = "observation"
"""
    record = {
        "prompt": "Be brief.",
        "question": "Weather?",
        "steps": '[{"thought": "Look.", "action": "weather", "action_input": "{}",'
        ' "observation": "rain"}, {"thought": "I know."}]',
        "final": "Rain.",
    }
    messages = imported(react, record).trajectory.messages
    assert [(m.role.value, m.text, len(m.tool_calls)) for m in messages] == [
        ("system", "Be brief.", 0),
        ("user", "Weather?", 0),
        ("assistant", "Look.", 1),
        ("tool", "rain", 0),
        ("assistant", "I know.", 0),
        ("assistant", "Rain.", 0),
    ]


def test_messages_that_are_calls_join_the_step_before_them() -> None:
    mapping = """
[record]
messages = "log"
[message]
role = "type"
[call]
arguments = "input"
[roles]
tool_call = "call"
tool_result = "tool"
"""
    log = [
        {"type": "user", "content": "Two rooms?"},
        {"type": "assistant", "content": "I look."},
        {"type": "tool_call", "name": "room", "input": {"n": 1}},
        {"type": "tool_call", "name": "room", "input": {"n": 2}},
        {"type": "tool_result", "content": "ok"},
        {"type": "tool_call", "name": "room", "input": "{broken"},
    ]
    messages = imported(mapping, {"log": log}).trajectory.messages
    assert [(m.role.value, len(m.tool_calls)) for m in messages] == [
        ("user", 0),
        ("assistant", 2),
        ("tool", 0),
        ("assistant", 1),
    ]
    assert messages[3].tool_calls[0].raw_arguments == "{broken"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('id = "meta.ticket"', 'ids = "meta.ticket"', 5, "Did you mean id?"),
        ('role = "who"', 'role = "who..x"', 10, "no path"),
        ('role = "who"', "role = 3", 10, "role: it is neither text nor a list"),
        ('bot = "assistant"', 'bot = "robot"', 26, "Roles are"),
        ("[call]", "[calls]", 15, "Did you mean call?"),
        ('id = "meta.ticket"', "id = meta", 5, "not TOML"),
        ('messages = "dialog.turns"', 'messages = []', 2, "does not say where the messages"),
        ('gold = "expected"', "metadata = 3", 7, "metadata"),
    ],
)  # fmt: skip
def test_errors_of_a_mapping_name_the_line(old: str, new: str, line: int, words: str) -> None:
    with pytest.raises(IngestError) as caught:
        read_mapping(DIALOG.replace(old, new), "desk.toml")
    assert caught.value.where == f"desk.toml:{line}"
    assert words in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dialog": {}}, "The record: nothing stands at 'dialog.turns'"),
        ({"dialog": {"turns": "none"}}, "'dialog.turns' (desk.toml line 3) are a JSON string"),
        ({"dialog": {"turns": [{"text": "hm"}]}}, "'who' (desk.toml line 10)"),
        ({"dialog": {"turns": [{"who": "cat"}]}}, "the role 'cat'"),
        (
            {"dialog": {"turns": [{"who": "bot", "actions": [{"args": {}}]}]}},
            "Message 0, call 0: nothing stands at 'fn' (desk.toml line 16), where the name",
        ),
    ],
)
def test_errors_of_a_row_name_message_and_line(change: dict[str, Any], words: str) -> None:
    with pytest.raises(RecordError) as caught:
        imported(DIALOG, {**ROW, **change})
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b", 1),
        ("a", {"b": 1}),
        ("l.0", "x"),
        ("l.-1", "y"),
        ('"p.q".r', 2),
        ("t.k", [3]),
        ("t.k.0", 3),
        ("l.2", MISSING),
        ("a.b.c", MISSING),
    ],
)
def test_paths(path: str, found: Any) -> None:
    value = {"a": {"b": 1}, "l": ["x", "y"], "p.q": {"r": 2}, "t": '{"k": [3]}'}
    assert at(value, read_path(path)) == found


@pytest.mark.parametrize("path", ["", "a.", ".a", "a..b", '"a'])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        read_path(path)
