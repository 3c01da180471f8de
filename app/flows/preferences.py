"""What an annotator likes to have otherwise in the studio: the keys they moved, ruling blind.

Which keys and commands there are is the viewer's own table; here a moved key is a name and a text,
bounded in size. A viewer of another version ignores what it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection

from curation.errors import LoopwrightError
from storage.annotators import AnnotatorInfo, hold_annotator
from storage.engine import Store
from storage.preferences import get_preference, put_preference

BLIND = "rules-blind"
KEYS = "keys"
"""Names of the preferences."""

MOST_MOVED = 200
LONGEST = 40
"""Characters of a command's name and of a key (`ArrowDown`)."""


class TooManyKeys(LoopwrightError):
    """More than any viewer has."""


def moved_keys(store: Store, who: AnnotatorInfo) -> dict[str, str]:
    """The keys that this annotator moved: command to key."""
    with store.read() as conn:
        return keys_moved_by(conn, who)


def keys_moved_by(conn: Connection, who: AnnotatorInfo) -> dict[str, str]:
    """`moved_keys` in a transaction of the caller's."""
    return _decoded(get_preference(conn, who.id, KEYS))


def move_keys(
    store: Store,
    who: AnnotatorInfo,
    changes: Mapping[str, str | None],
    *,
    afresh: bool = False,
) -> dict[str, str]:
    """Give commands other keys (None: the one they have by default); returns all that are moved.

    Changes, not a whole map, so that two open pages do not undo each other's.

    Args:
        afresh: forget what was moved before.

    Raises:
        TooManyKeys: a name or a key is too long, or there are too many of them.
    """
    with store.write() as conn:
        hold_annotator(conn, who.id)
        moved = {} if afresh else _decoded(get_preference(conn, who.id, KEYS))
        for command, key in changes.items():
            moved.pop(command, None)
            if key is not None:
                moved[command] = key
        longest = max((len(text) for pair in moved.items() for text in pair), default=0)
        if len(moved) > MOST_MOVED or longest > LONGEST:
            raise TooManyKeys(
                "These keys cannot be kept: there are too many, or one is too long.",
                hint="Put them back to the defaults in Settings.",
            )
        put_preference(conn, who.id, KEYS, msgspec.json.encode(moved).decode())
    return moved


def _decoded(value: str | None) -> dict[str, str]:
    return {} if value is None else msgspec.json.decode(value, type=dict[str, str])


def rules_blind(store: Store, who: AnnotatorInfo) -> bool:
    """Whether this annotator rules blind in the court; not unless they asked for it."""
    with store.read() as conn:
        return get_preference(conn, who.id, BLIND) == "true"


def keep_blind(store: Store, who: AnnotatorInfo, *, blind: bool) -> None:
    """Remember whether this annotator rules blind."""
    with store.write() as conn:
        hold_annotator(conn, who.id)
        put_preference(conn, who.id, BLIND, "true" if blind else "false")
