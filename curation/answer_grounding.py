"""Which amounts and codes of an answer come from nowhere: neither said, nor given, nor worked out.

The assistant's answers after tool results are held against everything before them: the other
messages and the arguments of the calls. A number that is the sum, difference or small multiple of
numbers given there counts as worked out. Dates, times and small numbers are left alone: answers
put them in their own words. (methods, HiTEC and ToolACE: hallucinated results.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from curation.call_context import CallContext
from curation.origins import stands_in
from curation.trajectory import Role

_CODE = r"\b(?=[A-Za-z#_-]{1,60}\d|\d{1,60}[A-Za-z#_-])[A-Za-z0-9#_-]{5,80}\b"
_AMOUNT = r"(?<![\w.,:/-])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w:/-])|(?<![\w.,:/-])\d+\.\d+(?![\w:/-])"
_WHOLE = r"(?<![\w.,:/-])\d{3,}(?![\w:/.-])"
_MENTION = re.compile(f"{_CODE}|{_AMOUNT}|{_WHOLE}")
_TRACES = re.compile(r"\d{3}|\d\.\d|[A-Za-z#_-]\d|\d[A-Za-z#_-]")
"""In every text that holds a mention; quicker to look for."""
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|-\w+)\Z|(?:19|20)\d\d\Z|\d+[a-z]{1,3}\Z", re.IGNORECASE)
"""`3rd`, `24-hour`, years, `15km`: words of an answer's own."""
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
MOST_NUMBERS = 400
"""With more numbers given than this, nearly everything is a sum of two of them: nothing is said."""


def unsupported_mentions(
    roles: Sequence[Role], texts: Sequence[str], calls: Sequence[CallContext]
) -> Iterator[tuple[int, str]]:
    """(message index, mention) of answers given after a result, in order, each mention once."""
    said: list[str] = []
    told = False  # whether there was a result
    by_message: dict[int, list[str]] = {}
    for call in calls:
        by_message.setdefault(call.message_index, []).append(call.call.raw_arguments)
    for index, (role, text) in enumerate(zip(roles, texts, strict=True)):
        if role is Role.ASSISTANT and told and index not in by_message and _TRACES.search(text):
            mentions = dict.fromkeys(m[0] for m in _MENTION.finditer(text))
            if mentions:
                yield from ((index, m) for m in _unsupported(list(mentions), "\n".join(said)))
        told = told or role is Role.TOOL
        said.append(text)
        said.extend(by_message.get(index, ()))


def _unsupported(mentions: list[str], given: str) -> list[str]:
    left = [m for m in mentions if not stands_in(given, m) and not _ORDINAL.match(m)]
    if not left:
        return []
    plain = _THOUSANDS.sub("", given)
    left = [m for m in left if m.lower() not in plain.lower()]
    amounts = [m for m in left if _is_amount(m)]
    if not amounts:
        return left
    numbers = {round(float(n), 2) for n in _NUMBER.findall(plain)}
    if len(numbers) > MOST_NUMBERS:
        return [m for m in left if not _is_amount(m)]
    return [m for m in left if not (_is_amount(m) and _is_worked_out(_value(m), numbers))]


def _is_amount(mention: str) -> bool:
    return mention[0].isdigit() and mention.replace(",", "").replace(".", "").isdigit()


def _value(mention: str) -> float:
    return round(float(mention.replace(",", "")), 2)


def _is_worked_out(value: float, numbers: set[float]) -> bool:
    """Whether a number is given, or is made of given ones by one step of arithmetic."""
    if value in numbers or _truncated(value, numbers):
        return True
    return any(
        round(value - n, 2) in numbers
        or round(value + n, 2) in numbers
        or (n and (round(value / n, 2) in _FACTORS or round(n / value, 2) in _FACTORS))
        for n in numbers
        if value
    )


def _truncated(value: float, numbers: set[float]) -> bool:
    """Rounded in the answer: 12.3 for 12.34."""
    return any(abs(value - n) < 0.051 or (n and abs(value - n) / n < 0.0006) for n in numbers)


_FACTORS = frozenset(float(n) for n in range(2, 13)) | {100.0, 1000.0}
