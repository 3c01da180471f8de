"""API-Bank: a folder of dialogues, one a file, one turn a line (formats §6).

All turns of a file are gathered into one trajectory. A turn of the API is a call and its result at
once: the call joins what the AI said right before it, the result becomes the tool's message, with
the exception beside the output where there was one. The APIs of the benchmark (`apis.json`) are
taken from the file's folder or the one above it unless given with --tools. A dialogue of which a
line cannot be read is left out, since without it the rest would be another dialogue.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from curation.importing import (
    ImportContext,
    Imported,
    Problem,
    Record,
    RecordError,
    import_format,
    json_text,
)
from curation.tool_schemas import read_tools
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory

TURNS = "dialogue"
"""Key under which the gathered turns of a file stand."""

MAX_TURNS = 5000
"""Turns that are held for one dialogue; real ones have up to 31."""

_APIS = ("apis.json", "../apis.json")
_ROLES = {"User": Role.USER, "AI": Role.ASSISTANT}
_TURN = frozenset(("role", "text", "api_name", "param_dict", "result"))


@import_format
class APIBank:
    """Turns `{role: User|AI, text}` and `{role: API, api_name, param_dict, result}`."""

    name = "api-bank"
    title = "API-Bank"
    description = (
        "One dialogue a file, one turn a line, by User, AI and API; give the folder. The tools are "
        "taken from apis.json beside it, or from --tools."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        if isinstance(record.get(TURNS), list):
            return bool(record[TURNS]) and all(_is_turn(turn) for turn in record[TURNS][:8])
        return _is_turn(record)

    def gather(self, items: Iterator[Record | Problem]) -> Iterator[Record | Problem]:
        """The turns of the file as one record."""
        first: Record | None = None
        turns: list[Any] = []
        lost = 0
        for item in items:
            if isinstance(item, Problem):
                lost += 1
                yield item
                continue
            if isinstance(item.value, dict) and TURNS in item.value:
                yield item
                continue
            first = first or item
            if len(turns) <= MAX_TURNS:
                turns.append(item.value)
        if first is None:
            return
        if lost:
            yield Problem(
                first.where,
                f"The dialogue is left out, because {lost} of its lines cannot be read.",
                "Correct the lines named before and import the file again.",
            )
        elif len(turns) > MAX_TURNS:
            yield Problem(
                first.where,
                f"The file has more than {MAX_TURNS:,} turns, which is no dialogue.",
                "Give one dialogue a file, as API-Bank does.",
            )
        else:
            yield Record(first.where, 1, {TURNS: turns})

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        turns = record.get(TURNS, [record])
        messages: list[Message] = []
        for number, turn in enumerate(turns, start=1):
            if not isinstance(turn, dict) or not _is_turn(turn):
                raise RecordError(
                    f"Turn {number} is by none of User, AI and API, or lacks its text or call.",
                    "Give `role` and `text`, or `role: API`, `api_name` and `param_dict`.",
                )
            _add(messages, turn)
        name = context.file_name.removesuffix(".gz")
        yield Imported(
            trajectory=Trajectory(tuple(messages), context.tools or _apis(context)),
            source_id=name or context.where,
            source={k: v for k, v in record.items() if k not in (TURNS, *_TURN)},
            group=f"api-bank:{name.rsplit('.', 1)[0]}" if name else None,
        )


def _is_turn(turn: Any) -> bool:
    if not isinstance(turn, dict):
        return False
    if turn.get("role") == "API":
        return isinstance(turn.get("api_name"), str)
    return turn.get("role") in ("User", "AI") and isinstance(turn.get("text"), str)


def _add(messages: list[Message], turn: dict[str, Any]) -> None:
    extra = {k: v for k, v in turn.items() if k not in _TURN}
    if turn["role"] != "API":
        messages.append(Message(_ROLES[turn["role"]], turn["text"], extra=extra))
        return
    parameters = turn.get("param_dict")
    raw = parameters if isinstance(parameters, str) else json_text(parameters)
    call = ToolCall(turn["api_name"], raw)
    before = messages[-1] if messages else None
    if before is not None and before.role is Role.ASSISTANT and not before.tool_calls:
        messages[-1] = msgspec.structs.replace(
            before, tool_calls=(call,), extra={**before.extra, **extra}
        )
    else:
        messages.append(Message(Role.ASSISTANT, None, (call,), extra=extra))
    if "result" in turn:
        messages.append(_result(turn["api_name"], parameters, turn["result"]))


def _result(name: str, parameters: Any, result: Any) -> Message:
    """What the API gave back; that it was run with other arguments is kept beside it."""
    if not isinstance(result, dict) or "output" not in result:
        text = result if isinstance(result, str) else json_text(result)
        return Message(Role.TOOL, text, name=name)
    output, exception = result["output"], result.get("exception")
    if exception is not None:
        output = {"output": output, "exception": exception}
    known = ("api_name", "input", "output", "exception")
    extra = {k: v for k, v in result.items() if k not in known}
    if "input" in result and result["input"] != parameters:
        extra["input"] = result["input"]
    text = output if isinstance(output, str) else json_text(output)
    return Message(Role.TOOL, text, name=name, extra=extra)


def _apis(context: ImportContext) -> tuple[ToolSpec, ...]:
    """The benchmark's APIs, where they lie beside the dialogues."""
    for path in _APIS:
        values = context.companions(path)
        if values:
            return read_tools(values)
    return ()
