"""What a pass is to look at, by whom and how; and what is asked at every place.

A request is what a person asks for and what a job keeps. No key is ever part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection

from app.flows.judge_setup import JudgeRequest
from curation.checklists import ChecklistItem
from curation.consensus import ConsensusRule
from curation.errors import RubricError, SettingsError
from curation.passes import Place, with_criteria, with_tools
from curation.rubric import About, Rubric, builtin_rubrics, rubric_named
from curation.trajectory import canonical_json
from curation.turn_checklists import TurnChecklists, read_turn_checklists
from storage.checklists import all_items

TURNS = "turn-checklist"
"""The rubric that checklists of turns are asked with."""


class PassRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be looked at, by whom and how."""

    rubric: str
    """Of one answer, of results or of a turn; see `pass_names`."""
    dataset: str | None = None
    models: tuple[str, ...] = ()
    """`name`, or `name@http://…` for one with an address of its own."""
    base_url: str | None = None
    """None: as the settings say."""
    tool_items: bool = False
    """Of a turn: ask also what annotators wrote into the checklists of the tools it calls."""
    checklists: str | None = None
    """Path of a file of checklists for single turns, asked in place of the rubric's items; other
    turns are left out then."""
    votes: int = 3
    least_equal: int = 2
    again: bool = False
    """A new run, even if the same was asked for before."""
    concurrency: int = 16
    timeout_s: float = 120.0
    """For one try at one question."""
    max_tokens: int = 2048
    """Of one reply."""
    max_chars: int = 60_000
    """Of one prompt."""
    max_tokens_total: int | None = None
    budget_usd: float | None = None

    @property
    def as_judge(self) -> JudgeRequest:
        """How the models are asked, in the terms of a judge of two answers."""
        return JudgeRequest(
            backend="openai",
            dataset=self.dataset,
            models=self.models,
            base_url=self.base_url,
            timeout_s=self.timeout_s,
            max_tokens=self.max_tokens,
            max_chars=self.max_chars,
        )


def pass_names() -> tuple[str, ...]:
    """Rubrics that a pass can be asked with."""
    return tuple(one.name for one in builtin_rubrics() if one.about is not About.PAIR)


def rule_of_pass(request: PassRequest) -> ConsensusRule:
    """How many votes there are, and how many must agree.

    Raises:
        SettingsError: they could never agree.
    """
    try:
        return ConsensusRule(request.votes, request.least_equal, both_orders=False)
    except ValueError as problem:
        raise SettingsError(
            f"This rule decides nothing: {problem}.",
            where="judge",
            hint="Ask for more votes, or for fewer that must agree.",
        ) from None


class Questions:
    """What is asked at a place: the rubric's own items, or those that people wrote for it."""

    def __init__(self, rubric: Rubric, items: Sequence[ChecklistItem], own: TurnChecklists) -> None:
        self.rubric = rubric
        self._items = items
        self._own = own

    @property
    def parameters(self) -> dict[str, str]:
        """What tells two sets of questions apart, beside the rubric's name and version."""
        found = {}
        if self._items:
            asked = [(one.tool, one.item_id, one.text) for one in self._items]
            found["tool_items"] = _fingerprint(asked)
        if self._own:
            found["checklists"] = _fingerprint(sorted(self._own.items()))
        return found

    def of(self, place: Place, names: Sequence[str]) -> Rubric | None:
        """The rubric as it is asked at a place; None where nothing is.

        Args:
            names: uid and source ids of the trajectory.
        """
        if self._own:
            keys = [(name, place.turn) for name in names]
            own = next((self._own[key] for key in keys if key in self._own), None)
            return None if own is None else with_criteria(self.rubric, own)
        called = place.tools_called
        items = [one for one in self._items if one.tool in called]
        return with_tools(self.rubric, items) if items else self.rubric


def _fingerprint(value: object) -> str:
    return hashlib.sha256(canonical_json(value)).hexdigest()[:16]


def questions_of(conn: Connection, request: PassRequest) -> Questions:
    """What the request asks.

    Raises:
        RubricError: no such rubric, it compares two answers, or has no turns to bring lists for; a
            file of checklists that cannot be read.
    """
    rubric = rubric_named(request.rubric)
    if rubric.about is About.PAIR:
        raise RubricError(
            f"{rubric.name} compares two answers.",
            where="judge",
            hint=f"Use --rubric {rubric.name}, or a pass: {', '.join(pass_names())}.",
        )
    brought = request.tool_items or request.checklists is not None
    if brought and rubric.about is not About.TURN:
        raise RubricError(
            f"{rubric.name} is not about turns, so it takes no checklists.",
            where="judge",
            hint=f"Checklists are asked with the pass {TURNS}.",
        )
    own: TurnChecklists = {}
    if request.checklists is not None:
        own = read_turn_checklists(_text(request.checklists), Path(request.checklists).name)
    return Questions(rubric, all_items(conn) if request.tool_items else (), own)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise RubricError(
            f"The checklists cannot be read: {type(problem).__name__}.",
            where=path,
            hint="Name a file of JSON lines, one turn a line.",
        ) from None
