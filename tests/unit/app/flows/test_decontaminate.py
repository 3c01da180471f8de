"""Data held against a benchmark: files in every way they come, what is found, kept and left out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from app.cli import perform
from app.flows import decontaminate as flow
from app.flows import jobs
from app.flows.benchmark_files import read_benchmark
from app.flows.contamination import hit_lines, look_at, pair_of, rule_on_hit
from app.flows.decontaminate import DecontaminateParams, DecontaminationReport, decontaminate
from app.flows.export import ExportReport, ExportRequest, export
from app.flows.identity import annotator_named
from app.flows.running import Cancelled, Run
from curation.benchmark_index import COMMON_FAMILIES
from curation.decontamination import Decontaminate, HitKind
from curation.errors import ExportError, IngestError, NotFound, SettingsError
from curation.selection import NOTHING, RowOrder, Selection
from curation.shared_passages import pieces
from storage import groups
from storage.datasets import items_of
from storage.engine import Store
from tests.unit.app.flows.test_splits import add, asking, text

QUESTION = " ".join(f"q{i}" for i in range(20))
OTHER = " ".join(f"o{i}" for i in range(20))


@pytest.fixture
def benchmark(tmp_path: Path) -> Path:
    """Two questions of BFCL's shape, with their answer file."""
    (tmp_path / "possible_answer").mkdir()
    rows = [
        {
            "id": f"simple_{i}",
            "question": [[{"role": "user", "content": said}]],
            "function": [{"name": "f", "parameters": {"type": "dict", "properties": {"x": {}}}}],
        }
        for i, said in enumerate((QUESTION, OTHER))
    ]
    answers = [{"id": "simple_0", "ground_truth": [{"f": {"x": [1]}}]}]
    for path, lines in (
        (tmp_path / "bfcl.json", rows),
        (tmp_path / "possible_answer/bfcl.json", answers),
    ):
        path.write_text("\n".join(map(json.dumps, lines)))
    return tmp_path / "bfcl.json"


def compare(store: Store, *paths: Path, run: Run = Run(), **more: Any) -> DecontaminationReport:
    wanted = DecontaminateParams("bench", tuple(map(str, paths)), **more)
    return decontaminate(store, wanted, run, processes=1)


def found(store: Store) -> dict[tuple[str, str], float]:
    """(first word that is asked, kind) -> score."""
    return {(h.preview.split()[0], h.kind.value): h.score for h in hit_lines(store, "bench")}


def test_everything_is_compared_once_and_anew_when_the_benchmark_changes(
    any_store: Store, benchmark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "PAGE", 2)
    add(any_store, same=asking(QUESTION.split()), part=asking(["p", *QUESTION.split()[:15]]))
    add(any_store, **{f"g{i}": asking(text(i)) for i in range(3)})
    report = compare(any_store, benchmark)
    assert (report.entries, report.compared, report.trajectories) == (2, 5, 5)
    assert found(any_store) == {
        ("q0", "question"): 1.0,
        ("q0", "ngram"): 1.0,
        ("q0", "near"): 1.0,
        ("p", "ngram"): pytest.approx(3 / 8),
        ("p", "near"): pytest.approx(29 / 41, abs=1e-4),
    }
    assert report.by_kind[HitKind.NGRAM].trajectories == 2
    assert report.hits[0].entry == "simple_0" == report.by_entry[0].entry
    add(any_store, late=asking(["z", *OTHER.split()]))
    assert compare(any_store).compared == 1, "only what is new"
    assert ("z", "near") in found(any_store)
    assert compare(any_store, benchmark).compared == 0, "the same files"
    benchmark.write_text(benchmark.read_text().splitlines()[0])
    assert compare(any_store, benchmark).compared == 6, "another benchmark now"
    assert {word for word, _ in found(any_store)} == {"q0", "p"}
    strict = compare(any_store, benchmark, threshold=0.9)
    assert strict.compared == 6 and ("p", "near") not in found(any_store)
    with pytest.raises(SettingsError, match=r"threshold 0\.9"):
        compare(any_store, threshold=0.6)


def test_a_stopped_comparison_goes_on_and_processes_find_the_same(
    store: Store, benchmark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "PAGE", 2)
    add(store, **{f"g{i}": asking([f"w{i}", *QUESTION.split()]) for i in range(7)})

    class Stopping(Run):
        def report(self, done: int, total: int | None = None, unit: str = "") -> None:
            if done >= 4:
                raise Cancelled

    with pytest.raises(Cancelled):
        compare(store, benchmark, run=Stopping())
    assert look_at(store, "bench").compared == 4
    wanted = DecontaminateParams("bench")
    assert decontaminate(store, wanted, processes=2).compared == 3
    assert {word for word, _ in found(store)} == {f"w{i}" for i in range(7)}
    jobs.enqueue(store, "decontaminate", {"name": "again", "paths": [str(benchmark)]})
    job = jobs.run_next(store)
    assert job is not None and job.state == "done", job
    assert (job.result["compared"], job.done, job.total) == (7, 7, 7)


def test_runs_of_words_that_much_of_the_data_shares_do_not_count(
    any_store: Store, benchmark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n = COMMON_FAMILIES + 1
    monkeypatch.setattr(flow, "PAGE", n)
    boilerplate = QUESTION.split()[:14]
    rows = {f"g{i:02}": asking([f"b{i}", *boilerplate, *text(i)]) for i in range(n)}
    some = dict(list(rows.items())[:-1])
    add(any_store, **some, whole=asking(["whole", *QUESTION.split()]))
    compare(any_store, benchmark)
    shared = [word for word, kind in found(any_store) if kind == "ngram"]
    # 51 families share it, the one that holds the whole question among them.
    assert shared == ["whole"]
    assert found(any_store)["whole", "ngram"] == 1.0, "of the runs that are not common"


@pytest.mark.parametrize(
    ("name", "content", "n"),
    [
        ("list.txt", f'{QUESTION}\n\n"{OTHER}"\n', 2),
        ("texts.json", json.dumps([QUESTION, OTHER], indent=1), 2),
        ("rows.jsonl", "\n".join(json.dumps({"id": i, "query": QUESTION}) for i in "ab"), 2),
        (
            "turns.jsonl",
            json.dumps({"prompt": [[{"role": "user", "content": QUESTION}], OTHER]}),
            1,
        ),
        ("packed.txt.gz", gzip.compress(QUESTION.encode()), 1),
    ],
)
def test_plain_questions_are_read_too(tmp_path: Path, name: str, content: Any, n: int) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(data)
    read = read_benchmark([tmp_path / name])
    assert (len(read.entries), read.files[0].entries, read.files[0].format) == (n, n, "questions")


def test_what_cannot_be_compared_is_told(store: Store, benchmark: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text('{"answer": 1}\n')
    with pytest.raises(IngestError, match="No question stands in this record"):
        compare(store, empty)
    with pytest.raises(NotFound, match="no benchmark 'bench'"):
        compare(store)
    for wrong in ({"threshold": 0.2}, {"format": "nothing"}):
        with pytest.raises((SettingsError, IngestError)):
            compare(store, benchmark, **wrong)
    assert compare(store, benchmark, empty).n_problems == 1


def test_only_a_dataset_and_its_corrections(store: Store, benchmark: Path) -> None:
    add(store, a=asking(["a", *QUESTION.split()]))
    assert compare(store, benchmark, dataset="d").compared == 1
    with pytest.raises(NotFound):
        compare(store, dataset="nowhere")


@pytest.fixture
def exported(any_store: Store, benchmark: Path, tmp_path: Path) -> Callable[..., ExportReport]:
    """Export a store in which a, its relative b, and c hold part of the benchmark; d does not."""
    rows = {
        "a": asking(["a", *QUESTION.split()]),
        "b": asking(text(1)),
        "c": asking(["c", *OTHER.split()[:14], *text(2)]),
        "d": asking(text(3)),
    }
    add(any_store, **rows)
    with any_store.write() as conn:
        groups.link(conn, [("a", "b")])
    compare(any_store, benchmark)

    def again(*kinds: HitKind, selection: Selection = NOTHING) -> ExportReport:
        wanted = Decontaminate(("bench",), kinds) if kinds else Decontaminate(("bench",))
        out = str(tmp_path / "out")
        request = ExportRequest("sft", "trl", out, "all", shares=(1, 0, 0), decontaminate=wanted)
        request = replace(request, selection=selection)
        return export(any_store, request)

    return again


def test_what_hits_is_left_out_with_its_family(
    any_store: Store, exported: Callable[..., ExportReport], tmp_path: Path
) -> None:
    report = exported()
    assert (report.rows, report.dropped) == (1, {"contaminated": 3})
    lines = (tmp_path / "out" / "dropped.jsonl").read_text().splitlines()
    told = [json.loads(line)["detail"] for line in lines]
    assert told[0] == "bench simple_0: ngram 1.00; 1 more", "and nearly the same question"
    assert any("of the same family" in one for one in told)
    assert any(one.startswith("bench simple_1: ngram 0.25") for one in told)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    (avoided,) = manifest["benchmarks"]
    assert avoided["files"][0]["name"] == "bfcl.json" and len(avoided["files"][0]["sha256"]) == 64
    assert manifest["request"]["decontaminate"]["benchmarks"] == ["bench"]
    card = (tmp_path / "out" / "README.md").read_text()
    assert "Decontaminated against bench (2 entries)" in card
    # What came in since is compared before anything is written.
    add(any_store, late=asking(["late", *QUESTION.split()]))
    assert exported().dropped == {"contaminated": 4}
    assert exported(HitKind.QUESTION).rows == 5
    chosen = exported(selection=Selection(order=RowOrder.SHUFFLED))
    assert chosen.dropped == {"contaminated": 4}
    (line, *_) = (tmp_path / "out" / "dropped.jsonl").read_text().splitlines()
    assert json.loads(line)["detail"].startswith("bench simple_"), "selecting keeps the detail"
    plain = export(any_store, ExportRequest("sft", "trl", str(tmp_path / "plain"), "all"))
    assert plain.rows == 5
    assert "not compared with any benchmark" in (tmp_path / "plain" / "README.md").read_text()
    request = ExportRequest(
        "labels", "jsonl", str(tmp_path / "x"), decontaminate=Decontaminate(("bench",))
    )
    with pytest.raises(ExportError, match="not trained on"):
        export(any_store, request)


def test_a_dismissed_hit_drops_nothing_until_that_is_taken_back(
    any_store: Store, exported: Callable[..., ExportReport], benchmark: Path
) -> None:
    ada = annotator_named(any_store, "ada")
    (hit,) = [h for h in hit_lines(any_store, "bench") if h.entry == "simple_1"]
    with any_store.read() as conn:
        (named,) = items_of(conn, hit.trajectory_id)
    assert (hit.dataset, hit.source_id) == (named.dataset, named.source_id)
    with pytest.raises(SettingsError, match="No reason"):
        rule_on_hit(any_store, ada, hit, dismissed=True, reason=" ")
    assert rule_on_hit(any_store, ada, hit, dismissed=True, reason="a phrase").dismissed
    assert exported().dropped == {"contaminated": 2}
    seen = pair_of(any_store, hit.id)
    assert (seen.rulings[0].by, seen.rulings[0].reason) == ("ada", "a phrase")
    shared = [cut for p in seen.trajectory.passages for cut, is_shared in pieces(p) if is_shared]
    assert shared[0] == " ".join(OTHER.split()[:14])
    # The ruling holds when everything is compared anew.
    compare(any_store, benchmark, threshold=0.7)
    (again,) = [h for h in hit_lines(any_store, "bench") if h.entry == "simple_1"]
    assert again.dismissed
    assert look_at(any_store, "bench").by_kind[HitKind.NGRAM].dismissed == 1
    with pytest.raises(SettingsError, match="dismissed already"):
        rule_on_hit(any_store, ada, again, dismissed=True, reason="twice")
    rule_on_hit(any_store, ada, again, dismissed=False, reason="")
    assert exported().dropped == {"contaminated": 3}


def test_the_commands_say_it_all(
    store: Store, benchmark: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(store, a=asking(["a", *QUESTION.split()]), d=asking(text(3)))

    def run(*words: str) -> Any:
        code = perform([*words, "--json", "--db", store.url])
        out = capsys.readouterr().out
        assert code == 0, out
        return [json.loads(line) for line in out.splitlines()]

    (report,) = run("decontaminate", "bench", str(benchmark))
    assert report["by_kind"]["near"] == {"trajectories": 1, "entries": 1, "hits": 1, "dismissed": 0}
    hits = run("contamination", "bench")
    assert [hit["kind"] for hit in hits] == ["ngram", "near"]
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f'type = "sft"\nlayout = "trl"\nout = "{tmp_path / "out"}"\ninclude = "all"\n'
        '[decontaminate]\nbenchmarks = ["bench"]\nkinds = ["near"]\n'
    )
    assert run("export", "--recipe", str(recipe))[0]["dropped"] == {"contaminated": 1}
    run("dismiss-hit", str(hits[1]["id"]), "--reason", "made up")
    assert run("export", "--recipe", str(recipe))[0]["dropped"] == {}
    (both,) = run("export", "--recipe", str(recipe), "--decontaminate-by", "ngram")
    assert both["dropped"] == {"contaminated": 1}
    assert run("contamination")[0]["benchmarks"][0]["n_entries"] == 2
    assert perform(["decontaminate", "bench", "--db", store.url]) == 0
    assert "ngram" in capsys.readouterr().out
