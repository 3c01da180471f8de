"""The layouts of papers' data sets: what the contract does not ask of all formats."""

from __future__ import annotations

import json
from typing import Any

import pytest

from curation.annotation import Annotation, Outcome, StepVerdict
from curation.importing import (
    FORMATS,
    TRUTH,
    ImportContext,
    Imported,
    Problem,
    Record,
    RecordError,
    detect,
    explain_unknown,
    gathered,
    pivot_record,
)
from curation.trajectory import UNSET, Role

from .samples import SAMPLES


def imported(name: str, *records: Any, file_name: str = "d.jsonl") -> list[Imported]:
    entry = FORMATS.get(name)
    context = ImportContext(file_name=file_name, companions=SAMPLES[name].companions.get)
    given = (Record(f"{file_name}:{n}", n, r) for n, r in enumerate(records, start=1))
    found: list[Imported] = []
    for item in gathered(entry, given):
        assert isinstance(item, Record), item
        found += pivot_record(entry, item, context)
    return found


# --- Glaive v2 ---


def glaive(chat: str) -> Imported:
    (item,) = imported("glaive-v2", {"system": "SYSTEM: You help.", "chat": chat})
    return item


@pytest.mark.parametrize(
    ("text", "name", "raw"),
    [
        ("""{"name": "f", "arguments": '{"q": "it\\'s\n on"}'}""", "f", '{"q": "it\'s\n on"}'),
        ("""{"name": "f", "arguments": '{"q": "it's"}'}""", "f", '{"q": "it\'s"}'),
        ("""{"name": "f", "arguments": {"q": 1}}""", "f", '{"q":1}'),
        ("""{"name": "f", "arguments": '{"q": """, "f", None),
    ],
)
def test_arguments_in_single_quotes_are_read(text: str, name: str, raw: str | None) -> None:
    item = glaive(f"USER: x\n\n\nASSISTANT: Wait. <functioncall> {text} <|endoftext|>")
    message = item.trajectory.messages[-1]
    (call,) = message.tool_calls
    assert message.content == "Wait."
    assert (call.name, call.raw_arguments) == (name, raw or text.strip())
    assert (call.parsed().value is None) == (raw is None or "\n" in raw)


def test_a_speaker_named_in_an_answer_that_goes_on_is_text() -> None:
    (item,) = imported("glaive-v2", SAMPLES["glaive-v2"].records[0])
    assert item.trajectory.messages[-1].text.endswith("I answered.")
    assert "USER: is no turn here." in item.trajectory.messages[1].text
    assert [t.name for t in item.trajectory.tools] == ["room_area", "now"]
    with pytest.raises(RecordError, match="does not begin with a speaker"):
        glaive("Hello there")


# --- LLaMA-Factory v1 ---


def test_the_rejected_message_is_a_prediction_and_weights_stay() -> None:
    plain, pair = imported("llama-factory-v1", *SAMPLES["llama-factory-v1"].records)
    step = plain.trajectory.messages[1]
    assert (step.content, step.reasoning, step.extra) == (UNSET, "A product.", {"loss_weight": 0.0})
    (prediction,) = pair.predictions
    assert (prediction.message_index, prediction.message.text) == (1, "Big.")
    assert "rejected_messages" not in pair.source


def test_parallel_results_in_one_list_are_told_apart_and_longer_rejections_are_kept() -> None:
    def part(role: str, *parts: tuple[str, str]) -> dict[str, Any]:
        return {"role": role, "content": [{"type": k, "value": v} for k, v in parts]}

    call = ("tool_call", '{"name": "f", "arguments": {}}')
    row = [part("user", ("text", "x")), part("assistant", call, ("tool_call", "{broken"))]
    result = part("tool", ("text", '[{"a": 1}, "b"]'))
    other = [row[0], part("assistant", ("text", "no")), part("user", ("text", "why"))]
    record = {"chosen_messages": [*row, result], "rejected_messages": other}
    (item,) = imported("llama-factory-v1", record)
    assert [m.text for m in item.trajectory.messages[2:]] == ['{"a":1}', "b"]
    assert item.trajectory.messages[1].tool_calls[1].raw_arguments == "{broken"
    assert item.source["rejected_messages"] == other


# --- API-Bank ---


def test_a_file_is_one_dialogue_with_the_apis_beside_it() -> None:
    records = SAMPLES["api-bank"].records
    failed = {
        "role": "API",
        "api_name": "room_area",
        "param_dict": {"width": "3"},
        "result": {"input": {"width": 3}, "output": None, "exception": "no length"},
    }
    (item,) = imported("api-bank", *records, failed, file_name="Rooms-level-1.jsonl")
    said = item.trajectory.messages
    assert (said[1].content, said[1].tool_calls[0].name) == ("One moment.", "room_area")
    assert said[2].content == "15"
    assert said[4].text == '{"output":null,"exception":"no length"}'
    assert said[4].extra == {"input": {"width": 3}}
    assert (item.source_id, item.group) == ("Rooms-level-1.jsonl", "api-bank:Rooms-level-1")
    (tool,) = item.trajectory.tools
    assert tool.parameters is not None
    assert "required" not in tool.parameters


def test_a_dialogue_with_a_lost_line_is_left_out_and_says_so() -> None:
    lost = Problem("f:2", "This is not JSON.")
    first = Record("f:1", 1, SAMPLES["api-bank"].records[0])
    found = list(gathered(FORMATS.get("api-bank"), iter([first, lost])))
    assert found[0] == lost
    assert isinstance(found[1], Problem)
    assert "1 of its lines cannot be read" in found[1].message
    with pytest.raises(RecordError, match="Turn 2"):
        imported("api-bank", first.value, {"role": "AI", "words": "?"})


# --- ToolAlpaca ---


def test_types_are_read_from_prose() -> None:
    (item, *_) = imported("toolalpaca", SAMPLES["toolalpaca"].records[0])
    (tool,) = item.trajectory.tools  # `components` is none
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "width": {"type": "number", "description": "Required. number. One of: [3, 5]. Metres."},
            "unit": {"type": "string", "description": "string. Of length."},
        },
        "required": ["width"],
    }
    assert item.source["gold_answer"][0]["Action"] == "room_area"
    assert item.trajectory.messages[1].tool_calls[0].parsed().value is None


def test_the_ruling_and_the_gold_answer_stay_with_a_judged_run() -> None:
    (item,) = imported("toolalpaca", SAMPLES["toolalpaca"].records[2])
    ruling = {"process_correctness": "Yes", "final_response_correctness": "Uncertain"}
    assert item.source[TRUTH] == {**ruling, "output": "All is well."}
    (said,) = item.annotations
    assert (said.annotator, said.kind) == ("ToolAlpaca's judge", "judge")
    assert said.annotation == Annotation(outcome=Outcome.UNSURE, note="All is well.")
    assert item.source["gold_answer"] == [
        {"name": "room_area", "arguments": '{"width": ${width from user}}'}
    ]
    assert [t.name for t in item.trajectory.tools] == ["room_area", "colours"]
    assert item.trajectory.messages[-1].text == "It is 15."


@pytest.mark.parametrize(
    ("process", "final", "outcome", "verdict"),
    [
        ("Yes", "Yes", Outcome.ACCEPT, StepVerdict.CORRECT),
        ("No", "Yes", Outcome.REJECT, StepVerdict.CORRECT),
        ("Yes", "No", Outcome.REJECT, StepVerdict.INCORRECT),
        ("Uncertain", "Yes", Outcome.UNSURE, StepVerdict.CORRECT),
    ],
)
def test_the_ruling_is_an_annotation(
    process: str, final: str, outcome: Outcome, verdict: StepVerdict
) -> None:
    (run,) = SAMPLES["toolalpaca"].records[2]["Rooms"]
    ruled = {**run, "process_correctness": process, "final_response_correctness": final}
    (item,) = imported("toolalpaca", {"Rooms": [ruled]})
    (said,) = item.annotations
    assert (said.annotation.outcome, said.annotation.step_verdicts) == (outcome, {3: verdict})


def test_a_damaged_request_takes_no_other_with_it() -> None:
    record = SAMPLES["toolalpaca"].records[2]
    empty = {"Rooms": [{"input": "", "output": ""}, *record["Rooms"]]}
    entry = FORMATS.get("toolalpaca")
    first, second = gathered(entry, iter([Record("f:1", 1, empty)]))
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert second.where == "f:1 (Rooms/1)"
    with pytest.raises(RecordError, match="Run 0 of Rooms is empty"):
        pivot_record(entry, first, ImportContext())
    assert pivot_record(entry, second, ImportContext())
    with pytest.raises(RecordError, match="neither steps nor an answer"):
        imported("toolalpaca", {"Function_Description": {}, "Instances": [{"input": "x"}]})


# --- LoopTool, ToolRL ---


def test_a_probed_answer_keeps_perplexity_thinking_and_ruling() -> None:
    (item,) = imported("looptool", SAMPLES["looptool"].records[0])
    (prediction,) = item.predictions
    assert prediction.message_index == 4
    assert prediction.perplexity == 1.5
    assert prediction.message.reasoning == "Is <tool_call> due?"
    assert prediction.message.tool_calls[0].parsed().value is None
    assert prediction.source[TRUTH]["verdict"] == "PRED_WRONG"
    assert "status" not in item.source
    assert item.trajectory.messages[2].reasoning == "Be polite."


def test_the_gold_of_verl_rows_is_the_step_and_stays_in_the_source() -> None:
    triple, verl, test = imported("toolrl", *SAMPLES["toolrl"].records)
    assert triple.trajectory.uid == verl.trajectory.uid
    assert verl.source["reward_model"]["ground_truth"].startswith("<think>")
    assert verl.source["extra_info"] == {"index": 4}
    assert triple.trajectory.messages[-1].reasoning == "The <response> tag stays unused."
    names = [t.name for t in triple.trajectory.tools]
    assert names == ["room_area", "Paint/Order now"]
    assert test.trajectory.messages[-1].role is Role.ASSISTANT


@pytest.mark.parametrize(
    ("truth", "calls"),
    [
        ("72", None),
        (72, None),
        ([{"name": "f", "parameters": {"a": 1}}], ['{"a":1}']),
        ('[{"name": "f", "arguments": {"a": 1}}]', ['{"a":1}']),
        ('{"a": 1}', None),
    ],
)
def test_gold_that_is_no_answer_stays_in_the_source_alone(
    truth: Any, calls: list[str] | None
) -> None:
    record = {
        "prompt": [{"role": "user", "content": "How many?"}],
        "reward_model": {"style": "rule", "ground_truth": truth},
    }
    (item,) = imported("toolrl", record)
    found = [c.raw_arguments for _, _, c in item.trajectory.calls()]
    assert found == (calls or [])
    assert len(item.trajectory.messages) == (2 if calls else 1)
    assert item.source["reward_model"]["ground_truth"] == truth


def test_a_history_with_text_outside_its_tags_is_refused() -> None:
    record = {"instruction": "", "input": "<user> x </user> and then", "output": ""}
    with pytest.raises(RecordError, match="outside its tags: 'and then'"):
        imported("toolrl", record)


def test_rows_made_from_api_bank_share_its_dialogues_group() -> None:
    record = {**SAMPLES["toolrl"].records[2], "other": {"file": "A-level-1.jsonl", "id": 2}}
    (item,) = imported("toolrl", record)
    assert (item.source_id, item.group) == ("A-level-1.jsonl/2", "api-bank:A-level-1")


# --- Seal-Tools, NesTools ---


def test_both_dresses_of_a_request_are_read_alike() -> None:
    prompt, plain = imported("seal-tools", *SAMPLES["seal-tools"].records)
    assert prompt.trajectory.messages[0].text == 'Say "how big" it is, [please]'
    assert prompt.trajectory.messages[1] == plain.trajectory.messages[1]
    assert prompt.trajectory.tools == plain.trajectory.tools  # of the pool, what is called
    beside = prompt.trajectory.messages[1].extra["tool_call_extras"]
    assert beside[1] == {"responses": ["API_call_1"]}
    assert prompt.source["prompt"].startswith("Choose.")
    record = {"conversations": [{"from": "human", "value": "api_list = [{\ntask_instruction = x"}]}
    with pytest.raises(RecordError, match="parts of Seal-Tools"):
        imported("seal-tools", record)


@pytest.mark.parametrize("key", ["parameters", "input_parameters"])
def test_a_pool_of_apis_is_known_for_tool_definitions(key: str) -> None:
    api = {"api_name": "f", "api_description": "x", key: {}}
    assert detect([api]) is None
    assert "tool definitions" in explain_unknown([json.loads(json.dumps(api))])[0]
