"""IPv4 addresses, where they are asked for by name: version numbers look like them. Private,
documentation (RFC 5737) and local ranges are examples."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from curation.disclosing import DISCLOSURES, Disclosure, DisclosureGroup, Hit, stands_alone

_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_WRITTEN = re.compile(rf"{_BYTE}\.{_BYTE}\.{_BYTE}\.{_BYTE}")


def find(text: str) -> Iterator[Hit]:
    """Every address."""
    for match in _WRITTEN.finditer(text):
        start, end = match.span()
        around = text[start - 1 : start] + text[end : end + 1]
        if not stands_alone(text, start, end) or "-" in around or text[start - 1 : start] == ".":
            continue
        if text[end : end + 1] == "." and text[end + 1 : end + 2].isdigit():
            continue
        address = ipaddress.IPv4Address(match[0])
        yield Hit(start, end, not address.is_global or match[0] in ("8.8.8.8", "1.1.1.1"))


DISCLOSURES.register(
    Disclosure(
        name="ip-address",
        title="IP address",
        description="A public IPv4 address; only where it is asked for by name.",
        group=DisclosureGroup.PERSONAL,
        tag="IP",
        find=find,
        shape=b"0000",
        rank=60,
        by_default=False,
    ),
    __name__,
)
