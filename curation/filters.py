"""Which trajectories are meant: the conditions of Browse, of its saved views and of recipes.

What they mean in the database is `storage/conditions.py`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
from msgspec import Struct


class Order(StrEnum):
    """Orders of a list, each with an index of its own."""

    NEWEST = "newest"
    OLDEST = "oldest"
    SUSPICIOUS = "suspicious"
    LONGEST = "longest"


class Stage(StrEnum):
    """How far a trajectory came, the import aside."""

    CHECKED = "checked"
    QUEUED = "queued"
    ANNOTATED = "annotated"
    DECIDED = "decided"
    ACCEPTED = "accepted"


class MarkedAs(StrEnum):
    """What a mark may say besides its category."""

    ROOT_CAUSE = "root-cause"
    DO_NOT_LEARN = "do-not-learn"


class Filter(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Conditions, all of which hold; None means no condition. Saved views store it as JSON."""

    dataset: str | None = None
    state: str | None = None
    reached: str | None = None
    """A `Stage`: this stage of the way or a later one."""
    outcome: str | None = None
    """accept, reject, unsure; "none" for trajectories without one."""
    check: str | None = None
    """Name of a check with a finding."""
    category: str | None = None
    """`taxonomy/category` of a committed mark."""
    marked: str | None = None
    """A `MarkedAs`: has a committed mark that says so, of whatever category."""
    tool: str | None = None
    """Name of a tool that is called."""
    broken_tool: str | None = None
    """Name of a tool with a finding of severity error in a call of it."""
    annotator: str | None = None
    """Has a committed annotation of the annotator of this name."""
    said: str | None = None
    """Has a committed annotation of this outcome, whatever was decided later."""
    day: str | None = None
    """UTC day, YYYY-MM-DD, of a committed annotation."""
    min_messages: int | None = None
    max_messages: int | None = None
    with_errors: bool | None = None
    """True: at least one finding of severity error; False: none."""
    text: str | None = None
    """Words that all occur; "quoted phrases" and prefix* as in FTS5."""
    order: Order = Order.NEWEST

    @property
    def is_empty(self) -> bool:
        """True when every trajectory passes."""
        return msgspec.structs.replace(self, order=Order.NEWEST) == Filter()
