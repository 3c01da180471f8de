"""What a judge is to look at, as a versioned file.

Rubrics are TOML files in `curation/rubrics/`, found by walking the folder; people may bring their
own in the same form. A verdict remembers the rubric's name and version, and calibration is kept
apart for each, so a changed text must have a higher version.
"""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from functools import cache
from importlib import resources

import msgspec
from msgspec import Struct

from curation.errors import RubricError

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEYS = (
    "A rubric has name (lower case, with hyphens), title, version (a number from 1), source, about "
    "(pair, answer, results or turn), instructions and [[criteria]]; a criterion has name and "
    "question, and may have weight and must_hold. sub_question = true marks a pass on one aspect "
    "alone, only_calls = true one that is not asked of answers without calls."
)


class About(StrEnum):
    """What a rubric is asked of."""

    PAIR = "pair"
    """Two answers to one step, blind and in both orders; the reply names one of four verdicts."""
    ANSWER = "answer"
    """One answer; the reply says of every criterion whether it holds."""
    RESULTS = "results"
    """The tool results on record before the step; said of every criterion likewise."""
    TURN = "turn"
    """All steps that follow one request, with their results; said of every criterion likewise."""


class Criterion(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to look at."""

    name: str
    question: str
    """Answered with yes where all is well."""
    weight: float = 1.0
    must_hold: bool = False
    """Whether all fails with it (CM2's strict items)."""


class Rubric(Struct, frozen=True, forbid_unknown_fields=True):
    """A versioned text that tells a judge what to look at."""

    name: str
    title: str
    version: int
    source: str
    """Paper or project the criteria come from; the words are our own."""
    about: About
    instructions: str
    criteria: tuple[Criterion, ...]
    sub_question: bool = False
    """Whether it asks after one aspect alone: what it finds is told under its own name."""
    only_calls: bool = False
    """Whether an answer without calls is not asked about."""

    @property
    def key(self) -> str:
        """`name@version`, as stored with votes."""
        return f"{self.name}@{self.version}"


def parse_rubric(text: str, where: str) -> Rubric:
    """Read a rubric from TOML.

    Raises:
        RubricError: not TOML, a key missing, unknown or blank, a name repeated or unusable, a
            weight that is not positive.
    """
    try:
        rubric = msgspec.convert(tomllib.loads(text), Rubric)
    except tomllib.TOMLDecodeError as problem:
        raise RubricError(
            f"This is not TOML: {problem}.",
            where=where,
            hint="Correct the text at that place; text values stand in double quotes.",
        ) from None
    except msgspec.ValidationError as problem:
        raise RubricError(f"{str(problem).replace('`$.', '`')}.", where=where, hint=_KEYS) from None
    wrong = _problems(rubric)
    if wrong:
        raise RubricError(" ".join(wrong), where=where, hint=_KEYS)
    return rubric


def _problems(rubric: Rubric) -> list[str]:
    found = []
    if not _NAME.fullmatch(rubric.name):
        found.append(f"The name {rubric.name!r} cannot be used.")
    if rubric.version < 1:
        found.append("The version must be 1 or more.")
    if not rubric.title.strip() or not rubric.instructions.strip():
        found.append("The title or the instructions are blank.")
    if not rubric.criteria:
        found.append("It has no criteria.")
    names = [criterion.name for criterion in rubric.criteria]
    for criterion in rubric.criteria:
        if not _NAME.fullmatch(criterion.name):
            found.append(f"The name {criterion.name!r} of a criterion cannot be used.")
        if names.count(criterion.name) > 1:
            found.append(f"Two criteria are named {criterion.name!r}.")
        if not criterion.question.strip():
            found.append(f"The question of {criterion.name!r} is blank.")
        if not 0 < criterion.weight < float("inf"):
            found.append(f"The weight of {criterion.name!r} must be more than 0.")
    return found


@cache
def builtin_rubrics() -> tuple[Rubric, ...]:
    """Every rubric shipped with Loopwright, in alphabetical order."""
    files = [e for e in resources.files("curation.rubrics").iterdir() if e.name.endswith(".toml")]
    found = [parse_rubric(e.read_text(encoding="utf-8"), e.name) for e in files]
    return tuple(sorted(found, key=lambda rubric: rubric.name))


def rubric_named(name: str) -> Rubric:
    """The built-in rubric called `name`.

    Raises:
        RubricError: no such rubric; the hint lists those that exist.
    """
    known = {rubric.name: rubric for rubric in builtin_rubrics()}
    if name not in known:
        raise RubricError(f"No rubric is called {name!r}.", hint=f"There are: {', '.join(known)}.")
    return known[name]
