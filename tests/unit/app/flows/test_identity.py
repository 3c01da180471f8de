"""Tokens: who may act as whom, and what survives a restart."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.flows.identity import BadToken, annotator_named, issue_token, read_token
from curation.errors import StoreError
from storage.engine import Store, open_store


def test_a_token_speaks_for_the_annotator_it_was_issued_to(store: Store) -> None:
    ann, bob = issue_token(store, "Ann"), issue_token(store, "Bob")
    assert read_token(store, ann).name == "Ann"
    assert read_token(store, bob).name == "Bob"
    assert issue_token(store, "Ann") == ann


def test_a_token_survives_a_restart_of_the_studio(store: Store) -> None:
    token = issue_token(store, "Ann")
    restarted = open_store(f"sqlite:///{store.engine.url.database}")
    try:
        assert read_token(restarted, token).name == "Ann"
    finally:
        restarted.close()


def test_a_signature_is_good_for_one_annotator_only(store: Store) -> None:
    signature = issue_token(store, "Ann").partition(".")[2]
    bob = annotator_named(store, "Bob")
    with pytest.raises(BadToken):
        read_token(store, f"{bob.id}.{signature}")


def test_a_token_for_somebody_whom_this_database_does_not_know_is_refused(store: Store) -> None:
    """An older database was restored; the secret is the same."""
    token = issue_token(store, "Ann")
    with store.write() as conn:
        conn.execute(text("DELETE FROM annotator"))
    with pytest.raises(BadToken):
        read_token(store, token)


@pytest.mark.parametrize("token", ["", ".", "1.", "-1.00", "1.00", "²5.ab", "1.é", "0" * 40 + ".1"])
def test_malformed_tokens_are_refused(store: Store, token: str) -> None:
    issue_token(store, "Ann")
    with pytest.raises(BadToken):
        read_token(store, token)


def test_names_are_tidied_and_blank_or_endless_ones_refused(store: Store) -> None:
    assert annotator_named(store, "  Ann \n Lee ").name == "Ann Lee"
    assert annotator_named(store, "Ann Lee").id == annotator_named(store, "Ann  Lee").id
    for name in ("", " \t", "\x00", "x" * 101):
        with pytest.raises(StoreError):
            annotator_named(store, name)
