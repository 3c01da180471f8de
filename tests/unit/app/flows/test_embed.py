"""Embedding over a real store and real HTTP: what is asked, what is kept, and that nothing is asked
twice; and duplicates found by it, from the import to the export."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from app.cli import perform
from app.flows import jobs
from app.flows.asking import EndpointGone
from app.flows.embed import EmbedReport, EmbedRequest, embed
from app.flows.endpoint_settings import try_now
from app.flows.endpoints import Asker
from app.flows.export import export
from app.flows.job_costs import cost_of
from app.flows.running import Cancelled, Run
from app.flows.selecting import look
from app.settings import load_settings
from curation.embeddings import STORED
from curation.errors import ExportError, SettingsError
from curation.generators.trial import VectorTrial
from curation.selection import Dedup
from curation.trajectory import Message, Role, Trajectory
from storage.embeddings import iter_vectors
from storage.engine import Store
from storage.jobs import JobState
from tests.disputed import fill
from tests.episodes import WEATHER, add_trajectories
from tests.model_server import ModelServer, Step, failing, model_server
from tests.unit.app.flows.test_judge import KEY, _silence, _wait_for, run_command
from tests.unit.app.flows.test_selecting import asking, funnel, lines, request
from tests.vectors import embedding, vectors


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.flows.embed.FIRST_WAIT_S", 0.02)


def by_number(text: str) -> list[float]:
    """A direction of its own for every number that a text holds."""
    n = int(next(iter(re.findall(r"\d+", text)), "0"))
    return [np.cos(n / 7), np.sin(n / 7), 0.0]


def embedded(store: Store, server: ModelServer, run: Run | None = None, **more: Any) -> EmbedReport:
    """A run in a thread of its own, as browser tests leave a loop running in this one."""
    prices = more.pop("prices", {})
    wanted: dict[str, Any] = {"model": "e", "concurrency": 2, "batch_size": 4, **more}
    settings = load_settings(embed_base_url=server.url, embed_api_key=SecretStr(KEY), prices=prices)
    ends: list[Any] = []

    def go() -> None:
        try:
            ends.append(embed(store, EmbedRequest(**wanted), settings, run or Run()))
        except BaseException as problem:  # noqa: BLE001 - raised again below
            ends.append(problem)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    if isinstance(ends[0], BaseException):
        raise ends[0]
    report: EmbedReport = ends[0]
    return report


def texts_asked(server: ModelServer) -> Counter[str]:
    return Counter(text for body in server.asked for text in body["input"])


def stored(store: Store) -> list[list[float]]:
    with store.read() as conn:
        return [np.frombuffer(v.packed, STORED).tolist() for v in iter_vectors(conn, "e")]


def test_every_text_is_asked_once_however_many_say_it(any_store: Store, tmp_path: Path) -> None:
    fill(any_store, tmp_path, 9)
    # The same question answered in another way, and one in which no user says anything.
    [city] = (asking("x", words="What is the weather in City00003?"),)
    said = Message(Role.USER, "What is the weather in City00003?")
    again = Trajectory((said, *city.messages[1:]), (WEATHER,))
    silent = Trajectory((Message(Role.ASSISTANT, "Hello."),), (WEATHER,))
    add_trajectories(any_store, [again, silent])
    with model_server(embedding(by_number)) as server:
        report = embedded(any_store, server, prices={"e": [2.0, 0.0]})
        assert sorted(len(body["input"]) for body in server.asked) == [1, 4, 4]
        assert set(texts_asked(server).values()) == {1}
        assert (report.trajectories, report.embedded, report.wordless) == (11, 11, 1)
        assert (report.dimension, report.failed) == (3, 0)
        # Nine texts of three tokens at 2 $ a million
        assert (report.tokens, report.cost_usd) == (27, pytest.approx(54e-6))
        once_more = embedded(any_store, server)
    assert (once_more.embedded, once_more.tokens) == (11, 0)
    assert len(server.asked) == 3 and set(server.keys) == {f"Bearer {KEY}"}
    found = stored(any_store)
    assert sorted(map(len, found)) == [0] + [3] * 10
    assert sorted(map(tuple, found)).count(tuple(np.float16(x) for x in by_number("3"))) == 2


@pytest.mark.parametrize(
    "fault",
    [
        failing(429, "slow down", **{"retry-after": "0.05"}),
        failing(500, "oops"),
        Step(raw=b"x" * 100, half=True),
        Step(reset=True),
    ],
    ids=["429", "500", "half", "reset"],
)
def test_what_passes_is_asked_again(store: Store, tmp_path: Path, fault: Step) -> None:
    fill(store, tmp_path, 6)
    with model_server(fault, embedding(by_number)) as server:
        report = embedded(store, server, concurrency=1)
    assert (report.embedded, report.failed) == (6, 0)
    assert [len(body["input"]) for body in server.asked] == [4, 4, 2]


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (vectors([1, 0, 0]), "1 vectors for 4 texts"),
        (vectors(*[[1, 0]] * 4), "gives 2 numbers a vector, and those on record"),
    ],
    ids=["count", "dimension"],
)
def test_a_wrong_reply_is_stored_nowhere_and_told(
    store: Store, tmp_path: Path, reply: Step, says: str
) -> None:
    fill(store, tmp_path, 8)
    with model_server(embedding(by_number), reply, embedding(by_number)) as server:
        report = embedded(store, server, concurrency=1)
        assert (report.embedded, report.failed, len(report.problems)) == (4, 4, 1)
        assert says in report.problems[0]
        assert len(stored(store)) == 4
        assert embedded(store, server).embedded == 8
    assert Counter(texts_asked(server).values()) == {1: 4, 2: 4}


def test_one_text_that_is_refused_takes_no_other_with_it(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 8)

    def answer(body: dict[str, Any]) -> Step:
        if any("City00002" in text for text in body["input"]):
            return failing(400, "too long")
        if any("City00005" in text for text in body["input"]):
            return vectors(*[[0, 0, 0]] * len(body["input"]))
        return embedding(by_number)(body)

    with model_server(answer) as server:
        report = embedded(store, server, batch_size=8)
    assert (report.embedded, report.failed, len(stored(store))) == (6, 2, 6)
    assert len(report.problems) == 2 and any("too long" in told for told in report.problems)


def test_a_budget_stops_it_a_larger_one_goes_on_and_cancelling_keeps_what_is_there(
    store: Store, tmp_path: Path
) -> None:
    class Impatient(Run):
        def report(self, done: int, total: int | None = None, unit: str = "") -> None:
            if done >= 12:
                raise Cancelled

    def slowly(body: dict[str, Any]) -> Step:
        found = embedding(by_number)(body)
        return Step(raw=found.raw, wait_s=0.05)

    fill(store, tmp_path, 40)
    with model_server(slowly) as server:
        report = embedded(store, server, concurrency=1, max_tokens_total=15)
        assert report.out_of_budget and 4 <= report.embedded <= 8
        with pytest.raises(Cancelled):
            embedded(store, server, Impatient(), concurrency=1, batch_size=1)
        assert len(stored(store)) == sum(texts_asked(server).values())
        assert embedded(store, server).embedded == 40
    assert set(texts_asked(server).values()) == {1}


def test_a_killed_worker_loses_and_repeats_nothing_that_was_stored(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, tmp_path, 60)

    def slowly(body: dict[str, Any]) -> Step:
        found = embedding(by_number)(body)
        return Step(raw=found.raw, wait_s=0.15)

    with model_server(slowly) as server:
        environment = {"LOOPWRIGHT_EMBED_BASE_URL": server.url, "LOOPWRIGHT_EMBED_API_KEY": KEY}
        job_id = jobs.enqueue(store, "embed", {"model": "e", "batch_size": 1, "concurrency": 4})
        worker = run_command(store, "worker", **environment)
        _wait_for(lambda: len(stored(store)) >= 12)
        worker.kill()
        _, told = worker.communicate()
        kept, asked = len(stored(store)), len(server.asked)
        assert 12 <= kept < 60
        _silence(store, job_id)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(jobs.run_next, store).result()
    assert jobs.get_job(store, job_id).state is JobState.DONE
    assert len(server.asked) - asked == 60 - kept, "what was stored is not asked for again"
    job = jobs.get_job(store, job_id)
    # Three tokens a text, also those of before the kill; what was never stored is not counted.
    assert (job.result["embedded"], job.result["tokens"]) == (60, 180)
    cost = cost_of(store, job)
    assert cost is not None and (cost.tokens, cost.cost_usd, cost.failed) == (180, None, 0)
    assert KEY not in told
    for path in tmp_path.glob("loopwright.db*"):
        assert KEY.encode() not in path.read_bytes()


def test_what_cannot_be_carried_out_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, tmp_path, 1)
    with model_server(embedding(by_number)) as server:
        for wrong in ({"model": ""}, {"budget_usd": 1.0}, {"batch_size": 0}):
            with pytest.raises(SettingsError):
                embedded(store, server, **wrong)
        assert server.asked == []
        monkeypatch.setenv("LOOPWRIGHT_EMBED_BASE_URL", server.url)
        monkeypatch.setenv("LOOPWRIGHT_EMBED_MODEL", "e")
        trial = try_now(store, Asker.EMBED)
        assert isinstance(trial, VectorTrial) and trial.dimension == 3
    with model_server(failing(404, "no such model")) as server, pytest.raises(EndpointGone):
        embedded(store, server)


def test_missing_vectors_are_told_and_none_at_all_is_refused(store: Store, tmp_path: Path) -> None:
    asked = {"dedup": Dedup.EMBEDDINGS, "threshold": 0.9}
    add_trajectories(store, [asking(f"City {i}", words="Say") for i in (0, 1)])
    with pytest.raises(ExportError, match="No embedding model") as refused:
        look(store, request(**asked))
    assert "loopwright embed" in refused.value.hint
    with model_server(embedding(by_number)) as server:
        embedded(store, server)
        embedded(store, server, model="other one")
    add_trajectories(store, [asking("City 9", words="Say"), asking("City 1", n_more=1)])
    with pytest.raises(ExportError, match="No embedding model") as refused:
        look(store, request(**asked))
    assert "e, other one" in refused.value.hint
    with pytest.raises(ExportError, match="threshold"):
        look(store, request(dedup=Dedup.EMBEDDINGS, threshold=0))
    # cos(1/7) = 0.99: the first two are one; the later ones were never asked about.
    found = look(store, request(**asked, embedding_model="other one")).funnel
    assert (found.looked_at, found.chosen) == (4, 3)
    [told] = found.short
    assert "2 of 4 trajectories have no vector of other one" in told
    assert "loopwright embed --model 'other one'" in told
    assert funnel(store, **asked, embedding_model="e") == {"dedup: cosine from 0.9": 1}
    report = export(store, request(tmp_path / "out", **asked, embedding_model="e"))
    assert report.dropped == {"embedding-duplicate": 1}
    assert any("have no vector of e" in caution for caution in report.cautions)


def test_from_the_import_to_the_export_by_commands(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cities 0 and 1 stand at an angle of 1/7, a cosine of 0.990; 0 and 9 at 9/7, of 0.281."""
    rows = [
        {"messages": [{"role": "user", "content": f"{words} {n}?"},
                      {"role": "assistant", "content": f"Fine, {n}."}]}
        for words, n in (("How is City", 0), ("Tell me of the weather over", 1), ("And of", 9))
    ]  # fmt: skip
    data, recipe, out = tmp_path / "asked.jsonl", tmp_path / "recipe.toml", tmp_path / "out"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe.write_text(
        'version = 1\ntype = "sft"\nlayout = "trl"\ninclude = "all"\nshares = [1.0, 0.0, 0.0]\n'
        f'out = {json.dumps(str(out))}\n[selection]\ndedup = "embeddings"\n'
        'embedding_model = "e"\nthreshold = 0.98\n'
    )
    at = ["--db", str(store.engine.url)]
    assert perform([*at, "ingest", str(data), "--dataset", "asked"]) == 0
    assert perform([*at, "embed", "--model", "e"]) == 2
    assert "LOOPWRIGHT_EMBED_BASE_URL" in capsys.readouterr().err
    with model_server(embedding(by_number)) as server:
        command = ["embed", "--model", "e", "--base-url", server.url, "--dataset", "asked"]
        with ThreadPoolExecutor(1) as pool:  # browser tests leave a loop running in this thread
            assert pool.submit(perform, [*at, *command, "--json"]).result() == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["embedded"], report["dimension"], report["tokens"]) == (3, 3, 9)
    assert perform([*at, "select", "--recipe", str(recipe)]) == 0
    told = capsys.readouterr().out
    assert "2 of 3 trajectories are chosen." in told and "dedup: cosine from 0.98" in told
    assert perform([*at, "export", "--recipe", str(recipe)]) == 0
    assert len(lines(out, "train.jsonl")) == 2
    [dropped] = lines(out, "dropped.jsonl")
    kept = {str(line["uid"]) for line in lines(out, "index.jsonl")}
    assert dropped["reason"] == "embedding-duplicate"
    assert str(dropped["detail"]).removesuffix(" is kept") in kept
