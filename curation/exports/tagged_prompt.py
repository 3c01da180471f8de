"""Conversations as text, with the tags that Hermes and Qwen use (formats §3d, §14).

For trainers that take no tools and no calls: verl's rows hold roles and text, and process reward
models read text alone. Tools stand in the system text, calls and results between tags; so the model
sees what it may call whatever its chat template does, and the file can be imported again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec
from msgspec import Raw

from curation.episodes import ToolText
from curation.export_reasons import Adaptation
from curation.exporting import Notes
from curation.exports.chat import WrappedOut, definition, readable_calls, text_of
from curation.trajectory import Message, Role, ToolCall

TOOLS_HEADING = """\
# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
"""
TOOLS_END = """
</tools>

For each function call, return a json object with function name and arguments within \
<tool_call></tool_call> XML tags:
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call>"""


def tools_text(tools: Sequence[ToolText]) -> str:
    """What the system text says of the tools, one a line; "" for none."""
    if not tools:
        return ""
    return TOOLS_HEADING + "\n".join([_line(tool) for tool in tools]) + TOOLS_END


def _line(tool: ToolText) -> str:
    return _written(tool.name, tool.description, bytes(tool.parameters), _strict(tool))


def _strict(tool: ToolText) -> bool | None:
    strict = tool.extra.get("strict") if tool.extra else None
    return strict if isinstance(strict, bool) else None


# Thousands of tool sets are made of a few hundred tools.
@lru_cache(maxsize=2048)
def _written(name: str, description: str, schema: bytes, strict: bool | None) -> str:
    extra = {} if strict is None else {"strict": strict}
    text = ToolText(name, description, Raw(schema), extra)
    # A definition that is written over several lines in its source is one line here.
    return msgspec.json.encode(WrappedOut(function=definition(text))).decode().replace("\n", " ")


def tagged(
    messages: Iterable[Message],
    tools: Sequence[ToolText],
    notes: Notes,
    *,
    thinking: bool = False,
) -> list[Message]:
    """The messages as system, user and assistant with nothing but text.

    Args:
        thinking: keep what the assistant thought, in `<think>` tags; else it is left out and
            counted, as chat templates leave the thinking of earlier turns out.

    Raises:
        Unfit: a message holds something other than text, or a call that cannot be read.
    """
    messages = tuple(messages)
    made: list[Message] = []
    # Rows that came as text hold their tools already.
    held = any(m.role is Role.SYSTEM and "<tools>" in m.text for m in messages)
    heading = "" if held else tools_text(tools)
    for index, message in enumerate(messages):
        if message.role is Role.TOOL:
            text = f"<tool_response>\n{text_of(message, notes)}\n</tool_response>"
            if index and made and made[-1].role is Role.USER and _is_results(made[-1]):
                # Results of one step are one turn, as Qwen's template has it.
                made[-1] = Message(Role.USER, f"{made[-1].text}\n{text}")
            else:
                made.append(Message(Role.USER, text))
        elif message.role is Role.ASSISTANT:
            made.append(
                Message(Role.ASSISTANT, assistant_text(message, index, notes, thinking=thinking))
            )
        elif message.role is Role.USER:
            made.append(Message(Role.USER, text_of(message, notes)))
        else:
            if message.role is Role.DEVELOPER:
                notes[Adaptation.DEVELOPER_AS_SYSTEM] += 1
            text = text_of(message, notes)
            if heading:
                text, heading = (f"{text}\n\n{heading}" if text else heading), ""
            made.append(Message(Role.SYSTEM, text))
    if heading:
        made.insert(0, Message(Role.SYSTEM, heading))
    return made


def _is_results(message: Message) -> bool:
    return message.text.startswith("<tool_response>\n") and message.text.endswith(
        "\n</tool_response>"
    )


def assistant_text(
    message: Message,
    index: int,
    notes: Notes,
    *,
    thinking: bool = False,
    broken: bool = False,
) -> str:
    """What the assistant wrote: thinking, words, then its calls.

    Args:
        broken: carry calls whose arguments cannot be read as they are.
    """
    parts = []
    if message.reasoning:
        if thinking:
            parts.append(f"<think>\n{message.reasoning}\n</think>")
        else:
            notes[Adaptation.REASONING_LEFT_OUT] += 1
    text = text_of(message, notes)
    if text:
        parts.append(text)
    calls = message.tool_calls if broken else readable_calls(message, index)
    parts += [call_text(call) for call in calls]
    return "\n".join(parts)


def call_text(call: ToolCall) -> str:
    """One call between its tags, arguments as they were generated."""
    name = msgspec.json.encode(call.name).decode()
    arguments = call.raw_arguments.strip() or "{}"
    return f'<tool_call>\n{{"name": {name}, "arguments": {arguments}}}\n</tool_call>'
