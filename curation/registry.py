"""One way to add a format, a check, an export or a layout: put one file in the folder.

A registry knows the package it lives in and imports every module of it on first use. Built-in
entries use the same call an outsider would. Two entries with one name are an error, unless the
second is the same object loaded again (Streamlit reloads modules while developing).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from threading import RLock
from typing import Generic, Protocol, TypeVar


class Named(Protocol):
    """Anything with a stable kebab-case name; the name is stored, so renaming is a migration."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


class Registry(Generic[T]):
    """Entries of one kind by name, in alphabetical order."""

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self._package = package
        self._entries: dict[str, T] = {}
        self._origins: dict[str, str] = {}
        self._walked = False
        self._is_walking = False
        self._walk_lock = RLock()

    def register(self, entry: T, origin: str = "") -> T:
        """Add `entry`; `origin` (module and qualified name) tells a reload from a real clash."""
        before = self._origins.get(entry.name)
        if before is not None and before != origin:
            raise ValueError(
                f"two {self.kind} entries are named {entry.name!r}: {before}, {origin}"
            )
        self._entries[entry.name] = entry
        self._origins[entry.name] = origin
        return entry

    def _walk(self) -> None:
        if self._walked:
            return
        with self._walk_lock:  # another thread waits for the whole of it
            if self._walked or self._is_walking:
                return
            self._is_walking = True
            try:
                package = importlib.import_module(self._package)
                for module in pkgutil.iter_modules(package.__path__):
                    importlib.import_module(f"{self._package}.{module.name}")
                self._walked = True
            finally:
                self._is_walking = False

    def __iter__(self) -> Iterator[T]:
        self._walk()
        return iter([self._entries[name] for name in sorted(self._entries)])

    def __len__(self) -> int:
        self._walk()
        return len(self._entries)

    def names(self) -> list[str]:
        """All names, sorted."""
        self._walk()
        return sorted(self._entries)

    def get(self, name: str) -> T:
        """Return the entry called `name`.

        Raises:
            KeyError: no such entry; the message lists those that exist.
        """
        self._walk()
        try:
            return self._entries[name]
        except KeyError:
            known = ", ".join(self.names())
            raise KeyError(f"no {self.kind} is called {name!r}; there are: {known}") from None
