"""The half of adding that needs no database: encode, hash, compress, collect words.

Pure, and free of SQLAlchemy, so that a bulk import can do it in a process that never loads it.
What is made here is written by `storage.trajectories.add_batch` and `storage.predictions`.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from msgspec import Struct

from curation.predictions import PredictionKind, perplexity_of
from curation.trajectory import (
    Message,
    Role,
    ToolSpec,
    Trajectory,
    canonical_json,
    encode_messages,
    encode_tools,
    tools_hash,
    trajectory_uid,
)
from storage.compression import pack

PREVIEW_CHARACTERS = 160


class NewTrajectory(Struct, frozen=True):
    """A trajectory ready to be written: nothing is left to compute. Made by `new_trajectory`."""

    uid: str
    group_key: str
    tool_set_hash: str
    tool_set_body: bytes
    content: bytes
    n_messages: int
    n_steps: int
    n_calls: int
    n_tools: int
    preview: str
    words: str
    """Text for the search index: messages, names of called tools, raw arguments."""
    tools_called: dict[str, int]
    task_key: str | None = None
    """A second group key, of the source's own task: ties the groups of its samples together."""


def new_trajectory(value: Trajectory, group_key: str, task_key: str | None = None) -> NewTrajectory:
    """Prepare `value` for `add_batch`.

    Raises:
        UnicodeEncodeError: a text holds a lone surrogate, which no database can store.
        RecursionError: free-form parts are nested too deeply to encode.
    """
    messages_json = encode_messages(value.messages)
    tool_set_hash, tool_set_body = _hashed_and_packed(value.tools)
    words: list[str] = []
    called: dict[str, int] = {}
    n_steps = n_calls = 0
    preview: str | None = None
    for message in value.messages:
        content = message.content
        text = content if type(content) is str else message.text
        if text:
            words.append(text)
        role = message.role
        if role is Role.ASSISTANT:
            n_steps += 1
            for call in message.tool_calls:
                n_calls += 1
                name = call.name
                called[name] = called.get(name, 0) + 1
                words += (name, call.raw_arguments)
        elif preview is None and role is Role.USER:
            preview = text
    return NewTrajectory(
        uid=trajectory_uid(tool_set_hash, messages_json),
        group_key=group_key,
        tool_set_hash=tool_set_hash,
        tool_set_body=tool_set_body,
        content=pack(messages_json),
        n_messages=len(value.messages),
        n_steps=n_steps,
        n_calls=n_calls,
        n_tools=len(value.tools),
        preview=plain_text((preview or "")[:PREVIEW_CHARACTERS]),
        words=plain_text("\n".join(words)),
        tools_called={plain_text(name): n for name, n in called.items()},
        task_key=task_key,
    )


_RECENT_TOOL_SETS = 256
_RECENT_BYTES = 64 << 10
"""Tool sets larger than this are not kept, which bounds the cache to 16 MiB or so."""

_recent_tool_sets: dict[bytes, tuple[str, bytes]] = {}


def _hashed_and_packed(tools: tuple[ToolSpec, ...]) -> tuple[str, bytes]:
    """Hash and stored body of a tool set. Sources repeat one set over thousands of rows."""
    encoded = encode_tools(tools)
    found = _recent_tool_sets.get(encoded)
    if found is None:
        found = (tools_hash(tools), pack(encoded))
        if len(encoded) <= _RECENT_BYTES:
            while len(_recent_tool_sets) >= _RECENT_TOOL_SETS:
                _recent_tool_sets.pop(next(iter(_recent_tool_sets)), None)
            _recent_tool_sets[encoded] = found
    return found


class NewPrediction(Struct, frozen=True):
    """A prediction ready to be written. Made by `new_prediction`."""

    message_index: int
    model: str
    content: bytes
    content_hash: str
    perplexity: float | None
    n_samples: int = 1
    source: bytes = b"{}"
    kind: PredictionKind = PredictionKind.UNKNOWN
    n_tokens: int | None = None
    sum_logprob: float | None = None


def new_prediction(
    message_index: int,
    model: str,
    message: Message,
    perplexity: float | None,
    *,
    n_samples: int = 1,
    source: dict[str, Any] | None = None,
    kind: PredictionKind = PredictionKind.UNKNOWN,
    n_tokens: int | None = None,
    sum_logprob: float | None = None,
) -> NewPrediction:
    """Prepare a prediction for `add_predictions`; pure.

    Args:
        perplexity: None takes it from the next two when they are there.
        n_tokens: tokens of the whole answer.
        sum_logprob: sum of their natural log-probabilities.

    Raises:
        ValueError: the sum over the tokens is no sum of log-probabilities.
    """
    if n_tokens is not None and sum_logprob is not None and perplexity is None:
        perplexity = perplexity_of(n_tokens, sum_logprob)
    return NewPrediction(
        message_index=message_index,
        model=plain_text(model),
        content=msgspec.json.encode(message),
        content_hash=hashlib.sha256(canonical_json(message)).hexdigest()[:32],
        perplexity=perplexity,
        n_samples=n_samples,
        source=msgspec.json.encode(source or {}),
        kind=kind,
        n_tokens=n_tokens,
        sum_logprob=sum_logprob,
    )


def plain_text(text: str) -> str:
    """`text` without NUL, which PostgreSQL's text columns refuse. Bodies keep it."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}") if "\x00" in text else text
