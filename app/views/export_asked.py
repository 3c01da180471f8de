"""What is asked of an export in parts of its form that are folded away."""

from __future__ import annotations

from pathlib import Path

from app.flows.export import ExportRequest
from curation.augmenting import AUGMENTATIONS
from curation.disclosing import DISCLOSURES
from curation.selection import NOTHING


def also_asked(request: ExportRequest) -> str:
    """One line, so that nothing is left out or added unseen; empty where nothing is asked."""
    asked = []
    if request.selection != NOTHING:
        asked.append("takes what the selection says")
    if request.decontaminate.benchmarks:
        asked.append(f"leaves out what hits {', '.join(request.decontaminate.benchmarks)}")
    asked += [
        f"{AUGMENTATIONS.get(name).title}: {number:g} copies a row"
        for name, number in request.augment.copies.items()
    ]
    if request.template is not None:
        asked.append(f"renders with {Path(request.template).name}")
    if request.redact:
        kinds = ", ".join(DISCLOSURES.get(kind).title for kind in request.redact)
        asked.append(f"redacts {kinds}")
    return " · ".join(asked)
