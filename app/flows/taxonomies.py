"""Taxonomies: which are in force, adding one of your own, and what a new version would break."""

from __future__ import annotations

import re

from msgspec import Struct

from curation.errors import TaxonomyError
from curation.taxonomy import Taxonomy, parse_taxonomy
from curation.taxonomy_change import Changed, Removed, compare
from storage import taxonomies
from storage.category_use import CategoryUse, use_of
from storage.engine import Store


class RemovedInUse(Struct, frozen=True):
    """A category that a new version does not have, with what stands in it."""

    removed: Removed
    use: CategoryUse


class ChangePreview(Struct, frozen=True):
    """What would be different with a new version of a taxonomy in force."""

    name: str
    title: str
    version: int
    before: int | None
    """The version in force; None when the taxonomy is new."""
    added: tuple[str, ...]
    removed: tuple[RemovedInUse, ...]
    changed: tuple[Changed, ...]
    narrowed: dict[str, CategoryUse]
    """Categories that apply to less, with what stands in them."""
    categories: tuple[str, ...]
    """Names of the new version's categories."""

    @property
    def losing(self) -> tuple[RemovedInUse, ...]:
        """Removed ones with marks that the new version has no name for."""
        return tuple(r for r in self.removed if r.use.marks > 0 and r.removed.becomes is None)


def list_taxonomies(store: Store) -> list[Taxonomy]:
    """Every taxonomy in its version in force, the canonical one first."""
    with store.read() as conn:
        return taxonomies.list_taxonomies(conn)


def add_taxonomy(store: Store, toml: str, where: str) -> Taxonomy:
    """Check and store a user's taxonomy.

    Raises:
        TaxonomyError: malformed or not newer than the one in force.
    """
    with store.write() as conn:
        return taxonomies.add_taxonomy(conn, toml, where)


def preview_change(store: Store, toml: str, where: str) -> ChangePreview:
    """What adding this text would change; nothing is stored.

    Raises:
        TaxonomyError: malformed, or not newer than the one in force.
    """
    after = parse_taxonomy(toml, where)
    with store.read() as conn:
        before = taxonomies.refuse_old_version(conn, after, where)
        use = use_of(conn, after.name) if before is not None else {}
    unused = CategoryUse()
    if before is None:
        names = tuple(c.name for c in after.categories)
        return ChangePreview(after.name, after.title, after.version, None, names, (), (), {}, names)
    change = compare(before, after)
    orphans = {c for c in use if before.get(c) is None and after.get(c) is None}
    removed = [RemovedInUse(r, use.get(r.category, unused)) for r in change.removed]
    removed += [RemovedInUse(Removed(c, c, after.renamed.get(c)), use[c]) for c in sorted(orphans)]
    return ChangePreview(
        name=after.name,
        title=after.title,
        version=after.version,
        before=before.version,
        added=change.added,
        removed=tuple(removed),
        changed=change.changed,
        narrowed={
            c.category: use[c.category] for c in change.changed if c.narrows and c.category in use
        },
        categories=tuple(c.name for c in after.categories),
    )


_TABLE = re.compile(r"^\[renamed\][ \t]*$", re.MULTILINE)


def with_renames(toml: str, renames: dict[str, str]) -> str:
    """The text of a taxonomy with further lines in its table `[renamed]`.

    Raises:
        TaxonomyError: it has such a table in a form that cannot be added to.
    """
    if not renames:
        return toml
    lines = "".join(f"{_quoted(old)} = {_quoted(new)}\n" for old, new in renames.items())
    found = _TABLE.search(toml)
    if found is not None:
        return f"{toml[: found.end()]}\n{lines.rstrip()}{toml[found.end() :]}"
    if parse_taxonomy(toml, "the text").renamed:
        raise TaxonomyError(
            "The text says what was renamed, but not in a table that can be added to.",
            where="renamed",
            hint="Write [renamed] on a line of its own, at the end of the text.",
        )
    return f"{toml.rstrip()}\n\n[renamed]\n{lines}"


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def preview_text(found: ChangePreview) -> str:
    """The preview for a terminal, a line for each thing that changes."""
    if found.before is None:
        return f"{found.name} is new: {len(found.categories)} categories."
    lines = [f"{found.name}: version {found.before} -> {found.version}"]
    lines += [f"  added    {name}" for name in found.added]
    for one in found.removed:
        to = one.removed.becomes
        fate = f"is called {to} now" if to else "loses its name" if one.use.marks else "not used"
        lines.append(f"  removed  {one.removed.category}: {used(one.use)}; {fate}")
    lines += [f"  changed  {c.category}, {c.what}: {c.before} -> {c.after}" for c in found.changed]
    lines += [f"  narrowed {name}: {used(use)}" for name, use in found.narrowed.items()]
    return "\n".join(lines)


def used(use: CategoryUse) -> str:
    """How much stands in a category, in words."""
    marks = f"{use.marks:,} mark{'' if use.marks == 1 else 's'}"
    return f"{marks} in {use.trajectories:,} trajectories, {use.decided:,} decided"
