"""What it is for a trajectory to hold part of a benchmark: kinds of hits, and what an export asks.

Evaluated on a benchmark that stood in its training data, a model looks better than it is. What is
compared is `curation.word_prints`, how is `curation.benchmark_index`.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

THRESHOLD = 0.6
"""Jaccard similarity from which two questions are near, unless told otherwise. With one word of
ten changed, BFCL's, ACEBench's and tau-bench's questions are found at 0.6 in 96 of 100 cases, at
0.8 in 12."""
LOWEST_THRESHOLD = 0.5
"""Below it near questions are missed too often (`curation.word_prints.BANDS`)."""


class HitKind(StrEnum):
    """How a trajectory and an entry of a benchmark agree."""

    QUESTION = "question"
    CONTENT = "content"
    NGRAM = "ngram"
    NEAR = "near"
    TOOLS = "tools"


FOUND: dict[HitKind, str] = {
    HitKind.QUESTION: "the user asks the same, word by word (case and punctuation aside)",
    HitKind.CONTENT: "the same question, answered by the same calls with the same values",
    HitKind.NGRAM: "a run of 13 words is shared (8 where a question is shorter); the score is the "
    "share of the entry's runs",
    HitKind.NEAR: "nearly the same question; the score is the Jaccard similarity of its words and "
    "pairs of words",
    HitKind.TOOLS: "it offers every tool of the entry, with the same parameters; the score is the "
    "share of its own tools. Alone no reason to leave it out, unless asked",
}
LEAKS = (HitKind.QUESTION, HitKind.CONTENT, HitKind.NGRAM, HitKind.NEAR)
"""Kinds for which an export leaves a trajectory out, unless told otherwise."""


class Decontaminate(Struct, frozen=True, forbid_unknown_fields=True):
    """What an export is held against; nothing by default."""

    benchmarks: tuple[str, ...] = ()
    """Names of benchmarks that were read before."""
    kinds: tuple[HitKind, ...] = LEAKS


class BenchmarkFile(Struct, frozen=True):
    """A file that a benchmark was read from."""

    name: str
    """Without folders."""
    sha256: str
    entries: int
    format: str


class Avoided(Struct, frozen=True):
    """In a manifest: a benchmark that an export was held against."""

    benchmark: str
    entries: int
    threshold: float
    """Of near questions."""
    files: tuple[BenchmarkFile, ...]
    kinds: tuple[HitKind, ...]
    """For which trajectories were left out."""
    dismissed: int
    """Hits of these kinds that a person called false alarms: what they hit is not left out."""


def in_words(avoided: tuple[Avoided, ...]) -> str:
    """For a dataset card: what the rows were held against, as a sentence."""
    named = ", ".join(f"{one.benchmark} ({one.entries:,} entries)" for one in avoided)
    kinds = ", ".join(kind.value for kind in avoided[0].kinds)
    return f"Decontaminated against {named}: what hit an entry by {kinds} was left out."
