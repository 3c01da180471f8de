"""Model endpoints as the studio keeps them: entered once by a person, used by every flow.

What the environment names holds, and cannot be changed here; the rest is kept in a file of its own
(`storage/endpoint_file.py`). A key is written and never read back to a person. It belongs to the
address it was entered for: another address forgets it, wherever that other address comes from.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import Struct
from pydantic import SecretStr

from app.flows.endpoints import Asker, base_url_of, endpoint_for, usable_url
from app.settings import PREFIX, Settings, load_settings
from curation.errors import SettingsError
from curation.generators.trial import Trial, VectorTrial, try_embedding, try_endpoint
from storage.endpoint_file import KeptEndpoint, file_beside, read_endpoints, write_endpoints
from storage.engine import Store

NO_KEY = SecretStr("")
TRIAL_S = 30.0
TRIAL_TOKENS = 512
"""Enough for a model that thinks before it says a word."""


class EndpointView(Struct, frozen=True):
    """One endpoint as a person may see it."""

    asker: Asker
    base_url: str
    model: str
    has_key: bool
    url_from: str
    """The environment variable that says it; "" when people may change it. Here and below."""
    model_from: str
    key_from: str
    note: str = ""
    """What a person should know of how these go together."""

    @property
    def is_ready(self) -> bool:
        """Whether a model can be asked."""
        return bool(self.base_url and self.model)


def settings_in_force(store: Store, settings: Settings | None = None) -> Settings:
    """The settings, with what was entered in the studio where the environment says nothing.

    Raises:
        StoreError: the file of endpoints cannot be used.
    """
    given = settings or load_settings()
    kept = read_endpoints(_file(store, given))
    changes: dict[str, Any] = {}
    for asker in Asker:
        one = kept.get(asker, KeptEndpoint())
        url = _said(given, asker, "base_url") or one.base_url
        changes[f"{asker}_base_url"] = url
        changes[f"{asker}_model"] = _said(given, asker, "model") or one.model
        changes[f"{asker}_api_key"] = _key(given, asker, one, url)
    return given.model_copy(update=changes)


def endpoint_view(store: Store, asker: Asker) -> EndpointView:
    """What a person is shown of one endpoint. Raises as `settings_in_force`."""
    given = load_settings()
    now = settings_in_force(store, given)
    key_variable = _variable(given, asker, "api_key")
    note = ""
    if key_variable and not _said(given, asker, "base_url"):
        note = (
            f"{key_variable} is sent nowhere: the address it belongs to must stand beside it in "
            f"{_name(asker, 'base_url')}."
        )
    return EndpointView(
        asker,
        getattr(now, f"{asker}_base_url"),
        getattr(now, f"{asker}_model"),
        bool(getattr(now, f"{asker}_api_key").get_secret_value()),
        _variable(given, asker, "base_url"),
        _variable(given, asker, "model"),
        key_variable,
        note,
    )


def keep_endpoint(
    store: Store, asker: Asker, *, base_url: str, model: str, new_key: str = ""
) -> bool:
    """Keep what a person entered; what the environment says is left alone.

    Args:
        base_url: "" for no endpoint.
        new_key: "" keeps the one that is there, if the address is still the one it was for.

    Returns:
        Whether a key that was there is gone, because the address is another.

    Raises:
        SettingsError: the address cannot be used.
        StoreError: the file cannot be used.
    """
    given = load_settings()
    path = _file(store, given)
    kept = read_endpoints(path)
    before = kept.get(asker, KeptEndpoint())
    said = _said(given, asker, "base_url")
    url = said or (usable_url(base_url, asker) if base_url.strip() else "")
    had_key = bool(before.api_key.get_secret_value())
    same_key = before.key_for == url and had_key
    typed = new_key.strip()
    key = SecretStr(typed) if typed else (before.api_key if same_key else NO_KEY)
    now = KeptEndpoint(
        before.base_url if said else url,
        before.model if _said(given, asker, "model") else model.strip(),
        key,
        url if key.get_secret_value() else "",
    )
    write_endpoints(path, {**kept, asker: now})
    return had_key and not typed and not same_key


def forget_key(store: Store, asker: Asker) -> None:
    """Remove a key that was entered in the studio.

    Raises:
        StoreError: the file cannot be used.
    """
    path = _file(store, load_settings())
    kept = read_endpoints(path)
    if asker in kept:
        gone = replace(kept[asker], api_key=NO_KEY, key_for="")
        write_endpoints(path, {**kept, asker: gone})


def try_now(store: Store, asker: Asker) -> Trial | VectorTrial:
    """Ask the endpoint in force three tiny questions, or for one vector
    (`curation/generators/trial.py`).

    Raises:
        SettingsError: no address or no model is set.
        ModelError: it does not answer; says what to do.
    """
    settings = settings_in_force(store)
    model = getattr(settings, f"{asker}_model")
    if not model:
        raise SettingsError(
            "No model is named.", where=str(asker), hint="Enter its name as the API has it."
        )
    url = base_url_of(settings, asker, None)
    endpoint = endpoint_for(settings, asker, url, model, timeout_s=TRIAL_S, max_tokens=TRIAL_TOKENS)
    if asker is Asker.EMBED:
        return asyncio.run(try_embedding(endpoint))
    return asyncio.run(try_endpoint(endpoint))


def _file(store: Store, settings: Settings) -> Path:
    return settings.endpoints_file or file_beside(store.url)


def _key(given: Settings, asker: Asker, one: KeptEndpoint, url: str) -> SecretStr:
    if _variable(given, asker, "api_key"):
        # The environment's key is for the environment's address, never for one entered here. With
        # no address at all it is sent nowhere, and whoever asks elsewhere is told so.
        own: SecretStr = getattr(given, f"{asker}_api_key")
        return own if _said(given, asker, "base_url") or not url else NO_KEY
    return one.api_key if one.key_for == url.strip().rstrip("/") else NO_KEY


def _said(given: Settings, asker: Asker, what: str) -> str:
    """The environment's address or model; "" for none."""
    return str(getattr(given, f"{asker}_{what}")).strip().rstrip("/")


def _variable(given: Settings, asker: Asker, what: str) -> str:
    """The environment variable, if it says something."""
    value = getattr(given, f"{asker}_{what}")
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return _name(asker, what) if text.strip() else ""


def _name(asker: Asker, what: str) -> str:
    return f"{PREFIX}{asker.upper()}_{what.upper()}"
