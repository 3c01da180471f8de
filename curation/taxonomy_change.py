"""What a new version of a taxonomy changes, and what a mark made under an older one is called now.

Marks keep the category they were made with. A version says in its table `[renamed]` what an older
name is called in it; whoever reads marks for people or for training asks `renamed`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from curation.annotation import Annotation
from curation.taxonomy import Applies, Category, Taxonomy

Renames = Mapping[tuple[str, str], str]
"""(taxonomy, older category) -> its name in the version in force."""

NEAR = 0.6
"""Likeness (`difflib` ratio) of names from which one is taken for the other, respelled."""


class Changed(Struct, frozen=True):
    """A category of both versions, one property of which is different."""

    category: str
    what: str
    """title, code, definition, applies or canonical."""
    before: str
    after: str
    narrows: bool = False
    """Whether marks that stand may be at places where it applies no more."""


class Removed(Struct, frozen=True):
    """A category that the new version does not have."""

    category: str
    title: str
    becomes: str | None = None
    """What the new version says it is called now."""
    likely: str | None = None
    """The new category with its code, else with a near name; None when there is none."""


class TaxonomyChange(Struct, frozen=True):
    """Two versions of a taxonomy beside each other."""

    added: tuple[str, ...]
    """Names of categories that only the new version has."""
    removed: tuple[Removed, ...]
    changed: tuple[Changed, ...]


def compare(before: Taxonomy, after: Taxonomy) -> TaxonomyChange:
    """What becomes different when `after` takes the place of `before`."""
    kept = [(c, now) for c in before.categories if (now := after.get(c.name)) is not None]
    gone = [c for c in before.categories if after.get(c.name) is None]
    new = [c for c in after.categories if before.get(c.name) is None]
    return TaxonomyChange(
        added=tuple(c.name for c in new),
        removed=tuple(
            Removed(c.name, c.title, after.renamed.get(c.name), _likely(c, new)) for c in gone
        ),
        changed=tuple(change for old, now in kept for change in _changes(old, now)),
    )


def _changes(before: Category, after: Category) -> list[Changed]:
    found: list[Changed] = []
    for what in ("title", "code", "definition", "applies", "canonical"):
        old, now = getattr(before, what), getattr(after, what)
        if old != now:
            narrows = what == "applies" and now is not Applies.ANY
            found.append(Changed(before.name, what, str(old), str(now), narrows))
    return found


def _likely(gone: Category, new: list[Category]) -> str | None:
    same_code = next((c.name for c in new if c.code == gone.code), None)
    if same_code is not None:
        return same_code
    by_name = {c.name.casefold(): c.name for c in new} | {c.title.casefold(): c.name for c in new}
    for spelled in (gone.name.casefold(), gone.title.casefold()):
        near = difflib.get_close_matches(spelled, by_name, n=1, cutoff=NEAR)
        if near:
            return by_name[near[0]]
    return None


def gathered(older: Mapping[str, str], taxonomy: Taxonomy) -> dict[str, str]:
    """The renames of a version with those of the versions before it, as far as they still hold.

    Args:
        older: category -> its name in the version before.
    """
    onward = {old: taxonomy.renamed.get(new, new) for old, new in older.items()}
    known = {c.name for c in taxonomy.categories}
    both = onward | taxonomy.renamed
    return {old: new for old, new in both.items() if old not in known and new in known}


def renamed(annotation: Annotation, renames: Renames) -> Annotation:
    """The annotation with its marks under the names that hold now."""
    if not any((m.taxonomy, m.category) in renames for m in annotation.marks):
        return annotation
    marks = tuple(
        replace(m, category=renames.get((m.taxonomy, m.category), m.category))
        for m in annotation.marks
    )
    return replace(annotation, marks=marks)
