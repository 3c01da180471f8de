"""The first tier: what the registered checks say of a new sample.

Errors refuse it, and so do values from nowhere, unless told otherwise: a sample is there to teach,
and a made-up identifier teaches the wrong thing. What is wrong with the tools themselves is the
seed's, not the sample's, and refuses nothing.
"""

from __future__ import annotations

from curation.checking import Finding, Severity, run_checks
from curation.trajectory import Trajectory

_OF_THE_SEED = "tools/"
_GROUNDING = "grounding/"


def broken_rules(
    sample: Trajectory, *, grounding: bool = True, warnings: bool = False
) -> list[Finding]:
    """The findings that refuse a sample, the gravest first; [] when none does.

    Args:
        grounding: warnings of the grounding checks refuse, too.
        warnings: those of any check do.
    """
    found = [
        finding
        for finding in run_checks(sample)
        if not finding.check.startswith(_OF_THE_SEED)
        and (
            finding.severity is Severity.ERROR
            or (
                finding.severity is Severity.WARNING
                and (warnings or (grounding and finding.check.startswith(_GROUNDING)))
            )
        )
    ]
    return sorted(found, key=lambda finding: finding.severity is not Severity.ERROR)
