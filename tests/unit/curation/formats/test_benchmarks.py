"""Details of the formats that carry gold answers: xLAM, BFCL, tau-bench."""

from __future__ import annotations

import json
from typing import Any

import pytest

from curation.importing import FORMATS, ImportContext, Imported, Record, RecordError, pivot_record
from curation.trajectory import Role, ToolCall, ToolSpec


def pivot(name: str, record: dict[str, Any], context: ImportContext | None = None) -> Imported:
    place = Record("f.json:3", 3, record)
    (item,) = pivot_record(FORMATS.get(name), place, context or ImportContext())
    return item


def bfcl(gold: Any, **keys: Any) -> Imported:
    record = {
        "id": "live_simple_3-1-0",
        "question": [[{"role": "user", "content": "go"}]],
        "function": [],
        **keys,
    }
    companions = {"possible_answer/q.json": [{"id": record["id"], "ground_truth": gold}]}
    return pivot("bfcl", record, ImportContext(file_name="q.json", companions=companions.get))


def test_empty_answers_end_with_the_query() -> None:
    item = pivot("xlam", {"query": "Sing", "answers": "[]", "tools": "[]"})
    assert [m.role for m in item.trajectory.messages] == [Role.USER]
    assert item.source == {"answers": "[]"}


@pytest.mark.parametrize("answers", ['[{"name": "f", ', "[1]", '[{"arguments": {}}]'])
def test_answers_that_are_no_calls_are_kept_as_generated(answers: str) -> None:
    item = pivot("xlam", {"query": "x", "answers": answers, "tools": "[]"})
    (call,) = item.trajectory.messages[1].tool_calls
    assert call.name == ""
    assert call.raw_arguments


def test_answers_and_tools_may_be_lists_already() -> None:
    item = pivot(
        "xlam",
        {
            "id": 5,
            "query": "x",
            "answers": [{"name": "f", "arguments": {"a": 1}}],
            "tools": [{"name": "f", "parameters": {"a": {"type": "int"}}}],
        },
    )
    assert item.source_id == "5"
    assert item.trajectory.messages[1].tool_calls == (ToolCall("f", '{"a":1}'),)
    assert (item.trajectory.tools[0].parameters or {})["required"] == ["a"]


@pytest.mark.parametrize(
    ("allowed", "chosen"),
    [
        ({"a": [1, 2]}, {"a": 1}),
        ({"a": ["", "x"]}, {"a": "x"}),
        ({"a": [""]}, {}),
        ({"a": ["", None]}, {"a": None}),
        ({"a": [{"k": ["v", "w"], "o": [""]}]}, {"a": {"k": "v"}}),
        ({"a": [[1, 2], [3]]}, {"a": [1, 2]}),
        ({"a": [[{"k": [1, 2]}, {"k": [3]}]]}, {"a": [{"k": 1}, {"k": 3}]}),
        ({"a": [False]}, {"a": False}),
    ],
)
def test_the_first_value_written_out_is_chosen(allowed: Any, chosen: Any) -> None:
    item = bfcl([{"f": allowed}])
    (call,) = item.trajectory.messages[-1].tool_calls
    assert json.loads(call.raw_arguments) == chosen
    assert item.source["ground_truth"] == [{"f": allowed}]


def test_parallel_gold_calls_are_one_step() -> None:
    item = bfcl([{"f": {"a": [1]}}, {"g": {}}])
    assert [c.name for c in item.trajectory.messages[-1].tool_calls] == ["f", "g"]


def test_category_and_group_come_from_the_id() -> None:
    item = bfcl([{"f": {}}])
    assert item.source["category"] == "live_simple"
    assert item.group == "bfcl:live_simple_3-1-0"


def test_a_question_without_gold_ends_with_the_user() -> None:
    item = pivot(
        "bfcl",
        {"id": "irrelevance_0", "question": [[{"role": "user", "content": "x"}]], "function": []},
    )
    assert [m.role for m in item.trajectory.messages] == [Role.USER]
    assert "ground_truth" not in item.source


def multi_turn(gold: Any, **keys: Any) -> Imported:
    record = {
        "id": "multi_turn_miss_func_4",
        "question": [[{"role": "user", "content": "a"}], [{"role": "user", "content": "b"}], []],
        "involved_classes": ["GorillaFileSystem"],
        "excluded_function": ["cp"],
        "initial_config": {"x": 1},
        **keys,
    }
    files = {
        "possible_answer/q.json": [{"id": record["id"], "ground_truth": gold}],
        "multi_turn_func_doc/gorilla_file_system.json": [
            {"name": n, "parameters": {"type": "dict", "properties": {"source": {}, "to": {}}}}
            for n in ("mv", "cp")
        ],
    }
    return pivot("bfcl", record, ImportContext(file_name="q.json", companions=files.get))


def test_a_multi_turn_row_gets_one_step_per_turn_with_gold_calls() -> None:
    item = multi_turn([["mv('a', to='b')", "mv('c','d')"], [], ["mv(source='e')"]])
    messages = item.trajectory.messages
    assert [m.role.value for m in messages] == ["user", "assistant", "user", "assistant"]
    assert [c.parsed().value for c in messages[1].tool_calls] == [
        {"source": "a", "to": "b"},
        {"source": "c", "to": "d"},
    ]


def test_excluded_functions_are_not_on_offer_and_variants_share_a_group() -> None:
    item = multi_turn([[], [], []])
    assert [t.name for t in item.trajectory.tools] == ["mv"]
    assert item.group == "bfcl:multi_turn_4"
    assert item.source["initial_config"] == {"x": 1}


def test_functions_may_come_from_the_tools_that_were_given() -> None:
    record = {
        "id": "multi_turn_base_4",
        "question": [[{"role": "user", "content": "a"}]],
        "involved_classes": ["GorillaFileSystem", "MathAPI"],
        "excluded_function": ["cp"],
    }
    files = (ToolSpec("mv"), ToolSpec("cp"))
    context = ImportContext(tools=files, tool_sets={"gorilla_file_system": files})
    item = pivot("bfcl", record, context)
    assert [t.name for t in item.trajectory.tools] == ["mv"]
    (problem,) = context.take_problems()
    assert "class MathAPI" in problem.message
    pivot("bfcl", record, context)
    assert context.take_problems() == []  # told once
    one_file = ImportContext(tools=files, tool_sets={"my-tools": files})
    assert [t.name for t in pivot("bfcl", record, one_file).trajectory.tools] == ["mv"]
    assert one_file.take_problems() == []


def test_answers_for_another_number_of_turns_are_refused() -> None:
    with pytest.raises(RecordError, match="3 turns and answers for 2"):
        multi_turn([["mv()"], ["mv()"]])


def test_a_run_has_its_task_and_trial_as_id_and_the_task_as_group() -> None:
    record = {
        "task_id": 4,
        "trial": 1,
        "reward": 0.0,
        "traj": [{"role": "user", "content": "x"}],
        "info": {"task": {"user_id": "ada"}},
    }
    tools = (ToolSpec("f"),)
    item = pivot("tau-bench", record, ImportContext(tools=tools))
    assert (item.source_id, item.group) == ("4/1", "tau-bench:4:ada")
    assert item.source["reward"] == 0.0
    assert item.trajectory.tools == tools
    del record["info"]
    assert pivot("tau-bench", record).group == "tau-bench:4"
