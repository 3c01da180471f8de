"""Tokens of GitHub, which have a prefix since 2021."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.disclosing import (
    DISCLOSURES,
    Disclosure,
    DisclosureGroup,
    Hit,
    is_made_up,
    stands_alone,
)

_TOKEN = re.compile(r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255}")


def find(text: str) -> Iterator[Hit]:
    """Every token."""
    for match in _TOKEN.finditer(text):
        if stands_alone(text, *match.span()):
            yield Hit(*match.span(), is_made_up(match[0]))


DISCLOSURES.register(
    Disclosure(
        name="github-token",
        title="GitHub token",
        description="Personal, app and refresh tokens (ghp_…, github_pat_…).",
        group=DisclosureGroup.SECRET,
        tag="GITHUB_TOKEN",
        find=find,
        has_run=True,
        literals=(b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_"),
        rank=3,
    ),
    __name__,
)
