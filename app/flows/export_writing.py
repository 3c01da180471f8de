"""The files of an export while they are written: rows, where they come from, what is left out.

Rows come finished, chunk by chunk and in order; one process writes them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import BinaryIO, cast

import msgspec
from msgspec import Struct

from app.flows import export_comparing
from app.flows.export_comparing import Block, Digest, is_compared
from app.flows.export_copies import CopyCounts
from app.flows.export_disclosing import Disclosed
from app.flows.export_folder import Folder, HashedFile
from app.flows.export_making import Loss, Made, Row, RowText, Settled
from curation.disclosing import kinds_named
from curation.export_lineage import LINEAGE, lineage_of, rewritten
from curation.export_manifest import DROPPED, INDEX, RENDERING, FileEntry, Refused
from curation.export_reasons import REFUSED, DropReason
from curation.export_sources import Tally
from curation.exporting import Layout, Notes, RowWriter
from curation.kto_balance import Balance
from curation.redacting import blanked

WHOLE = "labels"
"""Stem of the one file of a type that is not split."""

REFUSED_LISTED = 200
"""Refused rows that the manifest lists; `dropped.jsonl` lists them all."""

_ORDER = ("train", "validation", "test", WHOLE)

_encoder = msgspec.json.Encoder()


class IndexLine(Struct, frozen=True, omit_defaults=True):
    """Where a row comes from: one line of `index.jsonl` per row, in the order of the files."""

    file: str
    row: int
    uid: str
    source_id: str
    dataset: str
    group: str
    message_index: int | None
    """The step that is the target; None when the row is a whole trajectory."""
    digest: str = ""
    """Hash of the row as it is written."""
    margin: float | None = None
    """Of a preference pair: how much worse the rejected side is (`curation.exporting.Pair`)."""
    augmentation: str | None = None
    """What copied it; None for a row that is no copy."""


class TextLine(Struct, frozen=True):
    """One line of `rendering.jsonl`: a row under the model's chat template."""

    file: str
    row: int
    text: RowText


class DroppedLine(Struct, frozen=True, omit_defaults=True):
    """One line of `dropped.jsonl`."""

    uid: str
    source_id: str
    dataset: str
    reason: DropReason
    detail: str
    message_index: int | None
    augmentation: str | None = None
    """Of a copy that was refused; its row is in the export."""


class Written(Struct, frozen=True):
    """A finished file, and how it is made up."""

    entry: FileEntry
    blocks: tuple[Block, ...]


class SplitFile:
    """The file of one split while it is written."""

    def __init__(self, folder: Folder, layout: Layout, split: str) -> None:
        self.split = split
        self.file = HashedFile(folder.path / f"{split}{layout.suffix}")
        self.rows = 0
        self.wanted: Counter[bool] = Counter()
        self._blocks: list[Block] = []
        self._digest = Digest()
        # Writers of tables want a file; this is one as far as they ask.
        self._writer: RowWriter = layout.writer(cast(BinaryIO, self.file))

    def add(self, rows: Sequence[Row]) -> None:
        """Write the rows that one chunk gives this file."""
        first, offset = self.rows, self.file.size
        self._writer.add([row.encoded for row in rows])
        compared = [row for n, row in enumerate(rows) if is_compared(first, n)]
        self._digest.add([row.content for row in compared if row.content is not None])
        self.wanted.update([row.label for row in rows if row.label is not None])
        self._blocks.append(Block(first, len(rows), offset, self.file.size - offset))
        self.rows += len(rows)

    def finish(self) -> Written:
        """Close the file and describe it."""
        self._writer.finish()
        self.file.close()
        entry = FileEntry(
            name=self.file.path.name,
            split=self.split,
            rows=self.rows,
            bytes=self.file.size,
            sha256=self.file.sha256,
            content_sha256=self._digest.hexdigest(),
            compared=self._digest.rows,
        )
        return Written(entry, tuple(self._blocks))


class Writing:
    """All files of one export while they are written."""

    def __init__(self, folder: Folder, layout: Layout, redact: tuple[str, ...] = ()) -> None:
        """`redact`: kinds that leave the notes of people, too."""
        self._redact = kinds_named(redact)
        self._folder = folder
        self._layout = layout
        self._splits: dict[str, SplitFile] = {}
        self._index = HashedFile(folder.path / INDEX)
        self._lineage = HashedFile(folder.path / LINEAGE)
        self.tally = Tally()
        self.disclosed: Disclosed = Counter()
        self._dropped: HashedFile | None = None
        self._texts: HashedFile | None = None
        self.refused: list[Refused] = []
        self.dropped: Counter[DropReason] = Counter()
        self.notes: Notes = Counter()
        self.copies = CopyCounts()

    @property
    def sampled(self) -> frozenset[str]:
        """Stems of the files that hold so many rows that only some are compared."""
        full = export_comparing.ALL_COMPARED
        return frozenset([stem for stem, file in self._splits.items() if file.rows >= full])

    def add(self, settled: Sequence[Settled], made: Made) -> None:
        """Write what became of a chunk."""
        lines: list[IndexLine] = []
        texts: list[TextLine] = []
        rows_of: dict[str, list[Row]] = {}
        for row in made.rows:
            curated, stem = settled[row.source].curated, settled[row.source].stem
            file, rows = self._file(stem), rows_of.setdefault(stem, [])
            line = IndexLine(
                file=file.file.path.name,
                row=file.rows + len(rows),
                uid=curated.uid,
                source_id=curated.source_id,
                dataset=curated.datasets[0] if curated.datasets else "",
                group=curated.group,
                message_index=row.step,
                digest=row.digest,
                margin=row.margin,
                augmentation=row.augmentation,
            )
            lines.append(line)
            rows.append(row)
            self.copies.row(row.augmentation)
            self.tally.row(line.dataset, *made.sizes[row.source], len(row.encoded))
            if row.text is not None:
                texts.append(TextLine(line.file, line.row, row.text))
        for stem, rows in rows_of.items():
            self._splits[stem].add(rows)
        self._index.write(_encoder.encode_lines(lines))
        self._trace(settled, made)
        if texts:
            if self._texts is None:
                self._texts = HashedFile(self._folder.path / RENDERING)
            self._texts.write(_encoder.encode_lines(texts))
        self.notes.update(made.notes)
        self.copies.barred(made.barred)
        self.disclosed.update(made.disclosed)
        self._drop(settled, made.losses)

    def _trace(self, settled: Sequence[Settled], made: Made) -> None:
        """Write where the trajectories of the rows come from."""
        lines = []
        for source, n_rows in Counter([row.source for row in made.rows]).items():
            one = settled[source]
            line = lineage_of(one.curated, one.origin, checked=one.checked)
            if self._redact:
                line = rewritten(line, lambda text: blanked(text, self._redact))
            said = one.curated.annotation
            marked = frozenset([mark.category for mark in said.marks]) if said else frozenset()
            self.tally.trajectory(line, n_rows, marked)
            lines.append(line)
        self._lineage.write(_encoder.encode_lines(lines))

    def _file(self, stem: str) -> SplitFile:
        if stem not in self._splits:
            self._splits[stem] = SplitFile(self._folder, self._layout, stem)
        return self._splits[stem]

    def _drop(self, settled: Sequence[Settled], losses: Sequence[Loss]) -> None:
        """Count and list what gives no row."""
        if not losses:
            return
        if self._dropped is None:
            self._dropped = HashedFile(self._folder.path / DROPPED)
        lines = []
        for loss in losses:
            curated, dropped = settled[loss.source].curated, loss.dropped
            if loss.augmentation is None:
                self.dropped[dropped.reason] += 1
            else:
                self.copies.refused(loss.augmentation, dropped.reason)
            line = DroppedLine(
                uid=curated.uid,
                source_id=curated.source_id,
                dataset=curated.datasets[0] if curated.datasets else "",
                reason=dropped.reason,
                detail=dropped.detail[:500],
                message_index=dropped.step,
                augmentation=loss.augmentation,
            )
            lines.append(line)
            if (
                loss.augmentation is None
                and dropped.reason in REFUSED
                and len(self.refused) < REFUSED_LISTED
            ):
                self.refused.append(
                    Refused(line.uid, line.source_id, line.reason, line.detail, line.message_index)
                )
        self._dropped.write(_encoder.encode_lines(lines))

    def close(self) -> tuple[Written, ...]:
        """Close everything; the files of rows in the order train, validation, test."""
        written = tuple(
            self._splits[stem].finish() for stem in sorted(self._splits, key=_ORDER.index)
        )
        self._index.close()
        self._lineage.close()
        if self._texts is not None:
            self._texts.close()
        if self._dropped is not None:
            self._dropped.close()
        return written

    @property
    def lists_dropped(self) -> bool:
        """Whether there is a list of what gives no row."""
        return self._dropped is not None

    def balance(self) -> dict[str, Balance]:
        """Wanted and unwanted per split; {} for types that do not judge."""
        return {
            stem: Balance(wanted=file.wanted[True], unwanted=file.wanted[False])
            for stem, file in self._splits.items()
            if file.wanted
        }
