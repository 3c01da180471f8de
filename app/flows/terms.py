"""Licence and origin of datasets: what the data lead says, and what stands beside the data.

A dataset card of the Hugging Face hub (`README.md` with a header) that lies beside imported files
names a licence; it is taken over where nobody has said anything else. Nothing is guessed: what is
not known stays unknown, and the card of an export says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from curation.errors import LoopwrightError
from curation.export_sources import Terms
from storage.annotators import AnnotatorInfo
from storage.datasets import dataset_id, find_dataset
from storage.engine import Store
from storage.terms import DescribedDataset, add_terms, described_datasets

__all__ = ["DescribedDataset", "describe", "list_described", "take_over"]

LONGEST = 2_000
"""Characters of a citation; of the others a tenth."""

_HEADER_BYTES = 64 << 10
_LICENSE = re.compile(r"^license(?:_name)?:[ \t]*['\"]?([^\s'\"#\[\]{}|>][^'\"#\n\[\]{}]*)", re.M)


class TermsError(LoopwrightError):
    """What was said of a dataset cannot be kept."""


def list_described(store: Store) -> list[DescribedDataset]:
    """Every dataset with what is known of its licence and origin."""
    with store.read() as conn:
        return described_datasets(conn)


def describe(
    store: Store,
    name: str,
    who: AnnotatorInfo,
    *,
    license: str | None = None,
    source_url: str | None = None,
    citation: str | None = None,
) -> DescribedDataset:
    """Say under which licence a dataset may be used and where it is from; None leaves it as it is.

    Raises:
        NotFound: there is no such dataset.
        TermsError: nothing is said, it is too long, or the address is none.
    """
    given = {"license": license, "source_url": source_url, "citation": citation}
    said = {key: " ".join(text.split()) for key, text in given.items() if text is not None}
    if not said:
        raise TermsError("Nothing was said.", hint="Give --license, --source or --citation.")
    for key, text in said.items():
        if len(text) > (LONGEST if key == "citation" else LONGEST // 10):
            raise TermsError(f"The {key.replace('_', ' ')} is too long.", hint="Shorten it.")
    url = said.get("source_url")
    if url and not url.startswith(("https://", "http://")):
        raise TermsError(
            f"{url!r} is no address.",
            where="source",
            hint="Write it with https://; what is no address belongs into the citation.",
        )
    with store.write() as conn:
        number = dataset_id(conn, name)
        before = next(one for one in described_datasets(conn) if one.name == name)
        if replace(before.terms, **said) != before.terms:
            add_terms(conn, number, replace(before.terms, **said), who.id)
        return next(one for one in described_datasets(conn) if one.name == name)


def take_over(store: Store, name: str, paths: Sequence[Path]) -> Terms | None:
    """Keep the licence that a dataset card beside the files names, where nobody said anything.

    Returns what was kept; None for nothing.
    """
    license = next((found for path in paths if (found := license_beside(path))), "")
    if not license:
        return None
    with store.write() as conn:
        number = find_dataset(conn, name)
        known = {one.name: one for one in described_datasets(conn)}
        if number is None or known[name].said_at is not None:
            return None
        add_terms(conn, number, Terms(license=license), None)
    return Terms(license=license)


def license_beside(path: Path) -> str:
    """The licence in the header of the `README.md` in a folder, or beside a file; "" for none."""
    folder = path if path.is_dir() else path.parent
    try:
        with (folder / "README.md").open("rb") as file:
            text = file.read(_HEADER_BYTES).decode(errors="replace").replace("\r\n", "\n")
    except OSError:
        return ""
    if not text.startswith("---\n"):
        return ""
    header, closing, _ = text[4:].partition("\n---")
    found = _LICENSE.search(header) if closing else None
    return found[1].strip()[: LONGEST // 10] if found else ""
