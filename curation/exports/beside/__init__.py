"""Files that are written beside rows as they are; they import nothing of Loopwright."""

from __future__ import annotations

from pathlib import Path


def text_of_file(name: str) -> str:
    """The text of a file of this folder."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
