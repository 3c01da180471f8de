"""Card numbers: a length and prefix that a card network issues (ISO/IEC 7812), written plainly or
in the groups of a card, and right by Luhn's checksum. One in ten random numbers passes Luhn, so
the prefix matters. The test numbers of payment providers are examples."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.disclosing import DISCLOSURES, Disclosure, DisclosureGroup, Hit, stands_alone
from curation.disclosures.phone import digits

_WRITTEN = re.compile(
    r"[3-6]\d{12,18}|[3-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}|3\d{3}([ -])\d{6}\2\d{5}"
)
_ISSUED = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|"
    r"6(?:011|4[4-9]\d|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}"
)
_TEST_NUMBERS = (
    "4111111111111111 4012888888881881 4242424242424242 4000056655665556 4000000000000002 "
    "5555555555554444 5105105105105100 5200828282828210 2223003122003222 378282246310005 "
    "371449635398431 378734493671000 6011111111111117 6011000990139424 30569309025904 "
    "38520000023237 3056930009020004 3530111333300000 3566002020360505 4532015112830366 "
    "4539578763621486 4916338506082832"
)
_TESTS = frozenset(_TEST_NUMBERS.split())


def find(text: str) -> Iterator[Hit]:
    """Every card number."""
    for match in _WRITTEN.finditer(text):
        start, end = match.span()
        number = digits(match[0])
        if not _ISSUED.fullmatch(number) or not luhn(number):
            continue
        if not stands_alone(text, start, end) or (start and text[start - 1] in "-.+/"):
            continue
        if end < len(text) and text[end] in "-./" and text[end + 1 : end + 2].isdigit():
            continue
        yield Hit(start, end, number in _TESTS or len(set(number)) < 4)


def luhn(number: str) -> bool:
    """Whether the last digit is the check digit of those before."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        n = int(digit) * (2 if place % 2 else 1)
        total += n - 9 if n > 9 else n
    return total % 10 == 0


DISCLOSURES.register(
    Disclosure(
        name="credit-card",
        title="Card number",
        description="A payment card, right by prefix, length and Luhn; not test numbers.",
        group=DisclosureGroup.PERSONAL,
        tag="CARD",
        find=find,
        shape=b"0" * 13,
        canonical=digits,
        rank=20,
    ),
    __name__,
)
