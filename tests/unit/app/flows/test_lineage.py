"""Where rows of an export come from: source, people, verdicts, decisions, licences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.flows.adjudicate import decide
from app.flows.annotate import perform
from app.flows.correct import propose_correction
from app.flows.export import ExportRequest, export
from app.flows.gate import allow
from app.flows.gate_applying import apply_open
from app.flows.identity import annotator_named
from app.flows.ingest import ingest
from app.flows.lineage import read_manifest, trace
from app.flows.scorecard import judges_on_record
from app.flows.terms import TermsError, describe, license_beside, list_described
from curation.errors import ExportError, NotFound
from curation.export_limits import composition_text
from curation.export_sources import Composition
from curation.gate import VerdictPolicy
from storage.engine import Store
from tests.courtroom import PW, Courtroom
from tests.episodes import CALL_AT, Person, add_episodes
from tests.revisions import arguments, revised


def ask(store: Store, out: Path, **more: object) -> Path:
    more = {"include": "all", "shares": (1.0, 0.0, 0.0), **more}
    export(store, ExportRequest("sft", "openai", str(out), **more))  # type: ignore[arg-type]
    return out


@pytest.fixture
def corrected(any_store: Store) -> Store:
    """Two episodes; ana corrected and accepted the second, and decided it."""
    uids = add_episodes(any_store, 2)
    ana = Person(any_store, "ana")
    edit = revised(5, arguments(CALL_AT, '{"city": "Oslo", "days": 3}'))
    number = ana.next_number()
    propose_correction(
        any_store, ana.info, ana.session, number, uids[1], edit, "Said Oslo.", attested=[3, 4]
    )
    ops = [ana.op("outcome", uids[1], outcome="accept"), ana.op("commit", uids[1])]
    assert [r.status for r in perform(any_store, ana.info, ana.session, ops).results] == ["ok"] * 2
    decide(any_store, uids[1], decided_by=ana.info, outcome="accept", adopt_annotator="ana")
    return any_store


def test_a_row_tells_its_source_its_correction_and_its_people(
    corrected: Store, tmp_path: Path
) -> None:
    out = ask(corrected, tmp_path / "out")
    plain, story = trace(out, "train.jsonl:1"), trace(out, "train:2")
    assert plain.lineage is not None and story.lineage is not None
    assert (plain.lineage.where, plain.lineage.source_id) == ("weather.jsonl:1", "weather-0")
    assert plain.lineage.unchecked and plain.lineage.correction is None
    assert plain.told[-2] == "Nobody has decided it."
    made = story.lineage.correction
    assert made is not None and (made.by, made.reason) == ("ana", "Said Oslo.")
    assert [(one.name, one.outcome) for one in story.lineage.annotators] == [("ana", "accept")]
    assert any("ana corrected it" in line and "Said Oslo." in line for line in story.told)
    assert any("ana decided accept" in line for line in story.told)
    manifest = read_manifest(out)
    assert (manifest.people.annotators, manifest.people.correctors) == ({"ana": 1}, {"ana": 1})
    assert (manifest.looks.trajectories, manifest.looks.nobody, manifest.looks.one) == (2, 1, 1)
    assert manifest.composition.tools == {"1": 2} and manifest.composition.steps == {"2": 2}


@pytest.mark.parametrize("row", ["train.jsonl:3", "train.jsonl:0", "test.jsonl:1", "17", "train:x"])
def test_a_row_that_is_not_there_is_refused(corrected: Store, tmp_path: Path, row: str) -> None:
    out = ask(corrected, tmp_path / "out")
    with pytest.raises(ExportError):
        trace(out, row)
    with pytest.raises(ExportError, match="no export to read"):
        trace(tmp_path, "train.jsonl:1")


def test_verdicts_of_people_and_of_certified_judges_are_told(
    any_store: Store, tmp_path: Path
) -> None:
    room = Courtroom(any_store, 24)
    room.judge([PW] * 24)
    room.people(dict.fromkeys(range(10), PW))
    key = judges_on_record(any_store)[0].key
    policy = VerdictPolicy(target=0.6, least_gold=10, audit_share=0.4, drift_window=10)
    allow(any_store, key, PW, policy)
    done = apply_open(any_store, annotator_named(any_store, "lead"), key)
    out = ask(any_store, tmp_path / "out")
    stories = [trace(out, f"train:{n}") for n in range(1, 25)]
    used = [one.verdicts for s in stories if (one := s.lineage) is not None]
    assert [bool(v) and not v[0].judge for v in used[:10]] == [True] * 10
    applied = [v[0] for v in used[10:] if v]
    assert len(applied) == done.n
    assert {(v.judge, v.rubric, v.rubric_version, v.certificate, v.by) for v in applied} == {
        ("openai: judge-1", "label-verification", 1, done.certificates[0], "lead")
    }
    manifest = read_manifest(out)
    (judge,) = manifest.judges
    assert (judge.verdicts, judge.certificates) == (done.n, done.certificates)
    assert manifest.looks.unruled == 24 - 10 - done.n, "a judge's word alone is not a ruling"
    certified = next(
        s for s in stories if s.lineage and s.lineage.verdicts and s.lineage.verdicts[0].judge
    )
    assert any(f"under certificate {done.certificates[0]}" in line for line in certified.told)


def test_the_card_names_licence_origin_and_limits(corrected: Store, tmp_path: Path) -> None:
    card = (ask(corrected, tmp_path / "a") / "README.md").read_text()
    assert "**unknown**" in card and "The licence of 1 of 1 sources is unknown (weather)" in card
    assert "1 of 2 trajectories were looked at by nobody" in card
    lead = annotator_named(corrected, "lead")
    described = describe(
        corrected, "weather", lead, license="CC-BY-4.0", source_url="https://example.org/w"
    )
    assert described.said_by == "lead"
    describe(corrected, "weather", lead, citation="Weather, <b>2026</b> | `x`")
    (known,) = list_described(corrected)
    assert (known.terms.license, known.terms.citation) == (
        "CC-BY-4.0",
        "Weather, <b>2026</b> | `x`",
    )
    card = (ask(corrected, tmp_path / "a") / "README.md").read_text()
    assert "CC-BY-4.0" in card and "https://example.org/w" in card and "unknown**" not in card
    assert "Weather, \\<b\\>2026\\</b\\> \\| \\`x\\`" in card
    entry = read_manifest(tmp_path / "a").sources[0]
    assert (entry.dataset, entry.rows, entry.terms.license) == ("weather", 2, "CC-BY-4.0")
    with pytest.raises(TermsError):
        describe(corrected, "weather", lead, source_url="see the paper")
    with pytest.raises(NotFound):
        describe(corrected, "other", lead, license="MIT")


@pytest.mark.parametrize(
    ("header", "license"),
    [
        ("---\nlicense: apache-2.0\ntags:\n- x\n---\n# Data\n", "apache-2.0"),
        ("---\r\ntags: []\r\nlicense: 'cc-by-nc-4.0' # see below\r\n---\r\n", "cc-by-nc-4.0"),
        ("---\nlicense:\n- mit\n---\n", ""),
        ("---\nlicense: mit\n", ""),
        ("# Data\n\nlicense: mit\n---\n", ""),
    ],
)
def test_a_licence_beside_the_data_is_taken_over_once(
    store: Store, tmp_path: Path, header: str, license: str
) -> None:
    (tmp_path / "README.md").write_bytes(header.encode())
    assert license_beside(tmp_path) == license
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    (tmp_path / "d.jsonl").write_text(json.dumps({"messages": messages}) + "\n")
    ingest(store, [tmp_path / "d.jsonl"])
    assert [one.terms.license for one in list_described(store)] == [license]
    describe(store, "d", annotator_named(store, "lead"), license="MIT")
    ingest(store, [tmp_path / "d.jsonl"])
    assert list_described(store)[0].terms.license == "MIT", "what a person said stays"
    (imported, _) = ask_sources(store, tmp_path / "out").imports
    assert imported.paths == ("d.jsonl",)


def ask_sources(store: Store, out: Path):
    return read_manifest(ask(store, out)).sources[0]


def test_long_lists_of_values_are_cut_on_the_card() -> None:
    text = composition_text(Composition(category={f"c{n}": 1 for n in range(20)}))
    assert text.endswith(", and 5 more")
