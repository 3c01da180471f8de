"""The folder an export is written to: all of it appears, verified, or nothing does.

Files are written into a hidden folder inside the target, read back there, and only then moved into
place. A folder with somebody else's files is never written to; an earlier export is replaced, its
own files only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

import msgspec

from curation.errors import ExportError
from curation.export_lineage import LINEAGE
from curation.export_manifest import CARD, DROPPED, INDEX, MANIFEST, Manifest

if sys.platform != "win32":
    import fcntl

_PARTIAL = ".partial-"


class HashedFile:
    """A file being written, with the hash and size of what went through it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()
        self._file: BinaryIO = path.open("wb", buffering=1 << 20)
        self.closed = False

    def write(self, data: bytes) -> int:
        """Write and hash."""
        self._hash.update(data)
        self.size += len(data)
        return self._file.write(data)

    def tell(self) -> int:
        """Bytes written so far (parquet writers ask)."""
        return self.size

    def flush(self) -> None:
        """Hand what is buffered to the system."""
        self._file.flush()

    def writable(self) -> bool:
        """True; there is nothing to read or seek."""
        return True

    def readable(self) -> bool:
        """False."""
        return False

    def seekable(self) -> bool:
        """False."""
        return False

    def close(self) -> None:
        """Put it on the disk."""
        if not self.closed:
            self.closed = True
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    @property
    def sha256(self) -> str:
        """Hash of everything written."""
        return self._hash.hexdigest()


class Folder:
    """An export folder while it is written. Leaving it without `publish` removes every trace."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._lock: int | None = None
        try:
            if out.exists() and not out.is_dir():
                raise ExportError(
                    "This is a file, not a folder.",
                    where=str(out),
                    hint="Name a folder to export to.",
                )
            self._made = not out.exists()
            out.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(out)
            self._earlier = _earlier_files(out)
            for stale in out.glob(f"{_PARTIAL}*"):
                shutil.rmtree(stale, ignore_errors=True)
            self.path = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=out))
        except OSError as problem:
            self._unlock()
            raise _unwritable(out, problem) from None
        except ExportError:
            self._unlock()
            raise

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, _: object, problem: BaseException | None, __: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._made and not any(self.out.iterdir()):
            self.out.rmdir()
        self._unlock()
        if isinstance(problem, OSError):
            # All files of an export are written inside; a full disk is the usual reason.
            raise _unwritable(self.out, problem) from problem

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write_text(self, name: str, text: str | bytes) -> None:
        """Write a small file."""
        data = text.encode() if isinstance(text, str) else text
        with (self.path / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def publish(self) -> None:
        """Move the files into place, the manifest last, and take away those of before.

        The old manifest goes first: a folder that was left half-way is never taken for an export.
        """
        try:
            for name in sorted(self._earlier, key=lambda name: name != MANIFEST):
                (self.out / name).unlink(missing_ok=True)
            new = sorted(self.path.iterdir(), key=lambda path: path.name == MANIFEST)
            for path in new:
                path.replace(self.out / path.name)
        except OSError as problem:
            raise _unwritable(self.out, problem) from None


def _unwritable(out: Path, problem: OSError) -> ExportError:
    return ExportError(
        f"The folder cannot be written: {problem.strerror or problem}.",
        where=str(out),
        hint="Choose another folder, or free space and permissions there.",
    )


def _locked(out: Path) -> int | None:
    """The folder, opened and locked against other exports; the system unlocks what is killed.

    None where folders cannot be locked.

    Raises:
        ExportError: another export is being written to it.
    """
    if sys.platform == "win32":
        return None
    lock = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise ExportError(
            "Another export is being written to this folder.",
            where=str(out),
            hint="Wait until it is finished, or choose another folder; nothing was touched.",
        ) from None
    except OSError:
        # Some network drives know no locks; an export there is as safe as the drive.
        return lock
    return lock


def _earlier_files(out: Path) -> tuple[str, ...]:
    """Names of the files of an earlier export in `out`.

    Raises:
        ExportError: something else lies there.
    """
    if all(path.name.startswith(_PARTIAL) for path in out.iterdir()):
        return ()
    try:
        manifest = msgspec.json.decode((out / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        manifest = None
    if manifest is None or manifest.made_by != "loopwright":
        raise ExportError(
            "The folder holds files that are no export of Loopwright.",
            where=str(out),
            hint="Choose an empty or a new folder; nothing was touched.",
        )
    names = (*(entry.name for entry in manifest.files), *manifest.other_files)
    # A manifest is a file anybody can edit: only plain names inside this folder are ours.
    return tuple(
        name
        for name in {*names, MANIFEST, CARD, INDEX, LINEAGE, DROPPED}
        if name == Path(name).name and name not in ("", ".", "..")
    )
