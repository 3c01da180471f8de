"""The sections of a dataset card that say what a set of rows is made of, under which terms, and
what nobody looked at.

Plain sentences over the counts of `curation.export_sources`; whatever is unknown is called unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from curation.export_sources import (
    Composition,
    DisclosureCount,
    JudgeUse,
    Looks,
    People,
    SourceEntry,
)

_DIMENSIONS = (
    ("dataset", "By dataset"),
    ("tools", "By tools offered"),
    ("steps", "By steps of the trajectory"),
    ("length", "By size of the row"),
    ("category", "By marked error"),
)
_SHOWN = 15
"""Values of one dimension that the card lists; the manifest has all."""


def cell(text: str) -> str:
    """Text from data in a cell of a Markdown table: one line, no markup, no link, no HTML."""
    line = " ".join(text.split())
    for character in "\\`*_[]<>|#~":
        line = line.replace(character, "\\" + character)
    return line


def sources_text(sources: Sequence[SourceEntry]) -> str:
    """Licence and origin of every dataset, as a table."""
    rows = [
        "| dataset | rows | licence | origin | imported from |",
        "| --- | ---: | --- | --- | --- |",
    ]
    for one in sources:
        files = [path for entry in one.imports for path in entry.paths]
        named = ", ".join(dict.fromkeys(files))[:200]
        license = cell(one.terms.license) or "**unknown**"
        origin = cell(one.terms.source_url) or "unknown"
        rows.append(
            f"| {cell(one.dataset) or 'none'} | {one.rows:,} | {license} | {origin} "
            f"| {cell(named) or 'unknown'} ({cell(one.format)}) |"
        )
    parts = ["\n".join(rows)]
    cited = [one for one in sources if one.terms.citation]
    if cited:
        lines = [f"- {cell(one.dataset)}: {cell(one.terms.citation)}" for one in cited]
        parts.append("Cite:\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def unknown_licenses(sources: Sequence[SourceEntry]) -> tuple[str, ...]:
    """Datasets whose licence nobody named."""
    return tuple(one.dataset for one in sources if not one.terms.license)


def composition_text(composition: Composition) -> str:
    """How many rows are like what."""
    parts = []
    for name, title in _DIMENSIONS:
        counts: dict[str, int] = getattr(composition, name)
        if not counts:
            continue
        shown = [f"{cell(value) or 'none'} {n:,}" for value, n in list(counts.items())[:_SHOWN]]
        more = f", and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
        parts.append(f"- **{title}:** {', '.join(shown)}{more}")
    return "\n".join(parts)


def people_text(people: People, judges: Sequence[JudgeUse]) -> str:
    """Who had a hand in it, by number of trajectories; names stand in the manifest."""
    said = [
        (people.annotators, "annotated"),
        (people.deciders, "decided"),
        (people.correctors, "corrected"),
        (people.rulers, "ruled on other models' answers"),
    ]
    parts = [
        f"- {len(names):,} {'name' if len(names) == 1 else 'names'} {did} "
        f"({sum(names.values()):,} times)"
        for names, did in said
        if names
    ]
    parts += [
        f"- the judge {cell(one.judge)} with the rubric {cell(one.rubric)} version "
        f"{one.rubric_version}: {one.verdicts:,} verdicts applied without a person"
        for one in judges
    ]
    return "\n".join(parts)


def disclosures_kept(counts: Sequence[DisclosureCount]) -> list[str]:
    """What left with the rows, one sentence a kind."""
    return [
        f"{one.kept:,} × {one.title.lower()} in {one.trajectories:,} trajectories left with the "
        f'rows: export with redact = ["{one.kind}"] to put placeholders there.'
        for one in counts
        if one.kept
    ]


def disclosures_text(counts: Sequence[DisclosureCount]) -> str:
    """Secrets and personal data as a table."""
    if not any(one.kept or one.redacted or one.example for one in counts):
        return "None were found."
    rows = ["| kind | left in | redacted | examples |", "| --- | ---: | ---: | ---: |"]
    rows += [
        f"| {one.title} | {one.kept:,} | {one.redacted:,} | {one.example:,} |" for one in counts
    ]
    return "\n".join(rows)


def limits(
    looks: Looks, sources: Sequence[SourceEntry], *, compared_with_benchmarks: bool
) -> list[str]:
    """What nobody looked at, one sentence each; [] would be a data set without limits."""
    n = looks.trajectories
    found = [
        (looks.nobody, "were looked at by nobody: no person or judge annotated or decided them."),
        (looks.one, "rest on the word of one annotator alone."),
        (looks.unchecked, "were looked at by no rule check."),
        (looks.with_errors, "carry an error that a rule check found, as they are."),
        (looks.simulated, "hold a tool result that a model made up and a person accepted."),
        (looks.grown, "were written by a model that was shown a verified error."),
        (
            looks.unruled,
            "have answers of other models that nobody ruled on: whether the reference is the "
            "better one is not known there.",
        ),
    ]
    lines = [f"{k:,} of {n:,} trajectories {what}" for k, what in found if k]
    if not compared_with_benchmarks:
        lines.append("The rows were not compared with any benchmark: they may hold its questions.")
    unknown = unknown_licenses(sources)
    if unknown:
        names = ", ".join(cell(name) or "none" for name in unknown[:10])
        lines.append(
            f"The licence of {len(unknown):,} of {len(sources):,} sources is unknown ({names})."
        )
    return lines
