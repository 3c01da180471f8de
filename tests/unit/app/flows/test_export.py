"""The export flow, from acts and decisions made through the real flows to files that load."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from pyarrow import parquet
from sqlalchemy import text

from app.flows import export_comparing
from app.flows.adjudicate import decide, withdraw
from app.flows.annotate import perform
from app.flows.correct import propose_correction
from app.flows.export import ExportReport, ExportRequest, export, list_exports
from app.flows.export_folder import HashedFile
from app.flows.running import Cancelled, Run
from curation.errors import ExportError, NotFound
from curation.export_manifest import Manifest
from curation.exporting import LAYOUTS, Layout, supported
from curation.exports.lines import LineWriter
from curation.revising import MessageRevision
from curation.selection import NOTHING, RowOrder, Selection
from curation.splits import assign
from curation.trajectory import Message, Role, Trajectory
from storage.engine import Store
from tests.curated_examples import parallel
from tests.episodes import ANSWER_AT, CALL_AT, Person, add_episodes, add_trajectories, episode
from tests.revisions import arguments, revised

PAIRS = [(kind, layout) for kind, layouts in supported().items() for layout in layouts]


def say(store: Store, person: Person, uid: str, outcome: str, **verdicts: str) -> None:
    ops = [person.op("outcome", uid, outcome=outcome)]
    if verdicts:
        ops.insert(0, person.op("verdicts", uid, verdicts={k[1:]: v for k, v in verdicts.items()}))
    done = perform(store, person.info, person.session, [*ops, person.op("commit", uid)])
    assert [r.status for r in done.results if r.status != "ok"] == []


@pytest.fixture
def told(store: Store) -> tuple[str, ...]:
    """Seven trajectories: accepted, corrected and accepted, rejected, accepted but undecided,
    rejected but undecided, of another dataset, and one of which nobody said anything."""
    uids = add_episodes(store, 5)
    other = add_trajectories(store, [parallel(), episode(99)], "other")
    ana = Person(store, "ana")
    edit = revised(5, arguments(CALL_AT, '{"city": "Oslo", "days": 3}'))
    propose_correction(
        store,
        ana.info,
        ana.session,
        ana.next_number(),
        uids[1],
        edit,
        "The user said Oslo.",
        attested=[3, 4],
    )
    say(store, ana, uids[0], "accept")
    say(store, ana, uids[1], "accept", m2="incorrect")
    effect = ana.mark(uids[2], "m2", message_index=ANSWER_AT, span=[4, 7])
    effect.payload["mark"] |= {"caused_by": "m1", "train": False}
    recovered = ana.op("recovery", uids[2], message_index=ANSWER_AT, label="ignored", holds=True)
    said = [ana.mark(uids[2], "m1", message_index=CALL_AT), effect, recovered]
    perform(store, ana.info, ana.session, said)
    say(store, ana, uids[2], "reject", m2="incorrect", m4="correct")
    say(store, ana, uids[3], "accept")
    say(store, ana, uids[4], "reject")
    say(store, ana, other[0], "accept")
    for uid in (uids[0], uids[1], uids[2], other[0]):
        outcome = "reject" if uid == uids[2] else "accept"
        decide(store, uid, decided_by=ana.info, outcome=outcome, adopt_annotator="ana")
    return (*uids, *other)


def ask(
    store: Store, out: Path, kind: str = "sft", layout: str = "trl", **more: object
) -> ExportReport:
    more.setdefault("shares", (1.0, 0.0, 0.0))
    return export(store, ExportRequest(kind, layout, str(out), **more))  # type: ignore[arg-type]


def rows_of(out: Path, name: str = "train.jsonl") -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / name).read_text().splitlines()]


def manifest_of(out: Path) -> Manifest:
    return msgspec.json.decode((out / "manifest.json").read_bytes(), type=Manifest)


def test_only_what_was_accepted_by_decision_is_trained_on(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    report = ask(store, tmp_path / "out")
    assert (report.rows, report.trajectories) == (3, 4)
    assert report.dropped == {"rejected": 1}
    index = rows_of(tmp_path / "out", "index.jsonl")
    assert [line["uid"] for line in index] == [told[0], told[1], told[5]]
    corrected = rows_of(tmp_path / "out")[1]["messages"][CALL_AT]  # type: ignore[index]
    assert json.loads(corrected["tool_calls"][0]["function"]["arguments"])["city"] == "Oslo"


def test_annotated_adds_undecided_accepts_and_all_adds_what_nobody_rejected(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    annotated = ask(store, tmp_path / "a", include="annotated")
    assert (annotated.rows, annotated.dropped) == (4, {"rejected": 2})
    everything = ask(store, tmp_path / "b", include="all")
    assert (everything.rows, everything.trajectories) == (5, 7)
    assert everything.adapted["unchecked"] == 5
    assert ask(store, tmp_path / "c", include="all", dataset="other").trajectories == 2


@pytest.mark.parametrize(
    ("kind", "parameters", "counted"),
    [
        ("sft", {"type": "dict", "properties": {"n": {"type": "float"}}}, 1),
        ("sft", {"type": "object", "properties": {"n": {"items": {"type": "str"}}}}, 1),
        ("sft", {"n": {"type": "integer", "description": "A map without a schema around it."}}, 1),
        ("sft", {"type": "object", "properties": {"type": {"type": ["string", "null"]}}}, 0),
        ("labels", {"type": "dict", "properties": {}}, 0),
    ],
)
def test_types_that_are_none_of_json_schema_are_told(
    store: Store, tmp_path: Path, kind: str, parameters: dict[str, object], counted: int
) -> None:
    odd = replace(episode(1), tools=(replace(episode(1).tools[0], parameters=parameters),))
    (uid,) = add_trajectories(store, [odd])
    say(store, Person(store, "ana"), uid, "accept")
    layout = "jsonl" if kind == "labels" else "trl"
    report = ask(store, tmp_path / "out", kind, layout, include="annotated")
    assert report.rows == 1 and report.adapted.get("foreign-types", 0) == counted


def test_what_a_check_calls_an_error_is_not_in_all(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    with store.write() as conn:
        conn.execute(text("UPDATE trajectory SET n_errors = 2, checked_with = 'x'"))
    report = ask(store, tmp_path / "out", include="all")
    # What a person accepted stays in; the one of which nobody said anything does not.
    assert (report.rows, report.dropped["has-errors"]) == (4, 1)


def test_a_withdrawn_decision_no_longer_counts(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    withdraw(store, told[0], Person(store, "ana").info)
    report = ask(store, tmp_path / "out")
    assert (report.rows, report.trajectories) == (2, 3)


def test_annotators_who_disagree_give_no_row(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    say(store, Person(store, "bo"), told[3], "reject")
    report = ask(store, tmp_path / "out", include="annotated")
    assert report.dropped["disputed"] == 1 and report.rows == 3


def test_a_correction_gives_a_pair_that_shares_its_prompt(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    report = ask(store, tmp_path / "out", "dpo")
    (row,) = rows_of(tmp_path / "out")
    assert [m["role"] for m in row["prompt"]] == ["system", "user"]  # type: ignore[attr-defined]
    texts = [
        row[side][0]["tool_calls"][0]["function"]["arguments"] for side in ("chosen", "rejected")
    ]  # type: ignore[index]
    assert [json.loads(text)["city"] for text in texts] == ["Oslo", "City 1"]
    assert report.dropped == {"not-corrected": 2, "rejected": 1}


def test_kto_says_how_balanced_it_is(store: Store, told: tuple[str, ...], tmp_path: Path) -> None:
    ask(store, tmp_path / "out", "kto")
    labels = [row["label"] for row in rows_of(tmp_path / "out")]
    balance = manifest_of(tmp_path / "out").balance["train"]
    assert (balance.wanted, balance.unwanted) == (labels.count(True), labels.count(False)) == (3, 2)


def test_a_share_that_got_no_row_and_a_one_sided_split_are_said(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    (uid,) = add_episodes(store, 1, "alone", first=500)
    say(store, Person(store, "cy"), uid, "accept")
    report = ask(
        store, tmp_path / "out", "kto", include="annotated", dataset="alone", shares=(0.9, 0.1, 0.0)
    )
    empty, one_sided = report.cautions
    (kept,) = [split for split, n in report.by_split.items() if n]
    assert empty.startswith("No row fell into ") and kept not in empty.split(",")[0]
    assert one_sided == f"{kept} holds no unwanted example; KTO learns from both."
    card = (tmp_path / "out" / "README.md").read_text()
    assert empty in card and one_sided in card
    assert ask(store, tmp_path / "all", "kto", include="annotated").cautions == ()


def test_labels_are_one_table_with_the_split_as_a_column(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    report = ask(
        store, tmp_path / "out", "labels", "jsonl", include="annotated", shares=(0.5, 0.5, 0.0)
    )
    rows = rows_of(tmp_path / "out", "labels.jsonl")
    assert report.by_split == {"labels": len(rows)}
    kinds = [row["kind"] for row in rows if row["uid"] == told[2]]
    assert kinds == ["outcome", "verdict", "verdict", "recovery", "mark", "mark", "decision"]
    assert {row["split"] for row in rows} <= {"train", "validation"}


@pytest.mark.parametrize(("kind", "layout"), PAIRS)
def test_every_pair_writes_files_its_manifest_describes(
    store: Store, told: tuple[str, ...], tmp_path: Path, kind: str, layout: str
) -> None:
    report = ask(store, tmp_path / "out", kind, layout, include="annotated")
    manifest = manifest_of(tmp_path / "out")
    present = {path.name for path in (tmp_path / "out").iterdir()}
    assert set(report.files) == present
    for entry in manifest.files:
        data = (tmp_path / "out" / entry.name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry.sha256 and len(data) == entry.bytes
        with (tmp_path / "out" / entry.name).open("rb") as file:
            assert len(list(LAYOUTS.get(layout).rows(file))) == entry.rows
    listed = (tmp_path / "out" / "index.jsonl").read_text().splitlines()
    assert len(listed) == manifest.rows == report.rows > 0
    dropped = tmp_path / "out" / "dropped.jsonl"
    n_dropped = len(dropped.read_text().splitlines()) if dropped.exists() else 0
    assert n_dropped == sum(manifest.dropped.values())
    card = (tmp_path / "out" / "README.md").read_text()
    assert card.startswith("---\nconfigs:") and str(manifest.rows) in card
    (remembered,) = list_exports(store)
    assert remembered.n_rows == report.rows and remembered.manifest["rows"] == report.rows


def test_rows_go_to_the_split_of_their_group(store: Store, tmp_path: Path) -> None:
    uids = add_episodes(store, 60)
    shares = (0.5, 0.3, 0.2)
    report = ask(store, tmp_path / "out", include="all", shares=shares)
    assert sum(report.by_split.values()) == 60 and all(report.by_split.values())
    for line in rows_of(tmp_path / "out", "index.jsonl"):
        split = assign(str(line["group"]), shares)
        assert line["file"] == f"{split.value}.jsonl" and line["uid"] in uids


def test_the_same_store_gives_the_same_files(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    ask(store, tmp_path / "a", include="all", per_step=True)
    ask(store, tmp_path / "b", include="all", per_step=True)
    for name in ("train.jsonl", "index.jsonl", "dropped.jsonl"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_nothing_from_something_is_an_error_that_says_why(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match=r"None of 1 trajectories.*not-corrected"):
        ask(store, tmp_path / "out", "dpo", dataset="other")
    assert not (tmp_path / "out").exists()


def test_nothing_decided_is_an_error_that_says_what_to_do(store: Store, tmp_path: Path) -> None:
    add_episodes(store, 1)
    with pytest.raises(ExportError, match="Annotate and decide first"):
        ask(store, tmp_path / "out")
    with pytest.raises(NotFound, match="weather"):
        ask(store, tmp_path / "out", dataset="wether")


def test_a_folder_with_other_files_is_never_touched(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match="nothing was touched"):
        ask(store, tmp_path)
    (tmp_path / "manifest.json").write_text('{"files": []}')
    with pytest.raises(ExportError, match="nothing was touched"):
        ask(store, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    with pytest.raises(ExportError, match="not a folder"):
        ask(store, tmp_path / "notes.txt")


def test_an_earlier_export_is_replaced_and_other_files_beside_it_stay(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ask(store, out, include="all", shares=(0.0, 1.0, 0.0))
    (out / "my-notes.md").write_text("mine")
    ask(store, out, "dpo", "sharegpt")
    names = {path.name for path in out.iterdir()}
    assert "validation.jsonl" not in names and "load_rows.py" not in names
    assert {"train.jsonl", "dataset_info.json", "my-notes.md"} <= names


def test_a_cancelled_export_leaves_nothing(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    class Impatient(Run):
        def report(self, done: int, total: int | None = None, unit: str = "") -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        export(store, ExportRequest("sft", "trl", str(tmp_path / "out")), Impatient())
    assert not (tmp_path / "out").exists() and list_exports(store) == []


@pytest.mark.parametrize("lie", ["lost", "changed", "unreadable"])
def test_files_that_do_not_read_back_equal_are_not_published(
    store: Store, told: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    before = ask(store, tmp_path / "out")
    old = (tmp_path / "out" / "train.jsonl").read_bytes()
    honest = LineWriter.add

    def add(self: LineWriter, rows: Sequence[bytes]) -> None:
        if lie == "lost":
            rows = rows[:-1]
        elif lie == "changed":
            rows = [row.replace(b"clear", b"grey") for row in rows]
        else:
            rows = [row[:-1] for row in rows]
        honest(self, rows)

    monkeypatch.setattr(LineWriter, "add", add)
    with pytest.raises(ExportError, match="was not published"):
        ask(store, tmp_path / "out")
    assert (tmp_path / "out" / "train.jsonl").read_bytes() == old
    assert {p.name for p in (tmp_path / "out").iterdir()} == set(before.files)


def test_large_files_are_compared_in_part_and_parsed_in_full(
    store: Store, told: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_episodes(store, 12, first=200)
    monkeypatch.setattr(export_comparing, "ALL_COMPARED", 2)
    monkeypatch.setattr(export_comparing, "COMPARED_EVERY", 5)
    ask(store, tmp_path / "out", include="all")
    (entry,) = manifest_of(tmp_path / "out").files
    assert (entry.rows, entry.compared) == (17, 5)  # rows 0, 1, 5, 10, 15
    honest = LineWriter.add

    def add(self: LineWriter, rows: Sequence[bytes]) -> None:
        honest(self, [row.replace(b'"tools":', b'"tool":') for row in rows])

    monkeypatch.setattr(LineWriter, "add", add)
    with pytest.raises(ExportError, match="does not read back"):
        ask(store, tmp_path / "out", include="all")


def test_unknown_wishes_are_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="decided, annotated, all"):
        ask(store, tmp_path / "out", include="some")
    with pytest.raises(ExportError, match="add up to 1"):
        ask(store, tmp_path / "out", shares=(0.9, 0.9, 0.0))


def loaded(folder: Path) -> list[dict[str, object]]:
    datasets = pytest.importorskip("datasets")
    (file,) = [f for f in folder.glob("train.*") if f.suffix in (".jsonl", ".parquet")]
    rows = datasets.load_dataset(
        "json" if file.suffix == ".jsonl" else "parquet",
        data_files=str(file),
        split="train",
        cache_dir=str(folder.parent / "cache"),
    )
    return list(rows)


def without_nulls(value: object) -> object:
    """Keys that Arrow added: no chat file of ours writes null but for content."""
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None or k == "content"}
    return [without_nulls(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("kind", "layout", "per_step"),
    [
        *[(*pair, False) for pair in PAIRS if pair[0] != "labels"],
        ("sft", "trl", True),
        ("sft", "openai", True),
    ],
)
def test_the_newest_datasets_loads_the_files_equal(
    store: Store, told: tuple[str, ...], tmp_path: Path, kind: str, layout: str, per_step: bool
) -> None:
    ask(store, tmp_path / "out", kind, layout, include="all", per_step=per_step)
    found = without_nulls(loaded(tmp_path / "out"))
    if LAYOUTS.get(layout).suffix == ".jsonl":
        assert found == rows_of(tmp_path / "out")
    elif layout == "trl-parquet":
        ask(store, tmp_path / "lines", kind, "trl", include="all", per_step=per_step)
        assert found == rows_of(tmp_path / "lines")
    else:
        table = parquet.read_table(tmp_path / "out" / "train.parquet").to_pylist()
        assert found == without_nulls(table) and len(table) > 1


LOADING = """
import glob, json, sys
from datasets import load_dataset
folder = sys.argv[1]
parquet = glob.glob(folder + "/train.parquet")
rows = load_dataset("parquet" if parquet else "json", split="train",
                    data_files=parquet or folder + "/train.jsonl",
                    cache_dir=folder + "/../old-cache")
json.dump(list(rows), sys.stdout)
"""


@pytest.mark.skipif(
    "LOOPWRIGHT_OLD_DATASETS_PYTHON" not in os.environ,
    reason="LOOPWRIGHT_OLD_DATASETS_PYTHON names no interpreter with datasets 2.x or 3.x",
)
@pytest.mark.parametrize(
    ("kind", "layout"),
    [
        *[("sft", "trl"), ("dpo", "trl"), ("kto", "trl"), ("sft", "trl-parquet")],
        *[("sft", "sharegpt"), ("dpo", "sharegpt")],
    ],
)
def test_an_older_datasets_loads_the_files_equal(
    store: Store, told: tuple[str, ...], tmp_path: Path, kind: str, layout: str
) -> None:
    ask(store, tmp_path / "out", kind, layout, include="all")
    command = [os.environ["LOOPWRIGHT_OLD_DATASETS_PYTHON"], "-c", LOADING, str(tmp_path / "out")]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]
    lines = tmp_path / "out"
    if layout == "trl-parquet":
        lines = tmp_path / "lines"
        ask(store, lines, kind, "trl", include="all")
    assert without_nulls(json.loads(answer.stdout)) == rows_of(lines)


class Tokenizer:
    """Stands for one of `transformers`: returns what its chat template would be given."""

    def apply_chat_template(
        self, conversation: list[dict[str, object]], tools: object = None, **options: object
    ) -> tuple[object, ...]:
        return conversation, tools, options


@pytest.mark.parametrize("layout", ["trl", "trl-objects", "trl-parquet"])
@pytest.mark.parametrize("kind", ["sft", "dpo", "kto"])
def test_the_loader_beside_trl_files_gives_templates_objects(
    store: Store, told: tuple[str, ...], tmp_path: Path, kind: str, layout: str
) -> None:
    pytest.importorskip("datasets")
    ask(store, tmp_path / "out", kind, layout, include="all")
    space: dict[str, object] = {"__file__": str(tmp_path / "out" / "load_rows.py")}
    exec((tmp_path / "out" / "load_rows.py").read_text(), space)
    rows = space["load"]("train")  # type: ignore[operator]
    # TRL's SFTTrainer prepares nothing that decodes rows as they are taken.
    assert rows.format["type"] is None
    tokenizer = space["with_objects"](Tokenizer())  # type: ignore[operator]
    written = loaded(tmp_path / "out") if layout == "trl-parquet" else rows_of(tmp_path / "out")
    for row, line in zip(rows, without_nulls(written), strict=True):  # type: ignore[call-overload]
        tools = json.loads(str(line.pop("tools"))) or None
        for name in [key for key, value in line.items() if isinstance(value, list)]:
            expected = with_object_arguments(line[name])
            got = tokenizer.apply_chat_template(row[name], tools=row["tools"], tokenize=True)
            assert got == (expected, tools, {"tokenize": True})
            assert space["as_objects"](row)[name] == expected  # type: ignore[operator]


def with_object_arguments(messages: object) -> object:
    for message in messages:  # type: ignore[attr-defined]
        for call in message.get("tool_calls", []):
            if isinstance(call["function"]["arguments"], str):
                call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    return messages


def test_templates_are_given_no_tools_rather_than_none_of_them(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    pytest.importorskip("datasets")
    ask(store, tmp_path / "out")
    space: dict[str, object] = {"__file__": str(tmp_path / "out" / "load_rows.py")}
    exec((tmp_path / "out" / "load_rows.py").read_text(), space)
    tokenizer = space["with_objects"](Tokenizer())  # type: ignore[operator]
    said = [{"role": "user", "content": "?", "tool_calls": None, "name": None}]
    plain = ([{"role": "user", "content": "?"}], None, {})
    assert tokenizer.apply_chat_template(said, tools="[]") == plain
    assert tokenizer.apply_chat_template([said, said])[0] == [plain[0], plain[0]]


def test_a_pair_that_a_layout_makes_equal_is_left_out(store: Store, tmp_path: Path) -> None:
    question = Message(Role.USER, "Two and two?")
    before = Trajectory((question, Message(Role.ASSISTANT, "Four.", reasoning="Five?")))
    (uid,) = add_trajectories(store, [before], "sums")
    ana = Person(store, "ana")
    better = revised(2, MessageRevision(origin=1, reasoning="Two twice."))
    done = propose_correction(
        store, ana.info, ana.session, ana.next_number(), uid, better, "Slip."
    )  # fmt: skip
    corrected = str(done.correction_uid)
    say(store, ana, uid, "accept")
    decide(
        store, uid, decided_by=ana.info, outcome="accept", adopt_annotator="ana",
        result_uid=corrected,
    )  # fmt: skip
    assert ask(store, tmp_path / "trl", "dpo").rows == 1
    with pytest.raises(ExportError, match="same-sides"):
        ask(store, tmp_path / "openai", "dpo", "openai")


def test_two_exports_do_not_share_a_folder(
    store: Store, told: tuple[str, ...], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    refused: list[str] = []

    class Second(Run):
        def report(self, done: int, total: int | None = None, unit: str = "") -> None:
            if not refused:
                with pytest.raises(ExportError, match="Another export") as problem:
                    ask(store, out, "dpo")
                refused.append(str(problem.value))

    report = export(store, ExportRequest("sft", "trl", str(out)), Second())
    assert refused and set(report.files) == {path.name for path in out.iterdir()}
    ask(store, out, "dpo")


@pytest.mark.parametrize("moment", ["rows", "end"])
def test_a_full_disk_is_told_in_words_and_leaves_the_folder_as_it_was(
    store: Store,
    told: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    before = ask(store, tmp_path / "out")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(HashedFile, "write" if moment == "rows" else "close", full)
        with pytest.raises(ExportError, match="No space left") as problem:
            ask(store, tmp_path / "out", "dpo")
    assert "free space" in problem.value.hint and problem.value.where == str(tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(before.files)


def test_a_folder_that_may_not_be_looked_into_is_told_in_words(
    store: Store, told: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(self: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    (tmp_path / "out").mkdir()
    monkeypatch.setattr(Path, "iterdir", closed)
    with pytest.raises(ExportError, match="Permission denied"):
        ask(store, tmp_path / "out")


def test_a_large_file_loads_whose_first_rows_lack_what_later_ones_have(
    store: Store, tmp_path: Path
) -> None:
    datasets = pytest.importorskip("datasets")
    long = "words " * 200_000
    said = [Message(Role.USER, long), Message(Role.ASSISTANT, "I see.")]
    plain = [Trajectory((Message(Role.SYSTEM, str(i)), *said)) for i in range(12)]
    add_trajectories(store, [*plain, parallel()], "large")
    ask(store, tmp_path / "out", include="all")
    lines = rows_of(tmp_path / "out")
    assert without_nulls(list(load_beside(tmp_path / "out"))) == lines
    folder = datasets.load_dataset(
        str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert without_nulls(list(folder)) == lines


def load_beside(out: Path) -> Iterable[dict[str, object]]:
    space: dict[str, object] = {"__file__": str(out / "load_rows.py")}
    exec((out / "load_rows.py").read_text(), space)
    rows: Iterable[dict[str, object]] = space["load"]("train")  # type: ignore[operator]
    return rows


GOLDEN = Path(__file__).parents[3] / "golden" / "exports"


@pytest.mark.parametrize(
    ("kind", "layout", "per_step"),
    [
        (kind, layout, per_step)
        for kind, layout in PAIRS
        for per_step in (False, True)
        if layout != "parquet" and (not per_step or kind in ("sft", "kto"))
    ],
)
def test_files_are_as_they_always_were(
    store: Store, told: tuple[str, ...], tmp_path: Path, kind: str, layout: str, per_step: bool
) -> None:
    """Golden files; LOOPWRIGHT_WRITE_GOLDEN=1 rewrites them, the difference is then reviewed."""
    ask(store, tmp_path / "out", kind, layout, include="annotated", per_step=per_step)
    golden = GOLDEN / f"{kind}-{layout}{'-per-step' if per_step else ''}"
    for path in sorted((tmp_path / "out").iterdir()):
        if path.name in (
            "manifest.json",
            "README.md",
            "index.jsonl",
            "lineage.jsonl",
            "tool_reward.py",
        ):
            continue
        text = _text_of(path)
        if kind == "labels":
            text = _without_times(text)
        kept = golden / path.name.replace(".parquet", ".parquet.jsonl")
        if os.environ.get("LOOPWRIGHT_WRITE_GOLDEN"):
            golden.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(text.encode())
        assert text == kept.read_bytes().decode(), path.name


def _text_of(path: Path) -> str:
    """The text of a file; of a table, its rows as JSON lines."""
    if path.suffix != ".parquet":
        return path.read_bytes().decode()
    return "".join(f"{json.dumps(row)}\n" for row in parquet.read_table(path).to_pylist())


def _without_times(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", "<time>", text)


def test_a_layout_is_named_like_its_file_or_its_family() -> None:
    layout: Layout
    for layout in LAYOUTS:
        assert layout.suffix in (".jsonl", ".csv", ".parquet") and layout.types


def test_two_corrections_with_one_content_are_one_row(store: Store, tmp_path: Path) -> None:
    fixed = episode(0)
    wrong = [Trajectory(fixed.messages, fixed.tools), episode(0, '{"city": "Cty"}'),
             episode(0, '{"city": "Ciity"}')]  # fmt: skip
    uids = add_trajectories(store, wrong)
    ana = Person(store, "ana")
    raw = fixed.messages[CALL_AT].tool_calls[0].raw_arguments
    for uid in uids[1:]:
        edit = revised(5, arguments(CALL_AT, raw))
        propose_correction(
            store, ana.info, ana.session, ana.next_number(), uid, edit, "City.", attested=[3, 4]
        )
        say(store, ana, uid, "accept")
        decide(store, uid, decided_by=ana.info, outcome="accept", adopt_annotator="ana")
    decide(store, uids[0], decided_by=ana.info, outcome="accept")
    for out, selection in (("out", NOTHING), ("chosen", Selection(order=RowOrder.SHUFFLED))):
        report = ask(store, tmp_path / out, selection=selection)
        assert (report.rows, report.dropped) == (1, {"duplicate": 2})
