"""What carries loss, from marks and verdicts made through the real flows to rows of each layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.flows.adjudicate import decide
from app.flows.annotate import perform
from app.flows.export import ExportReport, ExportRequest, export
from curation.trajectory import Message, Role, ToolCall, Trajectory
from storage.engine import Store
from tests.episodes import Person, add_trajectories, episode

ANSWER = "It is clear there. Snow falls upwards, they say. Take a hat."
WRONG = "now falls upwards"
WORDS = "Snow falls upwards,"
"""What a mark at `WRONG` takes out of the loss: whole words, and the space before them."""


def story() -> Trajectory:
    """Two calls and three answers; the steps are messages 2, 4, 6 and 8."""
    base = episode(1)
    return Trajectory(
        (
            *base.messages[:4],
            Message(Role.ASSISTANT, ANSWER),
            Message(Role.USER, "And in City 2?"),
            Message(
                Role.ASSISTANT,
                "Let me look.",
                (ToolCall("get_weather", '{"city": "City 2"}', "c2"),),
            ),
            Message(Role.TOOL, '{"sky": "grey"}', (), "c2"),
            Message(Role.ASSISTANT, "Grey."),
        ),
        base.tools,
    )


def accepted(store: Store, *, verdicts: dict[int, str], marks: list[dict[str, Any]]) -> None:
    """The story, judged so by the keys of a person, and decided."""
    (uid,) = add_trajectories(store, [story()])
    ana = Person(store, "ana")
    ops = []
    for n, anchor in enumerate(marks):
        op = ana.mark(uid, f"m{n}", **anchor)
        op.payload["mark"] |= {"train": False}
        ops.append(op)
    if verdicts:
        ops.append(ana.op("verdicts", uid, verdicts={str(k): v for k, v in verdicts.items()}))
    ops += [ana.op("outcome", uid, outcome="accept"), ana.op("commit", uid)]
    assert all(r.status == "ok" for r in perform(store, ana.info, ana.session, ops).results)
    decide(store, uid, decided_by=ana.info, outcome="accept", adopt_annotator="ana")


def write(store: Store, out: Path, layout: str, *, per_step: bool = False) -> ExportReport:
    shares = (1.0, 0.0, 0.0)
    return export(store, ExportRequest("sft", layout, str(out), shares=shares, per_step=per_step))


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "train.jsonl").read_text().splitlines()]


def at(words: str) -> dict[str, Any]:
    start = ANSWER.index(words)
    return {"message_index": 4, "span": [start, start + len(words)]}


def learnt_words(message: dict[str, Any]) -> str:
    """The text that Axolotl learns of a message: offsets are inclusive."""
    if not message["train"]:
        return ""
    details = message.get("train_detail")
    if details is None:
        return str(message["content"])
    parts = [(d["begin_offset"], d["end_offset"] + 1) for d in details if d["train"]]
    return "|".join(message["content"][start:end] for start, end in parts)


def test_axolotl_learns_all_but_the_marked_words_and_the_wrong_steps(
    store: Store, tmp_path: Path
) -> None:
    accepted(store, verdicts={2: "incorrect", 8: "correct"}, marks=[at(WRONG)])
    report = write(store, tmp_path / "out", "axolotl")
    assert (report.rows, report.adapted["masks-grown"]) == (1, 1)
    (row,) = rows_of(tmp_path / "out")
    steps = [m for m in row["messages"] if m["role"] == "assistant"]
    assert [learnt_words(m) for m in steps] == [
        "", "It is clear there.| they say. Take a hat.", "Let me look.", "Grey.",
    ]  # fmt: skip
    details = steps[1]["train_detail"]
    masked = [d for d in details if not d["train"]]
    assert [ANSWER[d["begin_offset"] : d["end_offset"] + 1] for d in masked] == [f" {WORDS}"]
    assert all("train" not in m for m in row["messages"] if m["role"] != "assistant")


def test_per_step_only_the_last_message_is_learnt_and_its_marked_words_are_not(
    store: Store, tmp_path: Path
) -> None:
    accepted(store, verdicts={2: "incorrect"}, marks=[at(WRONG)])
    assert write(store, tmp_path / "out", "axolotl", per_step=True).rows == 3
    learnt = [
        [learnt_words(m) for m in row["messages"] if m["role"] == "assistant"]
        for row in rows_of(tmp_path / "out")
    ]
    assert learnt == [
        ["", "It is clear there.| they say. Take a hat."],
        ["", "", "Let me look."],
        ["", "", "", "Grey."],
    ]


@pytest.mark.parametrize("layout", ["trl", "trl-objects", "openai", "sharegpt", "llama-factory-v1"])
@pytest.mark.parametrize("per_step", [False, True])
def test_half_a_message_is_refused_where_only_whole_ones_are_masked(
    store: Store, tmp_path: Path, layout: str, per_step: bool
) -> None:
    accepted(store, verdicts={}, marks=[at(WRONG)])
    add_trajectories(store, [episode(7)])
    request = ExportRequest(
        "sft", layout, str(tmp_path / "out"), include="all", shares=(1.0, 0.0, 0.0),
        per_step=per_step,
    )  # type: ignore[arg-type]  # fmt: skip
    report = export(store, request)
    expected = {"half-mask": 1}
    if layout == "sharegpt":
        # The call with words beside it has no place in this form.
        expected |= {"text-with-call": 2} if per_step else {}
    assert report.dropped == expected
    (refused,) = [
        json.loads(line)
        for line in (tmp_path / "out" / "dropped.jsonl").read_text().splitlines()
        if '"half-mask"' in line
    ]
    assert refused["detail"] == "message 4, characters 20 to 37"


@pytest.mark.parametrize(
    ("marks", "reason"),
    [
        ([{"message_index": 6, "span": [0, 3]}], "half-mask"),
        ([{"message_index": 2}, {"message_index": 4}, {"message_index": 6}, {"message_index": 8}],
         "no-target"),
    ],
)  # fmt: skip
def test_axolotl_refuses_what_its_trainer_would_mask_otherwise(
    store: Store, tmp_path: Path, marks: list[dict[str, Any]], reason: str
) -> None:
    accepted(store, verdicts={}, marks=marks)
    add_trajectories(store, [episode(7)])
    request = ExportRequest(
        "sft", "axolotl", str(tmp_path / "out"), include="all", shares=(1.0, 0.0, 0.0)
    )  # type: ignore[arg-type]
    assert export(store, request).dropped == {reason: 1}


def test_swift_cuts_a_step_where_words_of_it_are_not_learnt(store: Store, tmp_path: Path) -> None:
    beside_a_call = {"message_index": 6, "span": [0, 3]}
    accepted(store, verdicts={8: "incorrect"}, marks=[at(WRONG), beside_a_call])
    write(store, tmp_path / "out", "swift")
    (row,) = rows_of(tmp_path / "out")
    assert [
        (m["content"] if m["role"] == "assistant" else m["role"], m["loss"])
        for m in row["messages"]
        if "loss" in m
    ] == [
        ("tool_call", True),
        ("It is clear there.", True), (f" {WORDS}", False), (" they say. Take a hat.", True),
        ("Let", False), (" me look.", True), ("tool_call", True),
    ]  # fmt: skip
    # The wrong step at the end is context for nothing.
    assert row["messages"][-1]["role"] == "tool_call"


def test_a_mark_at_an_argument_takes_its_step_out_of_the_loss(store: Store, tmp_path: Path) -> None:
    place = {"message_index": 6, "call_index": 0, "pointer": "/city"}
    accepted(store, verdicts={}, marks=[place])
    write(store, tmp_path / "a", "axolotl")
    (row,) = rows_of(tmp_path / "a")
    assert [m["train"] for m in row["messages"] if "train" in m] == [True, True, False, True]
    write(store, tmp_path / "b", "openai")
    (row,) = rows_of(tmp_path / "b")
    assert [m["weight"] for m in row["messages"] if "weight" in m] == [1, 1, 0, 1]
    write(store, tmp_path / "d", "llama-factory-v1")
    (row,) = rows_of(tmp_path / "d")
    weights = [m["loss_weight"] for m in row["messages"]]
    assert weights == [0, 0, 1, 0, 1, 0, 0, 0, 1]
    write(store, tmp_path / "c", "swift")
    (row,) = rows_of(tmp_path / "c")
    said = [(m["role"], m["loss"]) for m in row["messages"] if "loss" in m]
    # Text and call of one step, both without loss.
    assert said[2:] == [("assistant", False), ("tool_call", False), ("assistant", True)]
