"""What is registered, as plain rows: for the command line, the README and the studio's lists."""

from __future__ import annotations

from msgspec import Struct

from curation.augmenting import AUGMENTATIONS
from curation.checking import CHECKS, Severity
from curation.exporting import LAYOUTS, TYPES, supported
from curation.importing import FORMATS
from curation.prediction_importing import PREDICTION_FORMATS


class FormatEntry(Struct, frozen=True):
    """An import format."""

    name: str
    title: str
    description: str


class CheckEntry(Struct, frozen=True):
    """A rule check."""

    name: str
    severity: Severity
    version: int
    title: str
    doc: str
    """All of it; `summary` is its first sentence."""

    @property
    def summary(self) -> str:
        """What it looks for, in one sentence."""
        return first_sentence(self.doc)


class ExportTypeEntry(Struct, frozen=True):
    """What is learnt from an export."""

    name: str
    title: str
    description: str


class LayoutEntry(Struct, frozen=True):
    """How a trainer wants its files."""

    name: str
    title: str
    description: str
    types: tuple[str, ...]
    """Names of the export types it can carry."""


class AugmentationEntry(Struct, frozen=True):
    """A way to copy rows."""

    name: str
    title: str
    description: str
    types: tuple[str, ...]
    """Names of the export types for which its copies are sound."""


def format_entries() -> list[FormatEntry]:
    """Import formats by name."""
    return [FormatEntry(f.name, f.title, " ".join(f.description.split())) for f in FORMATS]


def prediction_format_entries() -> list[FormatEntry]:
    """Formats of predictions, by name."""
    return [FormatEntry(f.name, f.title, f.description) for f in PREDICTION_FORMATS]


def check_entries() -> list[CheckEntry]:
    """Rule checks by name."""
    return [
        CheckEntry(c.name, c.severity, c.version, c.title, " ".join(c.doc.split())) for c in CHECKS
    ]


def type_entries() -> list[ExportTypeEntry]:
    """Export types by name."""
    return [ExportTypeEntry(t.name, t.title, " ".join(t.description.split())) for t in TYPES]


def layout_entries() -> list[LayoutEntry]:
    """Export layouts by name."""
    pairs = supported()
    return [
        LayoutEntry(
            y.name,
            y.title,
            " ".join(y.description.split()),
            tuple(name for name, layouts in pairs.items() if y.name in layouts),
        )
        for y in LAYOUTS
    ]


def augmentation_entries() -> list[AugmentationEntry]:
    """Augmentations by name."""
    return [
        AugmentationEntry(a.name, a.title, first_sentence(a.doc), tuple(sorted(a.types)))
        for a in AUGMENTATIONS
    ]


def first_sentence(text: str) -> str:
    """The text up to its first full stop that ends a sentence."""
    flat = " ".join(text.split())
    head, stop, _ = flat.partition(". ")
    return head + "." if stop else flat
