"""Writing an export's rows, counting everything that is left out, and reading the files back.

Files are read back before they are published: every byte is hashed again, every row is parsed
strictly and counted, and the content of the first 1,000 rows and of every 16th after them is taken
back out of the layout and compared with what the store gave. That is how an export knows that it
did not lie.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
from msgspec import Struct

from app.flows.export_folder import Folder, HashedFile
from curation.errors import ExportError
from curation.export_manifest import DROPPED, INDEX, Balance, FileEntry
from curation.export_reasons import Dropped, DropReason, Unfit
from curation.exporting import Curated, Example, Judged, Layout, Notes, RowWriter

WHOLE = "labels"
"""Stem of the one file of a type that is not split."""

ALL_COMPARED = 1000
COMPARED_EVERY = 16

_encoder = msgspec.json.Encoder()


def is_compared(row: int) -> bool:
    """Whether the content of row `row` of a file is compared with the store's."""
    return row < ALL_COMPARED or row % COMPARED_EVERY == 0


class IndexLine(Struct, frozen=True):
    """Where a row comes from: one line of `index.jsonl` per row, in the order of the files."""

    file: str
    row: int
    uid: str
    source_id: str
    dataset: str
    group: str
    message_index: int | None
    """The step that is the target; None when the row is a whole trajectory."""


class DroppedLine(Struct, frozen=True):
    """One line of `dropped.jsonl`."""

    uid: str
    source_id: str
    dataset: str
    reason: DropReason
    detail: str
    message_index: int | None


class Digest:
    """A running hash over the content of examples."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.rows = 0

    def add(self, example: Example) -> None:
        """Hash one example."""
        self._hash.update(_encoder.encode(example))
        self.rows += 1

    def hexdigest(self) -> str:
        """The hash so far."""
        return self._hash.hexdigest()


class SplitFile:
    """The file of one split while it is written."""

    def __init__(self, folder: Folder, layout: Layout, split: str) -> None:
        self.split = split
        self.file = HashedFile(folder.path / f"{split}{layout.suffix}")
        self.rows = 0
        self.digest = Digest()
        self.wanted: Counter[bool] = Counter()
        self._writer: RowWriter = layout.writer(cast(BinaryIO, self.file))

    def add(self, example: Example) -> int:
        """Write one fitted example; returns its row number, 0-based."""
        self._writer.add(example)
        if is_compared(self.rows):
            self.digest.add(example)
        if isinstance(example, Judged):
            self.wanted[example.label] += 1
        self.rows += 1
        return self.rows - 1

    def finish(self) -> FileEntry:
        """Close the file and describe it."""
        self._writer.finish()
        self.file.close()
        return FileEntry(
            name=self.file.path.name,
            split=self.split,
            rows=self.rows,
            bytes=self.file.size,
            sha256=self.file.sha256,
            content_sha256=self.digest.hexdigest(),
            compared=self.digest.rows,
        )


class Writing:
    """All files of one export while they are written."""

    def __init__(self, folder: Folder, layout: Layout) -> None:
        self._folder = folder
        self._layout = layout
        self._splits: dict[str, SplitFile] = {}
        self._index = HashedFile(folder.path / INDEX)
        self._dropped: HashedFile | None = None
        self.dropped: Counter[DropReason] = Counter()
        self.notes: Notes = Counter()

    def add(self, curated: Curated, example: Example, stem: str) -> bool:
        """Fit and write one example; False when the layout cannot carry it (it is dropped)."""
        notes: Notes = Counter()
        step = getattr(example, "step", getattr(example, "message_index", None))
        try:
            fitted = self._layout.fit(example, notes)
        except Unfit as problem:
            self.drop(curated, Dropped(problem.reason, problem.detail, step))
            return False
        if stem not in self._splits:
            self._splits[stem] = SplitFile(self._folder, self._layout, stem)
        target = self._splits[stem]
        row = target.add(fitted)
        if notes:
            self.notes.update(notes)
        line = IndexLine(
            file=target.file.path.name,
            row=row,
            uid=curated.uid,
            source_id=curated.source_id,
            dataset=curated.datasets[0] if curated.datasets else "",
            group=curated.group,
            message_index=step,
        )
        self._index.write(_encoder.encode(line) + b"\n")
        return True

    def drop(self, curated: Curated, dropped: Dropped) -> None:
        """Count and list something that gives no row."""
        self.dropped[dropped.reason] += 1
        if self._dropped is None:
            self._dropped = HashedFile(self._folder.path / DROPPED)
        line = DroppedLine(
            uid=curated.uid,
            source_id=curated.source_id,
            dataset=curated.datasets[0] if curated.datasets else "",
            reason=dropped.reason,
            detail=dropped.detail[:500],
            message_index=dropped.step,
        )
        self._dropped.write(_encoder.encode(line) + b"\n")

    def close(self) -> tuple[FileEntry, ...]:
        """Close everything; the files of rows in the order train, validation, test."""
        order = ["train", "validation", "test", WHOLE]
        entries = tuple(
            self._splits[stem].finish() for stem in sorted(self._splits, key=order.index)
        )
        self._index.close()
        if self._dropped is not None:
            self._dropped.close()
        return entries

    def balance(self) -> dict[str, Balance]:
        """Wanted and unwanted per split; {} for types that do not judge."""
        return {
            stem: Balance(wanted=file.wanted[True], unwanted=file.wanted[False])
            for stem, file in self._splits.items()
            if file.wanted
        }


def read_back(folder: Path, layout: Layout, entry: FileEntry) -> None:
    """Read one written file and compare it with what the store gave.

    Raises:
        ExportError: rows, content or bytes differ, or a row cannot be read.
    """
    path = folder / entry.name
    digest, rows = Digest(), 0
    try:
        with path.open("rb") as file:
            for example in layout.rows(file, is_compared):
                if example is not None and is_compared(rows):
                    digest.add(example)
                rows += 1
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError, msgspec.MsgspecError) as problem:
        raise _untrue(entry, f"row {rows + 1} does not read back: {problem}") from None
    if rows != entry.rows:
        raise _untrue(entry, f"it holds {rows} rows where {entry.rows} were written")
    if digest.hexdigest() != entry.content_sha256:
        raise _untrue(entry, "its rows differ from those in the store")
    if found != entry.sha256:
        raise _untrue(entry, "its bytes differ from those written")


def _untrue(entry: FileEntry, what: str) -> ExportError:
    return ExportError(
        f"The file was not published: {what}.",
        where=entry.name,
        hint="Check the disk and export again; nothing was changed in the folder.",
    )
