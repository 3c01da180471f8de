"""The contract of every type × layout, and the rules of each layout."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from curation.episodes import episode_of
from curation.errors import ExportError
from curation.export_reasons import ADAPTED, WHY, Adaptation, Dropped, DropReason, Unfit
from curation.exporting import (
    LAYOUTS,
    TYPES,
    Conversation,
    Curated,
    Example,
    Layout,
    Notes,
    Options,
    Pair,
    choose,
    supported,
)
from curation.spreadsheets import neutralised, restored
from curation.trajectory import Message, Role, ToolCall, Trajectory
from tests.curated_examples import (
    PING,
    booking,
    call,
    curated,
    everything,
    parallel,
    result,
    say,
    system,
    user,
)

PAIRS = [(kind, layout) for kind, layouts in supported().items() for layout in layouts]


def fitted(kind: str, layout: Layout, values: list[Curated], per_step: bool) -> list[Example]:
    found: list[Example] = []
    for value in values:
        for example in TYPES.get(kind).examples(value, Options(per_step=per_step)):
            if isinstance(example, Dropped):
                continue
            try:
                found.append(layout.fit(example, Counter()))
            except Unfit as problem:
                assert problem.reason in WHY
    return found


def written(layout: Layout, examples: list[Example]) -> bytes:
    file = io.BytesIO()
    # Parquet closes what it writes to; the bytes are taken before that.
    file.close, data = lambda: None, file  # type: ignore[method-assign]
    writer = layout.writer(file)
    writer.add([layout.encode(example) for example in examples])
    writer.finish()
    return data.getvalue()


@pytest.mark.parametrize("per_step", [False, True])
@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_what_is_written_reads_back_equal(kind: str, name: str, per_step: bool) -> None:
    layout = LAYOUTS.get(name)
    examples = fitted(kind, layout, everything(), per_step)
    assert examples, "the examples give this pair nothing to write"
    data = written(layout, examples)
    assert list(layout.rows(io.BytesIO(data))) == examples
    assert [layout.decode(layout.encode(example)) for example in examples] == examples
    again = [layout.fit(example, Counter()) for example in examples]
    assert again == examples, "fitting what fits changes it"


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_every_pair_explains_itself(kind: str, name: str) -> None:
    chosen, layout = choose(kind, name)
    assert kind in layout.types and layout.advice(kind).strip()
    assert chosen.title and chosen.description.endswith(".")
    assert layout.title and layout.description.endswith(".")


def test_an_impossible_pair_is_refused_with_what_is_possible() -> None:
    with pytest.raises(ExportError, match="For kto choose axolotl or sharegpt or swift or trl"):
        choose("kto", "openai")
    with pytest.raises(ExportError, match=r"no export type 'sftt'.*sft: axolotl, llama"):
        choose("sftt", "trl")
    with pytest.raises(ExportError, match="no export layout 'parket'"):
        choose("labels", "parket")


def test_every_reason_and_adaptation_is_explained() -> None:
    assert set(WHY) == set(DropReason) and set(ADAPTED) == set(Adaptation)


def one_row(layout: str, trajectory: Trajectory, *masked: int) -> dict[str, object]:
    chosen = LAYOUTS.get(layout)
    episode = episode_of(trajectory)
    example = chosen.fit(Conversation(episode.messages, episode.tools, masked), Counter())
    return json.loads(written(chosen, [example]))  # type: ignore[no-any-return]


def refusal(layout: str, *messages: Message, tools: bool = True, masked: int | None = None) -> str:
    value = episode_of(Trajectory(messages, (PING, *booking().tools) if tools else ()))
    masks = () if masked is None else (masked,)
    with pytest.raises(Unfit) as refused:
        LAYOUTS.get(layout).fit(Conversation(value.messages, value.tools, masks), Counter())
    return str(refused.value.reason)


PINGED = (user("?"), call(("ping", "{}")))


@pytest.mark.parametrize(
    "layout", ["trl", "trl-objects", "openai", "sharegpt", "axolotl", "swift", "llama-factory-v1"]
)
def test_no_chat_layout_bends_what_it_cannot_carry(layout: str) -> None:
    image = Message(Role.USER, [{"type": "image_url", "image_url": {"url": "x"}}])
    assert refusal(layout, image, say("A cat.")) == "content-parts"
    assert refusal(layout, *PINGED, tools=False) == "no-tools"
    assert refusal(layout, user("?"), call(("ping", '{"a": '))) == "unparsable-arguments"
    assert refusal(layout, user("?"), call(("ping", "[1]"))) == "unparsable-arguments"


def test_openai_keeps_the_rules_of_the_service() -> None:
    assert refusal("openai", *PINGED, result("x", "other"), say("x")) == "orphan-result"
    assert refusal("openai", *PINGED, user("and?"), say("x")) == "unanswered-call"
    assert refusal("openai", user("?"), user("Anyone?")) == "last-not-assistant"
    twice = Message(
        Role.ASSISTANT, None, (ToolCall("ping", "{}", "a"), ToolCall("ping", "{}", "a"))
    )
    assert refusal("openai", user("?"), twice) == "repeated-call-id"


def test_sharegpt_keeps_the_rules_of_the_converter() -> None:
    assert refusal("sharegpt", say("Hello, I am a bot."), user("?"), say("!")) == "alternation"
    assert refusal("sharegpt", user("a"), user("b"), say("c")) == "alternation"
    assert refusal("sharegpt", user("?"), call(("ping", ""), text="Pinging.")) == "text-with-call"
    assert refusal("sharegpt", user("?"), user("Anyone?")) == "last-not-assistant"
    assert refusal("sharegpt", user("?"), say("!"), masked=1) == "masked-step"
    assert refusal("sharegpt", user("?"), say("!"), system(), say("x")) == "system-place"
    assert refusal("sharegpt", *PINGED, result("x", "zz"), say("x")) == "orphan-result"


@pytest.mark.parametrize(("layout", "key"), [("openai", "messages"), ("sharegpt", "conversations")])
def test_what_comes_after_the_last_step_is_left_out_and_counted(layout: str, key: str) -> None:
    notes: Notes = Counter()
    whole = (*PINGED, result("pong", "c0p"), say("It answers."), user("###STOP###"))
    tools = episode_of(Trajectory((), (PING,))).tools
    row = LAYOUTS.get(layout).fit(Conversation(whole, tools), notes)
    assert isinstance(row, Conversation) and row.messages[-1].content == "It answers."
    assert notes[Adaptation.ENDING_LEFT_OUT] == 1
    ends = one_row(layout, Trajectory((*PINGED, result("pong", "c0p")), (PING,)))
    assert len(ends[key]) == 2  # type: ignore[arg-type]


NUMBERS = {
    "0.95": False,
    "37.774912345678912": False,
    "123456789012345678901234567890": False,
    "5e-324": False,
    "37.7749": True,
    "1.0": True,
    "9007199254740993": True,
    '"\\ud83d\\ude42 0.95 a/b"': True,
}


@pytest.mark.parametrize(("number", "fits"), NUMBERS.items())
def test_objects_are_written_only_where_datasets_reads_what_is_written(
    number: str, fits: bool, tmp_path: Path
) -> None:
    raw = f'{{"a":{number}}}'
    value = Trajectory((user("?"), call(("ping", raw)), result("x"), call(("ping", "{}"))), (PING,))
    function = one_row("trl", value)["messages"][1]["tool_calls"][0]["function"]  # type: ignore[index]
    assert function["arguments"] == raw
    if not fits:
        assert refusal("trl-objects", *value.messages) == "changed-by-arrow"
    else:
        assert one_row("trl-objects", value)
    datasets = pytest.importorskip("datasets")
    row = {**one_row("trl", value), "tools": "[]"}
    row["messages"][1]["tool_calls"][0]["function"]["arguments"] = json.loads(raw)  # type: ignore[index]
    row["messages"][3]["tool_calls"][0]["function"]["arguments"] = {"b": "x"}  # type: ignore[index]
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    (read,) = datasets.load_dataset(
        "json",
        data_files=str(tmp_path / "rows.jsonl"),
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    got = read["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert (json.dumps(got) == json.dumps(json.loads(raw))) is fits


def test_line_breaks_between_tokens_leave_numbers_as_they_are_spelled() -> None:
    raw = '{\n"a": 1.10,\r\n"b": 12345678901234567890123}'
    row = one_row("trl", Trajectory((user("?"), call(("ping", raw))), (PING,)))
    function = row["messages"][1]["tool_calls"][0]["function"]  # type: ignore[index]
    assert function["arguments"] == '{ "a": 1.10,  "b": 12345678901234567890123}'


def test_a_step_that_cannot_be_masked_is_refused_with_the_layouts_that_mask() -> None:
    value = episode_of(Trajectory((*PINGED, result("ok", "c0p"), say("!")), (PING,)))
    example, masking = Conversation(value.messages, value.tools, (1,)), []
    for name in supported()["sft"]:
        try:
            LAYOUTS.get(name).fit(example, Counter())
        except Unfit as problem:
            assert problem.reason is DropReason.MASKED_STEP
        else:
            masking.append(name)
    _, _, named = WHY[DropReason.MASKED_STEP].rpartition("layouts ")
    assert sorted(re.findall(r"[\w-]{3,}", named)) == sorted(masking)


def test_openai_masks_steps_by_weight_on_assistant_messages_only() -> None:
    row = one_row("openai", parallel(), 4)
    weights = [m.get("weight") for m in row["messages"]]  # type: ignore[attr-defined]
    assert weights == [None, 1, None, None, 0, None, 1]
    assert all("weight" not in m for m in one_row("openai", parallel())["messages"])  # type: ignore[attr-defined]


def test_openai_makes_ids_only_where_there_are_none() -> None:
    messages = (user("?"), call(("ping", ""), ids=False), result("pong"), say("ok"))
    row = one_row("openai", Trajectory(messages, (PING,)))
    ids = [m.get("tool_call_id") for m in row["messages"]]  # type: ignore[attr-defined]
    assert ids == [None, None, "call_1_0", None]
    assert row["messages"][1]["content"] is None  # type: ignore[index]
    kept = one_row("openai", booking())["messages"][2]["tool_calls"][0]  # type: ignore[index]
    assert kept["id"] == "c0b"
    assert kept["function"]["arguments"] == '{"people": 2, "time": "16:00"}'


def test_openai_carries_broken_arguments_only_where_nothing_is_learnt() -> None:
    layout = LAYOUTS.get("openai")
    broken = call(("ping", '{"a": '))
    good = call(("ping", '{"a": 1}'))
    tools = episode_of(Trajectory((), (PING,))).tools
    pair = layout.fit(Pair((user("?"),), good, broken, tools, 1), Counter())
    assert isinstance(pair, Pair) and pair.rejected.tool_calls[0].raw_arguments == '{"a": '
    with pytest.raises(Unfit):
        layout.fit(Pair((user("?"),), broken, good, tools, 1), Counter())
    context = Conversation((user("?"), broken, result("error", "c0p"), say("Sorry.")), tools, (1,))
    assert layout.fit(context, Counter()) == context


def test_openai_counts_tool_names_the_service_refuses() -> None:
    notes: Notes = Counter()
    odd = Trajectory((user("?"), say("!")), (type(PING)("math.factorial"),))
    episode = episode_of(odd)
    LAYOUTS.get("openai").fit(Conversation(episode.messages, episode.tools), notes)
    assert notes == {Adaptation.UNUSUAL_TOOL_NAME: 1}


def test_rows_without_tools_have_no_tools_key_for_openai() -> None:
    plain = Trajectory((user("?"), say("!")))
    assert "tools" not in one_row("openai", plain)
    assert one_row("trl", plain)["tools"] == "[]" and one_row("sharegpt", plain)["tools"] == ""


def test_trl_writes_arguments_as_text_or_as_objects_and_tools_as_text() -> None:
    for name, expected in (("trl", '{"people": 2, "time": "16:00"}'),
                           ("trl-objects", {"people": 2, "time": "16:00"})):  # fmt: skip
        row = one_row(name, booking())
        function = row["messages"][2]["tool_calls"][0]["function"]  # type: ignore[index]
        assert function["arguments"] == expected
        (tool,) = json.loads(row["tools"])  # type: ignore[arg-type]
        assert tool["type"] == "function" and tool["function"]["name"] == "book_table"


def test_tool_definitions_keep_strict_and_lose_what_no_trainer_reads() -> None:
    area, ping = json.loads(one_row("trl", parallel())["tools"])  # type: ignore[arg-type]
    assert area["function"]["strict"] is True and "responses" not in area["function"]
    assert ping["function"] == {"name": "ping", "description": ""}


def test_a_line_break_in_raw_arguments_does_not_break_the_line() -> None:
    value = Trajectory((user("?"), call(("ping", '{\n "a": 1\n}'))), (PING,))
    for name in ("trl", "trl-objects", "openai", "sharegpt", "swift", "llama-factory-v1"):
        assert one_row(name, value)


def test_sharegpt_writes_the_turns_llama_factory_reads() -> None:
    row = one_row("sharegpt", parallel())
    turns = [(t["from"], t["value"]) for t in row["conversations"]]  # type: ignore[attr-defined]
    assert [speaker for speaker, _ in turns] == [
        "human", "function_call", "observation", "gpt", "human", "gpt",
    ]  # fmt: skip
    assert json.loads(turns[1][1]) == [
        {"name": "area", "arguments": {"people": "x", "w": [3, 5.0, None]}},
        {"name": "ping", "arguments": {}},
    ]
    assert json.loads(turns[2][1]) == [{"area": 15}, "pong"]
    assert turns[3][1] == "<think>\nBoth worked.\n</think>\n\n15, and it answers."
    assert json.loads(row["tools"])[1]["parameters"] == {"type": "object", "properties": {}}  # type: ignore[arg-type]
    assert one_row("sharegpt", booking())["system"] == "You book tables."


def test_sharegpt_registers_its_files() -> None:
    layout = LAYOUTS.get("sharegpt")
    info = json.loads(layout.companions({"train": "train.jsonl"}, "Pair")["dataset_info.json"])
    assert info == {
        "loopwright_dpo_train": {
            "file_name": "train.jsonl",
            "formatting": "sharegpt",
            "ranking": True,
            "columns": {
                "messages": "conversations",
                "system": "system",
                "tools": "tools",
                "chosen": "chosen",
                "rejected": "rejected",
            },
        }
    }


def test_sharegpt_labels_the_last_message_only() -> None:
    notes: Notes = Counter()
    (whole,) = TYPES.get("kto").examples(curated(booking()), Options())
    with pytest.raises(Unfit, match="several-messages"):
        LAYOUTS.get("sharegpt").fit(whole, notes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", " =1", "'quoted", "＝1", "plain", "", "a=b"]
)
def test_formulas_are_disarmed_in_csv_and_come_back(text: str) -> None:
    shown = neutralised(text)
    assert restored(shown) == text
    assert not shown.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝"))


def test_csv_holds_no_formula_and_json_lines_hold_the_text() -> None:
    kind = TYPES.get("labels")
    rows = [r for v in everything() for r in kind.examples(v, Options())]
    data = written(LAYOUTS.get("csv"), rows)  # type: ignore[arg-type]
    cells = [c for line in csv.reader(io.StringIO(data.decode("utf-8-sig"))) for c in line]
    assert not [c for c in cells if c.startswith(("=", "+", "-", "@"))]
    assert b'"=HYPERLINK' in written(LAYOUTS.get("jsonl"), rows)  # type: ignore[arg-type]


def test_a_row_with_an_unknown_key_does_not_read_back() -> None:
    for name in ("trl", "openai", "sharegpt", "axolotl", "swift", "llama-factory-v1"):
        row = one_row(name, booking())
        with pytest.raises(ValueError, match="unknown field"):
            list(LAYOUTS.get(name).rows(io.BytesIO(json.dumps({**row, "x": 1}).encode())))
