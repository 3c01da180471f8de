"""Both sides of a hit, with what they share marked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from curation.shared_passages import Passage, pieces, shared_spans, sides, tool_line
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory


def test_passages_calls_and_tools_are_marked_where_the_other_side_has_them() -> None:
    tool = ToolSpec("book", "", {"type": "object", "properties": {"who": {}, "day": {}}})
    entry = Trajectory(
        (
            Message(Role.USER, "Please book a <b>table</b> for two."),
            Message(Role.ASSISTANT, None, (ToolCall("book", '{"day": 1}'),)),
        ),
        (tool,),
    )
    other = Trajectory(
        (
            Message(Role.USER, "Today: BOOK A <B>TABLE!"),
            Message(Role.ASSISTANT, None, (ToolCall("book", '{"day": 2}'),)),
        ),
        (tool, ToolSpec("more")),
    )
    mine, theirs = sides(entry, other)
    cut = [[text for text, is_shared in pieces(p) if is_shared] for p in mine.passages]
    assert cut == [["book a <b>table"], [], ["book(day, who)"]]
    assert [p.who for p in theirs.passages] == ["user", "calls", "tool", "tool"]
    assert theirs.passages[0].shared == ((7, 22),)
    assert tool_line(tool) == theirs.passages[2].text


@given(st.text(max_size=40), st.lists(st.tuples(st.text(max_size=3)), max_size=5))
def test_pieces_spell_the_text(text: str, runs: list[tuple[str, ...]]) -> None:
    spans = shared_spans(text, {*runs, *[(word,) for word in text.split()]})
    assert "".join(t for t, _ in pieces(Passage("user", text, spans))) == text
