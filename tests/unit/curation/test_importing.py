"""Detection, the pivot's promises, and what a person is told about unknown files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from curation.importing import (
    FORMATS,
    ImportContext,
    Imported,
    Record,
    RecordError,
    detect,
    explain_unknown,
    json_text,
    pivot_record,
)

PLAIN = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}
WITH_PREDICTION = {
    **PLAIN,
    "predictions": [{"message_index": 1, "model": "m", "message": {"content": "Hu"}}],
}


def name_of(values: list[Any]) -> str | None:
    found = detect(values)
    return found.name if found else None


def test_one_row_with_an_addition_decides_for_the_format_that_has_it() -> None:
    assert name_of([PLAIN] * 10) == "openai-chat"
    assert name_of([*[PLAIN] * 10, WITH_PREDICTION]) == "loopwright"
    weighted = {"messages": [*PLAIN["messages"], {"role": "assistant", "content": "", "weight": 1}]}
    assert name_of([PLAIN, weighted, PLAIN]) == "openai-finetune"


def test_rows_that_no_format_knows_do_not_hide_the_ones_it_does() -> None:
    assert name_of([{"oops": 1}, PLAIN, PLAIN, None, "text"]) == "openai-chat"


@pytest.mark.parametrize(
    "values", [[], [{}], [None], ["x"], [{"messages": "no"}], [{"messages": [1]}]]
)
def test_what_is_no_format_is_none(values: list[Any]) -> None:
    assert detect(values) is None


@pytest.mark.parametrize(
    "record",
    [
        {"conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "y"}]},
        {"conversations": [{"from": "system", "value": "x"}, {"from": "user", "value": "y"}]},
        {"id": 1, "query": "x", "calls": []},
        {"id": "x", "question": "hi", "functions": []},
    ],
)
def test_relatives_of_known_formats_are_not_taken_for_them(record: dict[str, Any]) -> None:
    assert detect([record]) is None


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (
            {
                "messages": [{"role": "user", "content": [{"type": "text", "value": "x"}]}],
                "tools": "[]",
            },
            "llama-factory-v1",
        ),
        ({"id": 1, "query": "x", "calling": []}, "seal-tools"),
        ({"id": "x", "question": "user: hi", "function": []}, "acebench"),
    ],
)
def test_relatives_with_a_format_of_their_own_are_of_that(
    record: dict[str, Any], name: str
) -> None:
    assert name_of([record]) == name


def test_chat_messages_with_tags_are_hermes() -> None:
    record = {
        "messages": [
            {"role": "user", "content": "go"},
            {
                "role": "assistant",
                "content": '<tool_call>{"name": "f", "arguments": {}}</tool_call>',
            },
        ]
    }
    assert name_of([record]) == "hermes-xml"


def test_an_unknown_file_is_explained_by_its_keys() -> None:
    message, hint = explain_unknown([{"b": 1, "a": 2}])
    assert "a, b" in message
    assert "openai-chat" in hint


@pytest.mark.parametrize(
    ("whole", "message", "hint"),
    [
        ({"data": [PLAIN]}, "in the list 'data'", """jq '.["data"]'"""),
        ({"version": 2, "runs": [], "it's": [PLAIN, PLAIN]}, "the list", """jq '.["it's"]'"""),
        ({"first": PLAIN, "second": PLAIN}, "under each key, such as 'first'", "jq '[.[]]'"),
    ],
)
def test_records_inside_one_object_are_named_with_the_way_out(
    whole: dict[str, Any], message: str, hint: str
) -> None:
    said = explain_unknown([whole])
    assert message in said[0]
    assert hint in said[1]


def test_a_file_of_tools_is_recognised_as_such() -> None:
    _, hint = explain_unknown([{"type": "function", "function": {"name": "f", "parameters": {}}}])
    assert "--tools" in hint


def test_records_that_are_no_objects_are_explained() -> None:
    message, _ = explain_unknown([[1]])
    assert "array" in message


def test_defects_of_a_record_name_what_is_missing() -> None:
    with pytest.raises(RecordError) as caught:
        pivot_record(FORMATS.get("xlam"), Record("f:3", 3, {"query": "x"}), ImportContext())
    assert "'answers'" in caught.value.message
    assert caught.value.at("f:3").where == "f:3"


def test_a_defect_in_one_message_names_the_message() -> None:
    record = {"messages": [{"role": "user"}, {"role": "wizard", "content": ""}]}
    with pytest.raises(RecordError) as caught:
        pivot_record(FORMATS.get("openai-chat"), Record("f:1", 1, record), ImportContext())
    assert caught.value.message.startswith("Message 1: The role 'wizard'")


def test_a_mistake_of_a_format_itself_is_no_problem_of_the_record() -> None:
    class Broken:
        name, title, description, extends = "broken", "Broken", "", ()

        def sniff(self, record: dict[str, Any]) -> bool:
            return False

        def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pivot_record(Broken(), Record("f:1", 1, {}), ImportContext())


def test_half_a_surrogate_pair_is_refused_and_not_passed_on() -> None:
    with pytest.raises(RecordError):
        json_text({"a": "\ud83d"})


def test_numbers_serve_as_ids() -> None:
    context = ImportContext()
    context.where = "f:9"
    assert context.source_id({"id": 12}) == "12"
    assert context.source_id({"id": "x"}) == "x"
    assert context.source_id({"id": None}) == "f:9"
    assert context.source_id({"id": True}) == "f:9"
    assert context.source_id({}) == "f:9"


def test_values_of_the_import_are_frozen() -> None:
    (item,) = pivot_record(FORMATS.get("openai-chat"), Record("f:1", 1, PLAIN), ImportContext())
    with pytest.raises(AttributeError):
        item.source_id = "other"  # type: ignore[misc]
    assert msgspec.structs.replace(item, group="g").group == "g"
