"""TRL's rows as Parquet: the same as layout `trl`, smaller, and with types that nobody guesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from curation.exporting import (
    LAYOUTS,
    Completion,
    Conversation,
    Example,
    Judged,
    Pair,
    every_row,
)
from curation.exports.chat_table import TableWriter, read_table
from curation.exports.layouts.trl import Trl
from curation.exports.trl_card import TABLE, advice, loader
from curation.exports.trl_training import training_script


class TrlParquet(Trl):
    """See the module."""

    divisible = False
    through_arrow = False

    def __init__(self) -> None:
        super().__init__(objects=False)
        self.shapes = (Conversation, Completion, Pair, Judged)
        self.name = "trl-parquet"
        self.title = "TRL, Parquet"
        self.suffix = ".parquet"
        self.description = (
            "Parquet for TRL: the rows of layout trl in typed columns; every version of `datasets` "
            "loads them unchanged."
        )

    def writer(self, file: BinaryIO) -> TableWriter:  # type: ignore[override]
        """Writes in row groups."""
        return TableWriter(file)

    def rows(
        self, file: BinaryIO, wanted: Callable[[int], bool] = every_row
    ) -> Iterator[Example | None]:
        """The rows of a table; of those not wanted, the form is that of the file's columns."""
        for line in read_table(file, wanted):
            yield None if line is None else self.decode(line)

    def companions(self, files: dict[str, str], shape: str) -> dict[str, str]:
        """The loader, which gives chat templates objects, and a script that trains."""
        return {"load_rows.py": loader(self.suffix), **training_script(shape, self.suffix)}

    def advice(self, type_name: str) -> str:
        """How to load it."""
        return advice(type_name, TABLE)


LAYOUTS.register(TrlParquet(), __name__)
