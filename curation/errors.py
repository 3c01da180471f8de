"""Errors that are meant for a person.

Everything raised from here is shown to the user as a message, a place and a remedy, without a
traceback. Any other exception is a defect of ours: it keeps its traceback in the log and the user
gets an id to quote. Nothing in between exists, so `except LoopwrightError` is always safe to show.
"""

from __future__ import annotations


class LoopwrightError(Exception):
    """Something the user can act on: what is wrong, where, and what to do about it."""

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f" {self.hint}" if self.hint else ""
        return f"{place}{self.message}{remedy}"


class IngestError(LoopwrightError):
    """A file or record cannot be read as a trajectory."""


class TaxonomyError(LoopwrightError):
    """A taxonomy file is malformed or a category does not exist."""


class StoreError(LoopwrightError):
    """The database is missing, behind, ahead, or refused a write (stale, taken)."""


class NotFound(StoreError):
    """The thing named by the user is not in the store."""


class AnnotationError(LoopwrightError):
    """An act of annotation is refused: unknown kind, bad anchor, invalid correction."""


class VerdictError(LoopwrightError):
    """A word that should name a verdict names none."""


class ExportError(LoopwrightError):
    """An export cannot be written, or what was written does not read back equal."""


class SettingsError(LoopwrightError):
    """A setting has an unusable value."""


class RubricError(LoopwrightError):
    """A rubric file is malformed or a rubric does not exist."""


class ExpansionError(LoopwrightError):
    """New samples cannot be asked for as wanted: an unknown directive, an unusable mix."""
