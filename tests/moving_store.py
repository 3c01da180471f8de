"""One engine that goes from test to test, each with a database of its own.

SQLAlchemy compiles a statement once an engine; an engine a test would compile them all again, which
costs more than most tests' queries.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, make_url

from storage.engine import Store, open_store


class MovingStore:
    """An engine whose database is changed between tests."""

    def __init__(self, url: str) -> None:
        self._engine = open_store(url).engine
        event.listen(self._engine, "do_connect", self._to_this_database)

    def at(self, url: str) -> Store:
        """A store in this database; nothing of the last one is open any more."""
        self._engine.dispose()
        self._engine.url = make_url(url)
        return Store(self._engine)

    def _to_this_database(
        self, dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]
    ) -> None:
        arguments[:], options_now = dialect.create_connect_args(self._engine.url)
        options.clear()
        options.update(options_now)
