"""What the configs beside all layouts have in common.

One thing is left open in each of them: the model. Everything else is a start that runs.
"""

from __future__ import annotations

from msgspec import Struct

MODEL = "FILL-IN-THE-BASE-MODEL"
"""Stands where the name of the model belongs."""

FILL_IN = (
    "The one thing to fill in: the model that is trained, a folder or its name on the hub. It "
    "needs a chat template for tools."
)


class Pace(Struct, frozen=True):
    """How fast a model is moved."""

    epochs: int
    rate: str
    """The learning rate, as YAML reads it as a number."""
    batch: int
    """Rows at a time on one device."""
    accumulation: int
    """Batches to a step."""


def pace(shape: str) -> Pace:
    """Of a training on rows of a shape: 16 rows a step in all of them.

    Preferences move a model with far smaller steps than imitation does. KTO compares the rows of
    one batch with each other, so it takes several.
    """
    match shape:
        case "Conversation" | "Completion":
            return Pace(2, "1.0e-4", 1, 16)
        case "Judged":
            return Pace(1, "5.0e-6", 4, 4)
        case _:
            return Pace(1, "5.0e-6", 1, 16)


def commented(text: str) -> str:
    """Lines of a YAML or shell comment."""
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())
