"""JSON Web Tokens (RFC 7519): three parts of base64url of which the first names an algorithm."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from curation.disclosing import DISCLOSURES, Disclosure, DisclosureGroup, Hit, stands_alone

_PART = r"[A-Za-z0-9_\-]"
_TOKEN = re.compile(
    rf"(?:(?<![\w\-])|(?<=\\[nrt]))eyJ{_PART}{{8,400}}\.{_PART}{{8,4000}}\.{_PART}{{8,1000}}"
)
_EXAMPLES = ("SflKxwRJSMeKKF2QT4", "1234567890", "John Doe")
"""What the token of jwt.io has in its signature or in its claims."""


def find(text: str) -> Iterator[Hit]:
    """Every token."""
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        header, claims, signature = match[0].split(".")
        if not stands_alone(text, start, end) or '"alg"' not in _decoded(header):
            continue
        known = _decoded(claims) + signature
        yield Hit(start, end, any(part in known for part in _EXAMPLES))


def _decoded(part: str) -> str:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode(errors="replace")
    except (binascii.Error, ValueError):
        return ""


DISCLOSURES.register(
    Disclosure(
        name="jwt",
        title="JSON Web Token",
        description="Signed tokens; not the one of jwt.io.",
        group=DisclosureGroup.SECRET,
        tag="JWT",
        find=find,
        has_run=True,
        literals=(b"eyj",),
        rank=1,
    ),
    __name__,
)
