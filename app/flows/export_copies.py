"""What became of the copies of rows: counted while the rows are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from curation.augment_reasons import Barred
from curation.augmenting import Augment
from curation.export_augmented import AugmentedEntry
from curation.export_reasons import DropReason


class CopyCounts:
    """Copies by augmentation: made, not made, refused."""

    def __init__(self) -> None:
        self._rows: Counter[str] = Counter()
        self._barred: Counter[tuple[str, Barred]] = Counter()
        self._refused: Counter[tuple[str, DropReason]] = Counter()

    def row(self, augmentation: str | None) -> None:
        """A row was written; None: it is no copy."""
        if augmentation is not None:
            self._rows[augmentation] += 1

    def barred(self, counts: Mapping[tuple[str, Barred], int]) -> None:
        """Copies were wanted and could not be made."""
        self._barred.update(counts)

    def refused(self, augmentation: str, reason: DropReason) -> None:
        """A gate refused a copy."""
        self._refused[augmentation, reason] += 1

    def entries(self, augment: Augment) -> dict[str, AugmentedEntry]:
        """What the manifest says of every augmentation that was asked for."""
        return {
            name: AugmentedEntry(
                self._rows[name],
                {why: n for (of, why), n in sorted(self._barred.items()) if of == name},
                {why: n for (of, why), n in sorted(self._refused.items()) if of == name},
            )
            for name, wanted in sorted(augment.copies.items())
            if wanted
        }
