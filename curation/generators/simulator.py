"""The simulator: a model says what a tool would have answered to a changed call.

Asked only where no result of the same call is on record, and its answer is a proposal for a person.
The model sees the tool as it was offered, the call, other calls of the tool with what they got, and
what was said before, within fixed limits; all of it fenced, none of it trusted. After
"LLMs as tool simulators" (ToolEmu, arXiv 2309.15817; StableToolBench, arXiv 2403.07714).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from curation.fencing import Fence
from curation.generators.endpoint import GeneratorError, ask
from curation.model_endpoint import Endpoint
from curation.trajectory import Message, Role, ToolCall, ToolSpec

TEMPERATURE = 0.2
MAX_EXAMPLES = 6
MAX_EXAMPLE_CHARS = 2_500
MAX_CONTEXT_CHARS = 10_000
"""Of what was said before the call; the latest is kept, and the beginning of the system prompt."""
MAX_SYSTEM_CHARS = 2_000
MAX_TOOL_CHARS = 6_000


class Example(Struct, frozen=True):
    """What the same tool answered to another call."""

    arguments: str
    result: str


class Question(Struct, frozen=True):
    """All that the model is told."""

    tool: ToolSpec | None
    """None for a tool nobody declared."""
    call: ToolCall
    before: tuple[Message, ...]
    """The messages before the step of the call."""
    examples: tuple[Example, ...] = ()
    """The most telling first."""


class Proposal(Struct, frozen=True):
    """What the tool might have answered: for a person to accept, to edit or to throw away."""

    text: str
    model: str
    warning: str = ""
    """What looks wrong with it."""


async def simulate(endpoint: Endpoint, question: Question, nonce: str) -> Proposal:
    """Ask the model for the result of the call.

    Raises:
        GeneratorError: there is no usable answer.
    """
    reply = await ask(endpoint, prompt(question, nonce), temperature=TEMPERATURE)
    text = _unwrapped(reply.text, nonce)
    if not text or nonce in text:
        raise GeneratorError(
            f"{reply.model} repeated its question instead of answering it.",
            where="simulator",
            hint="Ask again, or write the result yourself.",
        )
    return Proposal(text, reply.model, _warning(text, question.examples))


def prompt(question: Question, nonce: str) -> list[dict[str, str]]:
    """The two messages that are sent: the rules, and the data between fences."""
    fence = Fence(nonce)
    rules = (
        "You simulate a tool that an assistant called. Answer with exactly the text the tool "
        "would return for the call, and nothing else: no explanation, no code fence.\n"
        f"{fence.rule}\n"
        "- Keep to the form of the earlier results: the same keys, types, units and id formats; "
        "JSON where they are JSON, plain text where they are text.\n"
        "- Keep to what the earlier messages and results say of the world (names, ids, prices, "
        "dates); where they are silent, choose plausible values.\n"
        "- Where the real tool would refuse the call, answer with the error it would return, in "
        "the form of the tool's other errors if there are any.\n"
        "- Never write placeholders such as “example” or “…”."
    )
    parts = [
        "The tool:",
        fence.put("tool", _tool(question.tool, question.call)),
        *_examples(question.examples, fence),
        "What was said before the call:",
        fence.put("conversation", _conversation(question.before)),
        "The call:",
        fence.put("call", f"{question.call.name}\n{question.call.raw_arguments or '{}'}"),
        "What does the tool return for this call? Only the returned text.",
    ]
    return [
        {"role": "system", "content": rules},
        {"role": "user", "content": "\n\n".join(parts)},
    ]


def _tool(tool: ToolSpec | None, call: ToolCall) -> str:
    if tool is None:
        return f"{call.name} (nothing else is known of it)"
    return _cut(msgspec.json.encode(tool).decode(), MAX_TOOL_CHARS)


def _examples(examples: Sequence[Example], fence: Fence) -> list[str]:
    if not examples:
        return ["No result of this tool is on record."]
    shown = [
        fence.put(
            "example",
            f"arguments: {_cut(e.arguments, MAX_EXAMPLE_CHARS)}\n"
            f"returned: {_cut(e.result, MAX_EXAMPLE_CHARS)}",
        )
        for e in examples[:MAX_EXAMPLES]
    ]
    return ["Other calls of this tool, and what it returned:", *shown]


def _conversation(messages: Sequence[Message]) -> str:
    """The latest messages that fit, oldest first, after the beginning of the system prompt."""
    system = [m for m in messages if m.role in (Role.SYSTEM, Role.DEVELOPER)]
    head = [_line(m, MAX_SYSTEM_CHARS) for m in system[:1]]
    left = MAX_CONTEXT_CHARS
    kept: list[str] = []
    for message in reversed([m for m in messages if m not in system[:1]]):
        line = _line(message, MAX_EXAMPLE_CHARS)
        if len(line) > left:
            kept.append("(earlier messages are left out)")
            break
        left -= len(line)
        kept.append(line)
    return "\n".join([*head, *reversed(kept)]) or "(nothing)"


def _line(message: Message, most: int) -> str:
    calls = "".join(f"\n  calls {c.name}({c.raw_arguments})" for c in message.tool_calls)
    return _cut(f"{message.role}: {message.text}{calls}", most)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]} (cut: {len(text)} characters in all)"


_CODE = re.compile(r"```[a-zA-Z]*\n(.*?)\n?```", re.DOTALL)


def _unwrapped(text: str, nonce: str) -> str:
    """The answer without the code fence or our own markers, if it is wrapped in them."""
    text = text.strip()
    marked = re.fullmatch(rf"<data-{nonce}[^>]*>(.*)</data-{nonce}>", text, re.DOTALL)
    if marked:
        text = marked.group(1).strip()
    code = _CODE.fullmatch(text)
    return code.group(1).strip() if code else text


def _warning(text: str, examples: Sequence[Example]) -> str:
    if examples and all(_is_json(e.result) for e in examples) and not _is_json(text):
        return "Not JSON, although the tool's other results are."
    return ""


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return False
    return True
