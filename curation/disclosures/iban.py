"""Bank accounts as IBAN (ISO 13616): a country that has them, its length, and the check digits
(mod 97). The numbers of the standard's own examples are examples."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.disclosing import DISCLOSURES, Disclosure, DisclosureGroup, Hit, stands_alone

_BEGINS = re.compile(r"[A-Z]{2}\d\d ?[A-Z0-9]{4}")
_COUNTRIES = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 "
    "EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 "
    "IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 "
    "NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 "
    "TN24 TR26 UA29 VA22 VG24 XK20"
)
_LENGTHS = {pair[:2]: int(pair[2:]) for pair in _COUNTRIES.split()}
_OF_STANDARDS = (
    "DE89370400440532013000 GB29NWBK60161331926819 GB82WEST12345698765432 GB33BUKB20201555555555 "
    "FR1420041010050500013M02606 FR7630006000011234567890189 NL91ABNA0417164300 "
    "ES9121000418450200051332 CH9300762011623852957 BE68539007547034 IT60X0542811101000000123456 "
    "AT611904300234573201 DE75512108001245126199 IE29AIBK93115212345678"
)
_EXAMPLES = frozenset(_OF_STANDARDS.split())


def find(text: str) -> Iterator[Hit]:
    """Every account."""
    for match in _BEGINS.finditer(text):
        start = match.start()
        length = _LENGTHS.get(text[start : start + 2])
        if length is None:
            continue
        end = _end(text, start, length)
        if end is None or not stands_alone(text, start, end):
            continue
        account = plain(text[start:end])
        if is_right(account):
            yield Hit(start, end, account in _EXAMPLES or len(set(account[4:])) < 4)


def _end(text: str, start: int, length: int) -> int | None:
    """Where `length` letters and digits end, in groups of four or without a space."""
    place, n = start, 0
    while n < length and place < len(text):
        c = text[place]
        if c == " " and n and n % 4 == 0 and text[place - 1] != " ":
            place += 1
            continue
        if not (c.isascii() and c.isalnum() and not c.islower()):
            return None
        place += 1
        n += 1
    return place if n == length else None


def plain(written: str) -> str:
    """Without spaces."""
    return written.replace(" ", "")


def is_right(account: str) -> bool:
    """Whether the check digits fit (ISO 7064, mod 97-10)."""
    moved = account[4:] + account[:4]
    return int("".join([str(int(c, 36)) for c in moved])) % 97 == 1


DISCLOSURES.register(
    Disclosure(
        name="iban",
        title="Bank account (IBAN)",
        description="An account of the right length and check digits; not those of standards.",
        group=DisclosureGroup.PERSONAL,
        tag="IBAN",
        find=find,
        shape=b"AA00",
        longer_shapes=(b"AA000000", b"AA00AAAA", b"AA00A000", b"AA00AA00"),
        canonical=plain,
        rank=10,
    ),
    __name__,
)
