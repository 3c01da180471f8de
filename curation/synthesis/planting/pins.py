"""Where planters work: the conversation, its calls, and pins that survive moved messages."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from curation.synthesis.domain import Domain
from curation.synthesis.row import Planted, Source
from curation.synthesis.talk import CallNote, Message, Talk


@dataclass
class Pin:
    """A planted error that points at a message itself, not at its number."""

    kind: str
    category: str
    source: Source
    message: Message
    call_index: int | None = None
    pointer: str | None = None
    note: str = ""
    recovered: bool = False


class Ground:
    """One conversation while errors are planted."""

    def __init__(
        self, talk: Talk, domain: Domain, tools: list[dict[str, Any]], rng: Random
    ) -> None:
        self.talk = talk
        self.domain = domain
        self.rng = rng
        self.offered = frozenset(str(t["function"]["name"]) for t in tools)
        self.pins: list[Pin] = []
        self.touched: set[int] = set()
        """`id` of messages that already carry an error."""

    @property
    def messages(self) -> list[Message]:
        """The conversation, changed in place."""
        return self.talk.messages

    def where(self, message: Message) -> int:
        """Index of this very message; −1 when it is gone."""
        for i, m in enumerate(self.messages):
            if m is message:
                return i
        return -1

    def free_notes(self) -> list[CallNote]:
        """Calls that carry no error yet and were not answered by a fault."""
        return [
            n for n in self.talk.notes
            if id(n.message) not in self.touched
            and not (isinstance(n.result, dict) and "error" in n.result)
        ]  # fmt: skip

    def answers(self) -> list[tuple[int, Message]]:
        """Untouched answers in words that directly follow a usable result."""
        failed = {id(n.reply) for n in self.talk.notes if "error" in n.result}
        found = []
        for i in range(1, len(self.messages)):
            m, before = self.messages[i], self.messages[i - 1]
            if (
                m["role"] == "assistant"
                and "tool_calls" not in m
                and before["role"] == "tool"
                and id(before) not in failed
                and id(m) not in self.touched
            ):
                found.append((i, m))
        return found

    def pin(self, pin: Pin) -> None:
        """Remember an error and keep others off its message."""
        self.pins.append(pin)
        self.touched.add(id(pin.message))

    def settled(self) -> list[Planted]:
        """The pins with message numbers, in the order of the conversation."""
        planted = [
            Planted(
                p.kind, p.category, p.source, self.where(p.message), p.call_index, p.pointer,
                p.note,
                p.recovered,
            )
            for p in self.pins
        ]  # fmt: skip
        return sorted(planted, key=lambda p: (p.message_index or 0, p.call_index or 0))
