"""JSON texts of tool sets, made once per tool set and not once per row.

Thousands of rows share a tool set, and its schemas are often longer than the conversation.
"""

from __future__ import annotations

from collections.abc import Callable

from curation.trajectory import ToolSpec

KEPT = 256
"""Tool sets remembered at a time; the whole memory is dropped when it is full."""


class ToolTexts:
    """A two-way memory: tool set -> bytes in the file, and back."""

    def __init__(
        self,
        write: Callable[[tuple[ToolSpec, ...]], bytes],
        read: Callable[[bytes], tuple[ToolSpec, ...]],
    ) -> None:
        self._write = write
        self._read = read
        # By identity, with the tool set itself kept alive so that its id is not used again.
        self._written: dict[int, tuple[tuple[ToolSpec, ...], bytes]] = {}
        self._found: dict[bytes, tuple[ToolSpec, ...]] = {}

    def text(self, tools: tuple[ToolSpec, ...]) -> bytes:
        """The bytes of `tools`."""
        known = self._written.get(id(tools))
        if known is not None:
            return known[1]
        if len(self._written) >= KEPT:
            self._written.clear()
        text = self._write(tools)
        self._written[id(tools)] = (tools, text)
        return text

    def tools(self, text: bytes) -> tuple[ToolSpec, ...]:
        """The tool set that `text` spells."""
        known = self._found.get(text)
        if known is not None:
            return known
        if len(self._found) >= KEPT:
            self._found.clear()
        tools = self._read(text)
        self._found[text] = tools
        return tools
