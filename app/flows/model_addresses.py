"""Models that are named with an address of their own: `name@http://host:8001/v1`.

Several models that vote together need not be served at one place. The name alone is what a run, its
votes and its prices know a model by.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.flows.endpoints import Asker, usable_url
from curation.errors import SettingsError

_OWN = re.compile(r"(?P<name>.+?)@(?P<url>https?://.*)", re.IGNORECASE | re.DOTALL)


def model_addresses(models: Iterable[str], asker: Asker) -> dict[str, str | None]:
    """Name of every model -> its own address; None where it is asked at the common one.

    Raises:
        SettingsError: an address that cannot be used, or one model at two of them.
    """
    found: dict[str, str | None] = {}
    for text in models:
        name, url = _read(text, asker)
        if found.get(name, url) != url:
            raise SettingsError(
                f"The model {name} is named with two addresses.",
                where=str(asker),
                hint="Votes are told apart by the model's name: serve one under another name.",
            )
        found[name] = url
    return found


def model_names(models: Iterable[str], asker: Asker) -> tuple[str, ...]:
    """The names alone, in order; one that is named twice has two turns.

    Raises:
        SettingsError: as `model_addresses`.
    """
    listed = tuple(models)
    model_addresses(listed, asker)
    return tuple(_read(text, asker)[0] for text in listed)


def _read(text: str, asker: Asker) -> tuple[str, str | None]:
    own = _OWN.fullmatch(text.strip())
    if own is None:
        return text.strip(), None
    return own["name"].strip(), usable_url(own["url"], asker)
