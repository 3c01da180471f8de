"""`sample_data/` is what the generator writes, keeps its secret, and can be imported."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import pytest

from curation.importing import ImportContext, Record, detect, gathered, pivot_record
from curation.synthesis.samples import sample_files
from curation.taxonomy import load_taxonomy

FOLDER = Path(__file__).parents[4] / "sample_data"
FILES = sample_files()
EXPECTED = {
    "formats/openai-chat.jsonl": "openai-chat",
    "formats/openai-finetune-sft.jsonl": "openai-finetune",
    "formats/openai-finetune-dpo.jsonl": "openai-finetune",
    "formats/sharegpt.json": "sharegpt",
    "formats/hermes-xml.json": "hermes-xml",
    "formats/toolace.json": "toolace",
    "formats/xlam.json": "xlam",
    "formats/bfcl.json": "bfcl",
    "formats/tau-bench.json": "tau-bench",
    "formats/toolbench.json": "toolbench",
    "formats/toolbench-flat.json": "toolbench-flat",
    "formats/toolbench-query.json": "toolbench-query",
    "formats/tooleval.json": "tooleval",
    "formats/tau2.json": "tau2",
    "formats/swe-agent.traj": "swe-agent",
    "formats/rotbench.json": "rotbench",
    "formats/acebench.json": "acebench",
    "formats/who-and-when.jsonl": "who-and-when",
    "formats/agent-error-bench.jsonl": "agent-error-bench",
    "formats/critictool.json": "critictool",
    "formats/otel-genai.jsonl": "otel-genai",
    "formats/openinference.jsonl": "openinference",
    "formats/datadog-llm.jsonl": "datadog-llm",
    "formats/google-adk.json": "google-adk",
    "formats/anthropic-messages.jsonl": "anthropic-messages",
    "formats/qwen-text.jsonl": "qwen-text",
    "formats/glaive-v2.jsonl": "glaive-v2",
    "formats/looptool.json": "looptool",
    "formats/toolrl.jsonl": "toolrl",
    "formats/llama-factory-v1.jsonl": "llama-factory-v1",
    "formats/toolalpaca.json": "toolalpaca",
    "formats/seal-tools.json": "seal-tools",
    "formats/nestools.jsonl": "nestools",
    "formats/loopwright.jsonl": "loopwright",
    "trajectories.jsonl": "loopwright",
}


CALLS_ELSEWHERE = {"bfcl", "acebench", "who-and-when", "toolbench-query", "swe-agent"}
"""In the file of answers, in words, nowhere, or in one run only."""


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_committed_file_is_what_the_generator_writes(name: str) -> None:
    committed, made = (FOLDER / name).read_bytes(), FILES[name]
    if name.endswith(".gz"):
        # Compressors differ between zlib versions; their content does not.
        committed, made = gzip.decompress(committed), gzip.decompress(made)
    assert committed == made, "run: python -m curation.synthesis.samples"


def test_the_folder_stays_small() -> None:
    assert sum(p.stat().st_size for p in FOLDER.rglob("*") if p.is_file()) < 4_000_000


def test_annotators_are_not_told_what_was_planted() -> None:
    for name, data in FILES.items():
        if name != "truth.jsonl" and not name.endswith(".gz"):
            assert b'"planted"' not in data, name
            assert b'"verdict' not in data, name


def test_the_truth_is_about_the_trajectories() -> None:
    rows = [msgspec.json.decode(x) for x in FILES["trajectories.jsonl"].splitlines()]
    truths = [msgspec.json.decode(x) for x in FILES["truth.jsonl"].splitlines()]
    assert [r["id"] for r in rows] == [t["id"] for t in truths]
    assert len(rows) == 300
    assert len({p["category"] for t in truths for p in t["planted"]}) >= 20


def values_of(name: str) -> list[dict[str, object]]:
    data = FILES[name]
    if data.startswith(b"["):
        return list(msgspec.json.decode(data))
    return [msgspec.json.decode(line) for line in data.splitlines()]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_sample_is_recognised_and_imported_without_loss(name: str) -> None:
    values = values_of(name)
    found = detect(values)
    assert found is not None
    assert found.name == EXPECTED[name]
    context = ImportContext(file_name=Path(name).name)
    records = (Record(f"{name}:{n}", n, value) for n, value in enumerate(values))
    items = [item for item in gathered(found, records) if isinstance(item, Record)]
    imported = [one for item in items for one in pivot_record(found, item, context)]
    assert context.take_problems() == []
    if found.name in ("tau2", "critictool", "tooleval"):  # one object holds them all
        assert len(imported) >= 3
    elif found.name != "swe-agent":  # one run a file
        assert len(imported) == len(items) >= 3
    if found.name not in CALLS_ELSEWHERE:
        assert sum(any(True for _ in one.trajectory.calls()) for one in imported) >= 3
    if found.name not in (
        "tau-bench",
        "google-adk",
        "who-and-when",
        "swe-agent",
    ):  # their tools are in a file of their own
        assert all(i.trajectory.tools for i in imported)


def test_the_example_taxonomy_loads() -> None:
    taxonomy = load_taxonomy(FOLDER / "taxonomy-example.toml")
    assert taxonomy.name == "support-desk"
    assert len({c.group for c in taxonomy.categories}) == 3


def test_every_generated_file_is_named_in_the_guide() -> None:
    guide = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in FILES:
        plain = name.removesuffix(".gz")
        assert f"`{plain}`" in guide, name
