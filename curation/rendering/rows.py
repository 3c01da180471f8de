"""One row under a chat template: its text, what of it carries loss, and what is missing in it.

What is learnt: generation blocks where the template has them; else, for each assistant message that
is a target, what is added to the text of the messages before it (with the generation prompt) when
it is added. A row of prompt and completion is always cut so, as trainers do.

Whether something stands in the text is tried, not guessed: tools by rendering without them, results
and calls by putting a nonce in their place when their words are not found as they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from curation.episodes import ToolText
from curation.export_reasons import DropReason, Unfit
from curation.exporting import Completion, Conversation, Example, Judged, Pair
from curation.exports.masked_words import Parts, by_message
from curation.judged_rows import Rewarded, StepTexts
from curation.rendering.findings import RenderFinding
from curation.rendering.template import ChatTemplate, TemplateLimit, TemplateRefusal
from curation.trajectory import Message, Role

Spans = tuple[tuple[int, int], ...]
_NONCE = "loopwright7f3a9c"


class RenderedText(Struct, frozen=True, gc=False):
    """One text that a model is trained on."""

    title: str
    text: str
    learnt: Spans
    """What carries loss, as half-open ranges of characters."""


class RenderedRow(Struct, frozen=True, gc=False):
    """A row as its model sees it."""

    texts: tuple[RenderedText, ...]
    """One; of a pair, the chosen and the rejected."""
    findings: tuple[RenderFinding, ...]


def rendered_row(template: ChatTemplate, example: Example, control: Sequence[str]) -> RenderedRow:
    """The row under the template. `control`: the model's control tokens.

    Raises:
        Unfit: the template refuses it, or nothing in its text is learnt.
    """
    if isinstance(example, StepTexts):
        return RenderedRow((_stepwise(example),), ())
    try:
        texts, whole, known = _texts(template, example)
        findings = [] if known else [RenderFinding.PREFIX_CHANGES]
        tools = _offered(example)
        findings += _missing(template, whole, tools, texts[0].text)
    except TemplateLimit as problem:
        raise Unfit(DropReason.TEMPLATE_LIMIT, str(problem)) from None
    except TemplateRefusal as problem:
        raise Unfit(DropReason.TEMPLATE_REFUSES, str(problem)[:300]) from None
    # Of a prompt for reinforcement learning nothing is learnt: the model answers it itself.
    if known and not isinstance(example, Rewarded) and any(not _words(text) for text in texts):
        raise Unfit(DropReason.NO_LOSS)
    words = "\n".join([_text(m) for m in whole])
    if any(token in words for token in control):
        findings.append(RenderFinding.CONTROL_TOKEN)
    return RenderedRow(texts, tuple(findings))


_Messages = list[dict[str, Any]]


def _texts(
    template: ChatTemplate, example: Example
) -> tuple[tuple[RenderedText, ...], _Messages, bool]:
    """The texts, the messages of the first of them, and whether all that is learnt is known."""
    match example:
        case Conversation():
            messages = [spelled(m) for m in example.messages]
            text, known = _conversation(template, messages, _tools(example.tools), example)
            return (text,), messages, known
        case Completion() | Judged():
            prompt = [spelled(m) for m in example.prompt]
            rest = [spelled(m) for m in example.completion]
            tools = _tools(example.tools)
            return (_continued(template, prompt, rest, tools, "text"),), [*prompt, *rest], True
        case Pair():
            prompt = [spelled(m) for m in example.prompt]
            tools = _tools(example.tools)
            sides = [("chosen", spelled(example.chosen)), ("rejected", spelled(example.rejected))]
            texts = [_continued(template, prompt, [side], tools, name) for name, side in sides]
            return tuple(texts), [*prompt, sides[0][1]], True
        case Rewarded():
            prompt = [spelled(m) for m in example.prompt]
            rendered = template.render(prompt, _offered(example), prompt=True)
            return (RenderedText("prompt", rendered.text, ()),), prompt, True
        case _:
            raise TypeError(type(example).__name__)


def _offered(example: Example) -> _Messages:
    """The tools that the template is given: none where the prompt holds them as text (verl)."""
    if isinstance(example, Rewarded) and any(
        m.role is Role.SYSTEM and "<tools>" in m.text for m in example.prompt
    ):
        return []
    return _tools(example.tools)  # type: ignore[union-attr]


def _stepwise(example: StepTexts) -> RenderedText:
    """Text already, whatever the template: a label is on the separator behind each step."""
    text, labels = example.prompt, []
    for completion in example.completions:
        text += completion
        labels.append((len(text), len(text) + 1))
        text += "\n"
    return RenderedText("text", text, tuple(labels))


def _continued(
    template: ChatTemplate, prompt: _Messages, rest: _Messages, tools: _Messages, title: str
) -> RenderedText:
    """Prompt and completion: what comes after the prompt is learnt."""
    before = template.render(prompt, tools, prompt=True).text
    whole = template.render([*prompt, *rest], tools).text
    if not whole.startswith(before):
        raise Unfit(DropReason.PREFIX_CHANGES, _where_changed(before, whole))
    return RenderedText(title, whole, ((len(before), len(whole)),))


def _where_changed(before: str, whole: str) -> str:
    at = next((i for i, (a, b) in enumerate(zip(before, whole, strict=False)) if a != b), 0)
    return f"at character {at:,}: {before[at : at + 40]!r} became {whole[at : at + 40]!r}"


def _conversation(
    template: ChatTemplate, messages: _Messages, tools: _Messages, row: Conversation
) -> tuple[RenderedText, bool]:
    marked = template.render(messages, tools)
    masked, parts = row.masked, by_message(row.spans)
    steps = [i for i, m in enumerate(messages) if m["role"] == "assistant"]
    found: list[tuple[int, int]] = []
    known = True
    if template.marks_generation:
        if not (masked or parts) or len(marked.blocks) != len(steps):
            return RenderedText("text", marked.text, marked.blocks), True
        places: dict[int, tuple[int, int] | None] = dict(zip(steps, marked.blocks, strict=True))
    else:
        places = {
            step: _place(template, messages, step, tools, marked.text)
            for step in steps
            if step not in masked
        }
    for step, place in places.items():
        if step in masked:
            continue
        cut = None if place is None else _cut(marked.text, place, messages[step], parts.get(step))
        known = known and cut is not None
        found += cut or []
    return RenderedText("text", marked.text, tuple(found)), known


def _place(
    template: ChatTemplate, messages: _Messages, step: int, tools: _Messages, text: str
) -> tuple[int, int] | None:
    """What a step adds to the text; None where the template does more than add."""
    before = template.render(messages[:step], tools, prompt=True).text if step else ""
    after = template.render(messages[: step + 1], tools).text
    if after.startswith(before) and text.startswith(after):
        return len(before), len(after)
    return None


def _cut(
    text: str, place: tuple[int, int], message: dict[str, Any], parts: Parts | None
) -> list[tuple[int, int]] | None:
    """A place without the masked parts of its message; None where its words are not found."""
    if not parts:
        return [place]
    start = text.find(message["content"], *place)
    if start < 0:
        return None
    learnt, at = [], place[0]
    for begin, end in parts:
        if start + begin > at:
            learnt.append((at, start + begin))
        at = start + end
    return [*learnt, (at, place[1])]


def _missing(
    template: ChatTemplate, messages: _Messages, tools: _Messages, text: str
) -> list[RenderFinding]:
    """What the row holds and its text does not."""
    findings = []
    if tools and template.render(messages, None).text == text:
        findings.append(RenderFinding.TOOLS_MISSING)
    if any(message["content"] is None for message in messages):
        emptied = [{**m, "content": m["content"] or ""} for m in messages]
        if template.render(emptied, tools).text != text:
            findings.append(RenderFinding.NULL_AS_TEXT)
    for index, message in enumerate(messages):
        if message["role"] == "tool" and not _stands(str(message["content"]), text):
            tried = [*messages]
            tried[index] = {**message, "content": _NONCE}
            if _NONCE not in template.render(tried, tools).text:
                findings.append(RenderFinding.RESULTS_MISSING)
                break
    for index, message in enumerate(messages):
        calls = message.get("tool_calls")
        if calls and not all(_call_stands(call["function"], text) for call in calls):
            named = [{**c, "function": {**c["function"], "arguments": {_NONCE: 1}}} for c in calls]
            tried = [*messages]
            tried[index] = {**message, "tool_calls": named}
            if template.render(tried, tools).text.count(_NONCE) < len(calls):
                findings.append(RenderFinding.CALLS_MISSING)
                break
    return findings


def _stands(words: str, text: str) -> bool:
    words = words.strip()
    return words in text or json.dumps(words, ensure_ascii=False)[1:-1] in text


def _call_stands(function: dict[str, Any], text: str) -> bool:
    if f'"{function["name"]}"' not in text:
        return False
    arguments = function["arguments"]
    # Only words that stand nowhere else prove anything; the nonce decides the rest.
    return bool(arguments) and json.dumps(arguments, ensure_ascii=False) in text


def _words(text: RenderedText) -> bool:
    return any(text.text[start:end].strip() for start, end in text.learnt)


def _text(message: dict[str, Any]) -> str:
    return str(message.get("content") or "")


def spelled(message: Message) -> dict[str, Any]:
    """A fitted message as chat templates are given it: arguments are objects."""
    said: dict[str, Any] = {"role": message.role.value, "content": message.text}
    if message.role is Role.ASSISTANT and message.content is None:
        said["content"] = None
    if message.reasoning is not None:
        said["reasoning_content"] = message.reasoning
    if message.tool_calls:
        said["tool_calls"] = [
            {
                **({} if call.id is None else {"id": call.id}),
                "type": "function",
                "function": {"name": call.name, "arguments": _read(call.raw_arguments)},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        said["tool_call_id"] = message.tool_call_id
    if message.name is not None:
        said["name"] = message.name
    return said


def _read(raw: str) -> Any:
    try:
        return json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError):
        return raw  # where nothing is learnt, a layout may carry broken arguments


def _tools(tools: tuple[ToolText, ...]) -> _Messages:
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                **(
                    {"parameters": json.loads(bytes(tool.parameters))}
                    if bytes(tool.parameters)
                    else {}
                ),
            },
        }
        for tool in tools
    ]
