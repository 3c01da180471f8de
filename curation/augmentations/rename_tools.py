"""Augmentation: tools under names that say nothing.

A name is changed in definitions, calls and the `name` of results. Text is not: whether "search" in
a sentence means the tool cannot be known, a name in a result is data, and a user's words are his
own. So a tool that any text mentions keeps its name, and a row in which none is left is not copied.
"""

from __future__ import annotations

from random import Random

import msgspec
from msgspec.structs import replace

from curation.augment_reasons import Barred
from curation.augmenting import Original, augmentation
from curation.episodes import ToolText
from curation.example_parts import messages_of, trained, with_each
from curation.exporting import Example
from curation.judged_rows import Rewarded
from curation.rewarded_names import names_in_answers, with_answers_renamed
from curation.tool_mentions import mentions
from curation.trajectory import Message, Role

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_SYLLABLES = 3


@augmentation("rename-tools", title="Tools renamed", types=("sft", "dpo", "kto", "stepwise", "rl"))
def rename_tools(original: Original, rng: Random) -> Example | Barred:
    """Tools get names that say nothing, in definitions, calls and results alike, so that only their
    descriptions tell what they do (the name masking of Tool-N1). A tool that a text mentions by its
    name keeps it; at least one that is called must change, where any is.
    """
    example = trained(original.example)
    messages = messages_of(example)
    offered = {tool.name for tool in example.tools}
    called = {call.name for m in messages for call in m.tool_calls} | names_in_answers(example)
    if not offered:
        return Barred.NOTHING_TO_CHANGE
    if not called <= offered:
        return Barred.UNOFFERED_TOOL
    reply = example.reply if isinstance(example, Rewarded) else ""
    text = f"{_all_text(messages, example.tools)}\n{reply}".lower()
    unmentioned = {name for name in offered if not mentions(text, name)}
    described = {t.name for t in example.tools if t.description.strip()}
    if not (unmentioned & called if called else unmentioned):
        return Barred.NAME_IN_TEXT
    free = unmentioned & described
    if not (free & called if called else free):
        return Barred.NO_DESCRIPTION
    names = _new_names([t.name for t in example.tools if t.name in free], offered, text, rng)
    tools = [replace(t, name=names[t.name]) if t.name in names else t for t in example.tools]
    renamed = with_each(example, tuple(tools), lambda message: _renamed(message, names))
    return with_answers_renamed(renamed, names)


def _all_text(messages: tuple[Message, ...], tools: tuple[ToolText, ...]) -> str:
    """Everything but names of tools."""
    parts = [tool.description for tool in tools]
    parts += [bytes(tool.parameters).decode() for tool in tools]
    for message in messages:
        parts += [message.text, message.reasoning or ""]
        parts += [call.raw_arguments for call in message.tool_calls]
        if isinstance(message.content, list):
            parts.append(msgspec.json.encode(message.content).decode())
    return "\n".join(parts)


def _new_names(old: list[str], offered: set[str], text: str, rng: Random) -> dict[str, str]:
    """Old name -> new one, which nothing else is called and no text holds."""
    taken = {name.lower() for name in offered}
    names: dict[str, str] = {}
    for name in dict.fromkeys(old):
        new = name.lower()
        while new in taken or new in text:
            syllables = (rng.choice(_CONSONANTS) + rng.choice(_VOWELS) for _ in range(_SYLLABLES))
            new = f"tool_{''.join(syllables)}"
        taken.add(new)
        names[name] = new
    return names


def _renamed(message: Message, names: dict[str, str]) -> Message:
    if message.role is Role.TOOL and message.name in names:
        message = replace(message, name=names[message.name])
    if any(call.name in names for call in message.tool_calls):
        calls = [replace(c, name=names.get(c.name, c.name)) for c in message.tool_calls]
        message = replace(message, tool_calls=tuple(calls))
    return message
