"""Finding the records in a stream of bytes without decoding it: lines, or values in a row.

A splitter hands out the bytes of one record at a time with the line it starts on, however large the
file, and gives up on a record (not on the file) as soon as it grows beyond the limit. It knows
brackets, strings and newlines, nothing of what a record means; decoding is `reading`'s work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BufferedIOBase

from msgspec import Struct

CHUNK = 1 << 20

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_OTHER = rb'[^"\[\]{}]*+'


def _run(levels: int) -> re.Pattern[bytes]:
    """A run of text, whole strings, and whole containers that nest up to `levels` deep.

    It stops at a bracket that it does not see the end of, and at an unfinished string. Every part
    is possessive, so nothing is tried twice.
    """
    pattern = _OTHER + rb"(?:" + _STRING + _OTHER + rb")*+"
    for _ in range(levels):
        whole = _STRING + rb"|[\[{]" + pattern + rb"[\]}]"
        pattern = _OTHER + rb"(?:(?:" + whole + rb")" + _OTHER + rb")*+"
    return re.compile(pattern, re.DOTALL)


_BETWEEN_RUN = _run(0)
_INSIDE_RUN = _run(6)
"""Inside a record most of it is one match: rows of tool use nest about that deep."""

_STRING_RUN = re.compile(rb"""[^"\\]*+(?:\\.[^"\\]*+)*+""", re.DOTALL)
_BLANK = b" \t\r\n"


class Piece(Struct, frozen=True):
    """The bytes of one record, or why there are none."""

    line: int
    data: bytes
    problem: str = ""
    """"oversize", "scalar", "unfinished" or "trailing"; "" for a record."""


def split_lines(stream: BufferedIOBase, limit: int) -> Iterator[Piece]:
    """The lines of a stream that are not blank; a line beyond `limit` bytes is skipped unread."""
    line = 0
    readline = stream.readline
    while data := readline(limit + 1):
        line += 1
        if len(data) > limit and not data.endswith(b"\n"):
            while (rest := readline(CHUNK)) and not rest.endswith(b"\n"):
                pass
            yield Piece(line, b"", "oversize")
        elif not data.isspace():
            yield Piece(line, data)


class ValueSplitter:
    """Objects and arrays that follow one another, or the elements of one array.

    Commas and whitespace between them are skipped. The work is one pass over the bytes; no part of
    a string is looked at twice, so a 200 MB string costs what reading it costs.
    """

    def __init__(self, stream: BufferedIOBase, limit: int, *, in_array: bool) -> None:
        # read1 hands out what comes before the cut of a damaged gzip; read would lose it.
        self._read = stream.read1
        self._limit = limit
        self._base = 1 if in_array else 0
        self._depth = 0
        self._buffer = b""
        self._position = 0
        """Bytes of the buffer that were looked at."""
        self._start: int | None = None
        """Where the record at hand begins in the buffer; None between records."""
        self._start_line = 1
        self._line = 1
        """Line at `_counted`."""
        self._counted = 0
        self._in_string = False
        self._oversize = False
        self._closed = False

    def __iter__(self) -> Iterator[Piece]:
        while chunk := self._read(CHUNK):
            self._append(chunk)
            yield from self._scan()
        yield from self._finish()

    def _append(self, chunk: bytes) -> None:
        """Drop what was handed out, keep the record at hand, add the chunk."""
        keep = self._position if self._start is None or self._oversize else self._start
        self._count_lines(keep)
        self._buffer = self._buffer[keep:] + chunk
        self._position -= keep
        self._counted = 0
        if self._start is not None:
            self._start = 0 if self._oversize else self._start - keep

    def _count_lines(self, until: int) -> int:
        if until > self._counted:
            self._line += self._buffer.count(b"\n", self._counted, until)
            self._counted = until
        return self._line

    def _scan(self) -> Iterator[Piece]:
        buffer, end = self._buffer, len(self._buffer)
        while self._position < end:
            if self._in_string:
                stop = self._matched(_STRING_RUN)
                if stop >= end or buffer[stop] != 0x22:  # a closing quote is yet to come
                    self._position = stop
                    break
                self._in_string = False
                self._position = stop + 1
                continue
            stop = self._matched(_BETWEEN_RUN if self._start is None else _INSIDE_RUN)
            yield from self._between(stop)
            self._position = stop
            if stop >= end:
                break
            if buffer[stop] == 0x22:
                self._in_string = True
                self._position = stop + 1
                continue
            self._position = stop + 1
            yield from self._bracket(stop, opening=buffer[stop] in b"[{")
        self._note_if_too_long()

    def _matched(self, pattern: re.Pattern[bytes]) -> int:
        found = pattern.match(self._buffer, self._position)
        return found.end() if found else self._position

    def _between(self, stop: int) -> Iterator[Piece]:
        """Anything but commas and whitespace outside a record is a scalar or garbage."""
        if self._start is not None:
            return
        text = self._buffer[self._position : stop].lstrip(_BLANK + b",")
        if text:
            line = self._count_lines(stop - len(text))
            yield Piece(line, text[:80].rstrip(), "trailing" if self._closed else "scalar")

    def _bracket(self, at: int, *, opening: bool) -> Iterator[Piece]:
        if opening:
            if self._depth == self._base and self._start is None:
                self._start, self._start_line = at, self._count_lines(at)
            self._depth += 1
        elif self._depth > self._base:
            self._depth -= 1
            if self._depth == self._base and self._start is not None:
                yield self._record(self._start, at + 1)
                self._start, self._oversize = None, False
        elif self._base:
            self._closed, self._base, self._depth = True, 0, 0
        else:
            yield Piece(self._count_lines(at), self._buffer[at : at + 80], "trailing")

    def _record(self, start: int, end: int) -> Piece:
        if self._closed:
            return Piece(self._start_line, self._buffer[start:end][:80], "trailing")
        if self._oversize or end - start > self._limit:
            return Piece(self._start_line, b"", "oversize")
        return Piece(self._start_line, self._buffer[start:end])

    def _note_if_too_long(self) -> None:
        if self._start is not None and self._position - self._start > self._limit:
            self._oversize = True

    def _finish(self) -> Iterator[Piece]:
        if self._start is not None:
            yield Piece(self._start_line, b"", "oversize" if self._oversize else "unfinished")
        elif self._base and self._depth:
            yield Piece(self._count_lines(len(self._buffer)), b"", "unfinished")
