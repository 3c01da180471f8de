"""Model endpoints that were entered in the studio: one small file, keys included.

A file of its own, readable by its owner alone, and no rows of the database: backups, exports and
copies of the database are handed on, and a key must not go with them. Nothing here is logged, and a
key shows in no `repr`.

Not for endpoints that the environment names; which of the two holds is `app/flows/endpoints.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from curation.errors import StoreError
from storage.backup import SQLITE

NAME = "loopwright.endpoints.json"
"""With a database that is no file."""


@dataclass(frozen=True)
class KeptEndpoint:
    """What was entered for one role."""

    base_url: str = ""
    """"" where the environment says it."""
    model: str = ""
    api_key: SecretStr = field(default_factory=lambda: SecretStr(""))
    key_for: str = ""
    """The base URL that the key was entered for; it is sent to no other."""


def file_beside(database_url: str) -> Path:
    """Where the endpoints of a database are kept: beside its file, else in the working folder."""
    if database_url.startswith(SQLITE):
        path = Path(database_url.removeprefix(SQLITE).partition("?")[0])
        return path.with_name(f"{path.name}.endpoints.json")
    return Path(NAME)


def read_endpoints(path: Path) -> dict[str, KeptEndpoint]:
    """What was entered, by role; {} when nothing was.

    Raises:
        StoreError: the file cannot be read, or is not one of these.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as problem:
        raise _unusable(path, f"cannot be read: {type(problem).__name__}") from None
    try:
        return {str(role): _read(entry) for role, entry in dict(json.loads(text)).items()}
    except (ValueError, TypeError, AttributeError):
        # The text may hold a key: it is not repeated.
        raise _unusable(path, "is no file of endpoints") from None


def write_endpoints(path: Path, kept: Mapping[str, KeptEndpoint]) -> None:
    """Keep these endpoints in place of what was kept; whole or not at all.

    Raises:
        StoreError: the file cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        # Its owner's alone from the first byte on.
        number = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump({role: _plain(one) for role, one in kept.items()}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as problem:
        raise _unusable(path, f"cannot be written: {problem.strerror}") from None


def _read(entry: Mapping[str, str]) -> KeptEndpoint:
    values = {name: str(entry.get(name, "")) for name in ("base_url", "model", "key_for")}
    return KeptEndpoint(api_key=SecretStr(str(entry.get("api_key", ""))), **values)


def _plain(one: KeptEndpoint) -> dict[str, str]:
    return {
        "base_url": one.base_url,
        "model": one.model,
        "api_key": one.api_key.get_secret_value(),
        "key_for": one.key_for,
    }


def _unusable(path: Path, what: str) -> StoreError:
    return StoreError(
        f"The file of model endpoints {what}.",
        where=str(path),
        hint="Mend it or move it away; LOOPWRIGHT_ENDPOINTS_FILE names another.",
    )
