"""What of a trajectory is compared with benchmarks, before it is hashed: what the user says, the
tools that are offered, and (where it is worth the work) the calls that answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from curation.trajectory import Role, ToolSpec, Trajectory, canonical_json, decode_tools

WORD = re.compile(r"[^\W぀-ヿ㐀-䶿一-鿿豈-﫿]+|[぀-ヿ㐀-䶿一-鿿豈-﫿]")
"""A word; where none are written apart (Chinese, Japanese), a character."""


class Asked(Struct, frozen=True):
    """Of one trajectory or entry."""

    said: list[list[str]]
    """Words of every message of the user that has any, demonstrations aside."""
    tools: list[int]
    """Signatures of the tools that are offered, sorted."""
    content: int = 0
    """Key of the questions and of the calls with their values; 0 without calls, or unknown."""


class _Message(Struct, gc=False):
    """As much of a stored message as is looked at; the rest is skipped, not decoded."""

    role: Role
    content: str | list[dict[str, Any]] | UnsetType | None = UNSET
    extra: dict[str, Any] = {}


class _Parameters(Struct, gc=False):
    properties: dict[str, msgspec.Raw] | UnsetType = UNSET


class _Tool(Struct, gc=False):
    name: str
    parameters: _Parameters | None = None


_messages = msgspec.json.Decoder(tuple[_Message, ...])
_tools = msgspec.json.Decoder(tuple[_Tool, ...])


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return WORD.findall(text.casefold())


def asked(trajectory: Trajectory) -> Asked:
    """All that is compared."""
    users = (m for m in trajectory.messages if m.role is Role.USER and not m.extra.get("is_demo"))
    said = [words for m in users if (words := words_of(m.text))]
    tools = sorted({signature(tool.name, parameters_of(tool)) for tool in trajectory.tools})
    return Asked(said, tools, content_key(trajectory, said))


def asked_in(messages: bytes, tools: bytes) -> Asked:
    """The same of stored JSON, without its calls: a third of the work.

    Args:
        messages, tools: as `encode_messages` and `encode_tools` write them.
    """
    users = (m for m in _messages.decode(messages) if m.role is Role.USER)
    said = [
        words for m in users if not m.extra.get("is_demo") and (words := words_of(_text(m.content)))
    ]
    return Asked(said, _signatures(tools))


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if part.get("text"))
    return ""


def _signatures(tools: bytes) -> list[int]:
    try:
        found = [
            (one.name, sorted((one.parameters and one.parameters.properties) or ()))
            for one in _tools.decode(tools)
        ]
    except msgspec.ValidationError:  # parameters of another shape, kept as the source wrote them
        found = [(one.name, parameters_of(one)) for one in decode_tools(tools)]
    return sorted({signature(name, parameters) for name, parameters in found})


def parameters_of(tool: ToolSpec) -> list[str]:
    """Names of a tool's parameters, sorted."""
    properties = (tool.parameters or {}).get("properties")
    return sorted(map(str, properties)) if isinstance(properties, dict) else []


def signature(name: str, parameters: Sequence[str]) -> int:
    """What two tools of one name and the same parameters have in common."""
    return key_of("\n".join([name, *parameters]))


def content_key(trajectory: Trajectory, said: Sequence[Sequence[str]]) -> int:
    """Key of questions and calls; 0 without calls.

    Args:
        said: words of the questions, as `Asked.said`.
    """
    calls = []
    for _, _, call in trajectory.calls():
        value = call.parsed().value
        calls.append([call.name, call.raw_arguments if value is None else value])
    if not calls:
        return 0
    words = " ".join(word for one in said for word in one)
    return key_of(words + "\n" + canonical_json(calls).decode())


def key_of(text: str) -> int:
    """64 bits of a text's hash, never 0."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") or 1
