"""What is drawn of a rendered row: every character once, and what is learnt marked."""

from __future__ import annotations

from components import rendered_text
from components.rendered_text import text_json
from curation.rendering.rows import RenderedText


def test_a_text_is_cut_where_learning_begins_and_ends() -> None:
    drawn = text_json(RenderedText("text", "ab🙂cd", ((0, 1), (2, 4))), several=False)
    assert [(p["text"], p["learnt"]) for p in drawn["pieces"]] == [
        ("a", True), ("b", False), ("🙂c", True), ("d", False),
    ]  # fmt: skip
    assert (drawn["title"], drawn["left"]) == ("", 0)


def test_a_long_text_says_how_much_of_it_is_not_shown(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(rendered_text, "MOST_CHARACTERS", 4)
    drawn = text_json(RenderedText("chosen", "abcdefgh", ((3, 6),)), several=True)
    assert [p["text"] for p in drawn["pieces"]] == ["abc", "d"]
    assert (drawn["title"], drawn["left"]) == ("chosen", 4)
