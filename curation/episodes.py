"""Trajectories as exports use them: messages as everywhere, tool schemas as text.

An export copies schemas and never reads them, so they stay the JSON they are stored as.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct

from curation.trajectory import Message, Role, ToolSpec, Trajectory, encode_tools

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
    return _tools_decoder.decode(stored)


def tool_specs(tools: tuple[ToolText, ...]) -> tuple[ToolSpec, ...]:
    """The tools with their schemas read: for the few who judge calls by them."""
    return tuple(
        ToolSpec(
            tool.name,
            tool.description,
            None if tool.parameters is NO_SCHEMA else msgspec.json.decode(tool.parameters),
            tool.extra,
        )
        for tool in tools
    )


_tools_decoder = msgspec.json.Decoder(tuple[ToolText, ...])
