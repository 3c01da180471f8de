"""Error taxonomies: versioned sets of categories that annotators put at anchors.

Built-in taxonomies are TOML files in `curation/taxonomies/`; users add theirs in the same form.
Loading checks them; a bad file is refused with the place and the remedy, never half loaded.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from curation.errors import TaxonomyError

CANONICAL = "canonical"
"""Name of the taxonomy that the `canonical` key of every category refers to."""

_CODE = re.compile(r"[a-z][a-z0-9]")
_CATEGORY_PATH = re.compile(r" - at `\$\.categories\[(\d+)\](?:\.(\w+))?`")
_KEYS = (
    "A taxonomy has name, title, version (a number), source, description and [[categories]]; "
    "a category has name, title, definition and code, and may have group, example, "
    "applies (call, step, user, trajectory or any) and canonical. A later version may say in "
    '[renamed] what an older category is called now: "old-name" = "new-name".'
)


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
    renamed: dict[str, str] = {}
    """Name of a category in an older version -> what it is called in this one."""

    def get(self, category: str) -> Category | None:
        """The category called `category`, or None."""
        return next((c for c in self.categories if c.name == category), None)


def parse_taxonomy(text: str, where: str) -> Taxonomy:
    """Read a taxonomy from TOML.

    Raises:
        TaxonomyError: empty, not TOML, a key missing, unknown or blank, names or codes repeated,
            a code that cannot be typed, a canonical reference that does not exist.
    """
    if not text.strip():
        raise TaxonomyError("The file is empty.", where=where, hint=_KEYS)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise TaxonomyError(
            f"This is not TOML: {problem}.",
            where=where,
            hint="Correct the text at that place; text values stand in double quotes.",
        ) from None
    try:
        taxonomy = msgspec.convert(data, Taxonomy)
    except msgspec.ValidationError as problem:
        raise TaxonomyError(_readable(str(problem), data), where=where, hint=_KEYS) from None
    _refuse_blanks(taxonomy, where)
    _refuse_repeats(taxonomy, where)
    _refuse_bad_codes(taxonomy, where)
    _refuse_unknown_canonical(taxonomy, where)
    _refuse_bad_renames(taxonomy, where)
    return taxonomy


def _readable(problem: str, data: dict[str, Any]) -> str:
    """The validator's sentence with the category named instead of a path."""
    match = _CATEGORY_PATH.search(problem)
    if match is None:
        return f"{problem.replace('`$.', '`')}."
    position, field = int(match[1]), match[2]
    entry = data["categories"][position]
    name = entry.get("name") if isinstance(entry, dict) else None
    place = f"category {position + 1}" + (f" ({name})" if name else "")
    return f"{problem[: match.start()]}, in {place}" + (f", key {field}." if field else ".")


def _refuse_blanks(taxonomy: Taxonomy, where: str) -> None:
    if not taxonomy.categories:
        raise TaxonomyError("It has no categories.", where=where, hint="Add one [[categories]].")
    for field in ("name", "title"):
        if not getattr(taxonomy, field).strip():
            raise TaxonomyError(f"The {field} is blank.", where=where, hint=f"Give it a {field}.")
    for number, category in enumerate(taxonomy.categories, start=1):
        for field in ("name", "title", "definition"):
            if not getattr(category, field).strip():
                raise TaxonomyError(
                    f"The {field} of category {number} ({category.name or category.code}) is "
                    "blank.",
                    where=where,
                    hint="Annotators need it to decide; write one or two sentences."
                    if field == "definition"
                    else f"Give the category a {field}.",
                )


def _refuse_repeats(taxonomy: Taxonomy, where: str) -> None:
    for field in ("name", "code"):
        holders: dict[str, list[str]] = {}
        for category in taxonomy.categories:
            holders.setdefault(getattr(category, field), []).append(category.title)
        for value, titles in sorted(holders.items()):
            if len(titles) > 1:
                raise TaxonomyError(
                    f"The {field} {value!r} is used by {' and '.join(titles)}.",
                    where=where,
                    hint=f"Give every category its own {field}.",
                )


def _refuse_bad_codes(taxonomy: Taxonomy, where: str) -> None:
    for category in taxonomy.categories:
        if not _CODE.fullmatch(category.code):
            raise TaxonomyError(
                f"The code {category.code!r} of {category.name} cannot be typed.",
                where=where,
                hint="A code is two lower-case letters a to z, or a letter and a digit.",
            )


def _refuse_bad_renames(taxonomy: Taxonomy, where: str) -> None:
    for old, new in taxonomy.renamed.items():
        if taxonomy.get(old) is not None:
            raise TaxonomyError(
                f"{old} is renamed to {new}, but there still is a category {old}.",
                where=where,
                hint="Remove the category, or the line under [renamed].",
            )
        if taxonomy.get(new) is None:
            raise TaxonomyError(
                f"{old} is renamed to {new}, which does not exist.",
                where=where,
                hint=f"There are: {', '.join(c.name for c in taxonomy.categories)}.",
            )


def _refuse_unknown_canonical(taxonomy: Taxonomy, where: str) -> None:
    if not any(c.canonical for c in taxonomy.categories):
        return
    known = (
        [c.name for c in taxonomy.categories] if taxonomy.name == CANONICAL else _canonical_names()
    )
    for category in taxonomy.categories:
        if category.canonical and category.canonical not in known:
            near = difflib.get_close_matches(category.canonical.upper(), known, n=1, cutoff=0.5)
            raise TaxonomyError(
                f"The canonical {category.canonical!r} of {category.name} does not exist.",
                where=where,
                hint=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}.",
            )


@cache
def _canonical_names() -> tuple[str, ...]:
    return tuple(c.name for c in _builtin(f"{CANONICAL}.toml").categories)


@cache
def _builtin(file_name: str) -> Taxonomy:
    entry = resources.files("curation.taxonomies") / file_name
    return parse_taxonomy(entry.read_text(encoding="utf-8"), file_name)


def load_taxonomy(path: Path) -> Taxonomy:
    """Read one file; see `parse_taxonomy` for what is refused."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise TaxonomyError(
            f"The file cannot be read: {problem}.",
            where=str(path),
            hint="Check the path; the text must be UTF-8.",
        ) from None
    return parse_taxonomy(text, str(path))


def builtin_taxonomies() -> list[Taxonomy]:
    """Every taxonomy shipped with Loopwright, the canonical one first."""
    names = [e.name for e in resources.files("curation.taxonomies").iterdir()]
    found = [_builtin(name) for name in names if name.endswith(".toml")]
    return sorted(found, key=lambda t: (t.name != CANONICAL, t.name))
