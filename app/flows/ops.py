"""Ops as a browser sends them, and what is answered. What they do is `app/flows/delivery.py`."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from curation.annotation import ActKind, Outcome
from curation.errors import AnnotationError

MAX_BATCH_NAME = 100
"""Characters of the name of a batch."""


class Op(Struct, frozen=True):
    """One act as a browser sends it. Kind and payload are checked when it is performed."""

    n: int
    uid: str
    kind: str
    payload: Any = None
    batch: str | None = None
    """Name of the batch it belongs to; None: decided alone."""


class CommitRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a commit may carry."""

    outcome: Outcome | UnsetType | None = UNSET
    """The outcome that stood on the screen; a commit of another one is refused. Absent: any."""


class UndoRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What an undo may carry."""

    of: int | UnsetType = UNSET
    """Number, in this session, of the act that the page takes back. Absent: its latest."""
    batch: str | UnsetType = UNSET
    """Name of the batch that the page takes back, whichever of its acts were performed."""


class RedoRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a redo carries."""

    of: int
    """Number, in this session, of the undo that the page takes back."""


class Undone(Struct, frozen=True, omit_defaults=True):
    """The act that an undo took back, or that a redo brought back."""

    uid: str
    kind: ActKind
    batch_marks: int = 0
    """Marks that went (or came) with it, when it was a whole batch."""


class OpResult(Struct, frozen=True):
    """What became of one op."""

    n: int
    status: str
    """ok or refused."""
    message: str = ""
    hint: str = ""
    undone: Undone | None = None
    redone: Undone | None = None


_Request = TypeVar("_Request", CommitRequest, UndoRequest, RedoRequest)


def read_request(data: Any, kind: type[_Request]) -> _Request:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as problem:
        raise AnnotationError(
            f"The act cannot be read: {problem}.",
            hint="Reload the page; the studio was probably updated while it was open.",
        ) from None


def read_kind(name: str) -> ActKind:
    try:
        kind = ActKind(name)
    except ValueError:
        kind = None
    if kind is None or kind is ActKind.CORRECT:
        known = ", ".join(k for k in ActKind if k is not ActKind.CORRECT)
        raise AnnotationError(
            f"There is no act {name!r}.", where="acts", hint=f"There are: {known}."
        )
    return kind
