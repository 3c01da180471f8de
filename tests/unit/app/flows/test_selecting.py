"""Selecting, from rows and acts that the real flows wrote to files: funnels, reasons, bytes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from app.cli import perform
from app.flows.adjudicate import decide
from app.flows.annotate import perform as perform_acts
from app.flows.check import check
from app.flows.export import ExportRequest, export
from app.flows.match import match
from app.flows.recipe_text import read_recipe, recipe_text
from app.flows.selecting import look
from curation.errors import ExportError, NotFound
from curation.export_manifest import Manifest
from curation.filters import Filter
from curation.predictions import PredictionKind
from curation.selection import (
    CM2,
    By,
    Cap,
    Dedup,
    Difficulty,
    Gates,
    Measure,
    Quota,
    RowOrder,
    ScoreGate,
    Selection,
    Sizes,
    Statistic,
    Thin,
    check_selection,
)
from curation.trajectory import Message, Role, ToolCall, Trajectory
from storage.engine import Store, open_store
from storage.predictions import add_predictions
from storage.preparation import new_prediction
from storage.trajectories import id_of
from tests.episodes import WEATHER, Person, add_trajectories, episode

WORDS = "tell me please what kind of weather I shall have on my long way home through"


@pytest.fixture
def other_store(tmp_path: Path, migrated_file: Path) -> Iterator[Store]:
    """A second empty store."""
    shutil.copyfile(migrated_file, tmp_path / "other.db")
    opened = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    yield opened
    opened.close()


def asking(city: str, *, days: int = 2, words: str = WORDS, n_more: int = 0) -> Trajectory:
    """A question in many words, a call, its result and an answer; then further questions."""
    call = ToolCall("get_weather", json.dumps({"city": city, "days": days}), "c1")
    messages = [
        Message(Role.USER, f"{words} {city}"),
        Message(Role.ASSISTANT, tool_calls=(call,)),
        Message(Role.TOOL, '{"sky": "clear"}', tool_call_id="c1"),
        Message(Role.ASSISTANT, f"Clear over {city}."),
    ]
    for n in range(n_more):
        messages += [Message(Role.USER, f"And {n}?"), Message(Role.ASSISTANT, f"As before, {n}.")]
    return Trajectory(tuple(messages), (WEATHER,))


def request(out: Path | str = "(not written)", **asked: object) -> ExportRequest:
    chosen = Selection(**asked)  # type: ignore[arg-type]
    return ExportRequest("sft", "trl", str(out), "all", shares=(1.0, 0.0, 0.0), selection=chosen)  # type: ignore[arg-type]


def funnel(store: Store, **asked: object) -> dict[str, int]:
    found = look(store, request(**asked)).funnel
    assert found.looked_at - sum(s.left_out for s in found.steps) == found.chosen
    return {f"{s.stage}: {s.rule}": s.left_out for s in found.steps if s.left_out}


def lines(out: Path, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / name).read_text().splitlines()]


def test_every_left_out_trajectory_has_its_reason_and_is_counted(
    store: Store, tmp_path: Path
) -> None:
    uids = add_trajectories(store, [asking(f"City {i}", n_more=i) for i in range(6)])
    add_trajectories(store, [episode(0, '{"days": 0}')], "broken")
    check(store, processes=1)
    ana = Person(store, "ana")
    decide(store, uids[0], decided_by=ana.info, outcome="reject", note="no")
    asked = Selection(
        where=Filter(dataset="weather"), sizes=Sizes(max_steps=6), budget=2, order=RowOrder.SHUFFLED
    )
    out = tmp_path / "out"
    report = export(store, request(out, **msgspec.structs.asdict(asked)))
    assert (report.rows, report.trajectories) == (2, 7)
    # 0 is rejected and the broken one has an error; 5 has 7 steps; two of 1 to 4 fit the budget.
    expected = {"rejected": 1, "has-errors": 1, "filtered": 1, "over-budget": 2}
    assert report.dropped == expected
    dropped = lines(out, "dropped.jsonl")
    assert {d["uid"] for d in dropped} | {i["uid"] for i in lines(out, "index.jsonl")} >= set(uids)
    assert next(d["detail"] for d in dropped if d["reason"] == "filtered") == "max_steps = 6"
    manifest = msgspec.json.decode((out / "manifest.json").read_bytes(), type=Manifest)
    assert manifest.request.selection == asked and manifest.selection is not None
    assert manifest.selection.chosen == 2 and manifest.selection.after()["filters"] == 4
    assert look(store, request(**msgspec.structs.asdict(asked))).funnel == manifest.selection
    assert "## How it was selected" in (out / "README.md").read_text()
    recipe = read_recipe(recipe_text(request(out, **msgspec.structs.asdict(asked))))
    assert recipe == request(out, **msgspec.structs.asdict(asked))


def test_an_export_is_the_same_bytes_again_and_after_another_order_of_imports(
    store: Store, other_store: Store, tmp_path: Path
) -> None:
    rows = [asking(f"City {i % 5}", days=1 + i % 3, n_more=i % 4) for i in range(24)]
    asked = {
        "dedup": Dedup.NEAR,
        "caps": (Cap(By.LENGTH, 4),),
        "budget": 9,
        "thinning": CM2[1:2],
        "order": RowOrder.EASY_TO_HARD,
    }
    add_trajectories(store, rows)
    for other in (rows[12:][::-1], rows[:12]):
        add_trajectories(other_store, other)
    written = []
    for name, where in (("a", store), ("b", store), ("c", other_store)):
        export(where, request(tmp_path / name, **asked))
        files = ("train.jsonl", "dropped.jsonl", "index.jsonl")
        texts = {file: (tmp_path / name / file).read_bytes() for file in files}
        for file in ("dropped.jsonl", "index.jsonl"):
            # A source id says where a row stood in its file, and so differs with the order.
            told = [json.loads(line) for line in texts[file].splitlines()]
            texts[file] = json.dumps([{**one, "source_id": ""} for one in told]).encode()
        written.append(texts)
    assert written[0] == written[1] == written[2]
    assert 0 < len(lines(tmp_path / "a", "train.jsonl")) <= 9


def test_the_better_of_two_that_ask_and_call_the_same_is_kept(store: Store, tmp_path: Path) -> None:
    same = [asking("Oslo"), asking("Oslo", n_more=0), asking("OSLO ")]
    other_value = asking("Oslo", days=5)
    said_otherwise = Trajectory(
        (*asking("Oslo").messages[:-1], Message(Role.ASSISTANT, "It will be fine.")), (WEATHER,)
    )
    uids = add_trajectories(store, [same[0], said_otherwise, other_value])
    assert same[0].uid == same[1].uid  # already one by content
    assert funnel(store, dedup=Dedup.EXACT) == {"dedup: same task and calls": 1}
    # The values of calls are masked for near-duplicates, so all three are one.
    assert funnel(store, dedup=Dedup.NEAR) == {
        "dedup: same task and calls": 1,
        "dedup: near-duplicates": 1,
    }
    decide(store, uids[1], decided_by=Person(store, "ana").info, outcome="accept")
    export(store, request(tmp_path / "out", dedup=Dedup.NEAR))
    (row,) = lines(tmp_path / "out", "index.jsonl")
    assert row["uid"] == uids[1]
    assert {d["detail"] for d in lines(tmp_path / "out", "dropped.jsonl")} == {f"{uids[1]} is kept"}


def test_near_duplicates_are_verified_and_a_family_of_a_task_is_not_one(any_store: Store) -> None:
    far = asking("Rome", words="now for something that has no word in common with it")
    near = asking("Oslo", words=f"{WORDS} a b c d e f g h i j k l m n")
    nearer = asking("Oslo", words=f"{WORDS} a b c d e f g h i j k l m o")
    add_trajectories(any_store, [far, near, nearer, asking("Lima", n_more=2)])
    assert funnel(any_store, dedup=Dedup.NEAR) == {"dedup: near-duplicates": 1}


def test_gates_close_on_findings_people_and_scores(any_store: Store) -> None:
    uids = add_trajectories(any_store, [asking("A"), asking("B"), episode(1, '{"days": 0}')])
    check(any_store, processes=1)
    ana = Person(any_store, "ana")
    decide(any_store, uids[2], decided_by=ana.info, outcome="accept")  # else it is unusable anyway
    assert funnel(any_store, gates=Gates(no_errors=True)) == {"gates: no errors": 1}
    found = look(any_store, request(gates=Gates(clean=("calls/missing-required",)))).funnel
    assert [s.left_out for s in found.steps if s.stage == "gates"] == [1]
    assert funnel(any_store, gates=Gates(min_annotators=1)) == {"gates: 1 annotators": 3}
    scored = Gates(scores=(ScoreGate("closeness", least=0.5),))
    assert funnel(any_store, gates=scored) == {"gates: closeness from 0.5": 3}
    with pytest.raises(NotFound, match="missing-required"):
        look(any_store, request(gates=Gates(clean=("calls/mising-required",))))


def test_agreement_is_the_share_that_says_what_most_say(store: Store) -> None:
    uids = add_trajectories(store, [asking("A"), asking("B"), asking("C")])
    for name, outcomes in (("ana", "aa"), ("bob", "ar"), ("cyd", " a")):
        person = Person(store, name)
        for uid, said in zip(uids, outcomes, strict=False):
            outcome = {"a": "accept", "r": "reject"}.get(said)
            if outcome is not None:
                ops = [person.op("outcome", uid, outcome=outcome), person.op("commit", uid)]
                perform_acts(store, person.info, person.session, ops)
    decide(store, uids[1], decided_by=Person(store, "ana").info, outcome="accept")
    # A: 2 of 2. B: 2 of 3. C: nobody.
    assert funnel(store, gates=Gates(min_agreement=2 / 3)) == {"gates: agreement of 0.666667": 1}
    assert funnel(store, gates=Gates(min_agreement=0.7)) == {"gates: agreement of 0.7": 2}
    assert funnel(store, gates=Gates(min_annotators=3)) == {"gates: 3 annotators": 2}


@pytest.mark.parametrize(
    ("statistic", "gone"),
    [
        (Statistic.TURNS, 1),
        (Statistic.CALLING_STEPS, 2),
        (Statistic.TOOLS_CALLED, 2),
        (Statistic.CALLS, 2),
        (Statistic.TOOLS, 3),
        (Statistic.STEPS, 0),
    ],
)
def test_thinning_counts_what_it_says(store: Store, statistic: Statistic, gone: int) -> None:
    """Turns 1, 2, 2; calls, calling steps and called tools 1, 1, 0; one tool offered each."""
    talk = Trajectory(
        asking("C", n_more=1).messages[:1] + asking("C", n_more=1).messages[3:], (WEATHER,)
    )
    add_trajectories(store, [asking("A"), asking("B", n_more=1), talk])
    everything = {"thinning: thinned": gone} if gone else {}
    assert funnel(store, thinning=(Thin(statistic, 1.0, 1, 1),)) == everything


def test_a_domain_may_be_a_field_of_the_source(store: Store) -> None:
    add_trajectories(store, [asking("A"), asking("B")])
    by_reward = look(store, request(domain="source.reward", caps=(Cap(By.DOMAIN, 1),)))
    domains = [(p.value, p.taken, p.left_out) for p in by_reward.composition if p.by is By.DOMAIN]
    assert domains == [("1.0", 1, 1)]


def predict(store: Store, uids: Sequence[str], model: str, perplexities: Sequence[float]) -> None:
    """An answer of a model at the first step of each; every second one matches."""
    with store.write() as conn:
        rows = []
        for i, (uid, perplexity) in enumerate(zip(uids, perplexities, strict=True)):
            raw = json.dumps({"city": f"City {i}" if i % 2 else "Nowhere", "days": 2})
            answer = Message(Role.ASSISTANT, tool_calls=(ToolCall("get_weather", raw, "c1"),))
            new = new_prediction(1, model, answer, perplexity, kind=PredictionKind.GREEDY)
            rows.append((id_of(conn, uid), new))
        add_predictions(conn, rows)


def order_of(store: Store, out: Path, uids: Sequence[str], **asked: object) -> list[int]:
    export(store, request(out, **asked))
    return [uids.index(str(line["uid"])) for line in lines(out, "index.jsonl")]


def test_rows_go_from_easy_to_hard_and_what_nobody_measured_comes_last(
    any_store: Store, tmp_path: Path
) -> None:
    uids = add_trajectories(
        any_store, [asking(f"City {i}", n_more=(3, 0, 2, 1)[i]) for i in range(4)]
    )
    by_steps = order_of(any_store, tmp_path / "a", uids, order=RowOrder.EASY_TO_HARD)
    assert by_steps == [1, 3, 2, 0]
    by_perplexity = {
        "order": RowOrder.EASY_TO_HARD,
        "difficulty": Difficulty(Measure.PERPLEXITY),
    }
    with pytest.raises(ExportError, match="Probe it"):
        look(any_store, request(**by_perplexity))
    predict(any_store, uids[:3], "small", [1.5, 1.1, 3.0])
    assert order_of(any_store, tmp_path / "b", uids, **by_perplexity) == [1, 0, 2, 3]
    predict(any_store, uids[3:], "large", [1.0])
    with pytest.raises(ExportError, match="large, small"):
        look(any_store, request(**by_perplexity))
    match(any_store)
    passing = request(model="small", difficulty=Difficulty(Measure.PASS_RATE, (0.5,)))
    parts = [p for p in look(any_store, passing).composition if p.by is By.DIFFICULTY]
    assert [(p.value, p.taken) for p in parts] == [
        ("below 0.5", 1),
        ("0.5 or more", 2),
        ("unknown", 1),
    ]
    closest = request(model="small", gates=Gates(scores=(ScoreGate("closeness", least=0.9),)))
    assert look(any_store, closest).funnel.chosen == 1
    shuffled = order_of(any_store, tmp_path / "c", uids, order=RowOrder.SHUFFLED, seed=1)
    assert sorted(shuffled) == [0, 1, 2, 3]
    assert shuffled != order_of(any_store, tmp_path / "d", uids, order=RowOrder.SHUFFLED, seed=2)


def test_the_command_counts_a_recipe_and_writes_nothing(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_trajectories(store, [asking(f"City {i}") for i in range(3)])
    out = tmp_path / "out"
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(recipe_text(request(out, budget=2)))
    command = ["--db", store.url, "select", "--recipe", str(recipe)]
    assert perform([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["funnel"]["chosen"] == 2
    tools = [part for part in found["composition"] if part["by"] == "tool"]
    assert tools == [{"by": "tool", "value": "get_weather", "taken": 2, "left_out": 1}]
    assert perform(command) == 0
    told = capsys.readouterr().out
    assert "2 of 3 trajectories are chosen." in told and "places: budget" in told
    assert not out.exists()
    recipe.write_text(recipe.read_text().replace("budget", "bugdet"))
    assert perform(command) == 2
    assert "Did you mean budget?" in capsys.readouterr().err


def test_quotas_are_filled_and_what_is_short_is_told(store: Store, tmp_path: Path) -> None:
    add_trajectories(store, [asking(f"City {i}") for i in range(6)], "plenty")
    add_trajectories(store, [asking(f"Town {i}") for i in range(2)], "few")
    asked = {
        "budget": 8,
        "quotas": (Quota(By.DOMAIN, "few", 0.5), Quota(By.DOMAIN, "plenty", 0.5)),
    }
    found = look(store, request(**asked))
    # Four places each: few has two, and nobody else takes the other two.
    assert found.funnel.chosen == 6
    assert found.funnel.short == ("The quota of domain few has 4 places and 2 trajectories.",)
    domains = {p.value: (p.taken, p.left_out) for p in found.composition if p.by is By.DOMAIN}
    assert domains == {"plenty": (4, 2), "few": (2, 0)}
    report = export(store, request(tmp_path / "out", **asked))
    assert report.dropped == {"over-quota": 2} and found.funnel.short[0] in report.cautions


def test_a_recipe_names_what_it_does_not_know_and_what_was_meant() -> None:
    with pytest.raises(ExportError) as refused:
        read_recipe('type = "sft"\nlayout = "trl"\nout = "o"\n[selection.gates]\nno_error = true')
    assert "no selection.gates.no_error" in refused.value.message
    assert refused.value.hint.startswith("Did you mean no_errors?")
    with pytest.raises(ExportError, match="version 2"):
        read_recipe('version = 2\ntype = "sft"')
    with pytest.raises(ExportError, match="Expected `int"):
        read_recipe('version = 1\ntype="sft"\nlayout="trl"\nout="o"\n[selection]\nbudget = "ten"')


def test_the_recipe_of_the_readme_is_one() -> None:
    readme = (Path(__file__).parents[4] / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```toml\n(version = 1\n.*?)```", readme, re.DOTALL)
    asked = read_recipe(shown)
    check_selection(asked.selection)
    assert read_recipe(recipe_text(asked)) == asked and asked.selection.thinning == CM2[:1]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"quotas": (Quota(By.TOOL, "a", 0.5),)}, "shares of the budget"),
        ({"budget": 9, "quotas": (Quota(By.TOOL, "a", 0.7), Quota(By.TOOL, "b", 0.4))}, "add up"),
        ({"caps": (Cap(By.TOOL),)}, "needs one of most and share"),
        ({"difficulty": Difficulty(edges=(2.0, 1.0))}, "do not ascend"),
        ({"domain": "source."}, "is no domain"),
        ({"budget": 0}, "takes nothing"),
        ({"caps": (Cap(By.LENGTH, 5, value="short"),)}, "No length is 'short'"),
        ({"budget": 9, "quotas": (Quota(By.DIFFICULTY, "tough", 0.5),)}, "No difficulty is"),
    ],
)
def test_a_selection_that_contradicts_itself_is_refused(
    asked: dict[str, object], said: str
) -> None:
    with pytest.raises(ExportError, match=said):
        check_selection(Selection(**asked))  # type: ignore[arg-type]
