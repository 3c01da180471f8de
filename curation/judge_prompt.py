"""The two messages a judge model is sent: the rules, and the fenced evidence.

The model sees the tools, the conversation before the step, its date, and both answers as Response 1
and Response 2. Every piece stands in a fence of its own, so no message can pretend to be another.
The prompt is bounded; what does not fit goes in a fixed order (long results, oldest messages, the
system prompt, tools nobody calls), is listed in `omitted` and is told to the model. The last user
message, the tools of the calls and the two answers are never left out or cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from curation.fencing import Fence
from curation.judge_evidence import answer_text, message_text, never_shown, tool_text
from curation.judging import JudgeCase, Omission, OmissionKind, Order
from curation.rubric import About, Rubric
from curation.trajectory import Message, Role, ToolSpec

MAX_CHARS = 60_000
"""Of both messages together."""

KEPT_CHARS = 1_500
"""What stays of the beginning of a result or a system prompt that has to be shortened."""

WORDS = {
    "RESPONSE_1_WRONG": "Response 1 is wrong and Response 2 is right",
    "RESPONSE_2_WRONG": "Response 2 is wrong and Response 1 is right",
    "BOTH_CORRECT": "both are right",
    "BOTH_WRONG": "both are wrong",
}
"""The verdicts as the judge names them, by position, since it cannot know which is the label."""

VERDICT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "error_analysis": {"type": "string"},
        "correct_approach": {"type": "string"},
        "verdict": {"type": "string", "enum": list(WORDS)},
    },
    "required": ["error_analysis", "correct_approach", "verdict"],
    "additionalProperties": False,
}
"""What a reply must be. The analysis comes first, so that the verdict follows from it."""


class Prompt(Struct, frozen=True):
    """What is sent."""

    system: str
    user: str
    omitted: tuple[Omission, ...] = ()

    @property
    def messages(self) -> list[dict[str, str]]:
        """As in the chat completions API."""
        return [
            {"role": "system", "content": self.system},
            {"role": "user", "content": self.user},
        ]


class PromptTooLarge(Exception):
    """What must not be left out does not fit."""

    def __init__(self, needed: int, limit: int) -> None:
        super().__init__(
            f"The last user message, the tools of the calls and the answers need {needed:,} "
            f"characters; a prompt may hold {limit:,}."
        )
        self.needed = needed
        self.limit = limit


def pair_prompt(
    case: JudgeCase, order: Order, rubric: Rubric, nonce: str, *, max_chars: int = MAX_CHARS
) -> Prompt:
    """Ask for one of four verdicts on two answers.

    Raises:
        PromptTooLarge: nothing more may be left out, and it still does not fit.
        ValueError: the rubric is not about pairs.
    """
    if rubric.about is not About.PAIR:
        raise ValueError(f"{rubric.key} is not about two answers")
    first, second = case.reference, case.prediction
    if order is Order.PREDICTION_FIRST:
        first, second = second, first
    answers = (("Response 1", first), ("Response 2", second))
    hidden = [
        *never_shown(case.reference, None, "reference"),
        *never_shown(case.prediction, None, "prediction"),
    ]
    verdicts = "\n".join(f"- {name}: {meaning}" for name, meaning in WORDS.items())
    reply = (
        "Reply with one JSON object and nothing else:\n"
        '{"error_analysis": at most two sentences on what is wrong and why, "" if nothing is,\n'
        ' "correct_approach": at most two sentences on what a right answer does,\n'
        ' "verdict": exactly one of the names below}\n'
        f"{verdicts}"
    )
    return fitted(case, answers, rubric, reply, nonce, max_chars, hidden)


def fitted(
    case: JudgeCase,
    answers: tuple[tuple[str, Message], ...],
    rubric: Rubric,
    reply: str,
    nonce: str,
    max_chars: int,
    hidden: Iterable[Omission] = (),
) -> Prompt:
    """The rules, the evidence as far as it fits, the answers, and how to reply.

    Raises:
        PromptTooLarge: as `pair_prompt`.
    """
    fence = Fence(nonce)
    system = rules_of(rubric, fence, reply)
    texts = [(title, answer_text(message)) for title, message in answers]
    called = [message for _, message in answers]
    return evidenced(case, called, texts, system, fence, max_chars, hidden)


def rules_of(rubric: Rubric, fence: Fence, reply: str) -> str:
    """What a judge is told before any data: what to look at, what a fence means, how to reply."""
    criteria = "\n".join(f"- {c.name}: {c.question}" for c in rubric.criteria)
    return f"{rubric.instructions.strip()}\n\nCriteria:\n{criteria}\n\n{fence.rule}\n\n{reply}"


def evidenced(
    case: JudgeCase,
    answers: Sequence[Message],
    texts: Iterable[tuple[str, str]],
    system: str,
    fence: Fence,
    max_chars: int,
    hidden: Iterable[Omission] = (),
) -> Prompt:
    """What `system` says, then the evidence as far as it fits, then texts that are never left out.

    Args:
        answers: whose tools are never left out.
        texts: (title, text), each in a fence of its own.

    Raises:
        PromptTooLarge: as `pair_prompt`.
    """
    evidence = _Evidence(case, answers, fence)
    shown = [
        f"{title}:\n{fence.put(title.lower().replace(' ', '-'), text)}" for title, text in texts
    ]
    tail = "\n\n".join([*shown, "Reply as the rules say."])
    omitted = evidence.fit(max_chars - len(system) - len(tail))
    user = "\n\n".join([*evidence.parts(), tail])
    if len(system) + len(user) > max_chars:
        raise PromptTooLarge(len(system) + len(user), max_chars)
    return Prompt(system, user, (*hidden, *omitted))


@dataclass
class _Piece:
    """One message or tool, and how much of it is shown."""

    kind: OmissionKind
    index: int | None
    name: str
    text: str
    fence: Fence
    label: str
    note: str = ""
    is_essential: bool = False
    kept: int = -1
    """Characters shown; -1 for all."""

    def __post_init__(self) -> None:
        self.put()

    def put(self, kept: int = -1) -> None:
        self.kept = kept
        if kept == 0:
            self.shown = ""
            return
        text, note = self.text, self.note
        if kept > 0:
            text = text[:kept]
            note += f"\n(Its end is left out: {len(self.text) - kept} characters.)"
        self.shown = self.fence.put(self.label, text) + note

    @property
    def is_gone(self) -> bool:
        return self.kept == 0

    def omission(self) -> Omission:
        kind = self.kind
        if self.is_gone and kind in (OmissionKind.RESULT, OmissionKind.SYSTEM):
            kind = OmissionKind.MESSAGE
        return Omission(kind, len(self.text) - self.kept, self.index, self.name)


class _Evidence:
    """Tools, date and conversation, made to fit."""

    def __init__(self, case: JudgeCase, answers: Sequence[Message], fence: Fence) -> None:
        called = {call.name for answer in answers for call in answer.tool_calls}
        self.date = (
            [f"The date of the conversation:\n{fence.put('date', case.date)}"] if case.date else []
        )
        self.tools = [_tool(tool, tool.name in called, fence) for tool in case.tools]
        users = [i for i, m in enumerate(case.context) if m.role is Role.USER]
        last = users[-1] if users else None
        self.messages = [
            _message(m, i, len(case.context), i == last, fence) for i, m in enumerate(case.context)
        ]
        self.hidden = [
            omission for i, m in enumerate(case.context) for omission in never_shown(m, i)
        ]

    def parts(self) -> list[str]:
        """The user message but for the answers."""
        tools = [tool.shown for tool in self.tools if not tool.is_gone] or ["(none)"]
        fewer = len(self.tools) - sum(not tool.is_gone for tool in self.tools)
        if fewer:
            tools.append(f"({fewer} more tools, which neither answer calls, are left out here.)")
        said: list[str] = []
        gap = 0
        for message in [*self.messages, None]:
            if message is not None and message.is_gone:
                gap += 1
                continue
            if gap:
                said.append(f"(Messages left out here: {gap}.)")
            gap = 0
            if message is not None:
                said.append(message.shown)
        return [
            "The tools on offer:\n" + "\n".join(tools),
            *self.date,
            "The conversation before this step, oldest first:\n" + ("\n".join(said) or "(none)"),
        ]

    def fit(self, room: int) -> list[Omission]:
        """Leave out what has to go, in order; what was left out."""
        excess = self._length() - room
        for piece, kept in self._what_may_go():
            if excess <= 0:
                excess = self._length() - room  # exactly: what is left out is told, too
            if excess <= 0:
                break
            before = len(piece.shown)
            piece.put(kept)
            excess -= before - len(piece.shown)
        cut = [p.omission() for p in (*self.messages, *self.tools) if p.kept >= 0]
        return [*self.hidden, *cut]

    def _length(self) -> int:
        return len("\n\n".join(self.parts())) + 2

    def _what_may_go(self) -> Iterator[tuple[_Piece, int]]:
        may_go = [m for m in self.messages if not m.is_essential]
        is_system = OmissionKind.SYSTEM
        for message in may_go:
            if message.kind is OmissionKind.RESULT and len(message.text) > KEPT_CHARS + 200:
                yield message, KEPT_CHARS
        for message in may_go:
            if message.kind is not is_system:
                yield message, 0
        for message in may_go:
            if message.kind is is_system and len(message.text) > KEPT_CHARS + 200:
                yield message, KEPT_CHARS
        for tool in reversed(self.tools):
            if not tool.is_essential:
                yield tool, 0
        for message in may_go:
            if message.kind is is_system:
                yield message, 0


def _tool(tool: ToolSpec, is_called: bool, fence: Fence) -> _Piece:
    text = tool_text(tool)
    return _Piece(OmissionKind.TOOL, None, tool.name, text, fence, "tool", is_essential=is_called)


def _message(message: Message, index: int, n: int, is_last_user: bool, fence: Fence) -> _Piece:
    kind = {
        Role.TOOL: OmissionKind.RESULT,
        Role.SYSTEM: OmissionKind.SYSTEM,
        Role.DEVELOPER: OmissionKind.SYSTEM,
    }.get(message.role, OmissionKind.MESSAGE)
    parts = sum(o.kind is OmissionKind.PART for o in never_shown(message, index))
    note = f"\n(It also held parts that are no text: {parts}.)" if parts else ""
    label = f"message-{index + 1}-of-{n} from {message.role.value}"
    return _Piece(kind, index, "", message_text(message), fence, label, note, is_last_user)
