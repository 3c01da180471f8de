"""Importing with a field mapping: rows, problems, and the mapping that is kept with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.flows.ingest import ingest
from app.flows.mapping import list_imports, read_mapping_file
from curation.errors import IngestError
from storage.engine import Store

MAPPING = '[record]\nmessages = "log"\n[message]\nrole = "who"\n[roles]\nbot = "assistant"\n'
ROWS = [
    {"log": [{"who": "user", "content": "Hi"}, {"who": "bot", "content": "Hello"}], "stars": 4},
    {"log": [{"who": "cat", "content": "Meow"}]},
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    return path


def test_a_mapping_imports_what_no_format_knows_and_is_kept_with_the_import(
    store: Store, log: Path, tmp_path: Path
) -> None:
    toml = tmp_path / "log.toml"
    toml.write_text(MAPPING, "utf-8")
    text, name = read_mapping_file(str(toml), store)
    report = ingest(store, [log], dataset="logs", mapping=text, mapping_name=name)
    assert (report.added, report.format, report.n_problems) == (1, "mapping", 1)
    (problem,) = report.problems
    assert problem.where == f"{log}:2"
    assert "'cat' at 'who' (log.toml line 4)" in problem.message
    (kept,) = list_imports(store, "logs")
    assert kept.about.mapping == MAPPING
    assert kept.about.paths == (str(log),)
    again, _ = read_mapping_file("dataset:logs", store)
    assert ingest(store, [log], dataset="logs", mapping=again).duplicates == 1
    assert len(list_imports(store)) == 2


def test_an_import_that_adds_nothing_leaves_no_record_behind(store: Store, log: Path) -> None:
    empty = MAPPING.replace('"log"', '"nowhere"')
    assert ingest(store, [log], dataset="logs", mapping=empty).added == 0
    assert list_imports(store) == []


def test_a_mapping_that_cannot_be_read_is_refused_before_anything_is(
    store: Store, log: Path
) -> None:
    with pytest.raises(IngestError, match=r"mapping:1: \[record\]|mapping:2"):
        ingest(store, [log], mapping='[record]\nmesages = "log"\n')
    with pytest.raises(IngestError, match="both given"):
        ingest(store, [log], mapping=MAPPING, format="openai-chat")
    with pytest.raises(IngestError, match="no such mapping"):
        read_mapping_file("nowhere.toml", store)
    with pytest.raises(IngestError, match="No import into 'logs'"):
        read_mapping_file("dataset:logs", store)


def test_the_sample_mapping_fits_its_sample(store: Store) -> None:
    folder = Path(__file__).parents[4] / "sample_data"
    text = (folder / "field-mapping.toml").read_text("utf-8")
    report = ingest(store, [folder / "field-mapping.jsonl"], dataset="hours", mapping=text)
    assert (report.added, report.n_problems) == (3, 0)
