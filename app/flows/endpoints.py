"""Which endpoint is asked with which key.

A key belongs to one base URL, the one that stands beside it in the settings. Whoever asks elsewhere
asks without it, so that no key is ever sent to an address it was not given for. Keys come from the
environment, or from the studio's own file (`app/flows/endpoint_settings.py`); they are in no job,
no run, no log and no error.
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import SecretStr

from app.settings import PREFIX, Settings
from curation.errors import SettingsError
from curation.model_endpoint import Endpoint


class Asker(StrEnum):
    """Who asks: settings of that prefix hold."""

    PROBE = "probe"
    JUDGE = "judge"
    SIMULATOR = "simulator"
    GENERATOR = "generator"
    EMBED = "embed"


def base_url_of(settings: Settings, asker: Asker, given: str | None) -> str:
    """The address that is asked: the given one, or that of the settings.

    Raises:
        SettingsError: there is none, it is no address of an API, or it holds a key.
    """
    url = (given or getattr(settings, f"{asker}_base_url")).strip()
    if not url:
        raise SettingsError(
            "No endpoint is given.",
            where=str(asker),
            hint="Enter one under Settings, give --base-url, or set "
            f"{PREFIX}{asker.upper()}_BASE_URL.",
        )
    return usable_url(url, asker)


def usable_url(url: str, asker: Asker) -> str:
    """The address of an API, in the one spelling by which addresses are compared.

    Raises:
        SettingsError: it is no address of an API, or it holds a key.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable or parts.username or parts.password or parts.query or parts.fragment:
        # It may hold a key, so it is not repeated.
        raise SettingsError(
            "The base URL cannot be used.",
            where=str(asker),
            hint="It is the address of an API such as http://127.0.0.1:8000/v1, without a key; "
            f"that belongs into {PREFIX}{asker.upper()}_API_KEY, or beside it under Settings.",
        )
    return url.strip().rstrip("/")


def key_for(settings: Settings, asker: Asker, base_url: str) -> SecretStr:
    """The key for that address; none when the settings' key belongs to another one."""
    own = str(getattr(settings, f"{asker}_base_url")).strip().rstrip("/")
    key: SecretStr = getattr(settings, f"{asker}_api_key")
    return key if own == base_url.strip().rstrip("/") else SecretStr("")


def withheld_key(settings: Settings, asker: Asker, base_url: str) -> str:
    """What to tell a person whose key is not sent; "" when there is nothing to tell."""
    key: SecretStr = getattr(settings, f"{asker}_api_key")
    if not key.get_secret_value() or key_for(settings, asker, base_url).get_secret_value():
        return ""
    name, own = f"{PREFIX}{asker.upper()}", getattr(settings, f"{asker}_base_url")
    return (
        f"The key of {asker} ({name}_API_KEY, or entered under Settings) is not sent to "
        f"{base_url}: it belongs to {own or 'no address'}. If it is for this one, say so there "
        f"({name}_BASE_URL)."
    )


def endpoint_for(
    settings: Settings,
    asker: Asker,
    base_url: str,
    model: str,
    *,
    timeout_s: float,
    max_tokens: int,
) -> Endpoint:
    """The model at that address, with the key if it is its own: of this asker, or of another one
    that was given it for this very address."""
    askers = (asker, *(one for one in Asker if one is not asker))
    keys = (key_for(settings, one, base_url) for one in askers)
    key = next((one for one in keys if one.get_secret_value()), SecretStr(""))
    return Endpoint(base_url, model, key, timeout_s, max_tokens)
