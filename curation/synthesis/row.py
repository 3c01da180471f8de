"""The values the generator returns: a row, and the truth about what was planted in it.

The truth is kept beside the row, never inside the record that annotators see.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct

from curation.verdicts import Verdict


class Source(StrEnum):
    """Who is to blame for a planted error."""

    INTERNAL = "internal"
    """The model: the call, the answer, the conduct."""
    ENVIRONMENT = "environment"
    USER = "user"
    LABEL = "label"
    """The recorded data: a damaged or wrongly labelled reference."""


class Planted(Struct, frozen=True, omit_defaults=True):
    """One error put into a row on purpose."""

    kind: str
    """Name of the planter, `kebab-case`; finer than the category."""
    category: str
    """Name in the canonical taxonomy."""
    source: Source
    message_index: int | None = None
    call_index: int | None = None
    pointer: str | None = None
    """JSON Pointer into the arguments; "" is the whole object."""
    note: str = ""
    """What was changed, with the value before."""
    recovered: bool = False
    """True when the error was answered by the tool and mended in a later step."""


class PredictionTruth(Struct, frozen=True, omit_defaults=True):
    """What is true of one prediction."""

    message_index: int
    model: str
    verdict: Verdict
    kind: str = ""
    """What is wrong with the prediction; "" when it is right."""


class SyntheticRow(Struct, frozen=True):
    """One generated trajectory in OpenAI chat form, with its truth."""

    id: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    predictions: list[dict[str, Any]]
    """`{message_index, model, message, perplexity}`: other models' answers for a step."""
    group: str
    domain: str
    scenario: str
    planted: list[Planted]
    verdicts: list[PredictionTruth]

    def record(self) -> dict[str, Any]:
        """The row as imported: everything but the truth."""
        return {
            "id": self.id,
            "group": self.group,
            "domain": self.domain,
            "scenario": self.scenario,
            "messages": self.messages,
            "tools": self.tools,
            "predictions": self.predictions,
        }

    def truth(self) -> dict[str, Any]:
        """The planted errors and the verdicts due, under the row's id."""
        return {
            "id": self.id,
            "domain": self.domain,
            "scenario": self.scenario,
            "planted": self.planted,
            "verdicts": self.verdicts,
        }
