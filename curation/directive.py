"""What a new sample is to vary, as a versioned file, and which child of a seed gets which.

Directives are TOML files in `curation/directives/`, found by walking the folder. LoopTool
(arXiv 2511.09148, section 4.4) has four; its released code draws an index from 0 to 6 modulo 4,
which gives the last one half the weight of the others. Here all weigh the same unless told.
"""

from __future__ import annotations

import hashlib
import math
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec
from msgspec import Struct

from curation.errors import ExpansionError

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEYS = (
    "A directive has name (lower case, with hyphens), title, version (a number from 1), source and "
    "instructions."
)
_TURN = 2**32


class Directive(Struct, frozen=True, forbid_unknown_fields=True):
    """A versioned text that says what a new sample is to vary."""

    name: str
    title: str
    version: int
    source: str
    """Paper or project the idea comes from; the words are our own."""
    instructions: str

    @property
    def key(self) -> str:
        """`name@version`, as stored with samples."""
        return f"{self.name}@{self.version}"


def parse_directive(text: str, where: str) -> Directive:
    """Read a directive from TOML.

    Raises:
        ExpansionError: not TOML, a key missing, unknown or blank, an unusable name or version.
    """
    try:
        found = msgspec.convert(tomllib.loads(text), Directive)
    except tomllib.TOMLDecodeError as problem:
        raise ExpansionError(
            f"This is not TOML: {problem}.",
            where=where,
            hint="Correct the text at that place; text values stand in double quotes.",
        ) from None
    except msgspec.ValidationError as problem:
        raise ExpansionError(
            f"{str(problem).replace('`$.', '`')}.", where=where, hint=_KEYS
        ) from None
    if not _NAME.fullmatch(found.name) or found.version < 1:
        raise ExpansionError("The name or the version cannot be used.", where=where, hint=_KEYS)
    if not found.title.strip() or not found.instructions.strip():
        raise ExpansionError("The title or the instructions are blank.", where=where, hint=_KEYS)
    return found


@cache
def builtin_directives() -> tuple[Directive, ...]:
    """Every directive shipped with Loopwright, in alphabetical order."""
    folder = resources.files("curation.directives")
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".toml")]
    found = [parse_directive(entry.read_text(encoding="utf-8"), entry.name) for entry in files]
    return tuple(sorted(found, key=lambda one: one.name))


def directive_named(name: str) -> Directive:
    """The directive called `name`.

    Raises:
        ExpansionError: no such directive; the hint lists those that exist.
    """
    known = {one.name: one for one in builtin_directives()}
    if name not in known:
        raise ExpansionError(
            f"No directive is called {name!r}.",
            where="directive",
            hint=f"There are: {', '.join(known)}.",
        )
    return known[name]


def directive_mix(weights: Mapping[str, float] | None) -> dict[str, float]:
    """The weight of every directive that is drawn from, by name.

    Args:
        weights: of those that are wanted; None or {}: all of them alike.

    Raises:
        ExpansionError: an unknown name, a weight that is no number from 0 up, or only zeros.
    """
    mix = {directive_named(name).name: float(weight) for name, weight in (weights or {}).items()}
    mix = mix or {one.name: 1.0 for one in builtin_directives()}
    if any(not math.isfinite(weight) or weight < 0 for weight in mix.values()):
        raise ExpansionError(
            "A directive's weight must be a number from 0 up.",
            where="directive",
            hint="Write NAME=WEIGHT, for example data-variation=2.",
        )
    if not any(mix.values()):
        raise ExpansionError(
            "Every directive has the weight 0.",
            where="directive",
            hint="Give at least one of them more than 0.",
        )
    return {name: mix[name] for name in sorted(mix) if mix[name] > 0}


def drawn(mix: Mapping[str, float], seed_id: str, number: int, run_seed: int = 0) -> str:
    """The directive of one child: a pure function of the seed, the child's number and the run's
    seed, whatever else is asked for.

    The children of a seed take the points of the van der Corput sequence (0, 1/2, 1/4, 3/4, …)
    shifted by a hash of the seed, on a line on which every directive is as long as its weight. So
    each block of four equal directives has every one of them exactly once, and over many seeds
    every first child, second child, … has the shares of the mix.

    Args:
        mix: as `directive_mix` gives it.
        number: 0-based number of the child.
    """
    digest = hashlib.sha256(f"{run_seed}\n{seed_id}".encode()).digest()
    turn = (int.from_bytes(digest[:4], "big") + _van_der_corput(number)) % _TURN
    point = turn / _TURN * math.fsum(mix.values())
    passed = 0.0
    for name in sorted(mix):
        passed += mix[name]
        if point < passed:
            return name
    return max(name for name in mix if mix[name] > 0)  # rounding took the point past the end


def _van_der_corput(number: int) -> int:
    """Element of the sequence in base 2, as a part of `_TURN`."""
    return int(f"{number % _TURN:032b}"[::-1], 2)
