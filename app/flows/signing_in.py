"""Sign in: what a page needs to act as an annotator, read at once.

The page of the viewer asks at every rerun, so it is one transaction and never waits for the write
lock, unless the annotator is new.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from app.flows.identity import annotator_named, token_of
from app.flows.preferences import keys_moved_by
from curation.taxonomy import Taxonomy
from storage.annotators import AnnotatorInfo, find_annotator, tidy_name
from storage.engine import Store
from storage.taxonomies import list_taxonomies


class SignedIn(Struct, frozen=True):
    """An annotator at a page."""

    who: AnnotatorInfo
    token: str
    """With which the page may act as them."""
    keys: dict[str, str]
    """Those they moved: command to key."""
    taxonomies: Sequence[Taxonomy]
    """In force, the canonical one first."""


def sign_in(store: Store, name: str) -> SignedIn:
    """The annotator called `name`, added when new.

    Raises:
        StoreError: the name is blank or too long.
    """
    with store.read() as conn:
        who = find_annotator(conn, tidy_name(name))
        keys = {} if who is None else keys_moved_by(conn, who)
        taxonomies = list_taxonomies(conn)
    known = who or annotator_named(store, name)
    return SignedIn(known, token_of(store, known), keys, taxonomies)
