"""What a manifest and a dataset card say of augmented copies."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from curation.augment_reasons import WHY_BARRED, Barred
from curation.augmenting import Augment
from curation.export_reasons import DropReason


class AugmentedEntry(Struct, frozen=True):
    """What one augmentation made."""

    rows: int
    """Copies in the export."""
    not_made: dict[Barred, int] = {}
    """Rows that were drawn for a copy and allow none, by reason."""
    refused: dict[DropReason, int] = {}
    """Copies that a gate refused, by reason; `dropped.jsonl` lists them."""


def copies_text(augmented: Mapping[str, AugmentedEntry], augment: Augment) -> list[str]:
    """Paragraphs of the card: which copies there are, and why there are not more."""
    told = (
        f"{sum(entry.rows for entry in augmented.values())} of the rows are changed copies of "
        f"others, in {' and '.join(augment.splits)} only; `index.jsonl` names what made each. A "
        f"copy is in the split of its source. Seed: `{augment.seed}`."
    )
    rows = [
        f"| {name} | {augment.copies.get(name, 0):g} | {entry.rows} | "
        f"{', '.join(f'{n} × {why.value}' for why, n in entry.not_made.items()) or 'none'} |"
        for name, entry in augmented.items()
    ]
    head = ["| augmentation | copies per row | made | not made |", "| --- | ---: | ---: | --- |"]
    reasons = {why for entry in augmented.values() for why in entry.not_made}
    lines = [f"- {why.value}: {WHY_BARRED[why]}" for why in Barred if why in reasons]
    return [told, "\n".join([*head, *rows]), *(["\n".join(lines)] if lines else [])]
