"""The process-wide store: opened and migrated once, shared by pages, routes and commands.

One engine per process is what SQLite and the connection pool are tuned for. Nothing here closes
it while the process lives, except `close_the_store` (shut-down and tests).
"""

from __future__ import annotations

import threading

from app.settings import load_settings
from storage.engine import Store, migrate, open_store

_lock = threading.Lock()
_open: dict[str, Store] = {}


def the_store() -> Store:
    """The store that the settings name, migrated on first use.

    Raises:
        StoreError: it cannot be opened, or was written by a newer version.
    """
    url = load_settings().database_url
    with _lock:
        store = _open.get(url)
        if store is None:
            store = open_store(url)
            try:
                migrate(store)
            except BaseException:
                store.close()
                raise
            _open[url] = store
        return store


def close_the_store() -> None:
    """Close whatever `the_store` opened; the next call opens it again."""
    with _lock:
        for store in _open.values():
            store.close()
        _open.clear()
