"""`export --augment`: copies of rows as people ask for them, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from app.commands.terminal import table
from app.flows.export import ExportRequest
from curation.augment_reasons import WHY_BARRED
from curation.augmenting import AUGMENTATIONS
from curation.errors import ExportError
from curation.export_augmented import AugmentedEntry
from curation.export_reasons import WHY


def with_copies(request: ExportRequest, said: Sequence[str] | None) -> ExportRequest:
    """The request with what the options say put over what its recipe says.

    Args:
        said: `NAME=COPIES`, each.

    Raises:
        ExportError: an option is not of that form.
    """
    if not said:
        return request
    copies = dict(request.augment.copies)
    for one in said:
        name, _, number = one.partition("=")
        try:
            copies[name.strip()] = float(number)
        except ValueError:
            raise ExportError(
                f"{one!r} does not say how many copies.",
                where="--augment",
                hint=f"Write for example {AUGMENTATIONS.names()[0]}=0.5.",
            ) from None
    return replace(request, augment=replace(request.augment, copies=copies))


def told_copies(augmented: Mapping[str, AugmentedEntry]) -> list[str]:
    """Tables for the terminal; [] where nothing was asked for."""
    if not augmented:
        return []
    made = [[name, entry.rows] for name, entry in augmented.items()]
    parts = [table(["augmentation", "copies"], made)]
    barred = [
        [name, why.value, n, WHY_BARRED[why]]
        for name, entry in augmented.items()
        for why, n in entry.not_made.items()
    ]
    barred += [
        [name, reason.value, n, WHY[reason]]
        for name, entry in augmented.items()
        for reason, n in entry.refused.items()
    ]
    if barred:
        parts.append(table(["augmentation", "no copy", "n", "what it means"], barred))
    return parts
