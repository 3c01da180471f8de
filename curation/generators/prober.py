"""Asking a model for its own answer to a step: what it is told, and what its reply amounts to.

The model sees the tools and the messages before the step, never the reference. Calls come natively
or as `<tool_call>` text, whichever the model writes; nothing is repaired: arguments that are no
JSON stay as they were generated. Log-probabilities count only where they cover the whole output,
thinking included, as LoopTool's perplexity is of all of it (arXiv 2511.09148, section 4.2).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from curation.chat_client import ChatClient, Completion, open_chat
from curation.model_endpoint import Endpoint
from curation.model_faults import not_chat
from curation.schema_dialects import normalise
from curation.steps import pair_results
from curation.tagged_text import blocks, cut_thinking
from curation.tagged_turns import read_block
from curation.trajectory import Message, Role, ToolCall, ToolSpec

WHERE = "probe"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
UNLISTED_TOKENS = 2
"""Tokens that end an output may be counted without being listed."""

TEXT_CALLS = (
    "You may call one or more of these tools:\n<tools>\n{tools}\n</tools>\n"
    "For each call, write a JSON object with its name and arguments within tags:\n"
    '<tool_call>\n{{"name": …, "arguments": {{…}}}}\n</tool_call>'
)


class ProbeQuestion(Struct, frozen=True):
    """One step, without its answer."""

    tools: tuple[ToolSpec, ...]
    context: tuple[Message, ...]
    """The messages before it."""


class Decoding(Struct, frozen=True):
    """How the model is to answer."""

    temperature: float = 0.0
    """0: the likeliest token each time."""
    with_logprobs: bool = True
    text_calls: bool = False
    """The tools stand in the system prompt, and calls are text."""


class ProbeAnswer(Struct, frozen=True):
    """What a model answered."""

    message: Message
    n_tokens: int | None = None
    sum_logprob: float | None = None
    """Over the whole output; both None when the endpoint does not list all of it."""
    finish: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Prober:
    """One endpoint, any number of questions at once."""

    def __init__(self, client: ChatClient) -> None:
        self._client = client

    async def answer(
        self, question: ProbeQuestion, decoding: Decoding, seed: int | None = None
    ) -> ProbeAnswer:
        """Ask once.

        Raises:
            ModelError: the endpoint gave no answer.
        """
        body, names = _asked(question, decoding)
        body["temperature"] = decoding.temperature
        body["max_tokens"] = self._client.endpoint.max_tokens
        if seed is not None:
            body["seed"] = seed
        optional = {"logprobs": True} if decoding.with_logprobs else {}
        found = await self._client.complete(body, optional)
        if not _can_be_kept(found.message):
            raise not_chat(self._client.endpoint, WHERE)
        return _read(found, names)

    @property
    def asked_without(self) -> tuple[str, ...]:
        """Parameters that the endpoint was found not to take."""
        return self._client.asked_without

    async def close(self) -> None:
        """Give back the connections."""
        await self._client.close()


async def open_prober(endpoint: Endpoint) -> Prober:
    """A prober that asks each question once; whoever uses it asks again."""
    return Prober(await open_chat(endpoint, WHERE))


def _asked(question: ProbeQuestion, decoding: Decoding) -> tuple[dict[str, Any], dict[str, str]]:
    """The body's messages and tools, and the tools' own names by those they are sent under."""
    if decoding.text_calls:
        return {"messages": _as_text(question)}, {}
    sent = _names_to_send(question)
    body: dict[str, Any] = {"messages": _native(question.context, sent)}
    if question.tools:
        body["tools"] = [_tool(tool, sent.get(tool.name, tool.name)) for tool in question.tools]
    return body, {name: own for own, name in sent.items()}


def _names_to_send(question: ProbeQuestion) -> dict[str, str]:
    """Names that the API does not take, spelled so that it does."""
    called = [call.name for message in question.context for call in message.tool_calls]
    taken = {name for name in (t.name for t in question.tools) if _NAME.fullmatch(name)}
    sent: dict[str, str] = {}
    for own in dict.fromkeys([*(tool.name for tool in question.tools), *called]):
        if _NAME.fullmatch(own):
            continue
        plain = re.sub(r"[^A-Za-z0-9_-]", "_", own)[:60] or "tool"
        name, n = plain, 1
        while name in taken:
            n += 1
            name = f"{plain[:60]}_{n}"
        taken.add(name)
        sent[own] = name
    return sent


def _tool(tool: ToolSpec, name: str) -> dict[str, Any]:
    schema = normalise(tool.parameters).schema if tool.parameters is not None else None
    function: dict[str, Any] = {"name": name, "description": tool.description}
    if isinstance(schema, dict):
        function["parameters"] = schema
    return {"type": "function", "function": function}


def _native(context: Sequence[Message], sent: dict[str, str]) -> list[dict[str, Any]]:
    """Messages of the API. Every call has an id and every result that of its call."""
    pairs = pair_results(tuple(context)).results
    call_of = {result: place for place, result in pairs.items()}
    found: list[dict[str, Any]] = []
    for index, message in enumerate(context):
        out: dict[str, Any] = {"role": message.role.value, "content": _content(message)}
        if message.tool_calls:
            out["tool_calls"] = [
                {
                    "id": _call_id(context, index, j),
                    "type": "function",
                    "function": {
                        "name": sent.get(call.name, call.name),
                        "arguments": call.raw_arguments or "{}",
                    },
                }
                for j, call in enumerate(message.tool_calls)
            ]
        if message.role is Role.TOOL:
            out["content"] = message.text
            place = call_of.get(index)
            own = message.tool_call_id or f"call_{index}"
            out["tool_call_id"] = _call_id(context, *place) if place else own
        found.append(out)
    return found


def _call_id(context: Sequence[Message], index: int, call: int) -> str:
    return context[index].tool_calls[call].id or f"call_{index}_{call}"


def _content(message: Message) -> Any:
    if isinstance(message.content, list | str):
        return message.content
    return None if message.tool_calls else ""


def _as_text(question: ProbeQuestion) -> list[dict[str, Any]]:
    """Everything as text, as Hermes and Qwen were trained on it."""
    found: list[dict[str, Any]] = []
    for message in question.context:
        text = message.text
        if message.role is Role.TOOL:
            text = f"<tool_response>\n{text}\n</tool_response>"
        for call in message.tool_calls:
            text += f"\n<tool_call>\n{_call_text(call)}\n</tool_call>"
        role = Role.USER if message.role is Role.TOOL else message.role
        if found and message.role is Role.TOOL and found[-1]["role"] == role.value:
            found[-1]["content"] += "\n" + text
        else:
            found.append({"role": role.value, "content": text.strip("\n")})
    if question.tools:
        listed = "\n".join(json.dumps(_tool(tool, tool.name)) for tool in question.tools)
        told = TEXT_CALLS.format(tools=listed)
        if found and found[0]["role"] in ("system", "developer"):
            found[0] = {**found[0], "content": f"{found[0]['content']}\n\n{told}"}
        else:
            found.insert(0, {"role": "system", "content": told})
    return found


def _call_text(call: ToolCall) -> str:
    value = call.parsed().value
    arguments: Any = call.raw_arguments if value is None else value
    return json.dumps({"name": call.name, "arguments": arguments}, ensure_ascii=False)


def _can_be_kept(said: dict[str, Any]) -> bool:
    """Not with halves of characters in it, which no database stores: nothing is repaired."""
    try:
        json.dumps(said, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _read(found: Completion, names: dict[str, str]) -> ProbeAnswer:
    n_tokens, total = _logprobs(found.logprobs, found.completion_tokens)
    return ProbeAnswer(
        _message(found, names),
        n_tokens,
        total,
        found.finish or "",
        found.prompt_tokens,
        found.completion_tokens,
    )


def _message(found: Completion, names: dict[str, str]) -> Message:
    said = found.message
    text = found.text if found.text is not None else found.refusal
    thought = said.get("reasoning_content")
    thought = thought if isinstance(thought, str) and thought else None
    calls = _native_calls(said.get("tool_calls"), names)
    if text is not None:
        inner, text = cut_thinking(text)
        thought = thought or inner
    if not calls and text is not None:
        found_calls, rest = blocks(text, "tool_call")
        calls = tuple(call for block in found_calls for call in read_block(block))
        if calls:
            text = rest.strip() or None
    return Message(Role.ASSISTANT, text, calls, reasoning=thought)


def _native_calls(value: Any, names: dict[str, str]) -> tuple[ToolCall, ...]:
    calls: list[ToolCall] = []
    for one in value if isinstance(value, list) else ():
        function = one.get("function") if isinstance(one, dict) else None
        if not isinstance(function, dict) or not isinstance(name := function.get("name"), str):
            continue
        raw, own = function.get("arguments"), one.get("id")
        text = raw if isinstance(raw, str) else "" if raw is None else json.dumps(raw)
        calls.append(ToolCall(names.get(name, name), text, own if isinstance(own, str) else None))
    return tuple(calls)


def _logprobs(given: Any, completion_tokens: int | None) -> tuple[int | None, float | None]:
    """How many tokens are listed and the sum over them; None unless that is the whole output."""
    listed = given.get("content") if isinstance(given, dict) else None
    if not isinstance(listed, list) or not listed:
        return None, None
    if completion_tokens is not None and len(listed) < completion_tokens - UNLISTED_TOKENS:
        return None, None
    values = [one.get("logprob") if isinstance(one, dict) else None for one in listed]
    numbers = [float(one) for one in values if isinstance(one, int | float)]
    if len(numbers) < len(values) or not all(math.isfinite(one) for one in numbers):
        return None, None
    return len(numbers), min(0.0, math.fsum(numbers))
