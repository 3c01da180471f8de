"""What every registered import format must do; a new file is tested by being there."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from curation.importing import (
    FORMATS,
    Format,
    ImportContext,
    Imported,
    Record,
    RecordError,
    detect,
    gathered,
    pivot_record,
)
from curation.trajectory import Role, decode_messages, encode_messages, encode_tools

from .samples import SAMPLES


@pytest.fixture(params=FORMATS.names())
def entry(request: pytest.FixtureRequest) -> Format:
    return FORMATS.get(request.param)


def context_for(name: str) -> ImportContext:
    return ImportContext(file_name="sample.json", companions=SAMPLES[name].companions.get)


def imported(name: str, records: list[dict[str, Any]] | None = None) -> list[Imported]:
    context = context_for(name)
    found: list[Imported] = []
    entry = FORMATS.get(name)
    given = enumerate(records or SAMPLES[name].records, start=1)
    for item in gathered(entry, (Record(f"sample.json:{n}", n, record) for n, record in given)):
        assert isinstance(item, Record)
        found += pivot_record(entry, item, context)
    return found


def reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: reversed_keys(v) for k, v in reversed(value.items())}
    return [reversed_keys(v) for v in value] if isinstance(value, list) else value


def test_every_format_has_a_sample_and_no_sample_is_left_over() -> None:
    assert sorted(SAMPLES) == FORMATS.names()


def test_it_says_what_it_is(entry: Format) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.name)
    assert entry.title
    assert entry.description.endswith(".")
    assert type(entry).__doc__
    assert set(entry.extends) <= set(FORMATS.names())


def test_its_sample_is_recognised_as_its_own(entry: Format) -> None:
    found = detect(SAMPLES[entry.name].records)
    assert found is not None
    assert found.name == entry.name


def test_each_record_alone_is_recognised_as_its_own(entry: Format) -> None:
    for record in SAMPLES[entry.name].records:
        found = detect([record])
        assert found is not None
        assert found.name == entry.name


def test_only_formats_that_it_extends_also_recognise_its_sample(entry: Format) -> None:
    others = {
        other.name
        for other in FORMATS
        for record in SAMPLES[entry.name].records
        if other.name != entry.name and other.sniff(record)
    }
    assert others <= set(entry.extends)


def test_calls_and_roles_of_the_sample_are_read(entry: Format) -> None:
    found = imported(entry.name)
    sample = SAMPLES[entry.name]
    calls = [(c.name, c.raw_arguments) for i in found for _, _, c in i.trajectory.calls()]
    assert calls == sample.calls
    assert [m.role.value for i in found for m in i.trajectory.messages] == sample.roles


def test_the_tools_of_the_sample_are_read(entry: Format) -> None:
    if entry.name in CARRY_NO_TOOLS:
        return
    for item in imported(entry.name):
        assert item.trajectory.tools[0].name.startswith("room_area")
        assert (item.trajectory.tools[0].parameters or {})["type"] == "object"


CARRY_NO_TOOLS = {"tau-bench", "swe-agent", "who-and-when"}
CARRY_THEIR_TOOLS = {
    "tau2", "acebench", "rotbench", "critictool", "tooleval", "toolbench-flat", "toolbench-query",
    "xlam", "bfcl", "toolace", "hermes-xml", "toolbench",
    "qwen-text", "otel-genai", "openinference", "datadog-llm",
    "glaive-v2", "toolalpaca", "looptool", "toolrl", "seal-tools", "nestools",
}  # fmt: skip


def test_tools_given_apart_stand_in_where_the_record_has_none(entry: Format) -> None:
    tools = imported("openai-chat")[0].trajectory.tools
    record = {
        key: value
        for key, value in SAMPLES[entry.name].records[0].items()
        if key not in ("tools", "functions", "function")
    }
    if entry.name in CARRY_THEIR_TOOLS:
        return
    context = ImportContext(tools=tools)
    (item,) = pivot_record(entry, Record("f:1", 1, record), context)
    assert item.trajectory.tools == tools


def test_what_it_reads_is_stored_and_read_back_equal(entry: Format) -> None:
    for item in imported(entry.name):
        messages = item.trajectory.messages
        assert decode_messages(encode_messages(messages)) == messages
        assert encode_tools(item.trajectory.tools)
        assert msgspec.json.encode(item.source)


def test_the_uid_does_not_depend_on_the_order_of_keys(entry: Format) -> None:
    records = SAMPLES[entry.name].records
    before = [i.trajectory.uid for i in imported(entry.name)]
    turned = [reversed_keys(record) for record in records]
    assert [i.trajectory.uid for i in imported(entry.name, turned)] == before


def test_keys_it_does_not_know_become_the_source(entry: Format) -> None:
    for record in SAMPLES[entry.name].records:
        for item in imported(entry.name, [{**record, "shelf": {"row": 3}}]):
            beside = [item.source, *(m.extra for m in item.trajectory.messages)]
            assert {"row": 3} in [facts.get("shelf") for facts in beside]


IDS = ("id", "task_id", "test_id", "traceId", "trace_id")


def test_records_without_an_id_take_their_place_as_source_id(entry: Format) -> None:
    if SAMPLES[entry.name].names_itself:
        return
    for record in SAMPLES[entry.name].records:
        bare = {k: v for k, v in record.items() if k not in IDS}
        (item,) = imported(entry.name, [bare])
        assert item.source_id == "sample.json:1"


def test_predictions_answer_a_step(entry: Format) -> None:
    for item in imported(entry.name):
        for prediction in item.predictions:
            assert item.trajectory.messages[prediction.message_index].role is Role.ASSISTANT
            assert prediction.message.role is Role.ASSISTANT
            assert prediction.model


@pytest.mark.parametrize("record", [{}, {"messages": []}, [], None, "text", 3, {"id": 1}])
def test_a_record_of_another_shape_is_refused_with_a_hint(entry: Format, record: Any) -> None:
    with pytest.raises(RecordError) as caught:
        pivot_record(entry, Record("f:1", 1, record), context_for(entry.name))
    assert caught.value.message
    assert caught.value.hint
