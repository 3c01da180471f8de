"""Every setting of the studio, its default, and where it comes from.

Settings come from environment variables that begin with `LOOPWRIGHT_`; options on the command line
win over them. Nothing is read at import time: whoever needs settings calls `load_settings()` and
passes values on. The text under each field is what the README prints.

Not here: what belongs to a studio rather than to a machine (queues, taxonomies, secrets). That is
in the database.
"""

from __future__ import annotations

import getpass
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from curation.errors import SettingsError

PREFIX = "LOOPWRIGHT_"
MATCHERS_ON_RECORD = ("strict", "looptool", "bfcl")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without an entry for this user
        return "annotator"


class Settings(BaseSettings):
    """What may differ from one machine to another."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, use_attribute_docstrings=True, frozen=True, extra="ignore"
    )

    database_url: str = "sqlite:///loopwright.db"
    """Where everything is stored: `sqlite:///FILE` or `postgresql+psycopg://USER@HOST/NAME`."""

    host: str = "127.0.0.1"
    """Address the studio listens on. The default admits nobody but this machine."""

    port: int = Field(default=8501, ge=1, le=65535)
    """Port the studio listens on."""

    allowed_hosts: str = ""
    """Host names a browser may reach the studio by, separated by commas. Empty: only this
    machine's own names while it listens on loopback, any name otherwise."""

    annotator: str = Field(default_factory=_user_name, min_length=1, max_length=100)
    """Name your annotations are signed with (default: your user name on this machine)."""

    lease_s: int = Field(default=900, ge=30)
    """Seconds a claimed trajectory is kept for you; every act renews it."""

    max_record_bytes: int = Field(default=64 << 20, ge=1024)
    """Largest record that is read, in bytes; a larger one becomes a problem of the import."""

    uploads: Path = Path("uploads")
    """Folder that files uploaded in the browser are kept in, by their content."""

    check_processes: int = Field(default=0, ge=0)
    """Processes that run checks; 0 means one per core."""

    mastered_by: str = "strict"
    """Matcher that tells which predictions are right without a judge: strict, looptool or bfcl."""

    worker_poll_s: float = Field(default=1.0, gt=0)
    """Seconds the worker waits before it looks for the next job."""

    start_timeout_s: float = Field(default=60.0, gt=0)
    """Seconds `loopwright run` waits for the studio to answer."""

    simulator_base_url: str = ""
    """OpenAI-compatible API that says what a tool would have answered to a changed call, such as
    `http://127.0.0.1:8000/v1`. Empty: results are taken from the store or written by people."""

    simulator_model: str = ""
    """Name of the model that the simulator asks for."""

    simulator_api_key: SecretStr = SecretStr("")
    """Key of that API; never shown and never logged. Empty: none is needed."""

    simulator_timeout_s: float = Field(default=30.0, gt=0, le=600)
    """Seconds the simulator waits for one answer; it asks three times at most."""

    simulator_max_tokens: int = Field(default=1024, ge=16)
    """Length of a simulated result, in tokens."""

    endpoints_file: Path | None = None
    """File that model endpoints entered in the studio are kept in, keys included, readable by its
    owner alone. Without it: beside a SQLite database, else in the folder the studio starts in."""

    probe_base_url: str = ""
    """OpenAI-compatible API of the model that `loopwright probe` asks, unless told another."""

    probe_model: str = ""
    """Name of the model that is probed, unless told another."""

    probe_api_key: SecretStr = SecretStr("")
    """Key of exactly that API: sent to no other address, never shown, logged or stored."""

    judge_base_url: str = ""
    """OpenAI-compatible API of the judge that `loopwright judge` asks, unless told another."""

    judge_model: str = ""
    """Name of the model that judges, unless told another."""

    judge_api_key: SecretStr = SecretStr("")
    """Key of exactly that API: sent to no other address, never shown, logged or stored."""

    generator_base_url: str = ""
    """OpenAI-compatible API of the model that writes new samples from verified errors."""

    generator_model: str = ""
    """Name of the model that writes new samples, unless told another."""

    generator_api_key: SecretStr = SecretStr("")
    """Key of exactly that API: sent to no other address, never shown, logged or stored."""

    embed_base_url: str = ""
    """OpenAI-compatible API of the model that `loopwright embed` asks, unless told another."""

    embed_model: str = ""
    """Name of the embedding model, unless told another."""

    embed_api_key: SecretStr = SecretStr("")
    """Key of exactly that API: sent to no other address, never shown, logged or stored."""

    prices: Annotated[dict[str, tuple[float, float]], NoDecode] = Field(default_factory=dict)
    """Prices of models in US dollars for a million tokens, of prompts and of answers, as JSON:
    `{"some-model": [0.4, 1.6]}`. A model that is not here has no price on record, and no cost."""

    log_level: str = "INFO"
    """Least serious message that is logged: DEBUG, INFO, WARNING or ERROR."""

    log_file: Path | None = None
    """File that the log is appended to; without it the log goes to standard error."""

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in LOG_LEVELS:
            raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
        return value.upper()

    @field_validator("mastered_by")
    @classmethod
    def _known_matcher(cls, value: str) -> str:
        if value not in MATCHERS_ON_RECORD:
            raise ValueError(f"must be one of {', '.join(MATCHERS_ON_RECORD)}")
        return value

    @field_validator("prices", mode="before")
    @classmethod
    def _are_prices(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            found = json.loads(value or "{}")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ValueError('must be a JSON object such as {"some-model": [0.4, 1.6]}')
        return found

    @field_validator("prices")
    @classmethod
    def _cost_something(
        cls, value: dict[str, tuple[float, float]]
    ) -> dict[str, tuple[float, float]]:
        if any(not 0 <= price < float("inf") for pair in value.values() for price in pair):
            raise ValueError("must be 0 or more")
        return value

    @field_validator(
        "simulator_base_url",
        "probe_base_url",
        "judge_base_url",
        "generator_base_url",
        "embed_base_url",
    )
    @classmethod
    def _is_api(cls, value: str) -> str:
        if not value:
            return value
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("must be the address of an API such as http://127.0.0.1:8000/v1")
        if parts.username or parts.password or parts.query:
            raise ValueError("must not hold a key; that belongs into the setting …_API_KEY")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if "://" not in value:
            raise ValueError("must be a URL such as sqlite:///loopwright.db")
        return value


def load_settings(**overrides: object) -> Settings:
    """Read the settings; an override that is None counts as not given.

    Raises:
        SettingsError: a value cannot be used; names the variable.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    if not given:
        return _of_environment(tuple(os.environ.items()))
    return _read(given)


@lru_cache(maxsize=4)
def _of_environment(_environment: tuple[tuple[str, str], ...]) -> Settings:
    """Pages ask several times at every rerun: the same environment is read once."""
    return _read({})


def _read(given: dict[str, object]) -> Settings:
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as problem:
        first = problem.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        # An address that holds a key is refused, so what was put there is not repeated either.
        shown = (
            "given"
            if name.startswith(("simulator_", "probe_", "judge_", "generator_"))
            else repr(first.get("input"))
        )
        raise SettingsError(
            f"The value {shown} cannot be used: {first['msg']}.",
            where=f"{PREFIX}{name.upper()}",
            hint="Correct the environment variable or the option of that name.",
        ) from None


def variables() -> list[tuple[str, str, str]]:
    """Every setting as (environment variable, default as text, description)."""
    rows = []
    for name, field in Settings.model_fields.items():
        if name == "annotator":
            default = "your user name"
        else:
            value = field.get_default(call_default_factory=True)
            default = "" if value is None else str(value)
        rows.append((PREFIX + name.upper(), default, " ".join((field.description or "").split())))
    return rows
