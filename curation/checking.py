"""What a check is, what it finds, and how all of them are run over one trajectory.

The rules themselves live one per file in `curation/checks/`. A check is a function from a prepared
`CheckContext` (`curation/check_context.py`) to what it found; everything else about it, samples
included, stands in its decorator.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable
from enum import StrEnum

from msgspec import Struct

from curation.call_context import CallContext, walk
from curation.check_context import CheckContext, Found
from curation.offered_tools import ToolsContext, tools_context
from curation.registry import Registry
from curation.trajectory import Anchor, Trajectory


class Severity(StrEnum):
    """How sure a trainer would be hurt: error always, warning often, info worth a look."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Needs(StrEnum):
    """What must be there for a check to find anything: lists of `CheckContext`, by their name.

    A check that needs one is not called while it is empty, which spares clean trajectories most of
    the catalogue.
    """

    BLANK = "blank"
    UNREADABLE = "unreadable"
    UNOFFERED = "unoffered"
    UNANSWERED = "unanswered"
    PROBLEMS = "problems"
    ORPHANS = "orphans"
    REPEATED_IDS = "ids_repeat"
    EQUAL_CALLS = "equal_calls"
    DEFECTS = "defects"
    UNKNOWN_IDENTIFIERS = "unknown_identifiers"


class Finding(Struct, frozen=True):
    """What one check found at one anchor."""

    check: str
    """Stable name of the check, `family/kebab-case`."""
    version: int
    severity: Severity
    anchor: Anchor
    message: str
    """What is wrong, in one sentence, with the offending value quoted and shortened."""
    hint: str = ""
    """What would mend it, when the rule knows (nearest tool name, allowed values)."""


CheckFunction = Callable[[CheckContext], Iterable[Found]]


class Check(Struct, frozen=True):
    """A rule over one trajectory, as registered."""

    name: str
    """`family/kebab-case`; stored with every finding."""
    severity: Severity
    version: int
    """Raised whenever the rule would find something else on the same trajectory."""
    title: str
    """A few words for lists and charts."""
    doc: str
    """What it looks for and why it matters; shown in the studio."""
    triggers: Trajectory
    """A sample that it finds something in."""
    passes: Trajectory
    """A sample, as close to the other as can be, that it leaves alone."""
    function: CheckFunction
    needs: Needs | None = None
    """What it cannot find anything without; None when it looks at every trajectory."""

    def run(self, context: CheckContext) -> list[Finding]:
        """All findings of this check in one prepared trajectory."""
        return [
            Finding(self.name, self.version, self.severity, f.anchor, f.message, f.hint)
            for f in self.function(context)
        ]


CHECKS: Registry[Check] = Registry("check", "curation.checks")


_catalogue: list[tuple[str, list[Check]]] = []
"""All checks by what they need ("": nothing); filled on first use, emptied when one registers."""


def check(
    name: str,
    *,
    severity: Severity,
    title: str,
    triggers: Trajectory,
    passes: Trajectory,
    version: int = 1,
    needs: Needs | None = None,
) -> Callable[[CheckFunction], CheckFunction]:
    """Register the decorated function as a check; its docstring becomes `Check.doc`.

    The rest is said at the fields of `Check`.
    """

    def register(function: CheckFunction) -> CheckFunction:
        doc = inspect.getdoc(function) or ""
        entry = Check(name, severity, version, title, doc, triggers, passes, function, needs)
        CHECKS.register(entry, f"{function.__module__}.{function.__qualname__}")
        _catalogue.clear()
        return function

    return register


def run_checks(trajectory: Trajectory, tools: ToolsContext | None = None) -> list[Finding]:
    """Every finding of every check, in the order of the messages; whole-trajectory ones first.

    `tools` saves a look-up when many trajectories share a tool set; see `tools_context`.
    """
    context = CheckContext(trajectory, tools)
    findings: list[Finding] = []
    for needed, entries in _catalogue or _fill_catalogue():
        if needed and not getattr(context, needed):
            continue
        for entry in entries:
            for found in entry.function(context):
                findings.append(
                    Finding(
                        entry.name, entry.version, entry.severity,
                        found.anchor, found.message, found.hint,
                    )
                )  # fmt: skip
    if len(findings) > 1:
        findings.sort(key=_position)
    return findings


def _fill_catalogue() -> list[tuple[str, list[Check]]]:
    by_need: dict[str, list[Check]] = {}
    for entry in list(CHECKS):  # importing them empties the catalogue, so first all of them
        by_need.setdefault(entry.needs.value if entry.needs else "", []).append(entry)
    _catalogue[:] = by_need.items()
    return _catalogue


def _position(finding: Finding) -> tuple[int, int, str, str]:
    anchor = finding.anchor
    message = -1 if anchor.message_index is None else anchor.message_index
    call = -1 if anchor.call_index is None else anchor.call_index
    return message, call, finding.check, anchor.pointer or ""


def catalogue_fingerprint() -> str:
    """Names and versions of all checks as one short hash; changes when any rule does."""
    catalogue = "\n".join(f"{entry.name}@{entry.version}" for entry in CHECKS)
    return hashlib.sha256(catalogue.encode()).hexdigest()[:16]


__all__ = [
    "CHECKS",
    "CallContext",
    "Check",
    "CheckContext",
    "Finding",
    "Found",
    "Needs",
    "Severity",
    "ToolsContext",
    "catalogue_fingerprint",
    "check",
    "run_checks",
    "tools_context",
    "walk",
]
