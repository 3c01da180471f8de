"""The command line: the whole way of the data, what is printed where, and exit codes."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.flows.annotate import Op, claim_next, perform
from storage.annotators import ensure_annotator
from storage.engine import open_store
from tests.episodes import Person, add_episodes

ROOT = Path(__file__).parents[3]

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city"],
        },
    },
}


def a_row(i: int, arguments: dict[str, Any]) -> dict[str, Any]:
    """A user asks for the weather, the model calls and answers."""
    call = {
        "id": f"c{i}",
        "type": "function",
        "function": {"name": "get_weather", "arguments": json.dumps(arguments)},
    }
    return {
        "id": f"row-{i}",
        "messages": [
            {"role": "user", "content": f"What will the weather be in city number {i}?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{i}", "content": '{"sky": "clear"}'},
            {"role": "assistant", "content": f"It will be clear in city number {i}."},
        ],
        "tools": [WEATHER],
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Five good rows, one of them with a wrong type, and one broken line."""
    rows = [a_row(i, {"city": f"C{i}"}) for i in range(4)]
    rows.append(a_row(4, {"city": 4}))
    path = tmp_path / "weather.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows) + '{"messages": [\n', "utf-8")
    return path


class Ran:
    """One command: its exit code and what it printed where."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """One object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Runner:
    """Runs commands over one database, in this process."""

    def __init__(self, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.url, self._capsys = url, capsys

    def __call__(self, *arguments: object) -> Ran:
        self._capsys.readouterr()
        code = cli.perform([*map(str, arguments), "--db", self.url])
        return Ran(code, *self._capsys.readouterr())


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(f"sqlite:///{tmp_path}/cli.db", capsys)


@pytest.fixture
def run_migrated(run: Runner, tmp_path: Path, migrated_file: Path) -> Runner:
    """Commands over a database that holds nothing yet but its schema."""
    shutil.copyfile(migrated_file, tmp_path / "cli.db")
    return run


def test_the_story_from_a_file_to_a_training_file(run: Runner, file: Path, tmp_path: Path) -> None:
    imported = run("ingest", file, "--dataset", "weather", "--json")
    assert imported.code == 1, "a line could not be read, and the user must look at it"
    report = imported.json
    assert report["dataset"] == "weather"
    assert report["format"] == "openai-chat"
    assert (report["added"], report["duplicates"], report["n_problems"]) == (5, 0, 1)
    assert report["problems"][0]["where"].endswith("weather.jsonl:6")
    assert report["problems"][0]["message"]
    assert report["problems"][0]["hint"]

    again = run("ingest", file, "--dataset", "weather", "--json").json
    assert (again["added"], again["duplicates"]) == (0, 5)

    checked = run("check", "--json")
    assert checked.code == 0
    assert checked.json["trajectories"] == 5
    assert checked.json["trajectories_with_errors"] == 1
    assert checked.json["by_check"]["calls/wrong-type"] == 1

    found = run("findings", "--severity", "error").lines
    assert [f["source_id"] for f in found] == ["row-4"]
    assert found[0] | {"uid": "", "message": ""} == {
        "dataset": "weather",
        "uid": "",
        "source_id": "row-4",
        "check": "calls/wrong-type",
        "severity": "error",
        "message_index": 1,
        "call_index": 0,
        "pointer": "/city",
        "message": "",
    }

    queued = run("queue", "weather", "--order", "suspicious", "--json")
    assert queued.code == 0
    assert queued.json["added"] == 5
    assert queued.json["queue"]["waiting"] == 5

    first = annotate(run.url, "reject")
    assert first == found[0]["uid"], "the most suspicious one is handed out first"
    for _ in range(3):
        annotate(run.url, "accept")

    said = run("annotations").lines
    assert [a["annotation"]["outcome"] for a in said] == ["reject", "accept", "accept", "accept"]
    assert said[0]["source_ids"] == ["row-4"]

    out = tmp_path / "out"
    exported = run("export", "--type", "sft", "--layout", "trl", "--out", out, "--json")
    assert exported.code == 0, exported.err
    rows = [
        json.loads(line)
        for part in (out / f"{split}.jsonl" for split in ("train", "validation", "test"))
        if part.exists()
        for line in part.read_text("utf-8").splitlines()
    ]
    assert len(rows) == 3, "what was accepted, neither more nor less"
    assert exported.json["rows"] == 3

    once_more = run(
        "export", "--recipe", out / "manifest.json", "--out", tmp_path / "again", "--json"
    )
    assert once_more.code == 0, once_more.err
    assert once_more.json["by_split"] == exported.json["by_split"]


def annotate(url: str, outcome: str) -> str:
    """Claim the next trajectory, say `outcome`, commit; as the browser would."""
    store = open_store(url)
    try:
        with store.write() as conn:
            annotator = ensure_annotator(conn, "Ada")
        claimed = claim_next(store, annotator, "weather")
        assert claimed is not None
        uid = claimed.opened.uid
        ops = [Op(1, uid, "outcome", {"outcome": outcome}), Op(2, uid, "commit", {})]
        results = perform(store, annotator, f"session-{uid}", ops).results
        assert [r.status for r in results] == ["ok", "ok"], results
        return uid
    finally:
        store.close()


def test_listing_showing_and_counting(run: Runner, file: Path) -> None:
    run("ingest", file, "--dataset", "weather")
    run("check")
    listed = run("list", "--check", "calls/wrong-type", "--json").json
    assert listed["count"] == {"n": 1, "is_capped": False}
    (uid,) = [t["uid"] for t in listed["trajectories"]]
    shown = run("show", uid, "--json").json
    assert shown["items"][0]["source_id"] == "row-4"
    assert [f["check"] for f in shown["findings"]] == ["calls/wrong-type"]
    readable = run("show", uid).out
    assert "What will the weather be in city number 4?" in readable
    assert "get_weather" in readable
    assert "! error:" in readable
    assert run("list", "--text", "number 3").out.count("weather") >= 1
    for conditions, n in [
        (("--errors",), 1),
        (("--no-errors", "--dataset", "weather"), 4),
        (("--broken-tool", "get_weather"), 1),
        (("--reached", "checked"), 5),
        (("--reached", "queued"), 0),
        (("--min-messages", "4", "--max-messages", "4"), 5),
        (("--max-messages", "3"), 0),
        (("--annotator", "ada"), 0),
        (("--said", "accept", "--day", "2026-03-01"), 0),
        (("--category", "canonical/PARAM_VALUE"), 0),
    ]:
        assert run("list", *conditions, "--json").json["count"]["n"] == n, conditions
    numbers = run("stats", "--json").json
    assert [d["n_items"] for d in numbers["datasets"]] == [5]
    assert {b["label"]: b["n"] for b in numbers["funnel"]}["checked"] == 5


def test_words_of_a_trajectory_cannot_steer_the_terminal(run: Runner, tmp_path: Path) -> None:
    row = a_row(0, {"city": "\x1b]0;title\x07"})
    row["messages"][0]["content"] = "red \x1b[31m, back\x08space, \x9b2J and \u202eturned"
    path = tmp_path / "hostile.jsonl"
    path.write_text(json.dumps(row), "utf-8")
    run("ingest", path)
    uid = run("list", "--json").json["trajectories"][0]["uid"]
    for shown in (run("list").out, run("show", uid).out):
        assert "red ␛[31m" in shown
        assert not set("\x1b\x07\x08\x9b\u202e") & set(shown)
    said = run("show", uid, "--json").json
    assert said["trajectory"]["messages"][0]["content"] == row["messages"][0]["content"]


def test_a_dry_run_stores_nothing(run: Runner, file: Path) -> None:
    tried = run("ingest", file, "--dry-run", "--json").json
    assert (tried["added"], tried["n_problems"]) == (5, 1)
    assert run("list", "--json").json["trajectories"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ingest", "nowhere.jsonl"), "nowhere.jsonl"),
        (("ingest", "{file}", "--format", "cuneiform"), "cuneiform"),
        (("check", "--dataset", "unheard-of"), "unheard-of"),
        (("queue", "unheard-of"), "unheard-of"),
        (("findings", "--dataset", "unheard-of"), "unheard-of"),
        (("stats", "--dataset", "unheard-of"), "unheard-of"),
        (("list", "--dataset", "unheard-of"), "unheard-of"),
        (("list", "--check", "calls/unheard-of"), "calls/unheard-of"),
        (("show", "lw1:nothing"), "lw1:nothing"),
        (("export", "--type", "sft", "--layout", "stone", "--out", "x"), "stone"),
        (("restore", "nowhere.db"), "nowhere.db"),
        (("taxonomies", "--add", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_unusable_input_says_what_where_and_what_to_do(
    run_migrated: Runner, file: Path, arguments: tuple[str, ...], says: str
) -> None:
    run_migrated("ingest", file, "--dataset", "weather")
    ran = run_migrated(*(a.format(file=file) for a in arguments), "--json")
    assert ran.code == 2
    assert says in ran.err
    assert "do:" in ran.err
    assert "Traceback" not in ran.err
    error = ran.json["error"]
    assert error["message"]
    assert error["hint"]


@pytest.mark.parametrize("command", ["list", "stats", "check", "findings", "doctor", "queue"])
def test_looking_into_a_database_that_is_not_there_makes_none(
    run: Runner, tmp_path: Path, command: str
) -> None:
    ran = run(command)
    assert ran.code == 2
    assert "no database yet" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [("dance",), ("ingest",), ("queue", "d", "--order", "sideways"), ("list", "--no")]
)
def test_a_wrong_usage_ends_with_2(run: Runner, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "Usage" in ran.err


def test_a_file_without_any_trajectory_is_unusable_input(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.write_text('[{"title": "milk", "done": false}]', "utf-8")
    ran = run("ingest", path, "--json")
    assert ran.code == 2
    assert "notes.json" in ran.err


def test_a_defect_is_shown_by_its_id_and_keeps_its_traceback_in_the_log(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = importlib.import_module("app.commands.catalogue")

    def broken() -> list[Any]:
        raise ZeroDivisionError("inner detail")

    monkeypatch.setattr(catalogue, "format_entries", broken)
    ran = run("formats", "--json")
    assert ran.code == 70
    incident = ran.json["error"]["id"]
    shown, logged = ran.err.splitlines()[-1], ran.err
    assert incident in shown
    assert "inner detail" not in shown
    assert f"incident {incident}" in logged
    assert "ZeroDivisionError: inner detail" in logged


def test_global_options_may_stand_anywhere_before_a_double_dash() -> None:
    assert cli.global_first(["list", "--db", "u", "--json"]) == ["--db", "u", "--json", "list"]
    assert cli.global_first(["list", "--db=u"]) == ["--db=u", "list"]
    assert cli.global_first(["ingest", "--", "--json"]) == ["ingest", "--", "--json"]
    assert cli.global_first(["list", "--db"]) == ["--db", "list"]


def test_every_command_is_where_the_command_line_looks_for_it() -> None:
    for family, names in cli.FAMILIES.items():
        module = importlib.import_module(f"app.commands.{family}")
        assert tuple(module.COMMANDS) == names


def test_every_command_explains_itself(run: Runner) -> None:
    for names in cli.FAMILIES.values():
        for name in names:
            ran = run(name, "--help")
            assert ran.code == 0
            assert len(ran.out.splitlines()) > 4


def test_backup_and_restore_by_command(run: Runner, file: Path, tmp_path: Path) -> None:
    run("ingest", file, "--dataset", "weather")
    copy = tmp_path / "copy.db"
    assert run("backup", copy, "--json").json["n_trajectories"] == 5
    assert run("backup", copy).code == 2
    elsewhere = Runner(f"sqlite:///{tmp_path}/elsewhere.db", run._capsys)
    assert elsewhere("restore", copy).code == 0
    assert len(elsewhere("list", "--json").json["trajectories"]) == 5
    assert elsewhere("doctor").code == 0


def test_the_console_command_pipes_results_and_keeps_messages_apart(
    file: Path, tmp_path: Path
) -> None:
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "app.cli", "ingest", str(file), "--json"],
        env=dict(os.environ) | {"LOOPWRIGHT_DATABASE_URL": f"sqlite:///{tmp_path}/piped.db"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ran.returncode == 1
    assert json.loads(ran.stdout)["added"] == 5
    assert "weather.jsonl:6" in ran.stderr
    assert len(ran.stdout.splitlines()) == 1


TAXONOMY = """name = "ours"
title = "Ours"
version = {version}
source = "us"
description = "d"

[[categories]]
name = "{name}"
title = "T"
definition = "d"
code = "wc"
"""


def test_a_taxonomy_is_checked_without_being_added(run: Runner, tmp_path: Path) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text(TAXONOMY.format(version=1, name="wrong-city"), encoding="utf-8")
    run("taxonomies", "--add", first)
    store = open_store(run.url)
    (uid,) = add_episodes(store, 1)
    ann = Person(store, "Ann")
    mark = {"mark_id": "m", "taxonomy": "ours", "category": "wrong-city", "anchor": {}}
    ops = [ann.op("mark", uid, mark=mark), ann.op("outcome", uid, outcome="reject")]
    perform(store, ann.info, "s", [*ops, ann.op("commit", uid)])
    store.close()
    text = TAXONOMY.format(version=2, name="wrong-place")
    second.write_text(text, encoding="utf-8")
    lost = run("taxonomies", "--check", second, "--json")
    assert lost.code == 1
    assert lost.json["removed"][0]["use"] == {"marks": 1, "trajectories": 1, "decided": 0}
    assert "loses its name" in run("taxonomies", "--check", second).out
    second.write_text(f'{text}\n[renamed]\n"wrong-city" = "wrong-place"\n', encoding="utf-8")
    assert run("taxonomies", "--check", second).code == 0
    listed = run("taxonomies", "--json").json["taxonomies"]
    assert {t["name"]: t["version"] for t in listed}["ours"] == 1
