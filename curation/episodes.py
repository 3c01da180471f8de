"""Trajectories as exports use them: messages as everywhere, tool schemas as text.

An export copies schemas and never reads them, so they stay the JSON they are stored as. A few
hundred tools make up thousands of tool sets: each is read once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Raw, Struct

from curation.trajectory import Message, Role, Trajectory, encode_tools

TOOLS_KEPT = 2048
"""Tools remembered, here and by layouts that write them."""

NO_SCHEMA = Raw()
"""One object, because omitting a default goes by identity."""


class ToolText(Struct, frozen=True, gc=False, omit_defaults=True):
    """A `ToolSpec` whose schema stays JSON text."""

    name: str
    description: str = ""
    parameters: Raw = NO_SCHEMA
    """JSON text of the schema; empty when the tool has none."""
    extra: dict[str, Any] = {}


class Episode(Struct, frozen=True, gc=False):
    """A `Trajectory` as exports use it."""

    messages: tuple[Message, ...]
    tools: tuple[ToolText, ...] = ()

    def assistant_indexes(self) -> list[int]:
        """Message indexes of the steps, in order."""
        return [i for i, m in enumerate(self.messages) if m.role is Role.ASSISTANT]


def episode_of(trajectory: Trajectory) -> Episode:
    """The trajectory with its tools as text."""
    return Episode(trajectory.messages, read_tool_texts(encode_tools(trajectory.tools)))


def read_tool_texts(stored: bytes) -> tuple[ToolText, ...]:
    """The tools of a stored tool set (`curation.trajectory.encode_tools`)."""
    return tuple([_tool_text(bytes(raw)) for raw in _set_decoder.decode(stored)])


@lru_cache(maxsize=TOOLS_KEPT)
def _tool_text(stored: bytes) -> ToolText:
    return _tool_decoder.decode(stored)


_set_decoder = msgspec.json.Decoder(list[Raw])
_tool_decoder = msgspec.json.Decoder(ToolText)
