"""What stands behind a verdict that is applied without a person, written down for later.

A certificate is a value: everything in it was known when the gate opened, and nothing in it is
looked up again. Its Markdown goes beside exports, so every text in it is escaped: names of judges
and slices come from files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from msgspec import Struct

from curation.confusion import VERDICTS
from curation.intervals import wilson
from curation.trajectory import canonical_json
from curation.verdicts import Verdict


class Certificate(Struct, frozen=True, omit_defaults=True):
    """Why one verdict of one judge was applied without a person."""

    contract: str
    """What is applied, to what, and what it does, in words."""
    verdict: Verdict
    judge: str
    """Backend and model or models."""
    rubric: str
    rubric_version: str
    slice: str
    """Which part of the data it holds for."""
    sample: str
    """Hash of the gold cases' ids; see `sample_hash`."""
    counts: dict[Verdict, int]
    """What people ruled where the judge gave this verdict."""
    target: float
    confidence: float
    audit_share: float
    date: str
    """Of issue, ISO 8601, as the caller's clock says."""
    versions: dict[str, str] = {}
    """Of the program, the checks, the taxonomy: name -> version."""
    groups: int | None = None
    """Groups of trajectories that the gold cases are of. None, as is the next one, in certificates
    from before they were told: their bound takes every case for independent."""
    effective_n: float | None = None
    """Independent cases that the gold is worth (`curation.intervals.effective_n`)."""

    @property
    def n(self) -> int:
        """Gold cases."""
        return sum(self.counts.values())

    @property
    def right(self) -> int:
        """Those that people gave the same verdict."""
        return self.counts.get(self.verdict, 0)

    @property
    def bound(self) -> float | None:
        """Wilson's lower bound of the precision; None without cases."""
        if not self.n:
            return None
        worth = self.n if self.effective_n is None else self.effective_n
        interval = wilson(self.right / self.n * worth, worth, self.confidence)
        return None if interval is None else interval.low

    @property
    def fingerprint(self) -> str:
        """Hash over all of it; changes when anything in it does."""
        return hashlib.sha256(canonical_json(self)).hexdigest()[:32]


def sample_hash(ids: Iterable[str]) -> str:
    """Hash of a set of case ids, whatever their order and however often each is named."""
    return hashlib.sha256(canonical_json(sorted(set(ids)))).hexdigest()[:32]


def certificate_markdown(certificate: Certificate) -> str:
    """The certificate as a page of Markdown; ends with a newline."""
    c = certificate
    bound = "none" if c.bound is None else f"{c.bound:.4f}"
    facts = [
        ("Verdict", c.verdict.value),
        ("Judge", c.judge),
        ("Rubric", f"{c.rubric}, version {c.rubric_version}"),
        ("Slice", c.slice),
        ("Issued", c.date),
        ("Gold cases", f"{c.n} (sample {c.sample})"),
        ("Counted as", _counted_as(c)),
        ("Right", f"{c.right} of {c.n}"),
        ("Lower bound", f"{bound} (Wilson, {c.confidence:.0%} two-sided)"),
        ("Target", f"{c.target:.4f}"),
        ("Audits", f"{c.audit_share:.1%} of the applied cases go to people"),
        *((f"Version of {name}", version) for name, version in sorted(c.versions.items())),
        ("Fingerprint", c.fingerprint),
    ]
    ruled = [(verdict.value, str(c.counts.get(verdict, 0))) for verdict in VERDICTS]
    return "\n".join(
        [
            f"# Certificate: {_escaped(c.verdict.value)} applied without a person",
            "",
            _escaped(c.contract),
            "",
            *_table(("what", "value"), facts),
            "",
            f"What people ruled where the judge said {_escaped(c.verdict.value)}:",
            "",
            *_table(("people", "cases"), ruled),
            "",
        ]
    )


def _counted_as(c: Certificate) -> str:
    if c.effective_n is None:
        return f"{c.n} independent cases, one each"
    return (
        f"{c.effective_n:.1f} independent cases: those of one of the {c.groups} groups of "
        "trajectories are taken to say the same (Kish, design effect at full correlation)"
    )


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> list[str]:
    lines = [f"| {head[0]} | {head[1]} |", "| --- | --- |"]
    return [*lines, *(f"| {_escaped(name)} | {_escaped(value)} |" for name, value in rows)]


_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$:@=-]|(?<=\w)\.(?=[^\W\d]))")
"""Signs of Markdown, and the dots in what looks like an address."""
_NUMBER_OF_LIST = re.compile(r"^(\d{1,9})\.")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]+")


def _escaped(text: str) -> str:
    """One line of Markdown that shows `text` and does nothing else: no markup, link or HTML."""
    line = _MARKUP.sub(r"\\\1", _BLANK.sub(" ", text).strip())
    return _NUMBER_OF_LIST.sub(r"\1\\.", line)
