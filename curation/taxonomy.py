"""Error taxonomies: versioned sets of categories that annotators put at anchors.

Built-in taxonomies are TOML files in `curation/taxonomies/`; users add theirs in the same form.
Loading checks them; a bad file is refused with the place and the remedy, never half loaded.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from enum import StrEnum
from importlib import resources
from pathlib import Path

import msgspec
from msgspec import Struct

from curation.errors import TaxonomyError

CODE_LETTERS = "bdefghilmnopqstvwxyz"
"""Letters allowed in two-key codes."""


class Applies(StrEnum):
    """What kind of place a category may be put at."""

    CALL = "call"
    STEP = "step"
    USER = "user"
    TRAJECTORY = "trajectory"
    ANY = "any"


class Category(Struct, frozen=True, forbid_unknown_fields=True):
    """One error class."""

    name: str
    """Stable name, stored with every mark."""
    title: str
    definition: str
    """One or two sentences: when it applies and when it does not."""
    code: str
    """Two lower-case letters or digits that place it by keyboard; unique in its taxonomy."""
    group: str = ""
    """Heading it stands under on screen; also the broader class."""
    example: str = ""
    applies: Applies = Applies.ANY
    canonical: str = ""
    """Name of the canonical category it corresponds to (methods crosswalk); "" when none does."""


class Taxonomy(Struct, frozen=True, forbid_unknown_fields=True):
    """A versioned set of categories."""

    name: str
    title: str
    version: int
    source: str
    """Paper or project the classes come from."""
    description: str
    categories: tuple[Category, ...]

    def get(self, category: str) -> Category | None:
        """The category called `category`, or None."""
        return next((c for c in self.categories if c.name == category), None)


def parse_taxonomy(text: str, where: str) -> Taxonomy:
    """Read a taxonomy from TOML.

    Raises:
        TaxonomyError: not TOML, a key missing or unknown, names or codes repeated.
    """
    try:
        taxonomy = msgspec.convert(tomllib.loads(text), Taxonomy)
    except tomllib.TOMLDecodeError as problem:
        raise TaxonomyError(
            f"This is not TOML: {problem}.", where=where, hint="Correct that line."
        ) from None
    except msgspec.ValidationError as problem:
        raise TaxonomyError(
            f"{problem}.",
            where=where,
            hint="A taxonomy has name, title, version, source, description and [[categories]] "
            "with name, title, definition and code.",
        ) from None
    _refuse_repeats(taxonomy, where)
    return taxonomy


def _refuse_repeats(taxonomy: Taxonomy, where: str) -> None:
    if not taxonomy.categories:
        raise TaxonomyError("It has no categories.", where=where, hint="Add one [[categories]].")
    for field in ("name", "code"):
        counts = Counter(getattr(c, field) for c in taxonomy.categories)
        repeated = sorted(value for value, n in counts.items() if n > 1)
        if repeated:
            raise TaxonomyError(
                f"The {field} {', '.join(repeated)} is used twice.",
                where=where,
                hint=f"Give every category its own {field}.",
            )
    for category in taxonomy.categories:
        if len(category.code) != 2 or not category.code.isalnum() or not category.code.islower():
            raise TaxonomyError(
                f"The code {category.code!r} of {category.name} cannot be typed.",
                where=where,
                hint="A code is two lower-case letters, or a letter and a digit.",
            )


def load_taxonomy(path: Path) -> Taxonomy:
    """Read one file; see `parse_taxonomy` for what is refused."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise TaxonomyError(
            f"The file cannot be read: {problem}.", where=str(path), hint="Check path and encoding."
        ) from None
    return parse_taxonomy(text, str(path))


def builtin_taxonomies() -> list[Taxonomy]:
    """Every taxonomy shipped with Loopwright, the canonical one first."""
    folder = resources.files("curation.taxonomies")
    found = [
        parse_taxonomy(entry.read_text(encoding="utf-8"), entry.name)
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return sorted(found, key=lambda t: (t.name != "canonical", t.name))
