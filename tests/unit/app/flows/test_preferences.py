"""Moved keys: kept per annotator, changed one by one, bounded."""

from __future__ import annotations

import pytest

from app.flows.identity import annotator_named
from app.flows.preferences import MOST_MOVED, TooManyKeys, move_keys, moved_keys
from storage.engine import Store


def test_keys_are_moved_and_put_back_one_by_one(any_store: Store) -> None:
    ann, bob = annotator_named(any_store, "Ann"), annotator_named(any_store, "Bob")
    assert moved_keys(any_store, ann) == {}
    assert move_keys(any_store, ann, {"fold": "!", "undo": "U"}) == {"fold": "!", "undo": "U"}
    assert move_keys(any_store, ann, {"fold": "ö"}) == {"fold": "ö", "undo": "U"}
    assert move_keys(any_store, ann, {"undo": None, "commit": None}) == {"fold": "ö"}
    assert moved_keys(any_store, ann) == {"fold": "ö"}
    assert moved_keys(any_store, bob) == {}
    assert move_keys(any_store, ann, {"help": "H"}, afresh=True) == {"help": "H"}
    assert moved_keys(any_store, ann) == {"help": "H"}


def test_what_no_viewer_sends_is_refused_and_changes_nothing(store: Store) -> None:
    ann = annotator_named(store, "Ann")
    move_keys(store, ann, {"fold": "!"})
    for changes in ({"x" * 41: "a"}, {"fold": "x" * 41}, {str(i): "a" for i in range(MOST_MOVED)}):
        with pytest.raises(TooManyKeys):
            move_keys(store, ann, changes)
    assert moved_keys(store, ann) == {"fold": "!"}
