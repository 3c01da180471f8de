"""Files of one JSON row per line: what every chat layout writes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from msgspec import Struct

from curation.exporting import Example, Notes, every_row, types_of


class Lines(ABC):
    """A layout whose rows are lines; it says how one row is encoded and decoded."""

    name: str
    title: str
    description: str
    shapes: tuple[type[Struct], ...]
    suffix: str
    divisible = True
    through_arrow = True

    @property
    def types(self) -> tuple[str, ...]:
        """Names of the export types it can carry."""
        return types_of(self)

    @abstractmethod
    def fit(self, example: Example, notes: Notes) -> Example:
        """See `Layout`."""

    @abstractmethod
    def companions(self, files: dict[str, str], shape: str) -> dict[str, str]:
        """See `Layout`."""

    @abstractmethod
    def advice(self, type_name: str) -> str:
        """See `Layout`."""

    @abstractmethod
    def encode(self, example: Example) -> bytes:
        """One fitted example as one line, without the line end."""

    @abstractmethod
    def decode(self, line: bytes) -> Example:
        """Inverse of `encode`, strict: an unknown or missing key is an error."""

    @abstractmethod
    def contract(self, encoded: bytes) -> None:
        """See `Layout`."""

    def writer(self, file: BinaryIO) -> LineWriter:
        """A writer of rows as lines."""
        return LineWriter(file)

    @abstractmethod
    def check(self, line: bytes) -> None:
        """Raise what `decode` would raise for a line of the wrong form, at less cost."""

    def rows(
        self, file: BinaryIO, wanted: Callable[[int], bool] = every_row
    ) -> Iterator[Example | None]:
        """The rows of a file, one at a time."""
        for number, line in enumerate(file):
            if wanted(number):
                yield self.decode(line)
            else:
                self.check(line)
                yield None


class LineWriter:
    """Writes one line per row."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def add(self, rows: Sequence[bytes]) -> None:
        """Write some rows at once."""
        self._file.write(b"\n".join([*rows, b""]))

    def finish(self) -> None:
        """Nothing is held back."""
