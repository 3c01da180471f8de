"""Reading gzip in large pieces, handing out everything that comes before a cut or damage.

The library's own reader unpacks 8 KiB at a time, which shows in the time of an import, and a large
read from it loses what it had already unpacked when it meets the end of a damaged file.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

PIECE = 1 << 17
_GZIP = 31
"""zlib's window bits for a gzip member with its header and checksum."""


class _Unpacked(io.RawIOBase):
    """The unpacked bytes of all members of a gzip file.

    Raises:
        EOFError: the file ends inside a member.
        zlib.error: the data is damaged or a checksum is wrong.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._packed = b""
        self._member: Any = None

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def readinto(self, target: Any) -> int:
        view = memoryview(target)
        while self._fill() or self._member is not None:
            if self._member is None:
                self._member = zlib.decompressobj(_GZIP)
            starved = not self._packed
            data = self._member.decompress(self._packed, len(view))
            self._packed = self._member.unconsumed_tail
            if self._member.eof:
                self._packed = self._member.unused_data
                self._member = None
            elif starved and not data:
                raise EOFError("the file ends before the data does")
            if data:
                view[: len(data)] = data
                return len(data)
        return 0

    def _fill(self) -> bool:
        """Read on when nothing packed is left; False at the end of the file."""
        if not self._packed:
            self._packed = self._file.read(PIECE)
        if self._member is None:
            self._packed = self._packed.lstrip(b"\0")  # padding after a member
            while not self._packed and (piece := self._file.read(PIECE)):
                self._packed = piece.lstrip(b"\0")
        return bool(self._packed)


def open_gzip(path: Path) -> io.BufferedReader:
    """A buffered reader of the unpacked bytes."""
    return io.BufferedReader(_Unpacked(path), PIECE)
