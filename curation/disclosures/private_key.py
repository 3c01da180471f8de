"""Private keys in PEM: the whole block, or what is there of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.disclosing import DISCLOSURES, Disclosure, DisclosureGroup, Hit, is_made_up

_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(r"(?:\\[nrt]|[A-Za-z0-9+/=\s:,.\-]){0,16384}")
_LEAST = 64
"""Characters of a block that could be a key."""


def find(text: str) -> Iterator[Hit]:
    """Every block; one without an end reaches as far as base64 does."""
    place = 0
    while (begin := _BEGIN.search(text, place)) is not None:
        closing = _END.search(text, begin.end(), begin.end() + 16384)
        body = _BODY.match(text, begin.end())
        assert body is not None
        end = closing.end() if closing is not None else body.end()
        while end > begin.end() and text[end - 1].isspace():
            end -= 1
        inside = text[begin.end() : closing.start() if closing is not None else end]
        # Quotes end the text it stands in: a JSON string is not reached beyond.
        if '"' in inside:
            inside = inside.partition('"')[0].rstrip("\\")
            end = begin.end() + len(inside)
        yield Hit(begin.start(), end, len(inside) < _LEAST or is_made_up(inside))
        place = end
    return


DISCLOSURES.register(
    Disclosure(
        name="private-key",
        title="Private key",
        description="PEM blocks of private keys.",
        group=DisclosureGroup.SECRET,
        tag="PRIVATE_KEY",
        find=find,
        has_run=True,
        literals=(b"private key",),
        rank=0,
    ),
    __name__,
)
