"""What the configs beside all layouts have in common.

One thing is left open in each of them: the model. Everything else is a start that runs.
"""

from __future__ import annotations

MODEL = "FILL-IN-THE-BASE-MODEL"
"""Stands where the name of the model belongs."""

FILL_IN = (
    "The one thing to fill in: the model that is trained, a folder or its name on the hub. It "
    "needs a chat template for tools."
)


def commented(text: str) -> str:
    """Lines of a YAML or shell comment."""
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())
