"""Secrets and personal data in text: the registry of kinds, and what is found by them.

One kind a file in `curation/disclosures/`. Precision before recall: a kind reports only what its
own grammar and its checksum confirm, because a report full of order numbers is read once and never
again. Values that everybody may use (`example.com`, 555 numbers, test cards, the keys of manuals)
are a class of their own and not reported as personal: synthesized data is full of them.

Written here rather than taken from a library, having looked at three: presidio brings spaCy and a
model (hundreds of MB, milliseconds a message); detect-secrets works line by line on source files
and knows no personal data; phonenumbers carries 8 MB of numbering plans and its matcher takes
milliseconds a message, for numbers that synthesized data hardly has. Exports have under 0.1 ms a
row for this.

Time is linear in the text. Every pattern starts at a literal or a digit, reads a bounded number of
characters and has one way to read them; `Gate` rules kinds out for a whole trajectory by looking
for their literals in its stored bytes, which is all that most trajectories cost.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from curation.registry import Registry


class DisclosureGroup(StrEnum):
    """What a value gives away."""

    SECRET = "secret"
    """Access to something."""
    PERSONAL = "personal"
    """Somebody."""


class Hit(Struct, frozen=True, gc=False):
    """A place in a text."""

    start: int
    end: int
    is_example: bool = False
    """A value made for manuals and tests: nobody's."""


class Disclosure(Struct, frozen=True, kw_only=True):
    """One kind of value."""

    name: str
    title: str
    description: str
    group: DisclosureGroup
    tag: str
    """Of its placeholder: `<EMAIL_1>`."""
    find: Callable[[str], Iterator[Hit]]
    """Every value in a text, in order."""
    literals: tuple[bytes, ...] = ()
    """One of them stands in every text that holds such a value; with `has_run` in lower case."""
    has_run: bool = False
    """Every such value has `RUN` letters or digits in a row."""
    shape: bytes = b""
    """The same for values without a literal: in the text as `Gate` maps it."""
    longer_shapes: tuple[bytes, ...] = ()
    """One of them stands where `shape` does; looked for only then."""
    canonical: Callable[[str], str] = str
    """What equal values have in common, however they are written."""
    rank: int = 0
    """Of two values that overlap the one of the lower rank counts."""
    by_default: bool = True
    """False: only where it is asked for by name."""


DISCLOSURES: Registry[Disclosure] = Registry("disclosure", "curation.disclosures")


class Finding(Struct, frozen=True, gc=False):
    """A value in a text, with its kind."""

    kind: str
    start: int
    end: int
    is_example: bool


RUN = 16
_RUN = b"a" * RUN
_SHAPE = bytes.maketrans(b"123456789BCDEFGHIJKLMNOPQRSTUVWXYZ", b"0" * 9 + b"A" * 25)
"""Digits to 0, capitals to A; what separates groups of digits goes."""
_SEPARATORS = b" .-()"
_WORDS = bytes(ord("a") if chr(code).isalnum() and code < 128 else code for code in range(256))
"""Letters and digits to a."""


class Gate:
    """Which kinds a trajectory may hold at all, by its stored bytes. Nine passes at the speed of
    memory for most, where looking for every literal would be forty."""

    def __init__(self, kinds: Sequence[Disclosure]) -> None:
        self._kinds = sorted(kinds, key=lambda kind: (kind.rank, kind.name))
        self._shapes = tuple({kind.shape for kind in kinds if kind.shape})
        self._plain = tuple({one for kind in kinds if not kind.has_run for one in kind.literals})
        self._runs = any(kind.has_run for kind in kinds)

    def open_to(self, stored: bytes) -> tuple[Disclosure, ...]:
        """The kinds worth looking for, in the order in which they count."""
        mapped = stored.translate(_SHAPE, _SEPARATORS) if self._shapes else b""
        has_run = self._runs and _RUN in stored.translate(_WORDS)
        shapes = [shape for shape in self._shapes if shape in mapped]
        plain = [literal for literal in self._plain if literal in stored]
        if not (has_run or shapes or plain):
            return ()
        lower = stored.lower() if has_run else b""
        return tuple([kind for kind in self._kinds if _opens(kind, mapped, shapes, plain, lower)])


def _opens(
    kind: Disclosure, mapped: bytes, shapes: list[bytes], plain: list[bytes], lower: bytes
) -> bool:
    """Whether the gate is open to a kind; `lower` is empty where no run stands in the text."""
    if kind.shape in shapes:
        longer = kind.longer_shapes
        return not longer or any(one in mapped for one in longer)
    if kind.has_run:
        return any(literal in lower for literal in kind.literals)
    return any(literal in plain for literal in kind.literals)


def found_in(text: str, kinds: Sequence[Disclosure]) -> list[Finding]:
    """Values of these kinds, in order and without overlap; `kinds` in the order they count."""
    found: list[Finding] = []
    for kind in kinds:
        for hit in kind.find(text):
            if all(hit.end <= other.start or hit.start >= other.end for other in found):
                found.append(Finding(kind.name, hit.start, hit.end, hit.is_example))
    if len(found) > 1:
        found.sort(key=lambda one: one.start)
    return found


def kinds_named(names: Sequence[str]) -> tuple[Disclosure, ...]:
    """The kinds of these names; `secrets` and `personal` name a group, without those that have to
    be asked for.

    Raises:
        KeyError: there is no such kind.
    """
    wanted: dict[str, Disclosure] = {}
    for name in names:
        group = {"secrets": DisclosureGroup.SECRET, "personal": DisclosureGroup.PERSONAL}.get(name)
        chosen = (
            [DISCLOSURES.get(name)]
            if group is None
            else [kind for kind in DISCLOSURES if kind.group is group and kind.by_default]
        )
        wanted.update({kind.name: kind for kind in chosen})
    return tuple(wanted.values())


def default_kinds() -> tuple[Disclosure, ...]:
    """Those that are looked for when nobody names any."""
    return tuple(kind for kind in DISCLOSURES if kind.by_default)


def masked(value: str) -> str:
    """A value as reports show it: enough to find it, too little to use it."""
    shown = value[:2] if len(value) >= 8 else ""
    return f"{shown}… ({len(value)} characters)"


_ESCAPE = re.compile(r"u[0-9A-Fa-f]{4}|[nrtbf]")


def after_escape(text: str, start: int) -> int:
    """Where a value begins that was read from `start` on: past the letters of an escape (`\\n`)
    whose backslash stands before them. Arguments and results are JSON text."""
    if start and text[start - 1] == "\\":
        escape = _ESCAPE.match(text, start)
        if escape is not None:
            return escape.end()
    return start


def stands_alone(text: str, start: int, end: int) -> bool:
    """No letter or digit touches it, but for those of an escape."""
    if end < len(text) and (text[end].isalnum() or text[end] == "_"):
        return False
    if not start:
        return True
    before = text[start - 1]
    if not (before.isalnum() or before == "_"):
        return True
    return before in "nrtbf" and start > 1 and text[start - 2] == "\\"


def entropy(text: str) -> float:
    """Shannon entropy of its characters, in bits a character."""
    n = len(text)
    return -sum(k / n * math.log2(k / n) for k in Counter(text).values()) if n else 0.0


_MADE_UP = re.compile(
    r"example|sample|dummy|fake|placeholder|your|mock|redacted|xxxx|\*\*\*|12345678|abcdefg|"
    r"0000000|changeme|secret_?key|_test_|deadbeef",
    re.IGNORECASE,
)


def is_made_up(value: str) -> bool:
    """A key of a manual: it says so, counts up, or hardly varies."""
    return _MADE_UP.search(value) is not None or len(set(value)) < 8
