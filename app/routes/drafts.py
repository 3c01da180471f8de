"""Requests of the viewer about what is not an act: open corrections, and who is here."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from app.flows.open_corrections import Sent, drop_open, keep_open
from app.flows.presence import say_present
from app.routes.wire import Count, Name, Number, SessionId
from storage.annotators import AnnotatorInfo
from storage.engine import Store


class DraftAt(Struct):
    """Where a page stands with its draft of a trajectory."""

    n: Number
    based_on: Count = 0
    heir_of: Annotated[str, Meta(max_length=100)] = ""

    def sent_by(self, session: str) -> Sent:
        """The same for the flow."""
        return Sent(session, self.n, self.based_on, self.heir_of)


class DraftRequest(Struct):
    """`draft`: keep an open correction, or nothing any longer (null)."""

    session: SessionId
    uid: Name
    at: DraftAt
    content: dict[str, Any] | None = None


class PresentRequest(Struct):
    """`present`: this trajectory is on screen; null: none is."""

    session: SessionId
    uid: Name | None = None


def keep_draft(store: Store, who: AnnotatorInfo, asked: DraftRequest) -> dict[str, Any]:
    """Answers {revision}."""
    sent = asked.at.sent_by(asked.session)
    if asked.content is None:
        return {"revision": drop_open(store, who, asked.uid, sent)}
    return {"revision": keep_open(store, who, asked.uid, sent, asked.content)}


def present(store: Store, who: AnnotatorInfo, asked: PresentRequest) -> dict[str, Any]:
    """Answers {people, tabs}: who else is here."""
    company = say_present(store, who, asked.session, asked.uid)
    return {"people": company.people, "tabs": company.tabs}
