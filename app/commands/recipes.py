"""Recipes of exports: the same export again, from a file instead of from options."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from app.flows.export import ExportRequest
from app.flows.recipe_text import as_request, read_version
from curation.decontamination import HitKind
from curation.errors import ExportError

NEEDED = ("type", "layout", "out")


def request_from(recipe: Path | None, **options: object) -> ExportRequest:
    """What to export: the recipe's words, with every option that is given put over them.

    Raises:
        ExportError: the recipe cannot be read, names something unknown, or too little is given.
    """
    said = _read(recipe) if recipe is not None else {}
    for name, value in options.items():
        if isinstance(value, dict) and isinstance(said.get(name), dict):
            value = {**said[name], **value}
        if value is not None:
            said[name] = value
    missing = [f"--{name}" for name in NEEDED if name not in said]
    if missing:
        raise ExportError(
            f"The export needs {', '.join(missing)}.",
            where=str(recipe) if recipe else "",
            hint="`loopwright exports` lists types and layouts.",
        )
    return as_request(said, str(recipe) if recipe else "")


def _read(path: Path) -> dict[str, Any]:
    """A recipe in TOML or JSON; of a manifest, the request that it was written for."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".toml":
            said: Any = tomllib.loads(text)
        else:
            said = msgspec.json.decode(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.DecodeError) as problem:
        raise ExportError(
            f"The recipe cannot be read: {problem}.",
            where=str(path),
            hint="Give a TOML file, a JSON file, or the manifest.json of an earlier export.",
        ) from None
    if isinstance(said, dict) and isinstance(said.get("request"), dict):
        said = said["request"]
    if not isinstance(said, dict):
        raise ExportError(
            "The recipe is not a set of names and values.",
            where=str(path),
            hint='Write for example type = "sft".',
        )
    return read_version(said, str(path))


def read_decontaminate(
    benchmarks: Sequence[str] | None, kinds: Sequence[HitKind] | None
) -> dict[str, object] | None:
    """What options say of benchmarks, in the words of a recipe; None where they say nothing."""
    said: dict[str, object] = {}
    if benchmarks:
        said["benchmarks"] = list(benchmarks)
    if kinds:
        said["kinds"] = [kind.value for kind in kinds]
    return said or None


def read_shares(text: str) -> tuple[float, float, float]:
    """Shares as people type them: `0.8,0.1,0.1` or `80/10/10`.

    Raises:
        ExportError: these are not three numbers.
    """
    parts = text.replace("/", ",").split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != 3:
        raise ExportError(
            f"{text!r} is not three shares.", where="--shares", hint="Write 0.8,0.1,0.1."
        )
    total = sum(numbers)
    train, validation, test = (n / total for n in numbers) if total > 1.5 else numbers
    return train, validation, test
