"""What several requests of the viewer's API have in common."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Name = Annotated[str, Meta(max_length=200)]
Uids = Annotated[list[Name], Meta(max_length=500)]
SessionId = Annotated[str, Meta(min_length=1, max_length=100)]
Number = Annotated[int, Meta(ge=1, lt=1 << 31)]
"""Of an op or a message: what both databases count exactly."""
Count = Annotated[int, Meta(ge=0, lt=1 << 31)]
