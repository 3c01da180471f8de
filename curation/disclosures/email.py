"""E-mail addresses. RFC 2606 reserves `example.*`, `.test`, `.example`, `.invalid`, `.localhost`;
further domains are placeholders by custom. What only looks like one (`logo@2x.png`,
`git@github.com`) is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.disclosing import DISCLOSURES, Disclosure, DisclosureGroup, Hit, after_escape

_LOCAL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}\Z")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9\-]{1,63}\.){1,8}([A-Za-z]{2,24})(?![A-Za-z0-9\-])")
_RESERVED = frozenset({"example", "test", "invalid", "localhost", "local"})
_BY_CUSTOM = (
    "test.com domain.com yourdomain.com mydomain.com email.com mail.com company.com "
    "yourcompany.com acme.com acmecorp.com sample.com demo.com website.com abc.com xyz.com "
    "fake.com fakemail.com foo.com bar.com corp.com business.com"
)
_PLACEHOLDERS = frozenset(_BY_CUSTOM.split())
_NO_NAMES = (
    "email user username example name firstname firstnamelastname test testuser someone somebody "
    "johndoe janedoe jdoe youremail yourname youraddress myemail sample placeholder abc xyz foo "
    "bar recipient sender"
)
_NOBODY = frozenset(_NO_NAMES.split())
_ENDINGS = "png jpg jpeg gif svg webp js ts py css json txt html md so dll"
_FILES = frozenset(_ENDINGS.split())
_SERVICES = frozenset({"git", "hg", "svn"})


def find(text: str) -> Iterator[Hit]:
    """Every address."""
    at = text.find("@")
    while at >= 0:
        hit = _around(text, at)
        if hit is not None:
            yield hit
        at = text.find("@", at + 1)


def _around(text: str, at: int) -> Hit | None:
    domain = _DOMAIN.match(text, at + 1)
    if domain is None or domain[1].lower() in _FILES:
        return None
    before = text[max(0, at - 64) : at]
    local = _LOCAL.search(before)
    if local is None:
        return None
    start = after_escape(text, at - len(local[0]))
    while start < at and text[start] in ".-%+":
        start += 1
    name = text[start:at].lower()
    if not name or name in _SERVICES or name.endswith("."):
        return None
    is_example = name.replace(".", "") in _NOBODY or _is_example(domain[0].lower())
    return Hit(start, domain.end(), is_example)


def _is_example(domain: str) -> bool:
    labels = domain.split(".")
    return (
        labels[-1] in _RESERVED
        or "example" in (labels[0], labels[-2])
        or ".".join(labels[-2:]) in _PLACEHOLDERS
    )


DISCLOSURES.register(
    Disclosure(
        name="email",
        title="E-mail address",
        description="An address; not those of example domains.",
        group=DisclosureGroup.PERSONAL,
        tag="EMAIL",
        find=find,
        literals=(b"@",),
        canonical=str.lower,
        rank=40,
    ),
    __name__,
)
