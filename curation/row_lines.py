"""A training row as lines for people, and the lines in which two rows differ."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import zip_longest

from msgspec import Struct

from curation.episodes import ToolText
from curation.example_parts import Trained, messages_of
from curation.exporting import Conversation, Pair
from curation.json_members import members
from curation.judged_rows import Rewarded
from curation.trajectory import Message, Role

LONGEST_LINE = 1_000
"""Characters; what is behind them is not shown."""


class LinePair(Struct, frozen=True):
    """One place where two rows differ; "" on the side where the line is missing."""

    place: str
    before: str
    after: str


def differing_lines(before: Trained, after: Trained) -> tuple[LinePair, ...]:
    """The lines that are not the same on both sides, in order."""
    old_lines, new_lines = list(_lines(before)), list(_lines(after))
    pairs: list[LinePair] = []
    matcher = SequenceMatcher(None, old_lines, new_lines, autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        for old, new in zip_longest(old_lines[i:i_end], new_lines[j:j_end]):
            place = (new or old or ("", ""))[0]
            pairs.append(LinePair(place, old[1] if old else "", new[1] if new else ""))
    return tuple(pairs)


def _lines(example: Trained) -> Iterator[tuple[str, str]]:
    """(place, text) of every tool, message and call."""
    for tool in example.tools:
        yield "tool", _tool(tool)[:LONGEST_LINE]
    masked = example.masked if isinstance(example, Conversation) else ()
    messages = messages_of(example)
    for index, message in enumerate(messages):
        side = ""
        if isinstance(example, Pair) and index >= len(messages) - 2:
            side = "chosen: " if index == len(messages) - 2 else "rejected: "
        for place, text in _message(message):
            unlearnt = ", no loss" if index in masked else ""
            yield f"{side}{place}{unlearnt}", text[:LONGEST_LINE]
    if isinstance(example, Rewarded):
        yield "ground truth", example.ground_truth[:LONGEST_LINE]


def _message(message: Message) -> Iterator[tuple[str, str]]:
    place = "result" if message.role is Role.TOOL else message.role.value
    if message.text or not message.tool_calls:
        name = f"{message.name}: " if message.role is Role.TOOL and message.name else ""
        yield place, f"{name}{message.text}"
    for call in message.tool_calls:
        yield "call", f"{call.name} {call.raw_arguments}"


def _tool(tool: ToolText) -> str:
    """The name with the parameters in their order, and what the tool is for."""
    text = bytes(tool.parameters).decode()
    try:
        schema = members(text) if text else []
        found = next((m for m in schema if m.key == "properties"), None)
        names = [m.key for m in members(text, found.value)] if found is not None else []
    except (ValueError, RecursionError):
        names = []
    return f"{tool.name}({', '.join(names)}) {tool.description}"
