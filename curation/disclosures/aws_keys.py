"""Access key ids of AWS. The secret beside one is found as an assignment."""

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

_KEY = re.compile(r"A(?:KIA|SIA)[A-Z0-9]{16}")


def find(text: str) -> Iterator[Hit]:
    """Every key id."""
    for match in _KEY.finditer(text):
        if stands_alone(text, *match.span()):
            yield Hit(*match.span(), is_made_up(match[0]))


DISCLOSURES.register(
    Disclosure(
        name="aws-key",
        title="AWS access key",
        description="Access key ids (AKIA…, ASIA…).",
        group=DisclosureGroup.SECRET,
        tag="AWS_KEY",
        find=find,
        has_run=True,
        literals=(b"akia", b"asia"),
        rank=2,
    ),
    __name__,
)
