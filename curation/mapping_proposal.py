"""A first field mapping for a record nobody described: a guess to start from, never applied as is.

Looks for the longest list of objects as the messages, and for usual names of the rest.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from curation.field_mapping import ROLES
from curation.field_paths import opened
from curation.importing import json_text

_SPEAKER = ("role", "from", "speaker", "author", "sender", "who", "type", "source")
_SAID = ("content", "value", "text", "message", "utterance", "body", "said", "thought")
_CALLS = ("tool_calls", "calls", "actions", "function_calls", "tools_called", "function_call")
_CALL = {
    "name": ("name", "tool", "tool_name", "function", "action", "fn"),
    "arguments": ("arguments", "args", "parameters", "input", "action_input", "params", "kwargs"),
    "id": ("id", "call_id", "tool_call_id"),
    "result": ("result", "output", "observation", "response"),
}
_ANSWERS = ("tool_call_id", "call_id", "tool_use_id", "for")
_TOOLS = ("tools", "functions", "available_tools", "apis", "api_list", "tool_list")
_SINGLE = {
    "system": ("system", "system_prompt", "instruction"),
    "user": ("question", "query", "task", "prompt", "input"),
    "assistant": ("answer", "reply", "final_answer", "output"),
    "id": ("id", "uuid", "key", "task_id"),
    "gold": ("ground_truth", "gold", "expected", "label", "reference"),
}
_LIKELY = {
    "human": "user", "customer": "user", "client": "user", "gpt": "assistant", "bot": "assistant",
    "agent": "assistant", "model": "assistant", "ai": "assistant", "function_call": "call",
    "tool_call": "call", "action": "call", "observation": "tool", "tool_result": "tool",
    "tool_response": "tool", "api": "tool", "environment": "tool", "env": "tool", "backend": "tool",
}  # fmt: skip
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_MAX_ROLES = 20


def propose_mapping(record: Any) -> str:
    """The TOML of a mapping that may fit `record`; places not found stand as comments."""
    if not isinstance(record, dict):
        record = {}
    found = max(_lists(record), key=lambda pair: len(pair[1]), default=None)
    messages = found[1] if found is not None else []
    keys = Counter(key for message in messages for key in message)
    lines = ["[record]"]
    lines.append(_line("messages", found[0] if found is not None else None))
    if found is None or not any(key in keys for key in _SPEAKER):
        lines += [_line(key, _first(_SINGLE[key], record)) for key in ("user", "assistant")]
    lines.append(_line("system", _first(_SINGLE["system"], record)))
    lines.append(_line("tools", _first(_TOOLS, record)))
    lines += [_line(key, _first(_SINGLE[key], record)) for key in ("id", "gold")]
    speaker = _first(_SPEAKER, keys)
    lines += ["", "[message]"]
    lines.append(_line("role", speaker) if speaker else 'default_role = "assistant"')
    lines.append(_line("content", _first(_SAID, keys)))
    lines.append(_line("call_id", _first(_ANSWERS, keys)))
    calls = _first(_CALLS, keys)
    itself = calls is None and _first(_CALL["arguments"], keys) is not None
    lines.append(_line("calls", "." if itself and not speaker else calls))
    inner = keys if itself else _inside(messages, calls)
    lines += ["", "[call]"]
    lines += [_line(key, _first(names, inner)) for key, names in _CALL.items()]
    lines += ["", "[roles]", f"# name in the source = one of {', '.join(ROLES)}"]
    for name in _speakers(messages, speaker):
        lines.append(_role(name))
    return "\n".join(lines) + "\n"


def _lists(value: dict[str, Any], path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """(path, list) of every list of objects in a record, its tools aside."""
    for key, inner in value.items():
        here = f"{path}.{_key(key)}" if path else _key(key)
        inner = opened(inner)
        if isinstance(inner, list) and inner and all(isinstance(one, dict) for one in inner):
            if key not in _TOOLS and key not in _CALLS:
                yield here, inner
        elif isinstance(inner, dict) and depth < 3:
            yield from _lists(inner, here, depth + 1)


def _inside(messages: list[dict[str, Any]], calls: str | None) -> dict[str, Any]:
    """The first call that is found."""
    for message in messages if calls is not None else ():
        listed = opened(message.get(calls or ""))
        one = listed[0] if isinstance(listed, list) and listed else listed
        if isinstance(one, dict):
            return one
    return {}


def _first(names: tuple[str, ...], within: Any) -> str | None:
    return next((name for name in names if name in within), None)


def _speakers(messages: list[dict[str, Any]], key: str | None) -> list[str]:
    """Who speaks, those aside whose role goes without saying."""
    said = [message.get(key) for message in messages] if key is not None else []
    names = dict.fromkeys(name for name in said if isinstance(name, str))
    return [name for name in names if name.lower() not in ROLES][:_MAX_ROLES]


def _role(name: str) -> str:
    likely = _LIKELY.get(name.lower())
    line = f"{_key(name)} = {json_text(likely or 'assistant')}"
    return line if likely else f"{line}  # a guess"


def _line(key: str, path: str | None) -> str:
    return f"{key} = {json_text(path)}" if path is not None else f'# {key} = ""'


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json_text(name)
