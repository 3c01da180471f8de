"""ToolBench's answer trees: which path is taken, what becomes of the branches, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from curation.importing import (
    FORMATS,
    ImportContext,
    Imported,
    Record,
    RecordError,
    pivot_record,
)
from curation.trajectory import Role

from .sample import tree_call, tree_node

GIVE_UP = '{"return_type": "give_up_and_restart"}'


def answer(text: str) -> str:
    return f'{{"return_type": "give_answer", "final_answer": "{text}"}}'


def tree(*children: dict[str, Any], **about: Any) -> dict[str, Any]:
    return {
        "win": True,
        "tree": {"tree": tree_node("Action Input", "", *children)},
        "answer_generation": {"query": "Find a room.", "function": [], **about},
    }


def pivot(record: dict[str, Any]) -> Imported:
    (item,) = pivot_record(FORMATS.get("toolbench"), Record("f.json:1", 1, record), ImportContext())
    return item


def said(item: Imported) -> list[str]:
    return [
        m.tool_calls[0].name if m.tool_calls else m.text
        for m in item.trajectory.messages
        if m.role is Role.ASSISTANT
    ]


def test_the_path_to_the_final_answer_is_the_trajectory_and_siblings_are_tries() -> None:
    item = pivot(
        tree(
            tree_call(
                "search",
                "{}",
                tree_call("login", "{}", tree_call("Finish", GIVE_UP), seen="denied"),
                tree_call("Finish", answer("A1"), thought="Enough."),
                tree_call("Finish", answer("A2")),
                seen="rooms",
            ),
            tree_node("Thought", "I cannot.", expand_num=7, pruned=True),
            final_answer=answer("A2"),
        )
    )
    assert said(item) == ["search", "Finish"]
    assert item.trajectory.messages[-1].tool_calls[0].raw_arguments == answer("A2")
    assert [m.role for m in item.trajectory.messages] == [
        Role.USER, Role.ASSISTANT, Role.TOOL, Role.ASSISTANT,
    ]  # fmt: skip
    assert item.source["ended"] == "answered"
    assert item.source["branches"] == 3
    tries = [
        (p.message_index, p.message.text, [c.name for c in p.message.tool_calls], p.source["ended"])
        for p in item.predictions
    ]
    assert tries == [
        (1, "I cannot.", [], "stopped"),
        (3, "", ["login"], "gave up"),
        (3, "Enough.", ["Finish"], "answered"),
    ]
    login = item.predictions[1]
    assert login.source["steps_after"] == 1
    assert [m["role"] for m in login.source["path"]] == ["tool", "assistant"]


def test_a_thought_is_a_message_of_its_own_only_where_the_search_numbered_it() -> None:
    after = tree_call("Finish", answer("A"))
    alone = tree_node("Thought", "Done, I think.", after, expand_num=4)
    assert said(pivot(tree(alone))) == ["Done, I think.", "Finish"]
    together = tree_node("Thought", "Done, I think.", after, expand_num=0)
    item = pivot(tree(together))
    assert said(item) == ["Finish"]
    assert item.trajectory.messages[1].content == "Done, I think."


def test_of_a_search_that_gave_up_the_longest_path_is_kept_and_the_last_of_equals() -> None:
    item = pivot(
        tree(
            tree_call("first", "{}", tree_call("Finish", GIVE_UP), seen="x"),
            tree_call("second", "{}", tree_call("third", "{}", seen="y"), seen="x"),
        )
    )
    assert said(item) == ["second", "third"]
    assert item.source["ended"] == "gave up"


def test_system_and_user_message_are_those_the_model_was_given() -> None:
    given = [
        {"role": "system", "content": "You are AutoGPT."},
        {"role": "user", "content": "\nFind a room.\nBegin!\n"},
        {"role": "user", "content": "This is not the first time you try this task …"},
        {"role": "assistant", "content": "x"},
    ]
    item = pivot(tree(tree_call("Finish", answer("A")), train_messages=[given]))
    assert [m.text for m in item.trajectory.messages[:2]] == [m["content"] for m in given[:2]]
    assert item.trajectory.messages[2].role is Role.ASSISTANT


def test_searches_for_one_request_are_one_group() -> None:
    one, other = (pivot(tree(tree_call("Finish", answer(text)))) for text in "AB")
    assert one.group == other.group is not None
    assert pivot(tree(tree_call("Finish", "{}"), query="Another.")).group != one.group


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (tree(), "holds no answer"),
        (tree(tree_node("Observation", "x")), "'Observation' where an answer begins"),
        (tree(tree_node("Action", "f", children="none")), "not a list of nodes"),
        (tree(tree_node("Thought", 3)), "not text"),  # type: ignore[arg-type]
        (tree(tree_call("Finish", "{}"), query=None), "request is missing"),
        ({"tree": {"tree": {}}, "answer_generation": []}, "no answer tree"),
    ],
)
def test_a_broken_tree_is_refused_with_a_remedy(record: dict[str, Any], says: str) -> None:
    with pytest.raises(RecordError, match=says) as caught:
        pivot(record)
    assert caught.value.hint


def test_a_call_without_arguments_is_kept_as_it_is() -> None:
    item = pivot(tree(tree_node("Action", "search", expand_num=1)))
    assert item.trajectory.messages[1].tool_calls[0].raw_arguments == ""
