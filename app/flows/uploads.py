"""Files that came through the browser, kept by content so that a job can read them later."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path


def keep_upload(name: str, data: bytes) -> Path:
    """Write `data` once under its content hash; only the last part of `name` is used."""
    digest = hashlib.sha256(data).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / "loopwright-uploads" / digest
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (Path(name).name or "upload.json")
    if not path.exists():
        partial = path.with_suffix(path.suffix + ".part")
        partial.write_bytes(data)
        partial.replace(path)
    return path
