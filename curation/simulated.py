"""Which results of a correction were made up by a model, not answered by a tool.

A result that a simulator proposed may teach as well as a recorded one, but it is never silently
true: the correction keeps which message it is and which model said it, also after an edit.
"""

from __future__ import annotations

from msgspec import Struct


class SimulatedResult(Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """One tool message of a correction whose text a model proposed and a person accepted."""

    message_index: int
    """In the correction."""
    model: str
    edited: bool = False
    """True when the person changed what the model had proposed."""

    @property
    def words(self) -> str:
        """Who said it, as screens print it."""
        return f"simulated by {self.model}" + (", then edited" if self.edited else "")
