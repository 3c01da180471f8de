"""A benchmark entry beside a trajectory: what is said on both sides, and where they agree.

For people to read: text with the places to mark, no HTML. A passage is marked where `RUN` words in
a row (all words, of a shorter text) stand on the other side too, wherever they stand there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from curation.asked import WORD, parameters_of
from curation.trajectory import Role, ToolSpec, Trajectory

RUN = 3
"""Words in a row that count as shared."""

Span = tuple[int, int]


class Passage(Struct, frozen=True):
    """A text with the places that the other side has too."""

    who: str
    """user, calls, or tool."""
    text: str
    shared: tuple[Span, ...]
    """Half-open ranges of code points, in order, apart from one another."""


class Side(Struct, frozen=True):
    """One of the two."""

    passages: tuple[Passage, ...]


def sides(entry: Trajectory, trajectory: Trajectory) -> tuple[Side, Side]:
    """Both sides, each with what the other one shares of it."""
    return _side(entry, trajectory), _side(trajectory, entry)


def _side(one: Trajectory, other: Trajectory) -> Side:
    said, called = _runs(_said(other)), {*_called(other)}
    offered = {tool_line(tool) for tool in other.tools}
    passages = [Passage("user", text, shared_spans(text, said)) for text in _said(one)]
    passages += [_whole("calls", text, text in called) for text in _called(one)]
    passages += [_whole("tool", text, text in offered) for text in map(tool_line, one.tools)]
    return Side(tuple(passages))


def tool_line(tool: ToolSpec) -> str:
    """A tool as it is compared: its name and the names of its parameters."""
    return f"{tool.name}({', '.join(parameters_of(tool))})"


def _said(one: Trajectory) -> list[str]:
    return [
        m.text
        for m in one.messages
        if m.role is Role.USER and m.text and not m.extra.get("is_demo")
    ]


def _called(one: Trajectory) -> list[str]:
    return [f"{call.name}({call.raw_arguments})" for _, _, call in one.calls()]


def _whole(who: str, text: str, is_shared: bool) -> Passage:
    return Passage(who, text, ((0, len(text)),) if is_shared and text else ())


def _runs(texts: Iterable[str]) -> set[tuple[str, ...]]:
    """Every run of up to `RUN` words."""
    found: set[tuple[str, ...]] = set()
    for text in texts:
        words = [match.group().casefold() for match in WORD.finditer(text)]
        for n in range(1, RUN + 1):
            found.update(tuple(words[i : i + n]) for i in range(len(words) - n + 1))
    return found


def shared_spans(text: str, runs: set[tuple[str, ...]]) -> tuple[Span, ...]:
    """Where `RUN` words in a row of a text are among `runs`."""
    found = list(WORD.finditer(text))
    words = [match.group().casefold() for match in found]
    n = min(RUN, len(words))
    marked = [False] * len(words)
    for i in range(len(words) - n + 1 if n else 0):
        if tuple(words[i : i + n]) in runs:
            marked[i : i + n] = [True] * n
    spans: list[Span] = []
    last = -2
    for i, is_marked in enumerate(marked):
        if not is_marked:
            continue
        start, end = found[i].span()
        if last == i - 1:
            start = spans.pop()[0]
        spans.append((start, end))
        last = i
    return tuple(spans)


def pieces(passage: Passage) -> Sequence[tuple[str, bool]]:
    """The text in pieces, each with whether it is shared; together they spell it."""
    cut: list[tuple[str, bool]] = []
    at = 0
    for start, end in passage.shared:
        cut += [(passage.text[at:start], False), (passage.text[start:end], True)]
        at = end
    return [piece for piece in [*cut, (passage.text[at:], False)] if piece[0]]
