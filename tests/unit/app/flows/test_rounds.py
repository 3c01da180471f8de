"""Rounds over a real store: what is counted and drawn, what closing freezes and an export holds."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from app import cli
from app.flows import rounds as flow
from app.flows.annotate import perform
from app.flows.export import ExportRequest, export
from app.flows.identity import annotator_named
from app.flows.match import match
from app.flows.rounds import RoundClosed
from app.flows.rule import rule, withdraw
from curation.consensus import ConsensusRule
from curation.errors import NotFound, SettingsError
from curation.exporting import Include
from curation.high_perplexity import HighPerplexity, KeepBy
from curation.mixture import MixtureSpec, Part
from curation.predictions import PredictionKind
from curation.rounds import RoundSetup
from curation.verdicts import Verdict
from storage.engine import Store
from storage.expansion_runs import NewExpansionRun, add_expansion_run
from storage.predictions import add_predictions, new_prediction, prediction
from storage.rounds import mixture_step
from storage.runs import NewProbeRun, add_probe_run
from storage.trajectories import id_of
from tests.disputed import MODEL, call, fill
from tests.episodes import Person

ES, EE, HP, NEW = Part
ASKED = RoundSetup(MODEL, ("cities",), ("seeds",), ("children",))


def _predictions(store: Store) -> list[tuple[int, str]]:
    """(id, uid) of the first dataset's predictions."""
    with store.read() as conn:
        rows = conn.exec_driver_sql(
            "SELECT prediction.id, uid FROM prediction JOIN trajectory"
            " ON trajectory.id = trajectory_id ORDER BY prediction.id"
        ).all()
    return [(row[0], row[1]) for row in rows]


@pytest.fixture
def loop(any_store: Store, tmp_path: Path) -> Store:
    """Ten answers: 0-3 match with perplexity 1 to 4; 4 and 5 are ruled PRED_WRONG, 6 LABEL_WRONG,
    7 BOTH_CORRECT, 8 BOTH_WRONG by ada; 9 waits. Beside them six seeds and three children."""
    fill(any_store, tmp_path, 10, matching=4)
    with any_store.write() as conn:
        for i in range(8):
            conn.execute(
                prediction.update().where(prediction.c.id == i + 1).values(perplexity=1.0 + i)
            )
    for name, n in (("seeds", 6), ("children", 3)):
        _import(any_store, tmp_path, name, n)
    match(any_store)
    ada = annotator_named(any_store, "ada")
    ruled = [Verdict.PRED_WRONG] * 2 + [
        Verdict.LABEL_WRONG,
        Verdict.BOTH_CORRECT,
        Verdict.BOTH_WRONG,
    ]
    for n, (at, verdict) in enumerate(enumerate(ruled, 4), 1):
        rule(any_store, ada, _predictions(any_store)[at][0], verdict, session_id="s", n=n)
    return any_store


def _import(store: Store, folder: Path, dataset: str, n: int) -> None:
    """`n` steps that nobody answered."""
    from app.flows.ingest import ingest

    rows = []
    for i in range(n):
        function = {"name": "get_weather", "arguments": json.dumps({"city": f"{dataset}{i}"})}
        made = {"id": "call_1", "type": "function", "function": function}
        rows.append(
            {
                "id": f"{dataset}-{i}",
                "messages": [
                    {"role": "user", "content": f"And the weather in {dataset}{i}?"},
                    {"role": "assistant", "content": None, "tool_calls": [made]},
                ],
                "tools": [{"type": "function", "function": {"name": "get_weather"}}],
            }
        )
    path = folder / f"{dataset}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ingest(store, [path], dataset=dataset)


def _ada(store: Store) -> Any:
    return annotator_named(store, "ada")


def _start(store: Store, setup: RoundSetup = ASKED) -> int:
    return flow.start(store, _ada(store), setup).number


def test_what_is_counted_by_hand(loop: Store) -> None:
    counts = flow.round_now(loop, _start(loop)).counts
    assert (counts.trajectories, counts.answered, counts.compared) == (10, 10, 10)
    # The four, and the one that is an accepted answer since it was ruled BOTH_CORRECT.
    assert (counts.matched, counts.mismatched) == (5, 5)
    assert counts.match_rate == 0.5
    assert counts.with_perplexity == 5
    # 1, 2, 3, 4 and 8: 18 / 5
    assert counts.mean_perplexity == pytest.approx(3.6)
    assert counts.by_verdict == {
        Verdict.PRED_WRONG: 2,
        Verdict.LABEL_WRONG: 1,
        Verdict.BOTH_CORRECT: 1,
        Verdict.BOTH_WRONG: 1,
    }
    assert (counts.corrected, counts.waiting, counts.disputed, counts.unscored) == (1, 1, 0, 0)
    assert (counts.expanded, counts.seed_new) == (3, 6)


def test_the_sets_it_draws_from(loop: Store) -> None:
    spec = MixtureSpec(100, seed_new=2)
    told = flow.preview(loop, _start(loop), spec)
    assert [(c.available, c.chosen) for c in told.counts] == [(3, 3), (3, 3), (5, 5), (6, 2)]
    assert told.short == 100 - 13
    without = flow.preview(loop, 1, MixtureSpec(100, keep_both_correct=False))
    assert without.counts[2].available == 4
    flow.close(loop, _ada(loop), 1, spec)
    lines = list(flow.mixture_lines(loop, 1))
    assert sorted(x.perplexity or 0 for x in lines if x.part is HP) == [1, 2, 3, 4, 8]
    assert [x.uid for x in lines if x.correction_uid] == [_predictions(loop)[6][1]]


@pytest.mark.parametrize(
    "spec",
    [
        MixtureSpec(9, seed_new=1),
        MixtureSpec(30, "D2"),
        MixtureSpec(12, high_perplexity=HighPerplexity(KeepBy.THRESHOLD, 3.0)),
        MixtureSpec(12, high_perplexity=HighPerplexity(KeepBy.SHARE, 0.5), keep_both_correct=False),
    ],
)
def test_what_is_told_beforehand_is_what_is_drawn(loop: Store, spec: MixtureSpec) -> None:
    number = _start(loop)
    told = flow.preview(loop, number, spec)
    closed = flow.close(loop, _ada(loop), number, spec)
    assert closed.mixture == told
    drawn = Counter(line.part for line in flow.mixture_lines(loop, number))
    assert {part: drawn[part] for part in Part} == told.chosen


def test_what_is_in_both_is_expanded_and_no_seed_data(loop: Store) -> None:
    setup = RoundSetup(MODEL, ("cities",), ("seeds", "children"), ("children",))
    number = _start(loop, setup)
    assert flow.round_now(loop, number).counts.seed_new == 6
    told = flow.preview(loop, number, MixtureSpec(100, seed_new=100))
    assert told.chosen[EE] == 3
    assert told.chosen[NEW] == 6
    assert flow.close(loop, _ada(loop), number, told.spec).mixture == told


def test_a_ruling_that_is_taken_back_is_no_error_seed(loop: Store) -> None:
    number = _start(loop)
    ada = _ada(loop)
    with loop.read() as conn:
        given = conn.execute(
            select(prediction.c.verdict_id).where(prediction.c.id == _predictions(loop)[6][0])
        ).scalar_one()
    withdraw(loop, ada, given, session_id="s", n=99)
    counts = flow.preview(loop, number, MixtureSpec(10)).counts
    assert counts[0].available == 2
    assert flow.round_now(loop, number).counts.corrected == 0


def test_a_label_that_only_a_judge_calls_wrong_is_not_trained_on(loop: Store) -> None:
    from tests.pairs import judged

    number = _start(loop)
    judged(loop, _predictions(loop)[9][0], Verdict.LABEL_WRONG)
    counts = flow.round_now(loop, number).counts
    assert (counts.by_verdict[Verdict.LABEL_WRONG], counts.corrected) == (2, 1)
    assert flow.preview(loop, number, MixtureSpec(10)).counts[0].available == 3


def test_rejected_trajectories_are_in_no_set(loop: Store) -> None:
    number = _start(loop)
    person = Person(loop, "ada")
    uid = _predictions(loop)[0][1]
    ops = [person.op("outcome", uid, outcome="reject"), person.op("commit", uid)]
    done = perform(loop, person.info, person.session, ops)
    assert [r.status for r in done.results] == ["ok", "ok"]
    assert flow.preview(loop, number, MixtureSpec(10)).counts[2].available == 4


def test_a_greedy_answer_counts_before_others_and_samples_do_not(loop: Store) -> None:
    number = _start(loop)
    uid = _predictions(loop)[9][1]
    with loop.write() as conn:
        row_id = id_of(conn, uid)
        for kind, city in (
            (PredictionKind.UNKNOWN, "City00009"),
            (PredictionKind.SAMPLED, "City00009"),
        ):
            new = new_prediction(1, MODEL, call(city), None, kind=kind)
            add_predictions(conn, [(row_id, new)])
    match(loop)
    counts = flow.round_now(loop, number).counts
    assert (counts.answered, counts.matched, counts.waiting) == (10, 5, 1)


def test_closing_freezes_counts_and_steps(loop: Store) -> None:
    number = _start(loop)
    spec = MixtureSpec(8, seed_new=1)
    closed = flow.close(loop, _ada(loop), number, spec)
    assert closed.mixture is not None
    assert (closed.closed_by, closed.is_open) == ("ada", False)
    lines = list(flow.mixture_lines(loop, number))
    assert len(lines) == closed.mixture.size == 8
    assert {line.message_index for line in lines} == {1}
    assert [sum(line.part is part for line in lines) for part in Part] == [3, 3, 1, 1]
    before = flow.round_now(loop, number)
    rule(loop, _ada(loop), _predictions(loop)[9][0], Verdict.PRED_WRONG, session_id="s", n=50)
    assert flow.round_now(loop, number) == before
    with pytest.raises(RoundClosed):
        flow.close(loop, _ada(loop), number, spec)
    with pytest.raises(RoundClosed):
        flow.preview(loop, number, spec)
    with loop.read() as conn:
        assert conn.execute(select(func.count()).select_from(mixture_step)).scalar_one() == 8


def test_the_next_round_takes_seed_data_that_no_round_used_and_half_as_much(loop: Store) -> None:
    first = _start(loop)
    flow.close(loop, _ada(loop), first, MixtureSpec(10, seed_new=4))
    used = {line.uid for line in flow.mixture_lines(loop, first) if line.part in (NEW, EE)}
    second = _start(loop)
    assert flow.round_now(loop, second).counts.seed_new == 2
    assert flow.round_now(loop, second).counts.expanded == 0
    told = flow.preview(loop, second, MixtureSpec(100))
    assert [(c.wanted, c.chosen) for c in told.counts][3] == (2, 2)
    assert told.counts[0].available == 3, "errors may be trained on again"
    flow.close(loop, _ada(loop), second, MixtureSpec(100))
    assert not {x.uid for x in flow.mixture_lines(loop, second) if x.part is NEW} & used


def test_samples_grown_from_the_errors_of_a_round_belong_to_it(loop: Store) -> None:
    number = _start(loop, RoundSetup(MODEL, ("cities",), ("seeds", "children")))
    counts = flow.round_now(loop, number).counts
    assert (counts.expanded, counts.expanded_from, counts.seed_new) == (0, (), 9)
    grown = {"base_url": "http://127.0.0.1:1/v1", "judge_models": (), "judge_url": ""}
    with loop.write() as conn:
        for dataset, target in (("cities", "children"), ("towns", "seeds"), ("cities", "gone")):
            new = NewExpansionRun(
                dataset, "g", rubric="new-sample", rubric_version=1, rule=ConsensusRule(), **grown
            )
            add_expansion_run(conn, new, target)
    counts = flow.round_now(loop, number).counts
    assert (counts.expanded, counts.expanded_from, counts.seed_new) == (3, ("children",), 6)
    assert flow.preview(loop, number, MixtureSpec(100)).chosen[EE] == 3
    flow.close(loop, _ada(loop), number, MixtureSpec(100))
    assert sum(line.part is EE for line in flow.mixture_lines(loop, number)) == 3


def test_a_first_round_of_seed_data_alone(loop: Store) -> None:
    number = _start(loop, RoundSetup(seed_from=("seeds",)))
    assert flow.round_now(loop, number).counts.match_rate is None
    closed = flow.close(loop, _ada(loop), number, MixtureSpec(4))
    assert closed.mixture is not None
    assert list(closed.mixture.chosen.values()) == [0, 0, 0, 4]
    # After seed data alone comes the share of D2: 13 * 5,632 // 18,304 = 4; two are left.
    after = flow.preview(loop, _start(loop), MixtureSpec(13))
    assert [(c.wanted, c.chosen) for c in after.counts][3] == (4, 2)


def test_a_round_from_a_probe(loop: Store) -> None:
    with loop.write() as conn:
        probe = add_probe_run(conn, NewProbeRun("cities", MODEL, "http://127.0.0.1:1/v1"))
    begun = flow.start(loop, _ada(loop), RoundSetup(), probe_run_id=probe)
    assert (begun.setup.model, begun.setup.datasets, begun.setup.seeds) == (
        MODEL, ("cities",), ("cities",)
    )  # fmt: skip
    assert flow.round_now(loop, begun.number).counts.answered == 10


@pytest.mark.parametrize("setup", [RoundSetup(MODEL), RoundSetup()])
def test_a_round_about_nothing_is_refused(any_store: Store, setup: RoundSetup) -> None:
    with pytest.raises(SettingsError):
        flow.start(any_store, _ada(any_store), setup)


def test_what_is_not_there_is_said(loop: Store) -> None:
    with pytest.raises(NotFound, match="no dataset 'nowhere'"):
        _start(loop, RoundSetup(MODEL, ("nowhere",)))
    with pytest.raises(NotFound, match="no round 7"):
        flow.round_now(loop, 7)
    with pytest.raises(SettingsError, match="no mixture yet"):
        list(flow.mixture_lines(loop, _start(loop)))
    empty = _start(loop, RoundSetup("nobody", ("cities",), ()))
    with pytest.raises(SettingsError, match="hold nothing"):
        flow.close(loop, _ada(loop), empty, MixtureSpec(10))


def _rows(folder: Path) -> list[dict[str, Any]]:
    found = []
    for path in sorted(folder.glob("*.jsonl*")):
        if path.name.split(".")[0] in ("train", "validation", "test"):
            data = path.read_bytes()
            text = gzip.decompress(data) if path.suffix == ".gz" else data
            found += [json.loads(line) for line in text.splitlines()]
    return found


def test_an_export_of_a_round_holds_its_steps_and_trains_on_the_corrected_label(
    loop: Store, tmp_path: Path
) -> None:
    number = _start(loop)
    flow.close(loop, _ada(loop), number, MixtureSpec(9, seed_new=1))
    out = tmp_path / "out"
    request = ExportRequest("sft", "openai", str(out), include=Include.ALL, round=number)
    report = export(loop, request)
    assert report.rows == report.trajectories == 9
    assert not [caution for caution in report.cautions if "gave no row" in caution]
    calls = [row["messages"][-1]["tool_calls"][0]["function"] for row in _rows(out)]
    trained = {json.loads(one["arguments"])["city"] for one in calls}
    assert len(trained) == 9
    # 6 was labelled wrong: the prediction is what is trained; 4 and 5 keep their label.
    assert {"City00004", "City00005", "Wrong00006"} <= trained
    assert not {"Wrong00004", "Wrong00005", "City00006"} & trained
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["request"]["round"] == number
    assert manifest["mixture"]["steps"] == {
        "error-seeds": 3, "expanded": 3, "high-perplexity": 2, "seed-new": 1
    }  # fmt: skip
    assert "the mixture of round 1" in (out / "README.md").read_text()


def test_pairs_of_a_round(loop: Store, tmp_path: Path) -> None:
    number = _start(loop)
    flow.close(loop, _ada(loop), number, MixtureSpec(3))
    out = tmp_path / "pairs"
    request = ExportRequest("dpo", "trl", str(out), include=Include.ALL, round=number)
    # Each of the three errors has a right and a wrong side.
    assert export(loop, request).rows == 3


def test_an_open_round_has_nothing_to_export(loop: Store, tmp_path: Path) -> None:
    number = _start(loop)
    request = ExportRequest("sft", "openai", str(tmp_path / "out"), round=number)
    with pytest.raises(SettingsError, match="no mixture yet"):
        export(loop, request)
    assert not (tmp_path / "out").exists()


def test_as_commands(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setenv("LOOPWRIGHT_ANNOTATOR", "ada")
    fill(store, tmp_path, 4, matching=3)
    match(store)
    at = ["--db", store.url]

    def said(*arguments: str) -> Any:
        capsys.readouterr()
        assert cli.perform([*arguments, *at, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    begun = said("start-round", "--model", MODEL, "--dataset", "cities", "--note", "the first")
    assert (begun["number"], begun["counts"]["match_rate"]) == (1, 0.75)
    tried = said("close-round", "1", "--budget", "10", "--dry-run")
    assert (tried["closed"], tried["steps"], tried["short"]) == (False, 0, 10)
    ada = annotator_named(store, "ada")
    (wrong,) = [p for p, _ in _predictions(store)][3:]
    rule(store, ada, wrong, Verdict.PRED_WRONG, session_id="s", n=1)
    drawn = said("close-round", "1", "--budget", "10", "--preset", "D4")
    assert (drawn["closed"], drawn["steps"]) == (True, 1)
    assert drawn["mixture"]["counts"][0] == {
        "part": "error-seeds", "available": 1, "wanted": 2, "chosen": 1
    }  # fmt: skip
    (one,) = said("rounds")["rounds"]
    assert (one["note"], one["counts"]["answered"], one["closed_by"]) == ("the first", 4, "ada")
    assert said("mixture", "1")["part"] == "error-seeds"
    report = said(
        "export",
        "--type",
        "sft",
        "--layout",
        "openai",
        "--out",
        str(tmp_path / "o"),
        "--round",
        "1",
    )
    assert report["rows"] == 1
    capsys.readouterr()
    assert cli.perform(["rounds", *at]) == 0
    assert "75.0 %" in capsys.readouterr().out
    assert cli.perform(["close-round", "1", "--budget", "10", *at]) == 2
    assert "Round 1 is closed" in capsys.readouterr().err
    assert cli.perform(["close-round", "1", "--budget", "9", "--high-perplexity", "x", *at]) == 2
    assert "is no rule" in capsys.readouterr().err


def test_a_recipe_names_a_round(tmp_path: Path) -> None:
    from app.commands.recipes import request_from

    recipe = tmp_path / "recipe.toml"
    recipe.write_text('type = "sft"\nlayout = "openai"\nout = "o"\nround = 3\n')
    assert request_from(recipe).round == 3
    assert msgspec.convert({"type": "a", "layout": "b", "out": "c"}, ExportRequest).round is None
