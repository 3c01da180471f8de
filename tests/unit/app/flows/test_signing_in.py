"""What a page needs to act as an annotator."""

from __future__ import annotations

import pytest

from app.flows.identity import annotator_named, read_token
from app.flows.preferences import move_keys
from app.flows.signing_in import sign_in
from app.flows.taxonomies import list_taxonomies
from curation.errors import StoreError
from storage.engine import Store


def test_somebody_new_is_added_and_somebody_known_is_found(any_store: Store) -> None:
    first = sign_in(any_store, " Ann ")
    assert (first.who.name, first.keys) == ("Ann", {})
    move_keys(any_store, first.who, {"help": "H"})
    again = sign_in(any_store, "Ann")
    assert (again.who, again.token) == (first.who, first.token)
    assert again.keys == {"help": "H"}
    assert read_token(any_store, again.token) == annotator_named(any_store, "Ann") == again.who
    assert sign_in(any_store, "Bob").keys == {}


def test_the_taxonomies_are_those_in_force(store: Store) -> None:
    assert list(sign_in(store, "Ann").taxonomies) == list_taxonomies(store)


def test_a_blank_name_is_refused(store: Store) -> None:
    with pytest.raises(StoreError):
        sign_in(store, "  ")
