"""Recipes as text: what an export is asked for, as TOML that reads back the same.

The standard library reads TOML and does not write it; what a recipe holds (numbers, texts, lists,
tables and lists of tables) is little to write.
"""

from __future__ import annotations

import json
import re
import tomllib
import typing
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec
from msgspec import Struct

from app.flows.export_request import ExportRequest
from curation.errors import ExportError

VERSION = 1
"""Of recipes; a later one may mean something else by the same words."""


def recipe_text(request: ExportRequest) -> str:
    """The request as a recipe, without what says nothing."""
    plain = msgspec.to_builtins(request)
    defaults = {
        field.name: msgspec.to_builtins(field.default)
        for field in msgspec.structs.fields(ExportRequest)
        if not field.required
    }
    said = {
        name: value
        for name, value in plain.items()
        if not (name in defaults and value == defaults[name])
    }
    return toml_text({"version": VERSION, **said})


def read_recipe(text: str, where: str = "") -> ExportRequest:
    """The request that a recipe in TOML asks for.

    Raises:
        ExportError: it is no TOML, of another version, or names something unknown.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ExportError(
            f"The recipe cannot be read: {problem}.", where=where, hint="Give a TOML file."
        ) from None
    return as_request(read_version(said, where), where)


def read_version(said: dict[str, Any], where: str) -> dict[str, Any]:
    """The recipe without its version.

    Raises:
        ExportError: the version is not ours.
    """
    rest = dict(said)
    version = rest.pop("version", VERSION)
    if version != VERSION or isinstance(version, bool):
        raise ExportError(
            f"The recipe is of version {version!r}; this Loopwright reads version {VERSION}.",
            where=where,
            hint=f"Write version = {VERSION} and look through its names, or update Loopwright.",
        )
    return rest


def as_request(said: dict[str, Any], where: str) -> ExportRequest:
    """What names and values ask for.

    Raises:
        ExportError: something is unknown, with the nearest known name, or of the wrong kind.
    """
    unknown = list(_unknown(said, ExportRequest, ""))
    if unknown:
        place, name, known = unknown[0]
        near = get_close_matches(name, known, 1, 0.5)
        meant = f"Did you mean {near[0]}? " if near else ""
        more = f" (and {len(unknown) - 1} more like that)" if len(unknown) > 1 else ""
        raise ExportError(
            f"The recipe does not fit: there is no {place}{name}{more}.",
            where=where,
            hint=f"{meant}{place[:-1] or 'It'} may name {', '.join(known)}.",
        )
    try:
        return msgspec.convert(said, ExportRequest)
    except msgspec.ValidationError as problem:
        raise ExportError(
            f"The recipe does not fit: {problem}.",
            where=where,
            hint=f"It may name {', '.join(ExportRequest.__struct_fields__)}.",
        ) from None


def _unknown(
    said: Mapping[str, Any], struct: type[Struct], place: str
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(where, name, known names) of names that no field has, tables within tables."""
    hints = typing.get_type_hints(struct)
    for name, value in said.items():
        if name not in struct.__struct_fields__:
            yield place, name, struct.__struct_fields__
            continue
        inner = _struct_in(hints[name])
        if inner is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from _unknown(one, inner, f"{place}{name}.")


def _struct_in(hint: Any) -> type[Struct] | None:
    """The Struct of `S`, `S | None` or `tuple[S, ...]`."""
    if isinstance(hint, type) and issubclass(hint, Struct):
        return hint
    found = (_struct_in(part) for part in typing.get_args(hint))
    return next((one for one in found if one is not None), None)


def toml_text(values: Mapping[str, Any]) -> str:
    """TOML of plain values; None stands for what is not said and is left out."""
    return "\n".join(_table(values, ())) + "\n"


def _table(values: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    later: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, Mapping) or _is_tables(value):
            later.append((name, value))
        elif value is not None:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in later:
        title = ".".join(map(_key, (*path, name)))
        head = f"[[{title}]]" if _is_tables(value) else f"[{title}]"
        for one in value if _is_tables(value) else [value]:
            yield from ("", head)
            yield from _table(one, (*path, name))


def _is_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], Mapping)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)


def _text(text: str) -> str:
    # JSON's escapes are TOML's, but for the one control character that JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
