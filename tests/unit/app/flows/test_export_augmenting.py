"""Augmented copies as they stand in written files: each is undone here and must be its source."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from app.commands.augmenting import with_copies
from app.commands.recipes import request_from
from app.flows.annotate import perform
from app.flows.export import ExportReport, ExportRequest, export
from app.flows.ingest import ingest
from curation.augmenting import AUGMENTATIONS, Augment, sound_for
from curation.errors import ExportError
from curation.export_manifest import Manifest
from curation.exporting import supported
from curation.splits import Split
from storage.engine import Store
from tests.episodes import CALL_AT, Person, add_episodes, add_trajectories, episode

SHARED = Path(__file__).parents[5] / "shared" / "data"
SAMPLES = Path(__file__).parents[4] / "sample_data"
FORMATS = ("bfcl.json", "xlam.json", "toolace.json")
ALL = dict.fromkeys(AUGMENTATIONS.names(), 1.0)

Row = dict[str, Any]


def ask(
    store: Store, out: Path, kind: str = "sft", layout: str = "openai", **more: Any
) -> ExportReport:
    more.setdefault("shares", (1.0, 0.0, 0.0))
    more.setdefault("include", "all")
    processes = more.pop("processes", None)
    return export(store, ExportRequest(kind, layout, str(out), **more), processes=processes)


def lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def manifest_of(out: Path) -> Manifest:
    return msgspec.json.decode((out / "manifest.json").read_bytes(), type=Manifest)


Copies = dict[str, list[tuple[Row, Row]]]


def copies_of(out: Path) -> Copies:
    """Augmentation -> (source row, copy)."""
    index, rows = lines(out / "index.jsonl"), lines(out / "train.jsonl")
    assert len(index) == len(rows)
    found: Copies = {name: [] for name in ALL}
    source = ({}, {})
    for line, row in zip(index, rows, strict=True):
        if line.get("augmentation") is None:
            source = (line, row)
            continue
        same = ("file", "uid", "source_id", "group", "message_index")
        assert [line[key] for key in same] == [source[0][key] for key in same]
        found[line["augmentation"]].append((source[1], row))
    return found


def take_in(store: Store, folder: Path) -> None:
    """Our own samples, of the larger file the first."""
    whole = (SAMPLES / "trajectories.jsonl").read_text().splitlines(keepends=True)
    part = folder / "ours.jsonl"
    part.write_text("".join(whole[:40]))
    for path in (part, *(SAMPLES / "formats" / name for name in FORMATS)):
        ingest(store, [path], dataset=path.stem)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Copies:
    """Everything that can be copied out of our own samples, copied once."""
    from storage.engine import open_store

    folder = tmp_path_factory.mktemp("augmented")
    (folder / "loopwright.db").write_bytes(migrated_file.read_bytes())
    opened = open_store(f"sqlite:///{folder / 'loopwright.db'}")
    take_in(opened, folder)
    report = ask(opened, folder / "out", augment=Augment(ALL))
    per_step = ask(opened, folder / "steps", layout="trl", per_step=True, augment=Augment(ALL))
    opened.close()
    for told in (report, per_step):
        assert {
            name: entry.refused for name, entry in told.augmented.items() if entry.refused
        } == {}
    found = copies_of(folder / "out")
    assert {name: len(pairs) for name, pairs in found.items()} == {
        name: entry.rows for name, entry in report.augmented.items()
    }
    return found


def text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def undone_shuffle_tools(source: Row, copy: Row) -> Row:
    assert copy["tools"] != source["tools"]
    return copy


def undone_shuffle_parameters(source: Row, copy: Row) -> Row:
    """Sorted keys hide an order; the bytes of every argument text are the same ones."""
    for before, after in zip(calls_of(source), calls_of(copy), strict=True):
        raw, shuffled = before["function"]["arguments"], after["function"]["arguments"]
        assert Counter(raw) == Counter(shuffled)
        assert json.loads(raw) == json.loads(shuffled)
        after["function"]["arguments"] = raw
    orders = [
        [list(t["function"].get("parameters", {}).get("properties", {})) for t in row["tools"]]
        for row in (source, copy)
    ]
    assert orders[0] != orders[1]
    return copy


def undone_shuffle_parallel_calls(source: Row, copy: Row) -> Row:
    """Calls with their results, which the ids lead to, in one order on both sides."""
    assert copy["messages"] != source["messages"]
    for row in (source, copy):
        results = {m["tool_call_id"]: m["content"] for m in row["messages"] if m["role"] == "tool"}
        for message in row["messages"]:
            told = [(call["function"], results.get(call["id"])) for call in calls_in(message)]
            message["tool_calls"] = sorted(told, key=text)
        row["messages"] = [m for m in row["messages"] if m["role"] != "tool"]
    return copy


def undone_rename_tools(source: Row, copy: Row) -> Row:
    old = [tool["function"]["name"] for tool in source["tools"]]
    new = [tool["function"]["name"] for tool in copy["tools"]]
    names = {after: before for before, after in zip(old, new, strict=True) if before != after}
    assert names
    assert len(set(new)) == len(new)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names)
    assert not any(name in text(source) for name in names)
    back = text(copy)
    for after, before in names.items():
        assert not re.search(rf'"name": "{re.escape(before)}"', back)
        back = back.replace(f'"{after}"', json.dumps(before))
    undone: Row = json.loads(back)
    return undone


def undone_error_recovery(source: Row, copy: Row) -> Row:
    plain = [{k: v for k, v in m.items() if k != "weight"} for m in copy["messages"]]
    weights = [m["weight"] for m in copy["messages"] if m["role"] == "assistant"]
    assert weights.count(0) == 1
    at = next(i for i, m in enumerate(copy["messages"]) if m.get("weight") == 0)
    wrong, error, right = plain[at : at + 3]
    assert json.loads(error["content"])["error"]
    assert error["tool_call_id"] == wrong["tool_calls"][0]["id"]
    sides = [m["tool_calls"][0]["function"] for m in (wrong, right)]
    assert sides[0] != sides[1]
    source["messages"] = numbered(source["messages"])
    return {**copy, "messages": numbered([*plain[:at], *plain[at + 2 :]])}


def numbered(messages: list[Row]) -> list[Row]:
    """With ids by their order: those that a layout makes count messages."""
    ids: dict[str, str] = {}
    for message in messages:
        for call in calls_in(message):
            call["id"] = ids.setdefault(call["id"], f"c{len(ids)}")
        if "tool_call_id" in message:
            message["tool_call_id"] = ids[message["tool_call_id"]]
    return messages


def calls_of(row: Row) -> list[Row]:
    return [call for message in row["messages"] for call in calls_in(message)]


def calls_in(message: Row) -> list[Row]:
    found: list[Row] = message.get("tool_calls", [])
    return found


UNDONE: dict[str, Callable[[Row, Row], Row]] = {
    "shuffle-tools": undone_shuffle_tools,
    "shuffle-parameters": undone_shuffle_parameters,
    "shuffle-parallel-calls": undone_shuffle_parallel_calls,
    "rename-tools": undone_rename_tools,
    "error-recovery": undone_error_recovery,
}


def test_every_augmentation_is_held_against_its_sources() -> None:
    assert {*UNDONE, "irrelevance", "missing-parameter"} == set(ALL)


@pytest.mark.parametrize("name", UNDONE)
def test_a_copy_undone_is_its_source(written: Copies, name: str) -> None:
    assert written[name]
    for pair in written[name]:
        source, copy = json.loads(json.dumps(pair))
        undone = UNDONE[name](source, copy)
        for row in (source, undone):
            row["tools"] = sorted(row["tools"], key=text)
        assert text(undone) == text(source)


def test_a_withheld_tool_is_not_offered_and_the_answer_calls_none(written: Copies) -> None:
    assert written["irrelevance"]
    for source, copy in written["irrelevance"]:
        first = next(i for i, m in enumerate(source["messages"]) if m["role"] == "assistant")
        needed = {call["function"]["name"] for call in source["messages"][first]["tool_calls"]}
        assert copy["tools"] == [t for t in source["tools"] if t["function"]["name"] not in needed]
        assert 0 < len(copy["tools"]) == len(source["tools"]) - 1
        assert copy["messages"][:-1] == source["messages"][:first]
        answer = copy["messages"][-1]
        assert answer["role"] == "assistant"
        assert answer["content"].endswith(".")
        assert "tool_calls" not in answer
        assert not any(f'"{name}"' in text(copy) for name in needed)


def test_a_value_taken_out_is_nowhere_left_and_asked_for(written: Copies) -> None:
    assert written["missing-parameter"]
    for source, copy in written["missing-parameter"]:
        *prompt, answer = copy["messages"]
        at = len(prompt)
        assert copy["tools"] == source["tools"]
        assert prompt[:-1] == source["messages"][: at - 1]
        before, after = source["messages"][at - 1]["content"], prompt[-1]["content"]
        (call,) = source["messages"][at]["tool_calls"]
        arguments = json.loads(call["function"]["arguments"])
        gone = [
            str(value)
            for value in arguments.values()
            if str(value).lower() in before.lower() and str(value).lower() not in after.lower()
        ]
        assert gone
        assert len(after) < len(before)
        assert not any(value.lower() in m["content"].lower() for value in gone for m in prompt)
        assert "tool_calls" not in answer


def test_copies_depend_on_the_row_alone(store: Store, tmp_path: Path) -> None:
    """Neither processes nor other operators nor the order of rows change a copy."""
    take_in(store, tmp_path)

    def said(out: str, copies: dict[str, float], **more: Any) -> set[str]:
        ask(store, tmp_path / out, augment=Augment(copies, seed="s"), **more)
        pairs = zip(
            lines(tmp_path / out / "index.jsonl"),
            lines(tmp_path / out / "train.jsonl"),
            strict=True,
        )
        wanted = [
            (i["uid"], text(row)) for i, row in pairs if i.get("augmentation") == "shuffle-tools"
        ]
        assert len(wanted) == len(set(wanted))
        return {repr(one) for one in wanted}

    half = said("a", {"shuffle-tools": 0.5})
    more = said("b", {"rename-tools": 1.0, "shuffle-tools": 0.5}, processes=2)
    assert half == more
    one = said("c", {"shuffle-tools": 1.0}, dataset="ours")
    every = said("d", {"shuffle-tools": 1.0})
    assert one < every
    assert half < every
    assert 0.35 * len(every) < len(half) < 0.65 * len(every)
    twice = said("e", {"shuffle-tools": 2.0})
    assert every < twice
    entry = manifest_of(tmp_path / "e").augmented["shuffle-tools"]
    assert entry.rows == len(twice)
    assert "no-other-copy" in entry.not_made


def test_copies_stand_in_train_only_unless_asked_for(store: Store, tmp_path: Path) -> None:
    take_in(store, tmp_path)
    shares = (0.6, 0.2, 0.2)
    ask(store, tmp_path / "a", shares=shares, augment=Augment({"shuffle-tools": 1}))
    index = lines(tmp_path / "a" / "index.jsonl")
    assert {line["file"] for line in index} == {"train.jsonl", "validation.jsonl", "test.jsonl"}
    assert {line["file"] for line in index if line.get("augmentation")} == {"train.jsonl"}
    everywhere = Augment({"shuffle-tools": 1}, splits=tuple(Split))
    report = ask(store, tmp_path / "b", shares=shares, augment=everywhere)
    index = lines(tmp_path / "b" / "index.jsonl")
    assert len({line["file"] for line in index if line.get("augmentation")}) == 3
    groups = {line["group"] for line in index if line.get("augmentation")}
    assert groups <= {line["group"] for line in index if not line.get("augmentation")}
    manifest = manifest_of(tmp_path / "b")
    assert manifest.n_copies == report.augmented["shuffle-tools"].rows > 0
    assert "| shuffle-tools | 1 |" in (tmp_path / "b" / "README.md").read_text()


def test_a_layout_without_masks_makes_no_recoveries_of_whole_rows(
    store: Store, tmp_path: Path
) -> None:
    add_episodes(store, 3)
    report = ask(store, tmp_path / "a", layout="trl", augment=Augment({"error-recovery": 1}))
    assert (report.rows, report.dropped) == (3, {})
    entry = report.augmented["error-recovery"]
    assert (entry.rows, entry.not_made, entry.refused) == (0, {"cannot-mask": 3}, {})
    steps = Augment({"error-recovery": 1})
    report = ask(store, tmp_path / "b", layout="trl", per_step=True, augment=steps)
    assert report.augmented["error-recovery"].rows == 3
    copies = [i for i in lines(tmp_path / "b" / "index.jsonl") if i.get("augmentation")]
    assert [line["message_index"] for line in copies] == [CALL_AT] * 3


def test_a_question_that_a_person_wrote_is_the_one_that_is_asked(
    store: Store, tmp_path: Path
) -> None:
    uids = add_episodes(store, 2)
    ana = Person(store, "ana")
    op = ana.mark(uids[0], "m1", message_index=CALL_AT, call_index=0, pointer="/city")
    op.payload["mark"] |= {"expected_clarification": "Which city do you mean?"}
    done = perform(
        store,
        ana.info,
        ana.session,
        [op, ana.op("outcome", uids[0], outcome="accept"), ana.op("commit", uids[0])],
    )
    assert [r.status for r in done.results if r.status != "ok"] == []
    report = ask(store, tmp_path / "a", augment=Augment({"missing-parameter": 1}))
    assert report.augmented["missing-parameter"].rows == 2
    index, rows = lines(tmp_path / "a" / "index.jsonl"), lines(tmp_path / "a" / "train.jsonl")
    asked = {
        i["uid"]: row["messages"][-1]["content"]
        for i, row in zip(index, rows, strict=True)
        if i.get("augmentation")
    }
    assert asked[uids[0]] == "Which city do you mean?"
    assert "the city" in asked[uids[1]]


def test_words_are_no_way_to_ask_where_a_tool_is(store: Store, tmp_path: Path) -> None:
    asking = replace(episode(1).tools[0], name="ask_to_user")
    add_trajectories(store, [replace(episode(1), tools=(*episode(1).tools, asking)), episode(2)])
    report = ask(store, tmp_path / "a", augment=Augment({"missing-parameter": 1}))
    entry = report.augmented["missing-parameter"]
    assert (entry.rows, entry.not_made) == (1, {"tool-asks": 1})


@pytest.mark.parametrize(
    ("kind", "layout"),
    [(kind, layouts[-1]) for kind, layouts in supported().items() if sound_for(kind)],
)
def test_what_is_sound_for_a_type_is_made_and_the_rest_refused(
    store: Store, tmp_path: Path, kind: str, layout: str
) -> None:
    for name in set(ALL) - set(sound_for(kind)):
        with pytest.raises(ExportError, match=f"{name} is not sound for rows of type {kind}"):
            ask(store, tmp_path / "a", kind, layout, augment=Augment({name: 1}))
    add_episodes(store, 1)
    ana = Person(store, "ana")
    from app.flows.correct import propose_correction
    from tests.revisions import arguments, revised

    (uid,) = add_episodes(store, 1, "other", first=7)
    edit = revised(5, arguments(CALL_AT, '{"city": "Oslo", "days": 3}'))
    propose_correction(
        store, ana.info, ana.session, ana.next_number(), uid, edit, "Oslo.", attested=[3, 4]
    )
    ops = [
        ana.op("verdicts", uid, verdicts={"2": "incorrect", "4": "correct"}),
        ana.op("outcome", uid, outcome="accept"),
        ana.op("commit", uid),
    ]
    perform(store, ana.info, ana.session, ops)
    report = ask(
        store,
        tmp_path / "b",
        kind,
        layout,
        dataset="other",
        augment=Augment(dict.fromkeys(sound_for(kind), 1)),
    )
    assert all(not entry.refused for entry in report.augmented.values())
    assert report.augmented["rename-tools"].rows == report.augmented["shuffle-parameters"].rows > 0


@pytest.mark.parametrize(
    ("copies", "message"),
    [
        ({"shuffle": 1.0}, "no augmentation 'shuffle'"),
        ({"shuffle-tools": -1.0}, "-1 is no number of copies"),
        ({"shuffle-tools": float("nan")}, "nan is no number of copies"),
        ({"shuffle-tools": 11.0}, "11 is no number of copies"),
    ],
)
def test_what_nobody_can_mean_is_refused(
    store: Store, tmp_path: Path, copies: dict[str, float], message: str
) -> None:
    with pytest.raises(ExportError, match=message):
        ask(store, tmp_path / "a", augment=Augment(copies))
    assert not (tmp_path / "a").exists()


def test_copies_have_to_stand_somewhere(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no split for augmented copies"):
        ask(store, tmp_path / "a", augment=Augment({"shuffle-tools": 1}, splits=()))


def test_labels_are_never_augmented(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="not sound for rows of type labels") as problem:
        ask(store, tmp_path / "a", "labels", "jsonl", augment=Augment({"shuffle-tools": 1}))
    assert "are not augmented" in problem.value.hint


def test_options_stand_over_the_recipe_and_a_manifest_is_one(store: Store, tmp_path: Path) -> None:
    add_episodes(store, 2)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f'type = "sft"\nlayout = "trl"\nout = "{tmp_path / "a"}"\ninclude = "all"\n'
        'shares = [1.0, 0.0, 0.0]\n[augment]\nseed = "mine"\nbare = true\n'
        "[augment.copies]\nirrelevance = 1\nshuffle-parameters = 1\n"
    )
    request = with_copies(request_from(recipe), ["shuffle-parameters=2", "rename-tools=0"])
    assert (request.augment.seed, request.augment.bare) == ("mine", True)
    assert request.augment.copies == {
        "irrelevance": 1,
        "shuffle-parameters": 2,
        "rename-tools": 0,
    }
    report = export(store, request)
    assert {name: entry.rows for name, entry in report.augmented.items()} == {
        "irrelevance": 2,
        "shuffle-parameters": 4,
    }
    bare = [i for i in copies_of(tmp_path / "a")["irrelevance"] if i[1]["tools"] == "[]"]
    assert len(bare) == 2
    again = request_from(tmp_path / "a" / "manifest.json", out=str(tmp_path / "b"))
    assert again.augment == request.augment
    with pytest.raises(ExportError, match="does not say how many"):
        with_copies(request, ["shuffle-tools"])


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the public test data is not beside the project")
def test_real_rows_are_copied_and_no_copy_is_refused(store: Store, tmp_path: Path) -> None:
    for name in ("bfcl_v4/BFCL_v4_parallel.json", "llama_factory/glaive_toolcall_en_demo.json"):
        ingest(store, [SHARED / name], dataset=name)
    report = ask(store, tmp_path / "a", augment=Augment(ALL))
    assert not any(entry.refused for entry in report.augmented.values())
    assert all(entry.rows for entry in report.augmented.values()), report.augmented
