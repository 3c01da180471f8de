"""Trajectories for exports as the store holds them: packed, to be read in whichever process.

Apart from `storage.exports` so that a process which only unpacks loads no database library.
"""

from __future__ import annotations

from msgspec import Struct

from curation.episodes import Episode, read_tool_texts
from curation.trajectory import decode_messages
from storage.compression import unpack


class PackedEpisode(Struct, frozen=True, gc=False):
    """The stored bytes of one trajectory."""

    content: bytes
    tools: bytes

    @property
    def size(self) -> int:
        """Packed bytes."""
        return len(self.content) + len(self.tools)

    def messages_json(self) -> bytes:
        """The stored JSON of its messages."""
        return unpack(self.content)

    def tools_json(self) -> bytes:
        """The stored JSON of its tools."""
        return unpack(self.tools)

    def unpacked(self) -> Episode:
        """Unpack and decode: most of what reading costs."""
        return self.with_messages(self.messages_json())

    def with_messages(self, stored: bytes) -> Episode:
        """The same for who has unpacked the messages already."""
        return Episode(decode_messages(stored), read_tool_texts(self.tools_json()))
