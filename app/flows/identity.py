"""Who speaks to the HTTP API: a signed token that names an annotator.

The studio hands the token to the page it draws; the page sends it with every request. The key that
signs it is kept in the store, so an open page goes on working after the studio restarts. A token
says who, not what they may do: there are no roles yet.
"""

from __future__ import annotations

import hashlib
import hmac
from weakref import WeakKeyDictionary

from curation.errors import LoopwrightError, NotFound
from storage.annotators import (
    AnnotatorInfo,
    ensure_annotator,
    find_annotator,
    get_annotator,
    tidy_name,
)
from storage.engine import Store
from storage.settings import ensure_secret

SECRET = "session-secret"
"""Name of the setting that holds the signing key."""

_keys: WeakKeyDictionary[Store, bytes] = WeakKeyDictionary()


class BadToken(LoopwrightError):
    """The token is missing, malformed, or was not signed by this studio."""


def annotator_named(store: Store, name: str) -> AnnotatorInfo:
    """The annotator called `name`, added when new.

    Raises:
        StoreError: the name is blank or too long.
    """
    with store.read() as conn:
        # Pages ask at every rerun: somebody who is known must not wait for the write lock.
        known = find_annotator(conn, tidy_name(name))
    if known is not None:
        return known
    with store.write() as conn:
        return ensure_annotator(conn, name)


def issue_token(store: Store, annotator_name: str) -> str:
    """A token with which a page may act as the annotator of this name."""
    return token_of(store, annotator_named(store, annotator_name))


def token_of(store: Store, who: AnnotatorInfo) -> str:
    """A token with which a page may act as this annotator: `<annotator id>.<hmac hex>`."""
    return f"{who.id}.{_sign(_key(store), who.id)}"


def read_token(store: Store, token: str) -> AnnotatorInfo:
    """Who the token speaks for.

    Raises:
        BadToken: it is missing, malformed, forged, or names nobody.
    """
    head, _, signature = token.partition(".")
    if not (head.isascii() and head.isdigit() and len(head) < 19 and signature.isascii()):
        raise _refused()
    annotator_id = int(head)
    if not hmac.compare_digest(signature, _sign(_key(store), annotator_id)):
        raise _refused()
    with store.read() as conn:
        try:
            return get_annotator(conn, annotator_id)
        except NotFound:  # signed for an older state of the database
            raise _refused() from None


def _key(store: Store) -> bytes:
    known = _keys.get(store)
    if known is None:
        with store.write() as conn:
            known = _keys[store] = ensure_secret(conn, SECRET).encode()
    return known


def _sign(key: bytes, annotator_id: int) -> str:
    return hmac.new(key, f"annotator:{annotator_id}".encode(), hashlib.sha256).hexdigest()


def _refused() -> BadToken:
    return BadToken(
        "This page is not signed in to this studio.",
        hint="Reload the page; what you entered and was not saved stays in it.",
    )
