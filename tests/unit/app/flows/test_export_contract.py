"""Rows that a trainer would not read, or would read otherwise, do not leave: each with its reason.

Broken trajectories come through the store; what only a faulty layout could write is made by one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from app.flows.annotate import perform
from app.flows.correct import propose_correction
from app.flows.export import ExportReport, ExportRequest, export
from curation.episodes import Episode, episode_of
from curation.export_reasons import WHY, DropReason, Unfit
from curation.exporting import LAYOUTS, TYPES, Dropped, Options
from curation.importing import ImportContext
from curation.openai_messages import read_record
from curation.synthesis import make_row
from curation.trajectory import Message, Role, ToolCall, Trajectory
from storage.engine import Store
from tests.curated_examples import curated
from tests.episodes import CALL_AT, WEATHER, Person, add_episodes, add_trajectories, episode
from tests.revisions import arguments, revised

ALL = ("trl", "trl-objects", "openai", "sharegpt", "axolotl", "swift", "llama-factory-v1")


def called(*calls: ToolCall) -> Message:
    return Message(Role.ASSISTANT, tool_calls=calls)


def arguing(raw: str) -> Trajectory:
    return episode(900, raw)


def with_messages(*order: Message | int) -> Trajectory:
    base = episode(901)
    said = tuple(base.messages[m] if isinstance(m, int) else m for m in order)
    return Trajectory(said, base.tools)


def with_tools(*tools: object) -> Trajectory:
    return Trajectory(episode(902).messages, tools)  # type: ignore[arg-type]


def ends_with(content: object) -> Trajectory:
    return with_messages(0, 1, 2, 3, Message(Role.ASSISTANT, content))  # type: ignore[arg-type]


C1, C2 = ToolCall("get_weather", '{"city": "A"}', "c1"), ToolCall("get_weather", "{}", "c2")
NULLED = replace(
    WEATHER, parameters={"type": "object", "properties": {"city": {"type": "string"}, "iban": None}}
)
IN_STORE: list[tuple[str, Trajectory, dict[str, str]]] = [
    ("a key twice", arguing('{"city":"A","city":"B"}'), dict.fromkeys(ALL, "repeated-key")),
    ("an inner key twice", arguing('{"city":"A","place":{"zip":"1","zip":"2"}}'),
     dict.fromkeys(ALL, "repeated-key")),
    ("arguments filled with nulls", arguing('{"city":"A","iban":null}'),
     dict.fromkeys(ALL, "null-filled")),
    ("a schema filled with nulls", with_tools(NULLED), dict.fromkeys(ALL, "null-filled")),
    ("two tools of one name", with_tools(WEATHER, replace(WEATHER, parameters={})),
     dict.fromkeys(ALL, "repeated-tool")),
    ("no tools", with_tools(), dict.fromkeys(ALL, "no-tools")),
    ("arguments cut off", arguing('{"city": "A'), dict.fromkeys(ALL, "unparsable-arguments")),
    ("arguments quoted twice", arguing(json.dumps('{"city":"A"}')),
     dict.fromkeys(ALL, "unparsable-arguments")),
    ("a result before its call", with_messages(0, 1, 3, 2, 4),
     {"trl": "result-before-call", "trl-objects": "result-before-call",
      "axolotl": "result-before-call", "openai": "orphan-result", "sharegpt": "orphan-result",
      "swift": "orphan-result", "llama-factory-v1": "orphan-result"}),
    ("ids lost", with_messages(0, 1, called(C1, C2), Message(Role.TOOL, "1"),
                               Message(Role.TOOL, "2"), 4),
     {"trl": "lost-id", "trl-objects": "lost-id", "axolotl": "lost-id"}),
    ("a result of no call", with_messages(0, 1, 2, 3, Message(Role.TOOL, "x", (), "c9"), 4),
     {"openai": "orphan-result", "sharegpt": "orphan-result", "swift": "orphan-result",
      "llama-factory-v1": "orphan-result"}),
    ("a call without result", with_messages(0, 1, 2, 1, 4),
     {"openai": "unanswered-call", "swift": "unanswered-call",
      "llama-factory-v1": "unanswered-call"}),
    ("one id for two calls", with_messages(0, 1, called(C1, replace(C2, id="c1")), 3, 3, 4),
     {"openai": "repeated-call-id"}),
    ("wrong order of roles", with_messages(0, 1, 1, 2, 3, 4),
     {"sharegpt": "alternation", "swift": "alternation"}),
    ("a system message late", with_messages(1, 2, 3, 4, 1, 0, 4),
     {"sharegpt": "system-place", "swift": "system-place"}),
    ("words and a call", with_messages(0, 1, Message(Role.ASSISTANT, "So.", (C1,)), 3, 4),
     {"sharegpt": "text-with-call"}),
    ("nothing to learn", ends_with(""), dict.fromkeys(ALL, "empty-target")),
    ("an image", ends_with([{"type": "image_url", "image_url": {"url": "x"}}]),
     dict.fromkeys(ALL, "content-parts")),
    ("a number that Arrow changes", arguing('{"city":"A","days":0.95}'),
     {"trl-objects": "changed-by-arrow"}),
    ("half a character", arguing('{"city":"\\ud83d"}'),
     dict.fromkeys(ALL, "unparsable-arguments")),
]  # fmt: skip

Row = dict[str, Any]


def first_call(row: Row) -> Row:
    (call,) = row["messages"][2]["tool_calls"]
    return call  # type: ignore[no-any-return]


def set_in(*path: str | int, to: object) -> Callable[[Row], None]:
    def change(row: Row) -> None:
        place: Any = row
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return change


def without(*path: str | int) -> Callable[[Row], None]:
    def change(row: Row) -> None:
        place: Any = row
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return change


def swap(key: str, i: int, j: int) -> Callable[[Row], None]:
    def change(row: Row) -> None:
        row[key][i], row[key][j] = row[key][j], row[key][i]

    return change


ARGUMENTS = ("messages", 2, "tool_calls", 0, "function", "arguments")
TURN = '{"name": "get_weather", "arguments": "{}"}'
RESULT = {"role": "tool_response", "content": "?"}
UNSWIFT = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!", "loss": False}]
EMPTY = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "", "loss": True}]
UNTAUGHT = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!", "train": False}]


def part(begin: int, end: int, train: bool) -> list[Row]:
    return [{"begin_offset": begin, "end_offset": end, "train": train}]


BY_A_LAYOUT: list[tuple[str, str, Callable[[Row], None], str]] = [
    ("text where objects are due", "trl-objects", set_in(*ARGUMENTS, to="{}"), "arguments-type"),
    ("objects where text is due", "trl", set_in(*ARGUMENTS, to={}), "arguments-type"),
    ("objects where text is due", "openai", set_in(*ARGUMENTS, to={}), "arguments-type"),
    ("text where objects are due", "sharegpt", set_in("conversations", 1, "value", to=TURN),
     "arguments-type"),
    ("the id of a call lost", "openai", without("messages", 2, "tool_calls", 0, "id"), "lost-id"),
    ("the id of a result lost", "openai", without("messages", 3, "tool_call_id"), "lost-id"),
    ("a result before its call", "openai", swap("messages", 2, 3), "result-before-call"),
    ("a result before its call", "sharegpt", swap("conversations", 1, 2), "result-before-call"),
    ("half a mask", "openai", set_in("messages", 4, "weight", to=1), "half-mask"),
    ("a weight that is none", "openai", set_in("messages", 4, "weight", to=2), "half-mask"),
    ("a weight on a user", "openai", set_in("messages", 1, "weight", to=0), "half-mask"),
    ("half a mask", "axolotl", without("messages", 4, "train"), "half-mask"),
    ("a mask on a user", "axolotl", set_in("messages", 1, "train", to=False), "half-mask"),
    ("words of what is not learnt", "axolotl",
     set_in("messages", 4, to={"role": "assistant", "content": "x", "train": False,
                               "train_detail": part(0, 0, True)}), "half-mask"),
    ("parts that miss the end", "axolotl",
     set_in("messages", 4, "train_detail", to=part(0, 3, True)), "half-mask"),
    ("parts of a call", "axolotl",
     set_in("messages", 2, "train_detail", to=part(0, -1, True)), "half-mask"),
    ("nothing learnt", "axolotl", set_in("messages", to=UNTAUGHT), "no-target"),
    ("objects where text is due", "axolotl", set_in(*ARGUMENTS, to={}), "arguments-type"),
    ("a weight that Axolotl does not read", "axolotl", set_in("messages", 4, "weight", to=1),
     "half-mask"),
    ("half a mask", "swift", without("messages", 4, "loss"), "half-mask"),
    ("a mask on a user", "swift", set_in("messages", 1, "loss", to=False), "half-mask"),
    ("text where objects are due", "swift", set_in("messages", 2, "content", to=TURN),
     "arguments-type"),
    ("a call that is no JSON", "swift", set_in("messages", 2, "content", to="{"), "row-form"),
    ("a result before its call", "swift", swap("messages", 2, 3), "result-before-call"),
    ("a call lost", "swift", without("messages", 2), "orphan-result"),
    ("a result lost", "swift", set_in("messages", 3, "role", to="user"), "unanswered-call"),
    ("a result too many", "swift", set_in("messages", 4, to=RESULT), "orphan-result"),
    ("the roles of OpenAI", "swift", set_in("messages", 3, "role", to="tool"), "row-form"),
    ("nothing learnt", "swift", set_in("messages", to=UNSWIFT), "no-target"),
    ("nothing to learn", "swift", set_in("messages", to=EMPTY), "empty-target"),
    ("other tools for the other side", "swift", set_in("rejected_messages", to=[]), "row-form"),
    ("half a mask", "llama-factory-v1", without("messages", 4, "loss_weight"), "half-mask"),
    ("a weight on a user", "llama-factory-v1", set_in("messages", 1, "loss_weight", to=1.0),
     "half-mask"),
    ("half a weight", "llama-factory-v1", set_in("messages", 4, "loss_weight", to=0.5),
     "half-mask"),
    ("text where objects are due", "llama-factory-v1",
     set_in("messages", 2, "content", 0, "value", to=TURN), "arguments-type"),
    ("a call by a user", "llama-factory-v1", set_in("messages", 2, "role", to="user"), "row-form"),
    ("a result before its call", "llama-factory-v1", swap("messages", 2, 3),
     "result-before-call"),
    ("a result lost", "llama-factory-v1", without("messages", 3), "unanswered-call"),
    ("tools as a list", "llama-factory-v1", set_in("tools", to=[]), "row-form"),
    ("keys of other messages", "trl", set_in("messages", 1, "tool_calls", to=None), "null-filled"),
    ("a user who calls a tool", "trl", set_in("messages", 2, "role", to="user"), "role-order"),
    ("an unknown role", "trl", set_in("messages", 1, "role", to="human"), "row-form"),
    ("an unknown key", "sharegpt", set_in("id", to=1), "row-form"),
    ("tools as a list", "trl", set_in("tools", to=[]), "row-form"),
    ("an answer lost", "sharegpt", without("conversations", 3), "last-not-assistant"),
]  # fmt: skip


def write(store: Store, out: Path, layout: str, kind: str = "sft") -> ExportReport:
    asked = ExportRequest(kind, layout, str(out), include="all", shares=(1.0, 0.0, 0.0))  # type: ignore[arg-type]
    return export(store, asked)


def reasons(out: Path) -> dict[str, str]:
    lines = (out / "dropped.jsonl").read_text().splitlines()
    return {line["uid"]: line["reason"] for line in map(json.loads, lines)}


@pytest.mark.parametrize("layout", ALL)
def test_what_is_broken_in_the_store_is_refused_with_the_right_reason(
    store: Store, tmp_path: Path, layout: str
) -> None:
    mine = [(name, value, due[layout]) for name, value, due in IN_STORE if layout in due]
    uids = add_trajectories(store, [value for _, value, _ in mine])
    add_episodes(store, 3)
    report = write(store, tmp_path / "out", layout)
    found = reasons(tmp_path / "out")
    said = [(name, found.get(uid, "")) for uid, (name, _, _) in zip(uids, mine, strict=True)]
    assert said == [(name, due) for name, _, due in mine]
    assert report.rows == 3 and sum(report.dropped.values()) == len(mine)


@pytest.mark.parametrize(("name", "layout", "change", "reason"), BY_A_LAYOUT)
def test_what_a_faulty_layout_writes_is_refused_with_the_right_reason(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    layout: str,
    change: Callable[[Row], None],
    reason: str,
) -> None:
    add_episodes(store, 2)
    chosen = LAYOUTS.get(layout)
    honest = chosen.encode

    def encode(example: Any) -> bytes:
        line = honest(example)
        if b"City 1" not in line:
            return line
        row = json.loads(line)
        change(row)
        return json.dumps(row).encode()

    monkeypatch.setattr(chosen, "encode", encode)
    report = write(store, tmp_path / "out", layout)
    assert (report.rows, report.dropped) == (1, {reason: 1}), name


def test_what_was_said_of_a_row_counts_too(store: Store, tmp_path: Path) -> None:
    """An unresolved stale suffix, a mask that the layout cannot carry, a prompt that ends wrong."""
    uids = add_episodes(store, 2)
    greeted = with_messages(0, Message(Role.ASSISTANT, "Hello!"), 1, 2, 3, 4)
    (greeting,) = add_trajectories(store, [greeted])
    ana = Person(store, "ana")
    edit = revised(5, arguments(CALL_AT, '{"city": "Oslo", "days": 3}'))
    propose_correction(store, ana.info, ana.session, ana.next_number(), uids[0], edit, "Oslo.")
    for uid in (*uids, greeting):
        ops = [ana.op("verdicts", uid, verdicts={"2": "incorrect"})] if uid == uids[1] else []
        ops += [ana.op("outcome", uid, outcome="accept"), ana.op("commit", uid)]
        assert all(r.status == "ok" for r in perform(store, ana.info, ana.session, ops).results)
    assert write(store, tmp_path / "sft", "trl").dropped == {"masked-step": 1, "stale-suffix": 1}
    assert write(store, tmp_path / "kto", "trl", "kto").dropped["prompt-end"] == 1


def clean_episodes() -> list[Episode]:
    """A thousand trajectories without a fault."""
    rows = (make_row(11, i) for i in range(1_700))
    clean = [row for row in rows if not row.planted][:1_000]
    assert len(clean) == 1_000
    values = []
    for row in clean:
        record = msgspec.to_builtins({"messages": row.messages, "tools": row.tools})
        read = read_record(record, ImportContext(), frozenset()).trajectory
        values.append(episode_of(read))
    return values


def test_a_thousand_clean_rows_pass_in_every_layout() -> None:
    values = clean_episodes()
    base = curated(episode(0))
    for name in ALL:
        layout = LAYOUTS.get(name)
        refused: Counter[str] = Counter()
        for value in values:
            (example,) = TYPES.get("sft").examples(replace(base, trajectory=value), Options())
            assert not isinstance(example, Dropped)
            try:
                layout.contract(layout.encode(layout.fit(example, Counter())))
            except Unfit as problem:
                refused[problem.reason.value] += 1
        # ShareGPT has no turn for words beside a call; that is its form, and no fault of the row.
        wordy = sum(
            any(m.tool_calls and m.text.strip() for m in value.messages) for value in values
        )
        assert refused == ({"text-with-call": wordy} if name == "sharegpt" and wordy else {})


def test_every_reason_says_what_to_do() -> None:
    for reason in DropReason:
        assert WHY[reason].endswith("."), reason
