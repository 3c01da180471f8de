"""Writing a conversation down while it happens, and remembering what planters need to know.

A domain's task speaks through a `Talk`: the user writes, the assistant calls, the world answers,
the assistant answers. Beside the messages it keeps, for every call, which arguments the user said
in words, and whether the call was confirmed or clarified beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import msgspec

from curation.synthesis.people import Voice
from curation.synthesis.world import World

Message = dict[str, Any]
_encode = msgspec.json.encode

FAULTS: tuple[dict[str, Any], ...] = (
    {"error": {"code": "timeout", "message": "No answer from the upstream service within 30 s."}},
    {"error": {"code": 503, "message": "Service temporarily unavailable."}},
    {"error": {"code": "rate_limited", "message": "Too many requests, retry after 2 s."}},
    {"error": {"code": "connection_reset", "message": "Connection reset by peer."}},
    {"error": {"code": 500, "message": "Internal error while reading from the primary database."}},
)
_PREFACES = (
    "One moment, please.",
    "Of course.",
    "Sure, on it.",
    "Right away.",
    "Happy to, one second.",
)
_RETRIES = (
    "That didn't go through; I'll try once more.",
    "The system did not answer properly, trying again.",
    "A temporary fault, retrying.",
)
_YES = (
    "Yes, go ahead.",
    "Yes please.",
    "Confirmed.",
    "Yes, that's right.",
    "Sounds good, do it.",
    "Yep, go for it.",
    "Yes, I'm sure.",
)
_GIVING_UP = (
    "I'm sorry, the system is not answering right now, so I couldn't do this. Nothing has been "
    "changed. Please try again in a few minutes.",
    "I tried twice and the service failed both times. Nothing was changed on your side; shall I "
    "try again later?",
)


class TalkOver(Exception):
    """The assistant had to give up; the task ends here."""


class CallNote:
    """One call and what is known about it."""

    __slots__ = (
        "args", "call", "clarified", "confirmed", "index", "message", "name", "raw",
        "reply", "result", "said",
    )  # fmt: skip

    def __init__(self, message: Message, index: int, call: dict[str, Any], name: str) -> None:
        self.message = message
        self.index = index
        self.call = call
        self.name = name
        self.args: dict[str, Any] = {}
        self.raw: str | None = None
        """Argument text that replaces the encoded `args`, for calls that do not parse."""
        self.said: tuple[str, ...] = ()
        """Top-level arguments whose value the user stated in words."""
        self.result: Any = None
        self.reply: Message = {}
        self.confirmed: tuple[Message, Message] | None = None
        self.clarified: tuple[Message, Message, str] | None = None


class Talk:
    """The conversation of one row."""

    def __init__(self, rng: Random, world: World) -> None:
        self.rng = rng
        self.world = world
        self.voice = Voice(rng)
        self.messages: list[Message] = []
        self.notes: list[CallNote] = []
        self.closings: list[Message] = []
        """User messages that only say goodbye."""
        self.played: set[Callable[..., None]] = set()
        """Tasks played so far."""
        self.fault_at = -1
        """Number of the single call that meets a fault of the environment; −1 for none."""
        self._opened: set[str] = set()
        """How the user's messages began, so that a long conversation does not repeat itself."""
        self._preface: str | None = None
        self._asked: tuple[Message, Message] | None = None
        self._cleared: tuple[Message, Message, str] | None = None

    def user(self, *options: str) -> Message:
        """The user writes one of the options, in their own manner."""
        fresh = [text for text in options if text[:12] not in self._opened] or list(options)
        words = self.rng.choice(fresh)
        self._opened.add(words[:12])
        message = {"role": "user", "content": self.voice.write(words)}
        self.messages.append(message)
        return message

    def say(self, *options: str) -> Message:
        """The assistant answers in words."""
        message = {"role": "assistant", "content": self.rng.choice(options)}
        self.messages.append(message)
        return message

    def clarify(self, key: str, question: str, reply: str) -> None:
        """The assistant asks for the argument `key` of the next call and the user tells."""
        self._cleared = (self.say(question), self.user(reply), key)

    def confirm(self, *questions: str) -> None:
        """The assistant asks for a go-ahead before the next call and gets it."""
        self._asked = (self.say(*questions), self.user(*_YES))

    def call(self, tool: str, args: dict[str, Any], said: str = "") -> Any:
        """One call in one step; returns what the world answers."""
        if len(self.notes) == self.fault_at:
            self._stumble(tool, args, said)
        return self.batch((tool, args, said))[0]

    def batch(self, *calls: tuple[str, dict[str, Any], str]) -> list[Any]:
        """Several calls in one step, answered in order."""
        notes = self._ask(calls)
        results = []
        for note in notes:
            note.result = getattr(self.world, note.name)(**note.args)
            self._answer(note)
            results.append(note.result)
        return results

    def finish(self) -> None:
        """Write arguments and results as the JSON text that the format asks for."""
        for note in self.notes:
            function = note.call["function"]
            function["name"] = note.name
            function["arguments"] = (
                note.raw if note.raw is not None else _encode(note.args).decode()
            )
            note.reply["content"] = (
                note.result if isinstance(note.result, str) else _encode(note.result).decode()
            )

    def _ask(self, calls: Sequence[tuple[str, dict[str, Any], str]]) -> list[CallNote]:
        rng = self.rng
        entries: list[dict[str, Any]] = []
        content = rng.choice(_PREFACES) if rng.random() < 0.18 else None
        if self._preface is not None:
            content = self._preface if rng.random() < 0.5 else None
            self._preface = None
        message: Message = {"role": "assistant", "content": content, "tool_calls": entries}
        self.messages.append(message)
        made = []
        for index, (tool, args, said) in enumerate(calls):
            entry = new_call(rng, tool)
            entries.append(entry)
            note = CallNote(message, index, entry, tool)
            note.args = args
            note.said = tuple(said.split())
            note.confirmed, note.clarified = self._asked, self._cleared
            self.notes.append(note)
            made.append(note)
        self._asked = self._cleared = None
        return made

    def _answer(self, note: CallNote) -> None:
        note.reply = {
            "role": "tool",
            "tool_call_id": note.call["id"],
            "name": note.name,
            "content": "",
        }
        self.messages.append(note.reply)

    def _stumble(self, tool: str, args: dict[str, Any], said: str) -> None:
        """The environment fails once and the call is tried again, or twice and that is the end."""
        hopeless = self.rng.random() < 0.25
        for fault in self.rng.sample(FAULTS, 2 if hopeless else 1):
            note = self._ask(((tool, dict(args), said),))[0]
            note.result = fault
            self._answer(note)
            self._preface = self.rng.choice(_RETRIES)
        if hopeless:
            self._preface = None
            self.say(*_GIVING_UP)
            raise TalkOver


def new_call(rng: Random, tool: str) -> dict[str, Any]:
    """An empty call of `tool` in OpenAI's form with a fresh id."""
    return {
        "id": f"call_{rng.getrandbits(48):012x}",
        "type": "function",
        "function": {"name": tool, "arguments": ""},
    }
