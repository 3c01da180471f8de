"""Which runs are one judge: what they are measured by together.

A judge is a backend, its models, a rubric in one version, and the rule by which votes become a
verdict. Change any of them and what people confirmed before says nothing of it any more (methods
§6.3).
"""

from __future__ import annotations

import hashlib

from msgspec import Struct

from curation.consensus import ConsensusRule
from curation.trajectory import canonical_json


class JudgeIdentity(Struct, frozen=True):
    """One judge."""

    backend: str
    models: tuple[str, ...]
    """Sorted; () for backends that are no model."""
    rubric: str
    rubric_version: int
    rule: ConsensusRule

    @property
    def key(self) -> str:
        """A short name of it for addresses and commands: 10 hex digits of its hash."""
        return hashlib.sha256(canonical_json(self)).hexdigest()[:10]

    @property
    def who(self) -> str:
        """Backend and models in words."""
        return f"{self.backend}: {' + '.join(self.models)}" if self.models else self.backend

    @property
    def votes(self) -> str:
        """The rule by which votes become a verdict, in words."""
        orders = "both orders" if self.rule.both_orders else "reference first only"
        return f"{self.rule.least_equal} of {self.rule.votes} votes, {orders}"

    @property
    def how(self) -> str:
        """Rubric and rule in words."""
        return f"{self.rubric} version {self.rubric_version}, {self.votes}"
