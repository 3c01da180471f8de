"""Telephone numbers: international ones with `+`, and North American ones written with separators.

Bare digits are not taken for a number: in tool-use data they are order and account numbers far more
often. Country codes are those the ITU assigns (E.164), North American numbers follow the NANP
(area and exchange begin with 2 to 9). 555 numbers, the UK's drama numbers (Ofcom) and digits that
count or repeat are examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.disclosing import DISCLOSURES, Disclosure, DisclosureGroup, Hit, stands_alone

_INTERNATIONAL = re.compile(r"\+[1-9][0-9 .\-()\u00a0]{6,22}")
_NANP = re.compile(r"(?:\(([2-9]\d\d)\) ?|([2-9]\d\d)[ .\-])([2-9]\d\d)[ .\-](\d{4})")
_TWO_DIGITS = (
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 "
    "65 66 81 82 84 86 90 91 92 93 94 95 98"
)
_TWO = frozenset(_TWO_DIGITS.split())
_THREE = re.compile(
    r"2(?:1[1-368]|[2-5]\d|6[0-9]|9[01789])|3(?:5\d|7[0-8]|8[0-25-79])|42[013]|5(?:0\d|9\d)|"
    r"67[02-9]|68\d|69[0-2]|8(?:00|08|5[02356]|70|8[0368])|9(?:6[0-8]|7[0-79]|9[2-68])"
)
_COUNTING = ("12345678", "23456789", "01234567", "98765432", "87654321")
_DRAMA = ("4477009", "442079460", "44113496", "44161496")


def find(text: str) -> Iterator[Hit]:
    """Every number."""
    for match in _INTERNATIONAL.finditer(text):
        hit = _international(text, match)
        if hit is not None:
            yield hit
    for match in _NANP.finditer(text):
        start, end = match.span()
        if not stands_alone(text, start, end) or text[max(0, start - 3) : start].endswith("+1 "):
            continue
        if (start and text[start - 1] in "+-./#") or text[end : end + 1] in ("-", "/"):
            continue
        area = match[1] or match[2]
        yield Hit(start, end, _is_example(area + match[3] + match[4]))


def _international(text: str, match: re.Match[str]) -> Hit | None:
    start, end = match.span()
    if not stands_alone(text, start, start):
        return None
    while True:
        while not text[end - 1].isdigit():
            end -= 1
        written = text[start:end]
        if _is_assigned(digits(written)):
            break
        # Another number may follow it: without its last group it is one of its own.
        shorter = max(written.rfind(" "), written.rfind("."))
        if shorter < 8:
            return None
        end = start + shorter
    if written.count("(") != written.count(")") or "  " in written or "--" in written:
        return None
    return (
        Hit(start, end, _is_example(_canonical(written)))
        if stands_alone(text, start, end)
        else None
    )


def _is_assigned(found: str) -> bool:
    """Whether the digits are a number of a country, by its code and their count."""
    if found[0] == "1":
        return len(found) == 11 and found[1] not in "01" and found[4] not in "01"
    country = found[0] == "7" or found[:2] in _TWO or _THREE.match(found) is not None
    return country and 8 <= len(found) <= 15


def _is_example(found: str) -> bool:
    return (
        (len(found) == 10 and "555" in (found[:3], found[3:6]))
        or len(set(found)) < 4
        or any(run in found for run in _COUNTING)
        or found.startswith(_DRAMA)
    )


def digits(written: str) -> str:
    """Its digits alone."""
    return "".join([c for c in written if c.isdigit()])


def _canonical(written: str) -> str:
    """The digits; North American numbers without their country code."""
    found = digits(written)
    return found[1:] if len(found) == 11 and found[0] == "1" else found


DISCLOSURES.register(
    Disclosure(
        name="phone",
        title="Telephone number",
        description="International with +, or North American with separators; not 555 numbers.",
        group=DisclosureGroup.PERSONAL,
        tag="PHONE",
        find=find,
        shape=b"0" * 10,
        literals=(b"+",),
        canonical=_canonical,
        rank=50,
    ),
    __name__,
)
