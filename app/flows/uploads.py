"""Files that came through the browser, kept by content so that a job can read them later."""

from __future__ import annotations

import hashlib
from pathlib import Path


def keep_upload(folder: Path, name: str, data: bytes) -> Path:
    """Write `data` under its content hash in `folder`; only the last part of `name` is used."""
    digest = hashlib.sha256(data).hexdigest()[:16]
    home = folder / digest
    home.mkdir(parents=True, exist_ok=True)
    last = Path(name).name
    path = home / (last if last.strip(".") else "upload.json")
    if not path.exists():
        partial = path.with_suffix(path.suffix + ".part")
        partial.write_bytes(data)
        partial.replace(path)
    return path
