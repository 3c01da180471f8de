"""Prompts as inference servers log them: ChatML text that a chat template has rendered (§3d).

Turns stand between `<|im_start|>role` and `<|im_end|>`; in them tools, calls and results between
the tags of Hermes and Qwen, which `curation/tagged_turns.py` reads. The prompt ends where the
model was to go on: what it said stands in another key of the record and becomes the last step, and
without that an empty last turn is dropped. Qwen3-Coder's calls, `<function=name>` with
`<parameter=name>`, are read with the types that the tool's schema gives its parameters. Lists of
messages with the same tags are `hermes-xml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from curation.importing import (
    ImportContext,
    Imported,
    ImportedPrediction,
    RecordError,
    import_format,
    json_text,
)
from curation.tagged_turns import read_turn, tools_in_tags
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory

PROMPT_KEYS = ("prompt", "text", "input", "instruction", "prompt_text", "formatted_prompt")
ANSWER_KEYS = ("completion", "response", "output", "generated_text", "answer", "outputs", "choices")

_START, _END = "<|im_start|>", "<|im_end|>"
_ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.DEVELOPER,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
}
_WRAPPERS = ("request", "body", "params")
_FUNCTION = re.compile(r"<function=([^>\n]+)>(.*?)(?:</function>|\Z)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>\n]+)>(.*?)(?:</parameter>|(?=<parameter=)|\Z)", re.DOTALL)
_CALL_START = re.compile(r"<tool_call>\s*(?=<function=)")
_SERVER_END = ("<|endoftext|>", _END)


@import_format
class QwenText:
    """Rows with a rendered ChatML prompt, and what the model answered."""

    name = "qwen-text"
    title = "Qwen and Hermes prompt text"
    description = (
        "A rendered ChatML prompt (<|im_start|>) with <tools>, <tool_call> and <tool_response>, as "
        "inference servers log it, and the completion; further choices become predictions."
    )
    extends = ("hermes-xml",)

    def sniff(self, record: dict[str, Any]) -> bool:
        return _prompt(record) is not None

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        found = _prompt(record)
        if found is None:
            raise RecordError(
                f"No text with {_START} is in it.",
                f"Give the rendered prompt under one of {', '.join(PROMPT_KEYS)}.",
            )
        path, prompt = found
        turns = list(_turns(prompt))
        answer_key, answers = _answers(record, path[-1])
        if turns and turns[-1][0] is Role.ASSISTANT and (answers or not turns[-1][1].strip()):
            begun = turns.pop()[1].lstrip("\n")  # the model was to go on after it
            answers = [begun + answer for answer in answers]
        system = "\n".join(text for role, text in turns if role is Role.SYSTEM)
        given = record.get("tools")
        tools = (read_tools(given) if given else tools_in_tags(system)) or context.tools
        messages = [m for role, text in turns for m in _read(role, text, tools)]
        replies = [m for answer in answers for m in _read(Role.ASSISTANT, answer, tools)]
        yield Imported(
            trajectory=Trajectory((*messages, *replies[:1]), tools),
            source_id=context.source_id(record),
            source=_source(record, path, answer_key),
            predictions=tuple(
                ImportedPrediction(len(messages), _model(record), reply)
                for reply in replies[1:]
                if reply != replies[0]
            ),
        )


def _prompt(record: dict[str, Any]) -> tuple[tuple[str, ...], str] | None:
    """Where the rendered prompt stands, and the prompt."""
    for wrapper in ((), *((name,) for name in _WRAPPERS)):
        holder = record.get(wrapper[0]) if wrapper else record
        if not isinstance(holder, dict):
            continue
        for key in PROMPT_KEYS:
            text = holder.get(key)
            if isinstance(text, list) and len(text) == 1:
                text = text[0]
            if isinstance(text, str) and _START in text:
                return (*wrapper, key), text
    return None


def _turns(prompt: str) -> Iterator[tuple[Role, str]]:
    """Role and text of every turn; raises RecordError for a role that ChatML does not have."""
    for piece in prompt.split(_START)[1:]:
        name, _, rest = piece.partition("\n")
        role = _ROLES.get(name.strip())
        if role is None:
            raise RecordError(
                f"A turn is by {name.strip()[:40]!r}.", f"Roles are {', '.join(sorted(_ROLES))}."
            )
        text = rest.split(_END)[0]
        yield role, text if _END in rest else text.removesuffix("\n")


def _answers(record: dict[str, Any], prompt_key: str) -> tuple[str | None, list[str]]:
    """The key that holds what the model said, and every answer in it."""
    for key in ANSWER_KEYS:
        if key == prompt_key:
            continue
        value = record.get(key)
        if isinstance(value, dict):
            value = value.get("choices", [value])
        listed = value if isinstance(value, list) else [value]
        texts = [text for one in listed if (text := _answer(one)) is not None]
        if texts:
            return key, texts
    return None, []


def _answer(value: Any) -> str | None:
    """The text of one answer, without the tokens that end it."""
    if isinstance(value, dict):
        value = value.get("text", value.get("generated_text"))
    if not isinstance(value, str):
        return None
    for end in _SERVER_END:
        value = value.strip("\n").removesuffix(end)
    return str(value)


def _model(record: dict[str, Any]) -> str:
    model = record.get("model")
    return model if isinstance(model, str) and model else "another choice"


def _source(
    record: dict[str, Any], path: tuple[str, ...], answer_key: str | None
) -> dict[str, Any]:
    source = {k: v for k, v in record.items() if k not in ("id", "tools", path[0])}
    if len(path) > 1:
        source[path[0]] = {k: v for k, v in record[path[0]].items() if k != path[1]}
    if answer_key is not None:
        answered = source.pop(answer_key)
        if isinstance(answered, dict):  # an answer of a server: model, usage, why it stopped
            source[answer_key] = {k: v for k, v in answered.items() if k not in ("choices", "text")}
    return source


def _read(role: Role, text: str, tools: tuple[ToolSpec, ...]) -> Iterator[Message]:
    """The messages of a turn, with Qwen3-Coder's calls read by the tools."""
    if role is Role.ASSISTANT and "<function=" in text:
        text = _CALL_START.sub("<tool_call>", text)
    for message in read_turn(role, text):
        if any(call.raw_arguments.startswith("<function=") for call in message.tool_calls):
            calls = tuple(c for call in message.tool_calls for c in _tagged_call(call, tools))
            message = msgspec.structs.replace(message, tool_calls=calls)
        yield message


def _tagged_call(call: ToolCall, tools: tuple[ToolSpec, ...]) -> Iterator[ToolCall]:
    """The calls in one block of `<function=…>`; any other call as it is."""
    if not call.raw_arguments.startswith("<function="):
        yield call
        return
    for name, body in _FUNCTION.findall(call.raw_arguments):
        spec = next((tool for tool in tools if tool.name == name), None)
        properties = (spec.parameters or {}).get("properties") if spec is not None else None
        known = properties if isinstance(properties, dict) else {}
        arguments = {
            key: _typed(value.removeprefix("\n").removesuffix("\n"), known.get(key))
            for key, value in _PARAMETER.findall(body)
        }
        yield ToolCall(name, json_text(arguments))


def _typed(text: str, schema: Any) -> Any:
    """A parameter's value: text where its schema says so or it is no JSON, else JSON."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind == "string" or (kind is None and schema is not None):
        return text
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text
