"""Fields of the selection's form that begin with what a recipe says."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TypeVar

Word = TypeVar("Word", bound=StrEnum)


class Fields:
    """Fields whose keys change when another recipe is taken over."""

    def __init__(self, number: int, view: str = "") -> None:
        self._number = number
        self._view = view

    def key(self, label: str) -> str:
        place = f"{self._number}-{self._view}" if self._view else str(self._number)
        return f"export-selection-{label.lower().replace(' ', '-')}-{place}"

    def of_view(self, name: str) -> Fields:
        """Fields that begin with what a saved view says."""
        return Fields(self._number, name)

    def choose(
        self, place: Any, label: str, options: Sequence[str], value: str | None, **more: Any
    ) -> str | None:
        known = list(options)
        if value is not None and value not in known:
            known.append(value)
        index = known.index(value) if value is not None else None
        more.setdefault("placeholder", "any")
        found: str | None = place.selectbox(label, known, index=index, key=self.key(label), **more)
        return found

    def word(self, place: Any, label: str, words: dict[Word, str], value: Word) -> Word:
        options = list(words)
        found: Word = place.selectbox(
            label,
            options,
            index=options.index(value),
            format_func=words.__getitem__,
            key=self.key(label),
        )
        return found

    def number(
        self, place: Any, label: str, value: int | None, *, least: int = 0, **more: Any
    ) -> int | None:
        found = place.number_input(
            label, least, None, value, placeholder="any", key=self.key(label), **more
        )
        return None if found is None else int(found)
