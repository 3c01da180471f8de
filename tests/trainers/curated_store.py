"""A store filled as people fill it: rows by `loopwright ingest`, judged by the screens' flows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app import cli
from app.flows.adjudicate import decide
from app.flows.annotate import perform
from app.flows.correct import propose_correction
from curation.exporting import Include
from curation.trajectory import Role, Trajectory
from storage.candidates import iter_candidates
from storage.engine import Store, open_store
from storage.trajectories import load
from tests.episodes import Person
from tests.revisions import arguments, content, revised

SAMPLES = Path(__file__).parents[2] / "sample_data" / "trajectories.jsonl"
PER_SCENARIO = 3
TOO_LONG = 4_000
"""Characters of a row's messages beyond which training on a processor takes minutes."""


def fill(url: str, folder: Path) -> None:
    """Import sample rows of every scenario and some awkward ones, and judge every one of them."""
    file = folder / "rows.jsonl"
    rows = [*_samples(), *awkward_rows()]
    file.write_text("".join([json.dumps(row, ensure_ascii=False) + "\n" for row in rows]))
    # 1: some samples hold planted errors, of which the import tells.
    assert cli.perform(["--db", url, "migrate"]) == 0
    assert cli.perform(["--db", url, "ingest", str(file), "--dataset", "demo"]) in (0, 1)
    store = open_store(url)
    try:
        _judge(store)
    finally:
        store.close()


def _samples() -> list[dict[str, Any]]:
    taken: dict[str, int] = {}
    rows = []
    for line in SAMPLES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        row.pop("predictions", None)
        scenario = row["scenario"]
        if len(json.dumps(row["messages"])) > TOO_LONG:
            continue
        taken[scenario] = taken.get(scenario, 0) + 1
        if taken[scenario] <= PER_SCENARIO:
            rows.append(row)
    return rows


def _tool(name: str, properties: dict[str, Any] | None) -> dict[str, Any]:
    function: dict[str, Any] = {"name": name, "description": f"What {name} does"}
    if properties is not None:
        function["parameters"] = {"type": "object", "properties": properties}
    return {"type": "function", "function": function}


def _call(name: str, given: Any, key: str) -> dict[str, Any]:
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return {"id": key, "type": "function", "function": {"name": name, "arguments": text}}


def awkward_rows() -> list[dict[str, Any]]:
    """What loaders stumble over: keys of two types, no schema, nothing said, numbers, no tools."""
    tools = [
        _tool("area", {"w": {"type": "number"}, "h": {}}),
        _tool("name_of", {"w": {"type": "string"}, "deep": {"type": "object"}}),
        _tool("ping", None),
    ]
    shapes: list[list[tuple[str, Any]]] = [
        [("area", {"w": 3, "h": [1, 2.50, None]})],
        [("ping", "")],
        [("name_of", {"w": "three", "deep": {"a": {"b": "<|stop|> </s> 多謝 🙂"}, "w": 1}})],
        [("area", '{"w": 0.1000000000000000055, "h": 12345678901234567890}'), ("ping", {})],
        [("name_of", {"w": "a\nb\t\"c\" {'d': 1}", "deep": {}})],
    ]
    rows = []
    for number, shape in enumerate(shapes):
        calls = [_call(name, given, f"k{number}{i}") for i, (name, given) in enumerate(shape)]
        results = [
            {
                "role": "tool",
                "tool_call_id": call["id"],
                "name": call["function"]["name"],
                "content": json.dumps({"seen": f"result-{number}-{i}"}),
            }
            for i, call in enumerate(calls)
        ]
        rows.append(
            {
                "id": f"awkward-{number}",
                "messages": [
                    {"role": "user", "content": f"Awkward question {number}?"},
                    {"role": "assistant", "content": None, "tool_calls": calls},
                    *results,
                    {"role": "assistant", "content": f"Awkward answer {number}."},
                    {"role": "user", "content": f"And then {number}?"},
                    {"role": "assistant", "content": f"The last word {number}: – ü 多."},
                ],
                "tools": tools,
            }
        )
    greeting = [
        {"role": "user", "content": "Hello there, no tools today."},
        {"role": "assistant", "content": "Hello back, none needed."},
    ]
    rows.append({"id": "awkward-none", "messages": greeting, "tools": []})
    return rows


def _judge(store: Store) -> None:
    ana = Person(store, "ana")
    with store.read() as conn:
        uids = [one.uid for one in iter_candidates(conn, Include.ALL, None)]
        found = [(uid, load(conn, uid).trajectory) for uid in uids]
    for number, (uid, trajectory) in enumerate(found):
        _say(store, ana, uid, trajectory, number % 5)


def _say(store: Store, ana: Person, uid: str, trajectory: Trajectory, kind: int) -> None:
    """0 and 3: accepted. 1: corrected. 2: accepted, its first step incorrect. 4: rejected."""
    messages = trajectory.messages
    steps = [i for i, m in enumerate(messages) if m.role is Role.ASSISTANT]
    outcome, verdicts = "accept", {}
    if kind == 1:
        _correct(store, ana, uid, trajectory, steps)
    elif kind == 2 and len(steps) > 1:
        verdicts = {f"{steps[0]}": "incorrect", f"{steps[-1]}": "correct"}
    elif kind == 4:
        outcome = "reject"
        verdicts = {f"{i}": "correct" for i in steps[:-1]} | {f"{steps[-1]}": "incorrect"}
    ops = [ana.op("outcome", uid, outcome=outcome)]
    if verdicts:
        ops.insert(0, ana.op("verdicts", uid, verdicts=verdicts))
    done = perform(store, ana.info, ana.session, [*ops, ana.op("commit", uid)])
    assert [r.status for r in done.results if r.status != "ok"] == []
    decide(store, uid, decided_by=ana.info, outcome=outcome, adopt_annotator="ana")


def _correct(store: Store, ana: Person, uid: str, trajectory: Trajectory, steps: list[int]) -> None:
    """Another argument where the call takes anything, else another last answer."""
    messages = trajectory.messages
    at = steps[0]
    calls = messages[at].tool_calls
    if calls and calls[0].name == "name_of":
        edit = revised(trajectory, arguments(at, '{"w": "corrected", "deep": {}}', 0, len(calls)))
        attested = range(at + 1, len(messages))
    else:
        said = messages[steps[-1]].text
        edit = revised(trajectory, content(steps[-1], f"Corrected. {said}"))
        attested = range(0)
    number = ana.next_number()
    propose_correction(
        store, ana.info, ana.session, number, uid, edit, "Wrong before.", attested=tuple(attested)
    )
