"""Values that are assigned to a name like `password` or `api_key` and look random.

Random means: 16 or more characters without a space, letters and digits mixed, and 3.5 bits a
character or more. Passwords that people choose are not found so; a rule that finds them finds
every second argument of a login tool.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.disclosing import (
    DISCLOSURES,
    Disclosure,
    DisclosureGroup,
    Hit,
    entropy,
    is_made_up,
)

_NAMES = ("api_key", "apikey", "api-key", "secret", "token", "passwd", "password", "access_key")
_VALUE = re.compile(
    r"[A-Za-z0-9_\-]{0,20}\\{0,3}[\"']?[ \t]{0,3}[:=][ \t]{0,3}\\{0,3}[\"']?"
    r"([A-Za-z0-9_\-+/=.~]{16,200})"
)
_LEAST_ENTROPY = 3.5
_WORDS = re.compile(r"[A-Za-z]+(?:[_.\-/][A-Za-z0-9]+){1,20}|[A-Za-z]+[0-9]{1,6}")
_IN_TURNS = re.compile(r"[0-9]?(?:[A-Za-z][0-9]){6,}[A-Za-z]?")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


def find(text: str) -> Iterator[Hit]:
    """Every value; a name may lead to one twice (`secret_token`), it counts once."""
    seen: set[int] = set()
    lower = text.lower()
    if len(lower) != len(text):
        lower = text  # a letter whose small form is two: places would not agree
    for name in _NAMES:
        place = lower.find(name)
        while place >= 0:
            value = _VALUE.match(text, place + len(name))
            if value is not None and value.start(1) not in seen and _is_random(value[1]):
                seen.add(value.start(1))
                yield Hit(*value.span(1), _is_made_up(value[1]))
            place = lower.find(name, place + len(name))


def _is_random(value: str) -> bool:
    if not (any(c.isdigit() for c in value) and any(c.isalpha() for c in value)):
        return False
    # Names in snake or dotted case, paths and addresses vary too, but are words.
    if _UUID.fullmatch(value) or _WORDS.fullmatch(value):
        return False
    return entropy(value) >= _LEAST_ENTROPY


def _is_made_up(value: str) -> bool:
    """Besides the keys of manuals: letters and digits in turns, as hands on a keyboard write."""
    return _IN_TURNS.fullmatch(value) is not None or is_made_up(value)


DISCLOSURES.register(
    Disclosure(
        name="assigned-secret",
        title="Assigned secret",
        description="A random-looking value of something called password, token, secret or key.",
        group=DisclosureGroup.SECRET,
        tag="SECRET",
        find=find,
        has_run=True,
        literals=tuple(name.encode() for name in _NAMES),
        rank=9,
    ),
    __name__,
)
