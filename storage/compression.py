"""Bodies and tool sets on disk: zstd frames of the JSON that `curation.trajectory` defines.

Level 3: half the size of the text at a cost below that of parsing it. Contexts are kept per
thread, because they are costly to make and must not be shared.
"""

from __future__ import annotations

import threading

import zstandard

LEVEL = 3


class _Contexts(threading.local):
    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_contexts = _Contexts()


def pack(data: bytes) -> bytes:
    """Compress one body."""
    return _contexts.compressor.compress(data)


def unpack(data: bytes) -> bytes:
    """Inverse of `pack`."""
    return _contexts.decompressor.decompress(data)
