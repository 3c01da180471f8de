"""Drafts of two tabs in any order, repeated, late: what one has not seen, it never overwrites."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.flows.annotate import open_trajectory
from app.flows.open_corrections import Kept, Sent, StaleDraft, drop_open, keep_open
from tests.properties.test_acts import UIDS, relaxed, studio

steps = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]),
        st.sampled_from(["type", "type", "type", "discard", "look", "again", "late"]),
    ),
    max_size=30,
)


class Tab:
    """A page: what it has seen last, and what it sends."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.n = 0
        self.seen = 0
        self.sent: list[tuple[Sent, dict[str, Any] | None]] = []

    def message(self, content: dict[str, Any] | None) -> tuple[Sent, dict[str, Any] | None]:
        self.n += 1
        self.sent.append((Sent(self.name, self.n, self.seen), content))
        return self.sent[-1]


@relaxed
@given(drawn=steps)
def test_no_tab_overwrites_what_it_has_not_seen(
    migrated_file: Path, drawn: list[tuple[str, str]]
) -> None:
    tabs = {name: Tab(name) for name in ("one", "two")}
    uid = UIDS[0]
    with studio(migrated_file) as (store, ann):

        def kept() -> Kept:
            return open_trajectory(store, uid, ann.info).kept

        author = ""
        for i, (name, what) in enumerate(drawn):
            tab, before = tabs[name], kept()
            if what == "look":
                tab.seen = before.revision
                continue
            if what in ("again", "late"):
                if not tab.sent:
                    continue
                sent, content = tab.sent[-1 if what == "again" else 0]
            else:
                sent, content = tab.message({"text": i} if what == "type" else None)
            is_new = what in ("type", "discard")
            may = author == name or before.revision == sent.based_on
            try:
                if content is None:
                    revision = drop_open(store, ann.info, uid, sent)
                else:
                    revision = keep_open(store, ann.info, uid, sent, content)
            except StaleDraft as refused:
                assert not may and before.content is not None
                assert refused.kept == before == kept()
                continue
            after = kept()
            assert after.revision == revision >= before.revision
            if after != before:
                assert may or before.content is None, "a newer draft was overwritten unseen"
                assert after == Kept(before.revision + 1, content)
                author = name
            elif is_new:
                assert content is None, "what was typed was not kept"
            tab.seen = max(tab.seen, revision) if may else tab.seen
