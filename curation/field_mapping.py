"""Field mappings: a small TOML that says where things stand in JSON of an unknown shape.

Five tables, all keys optional: `[record]` (messages, or user and assistant; system, tools, id,
group, gold, metadata), `[message]`, `[call]` and `[tool]` with paths inside one of those, and
`[roles]` with names of the source and the roles they are here. A path may be a list of paths: the
first that leads somewhere counts. Here the text is read and checked; `mapped_rows` applies it.
Errors name the line of the TOML.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from typing import Any

from msgspec import Struct

from curation.errors import IngestError
from curation.field_paths import Path, read_path
from curation.trajectory import Role

CALL_ROLE = "call"
"""Role of a message that is itself one call; it belongs to the step before it."""

ROLES = (*(role.value for role in Role), CALL_ROLE)

_DEFAULTS: dict[str, dict[str, tuple[str, ...]]] = {
    "record": {
        "messages": (),
        "system": (),
        "user": (),
        "assistant": (),
        "tools": (),
        "id": ("id",),
        "group": (),
        "gold": (),
    },
    "message": {
        "role": ("role",),
        "content": ("content",),
        "reasoning": ("reasoning_content", "reasoning"),
        "name": ("name",),
        "calls": ("tool_calls",),
        "call_id": ("tool_call_id",),
    },
    "call": {
        "name": ("function.name", "name"),
        "arguments": ("function.arguments", "arguments"),
        "id": ("id",),
        "result": (),
    },
    "tool": {
        "name": ("function.name", "name"),
        "description": ("function.description", "description"),
        "parameters": ("function.parameters", "parameters", "input_schema"),
    },
}
_WHAT_ELSE = {"record": ("metadata",), "message": ("default_role",)}
_BUILT_IN_ROLES = {**{role.value: role.value for role in Role}, "function": Role.TOOL.value}
_LINE = re.compile(r"at line (\d+)")
_HEADER = re.compile(r"\s*\[\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*=""")


class Field(Struct, frozen=True):
    """Where something is looked for."""

    paths: tuple[Path, ...]
    """The first that leads somewhere counts."""
    words: str
    """For people: the paths, and the line that says so."""


class FieldMapping(Struct, frozen=True):
    """A mapping that was read and checked."""

    text: str
    """The TOML as it was written; what is kept with an import."""
    fields: dict[str, Field]
    """`table.key` -> where; keys that are looked for nowhere are absent."""
    metadata: dict[str, Path] | None
    """Name -> path of what is kept; None keeps all that nothing else takes."""
    roles: dict[str, str]
    """Name in the source, lower case -> one of `ROLES`."""
    default_role: str
    """Role of a message that says none; "" makes that an error."""


def read_mapping(text: str, name: str = "mapping") -> FieldMapping:
    """Read and check a mapping.

    Args:
        name: the file, as errors show it.

    Raises:
        IngestError: it is no TOML, or says something that a mapping cannot; names the line.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        found = _LINE.search(str(problem))
        where = f"{name}:{found.group(1)}" if found else name
        raise IngestError(
            f"This is not TOML: {problem}.", where=where, hint='Write key = "path".'
        ) from None
    refused = _Refusal(name, _lines(text))
    _known_tables(data, refused)
    fields: dict[str, Field] = {}
    for table in _DEFAULTS:
        fields.update(_fields(table, data.get(table, {}), refused))
    mapping = FieldMapping(
        text=text,
        fields=fields,
        metadata=_metadata(data.get("record", {}).get("metadata"), refused),
        roles=_roles(data.get("roles", {}), refused),
        default_role=_default_role(data.get("message", {}).get("default_role", ""), refused),
    )
    if not {"record.messages", "record.user"} & fields.keys():
        raise refused(
            "record",
            "",
            "The mapping does not say where the messages stand.",
            'Give messages = "path" under [record], or user = "path" for single questions.',
        )
    return mapping


class _Refusal:
    """Makes errors that name the line of a table's key."""

    def __init__(self, name: str, lines: dict[tuple[str, str], int]) -> None:
        self.name = name
        self.lines = lines

    def __call__(self, table: str, key: str, message: str, hint: str) -> IngestError:
        line = self.lines.get((table, key)) or self.lines.get((table, ""))
        return IngestError(message, where=f"{self.name}:{line}" if line else self.name, hint=hint)


def _known_tables(data: dict[str, Any], refused: _Refusal) -> None:
    known = (*_DEFAULTS, "roles")
    for table, inner in data.items():
        is_table = isinstance(inner, dict)
        if table not in known:
            raise refused(
                table if is_table else "",
                "" if is_table else table,
                f"A mapping has no {table!r}.",
                f"Its tables are {', '.join(f'[{t}]' for t in known)}." + _meant(table, known),
            )
        if not is_table:
            raise refused("", table, f"{table!r} is no table.", f"Write [{table}] above its keys.")


def _fields(table: str, given: dict[str, Any], refused: _Refusal) -> dict[str, Field]:
    """Where the things of one table are looked for."""
    defaults = _DEFAULTS[table]
    allowed = (*defaults, *_WHAT_ELSE.get(table, ()))
    for key in given:
        if key not in allowed:
            raise refused(
                table,
                key,
                f"[{table}] has no key {key!r}.",
                f"Its keys are {', '.join(allowed)}." + _meant(key, allowed),
            )
    fields: dict[str, Field] = {}
    for key, default in defaults.items():
        written = given.get(key, list(default))
        texts = [written] if isinstance(written, str) else written
        try:
            paths = tuple(read_path(one) for one in _texts(texts))
        except ValueError as problem:
            raise refused(
                table, key, f"{key}: {problem}.", 'Give a path, "a.b", or a list of paths.'
            ) from None
        if paths:
            line = refused.lines.get((table, key))
            place = f"{refused.name} line {line}" if line else f"by default, [{table}] {key}"
            shown = " or ".join(repr(one) for one in texts)
            fields[f"{table}.{key}"] = Field(paths, f"{shown} ({place})")
    return fields


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError("it is neither text nor a list of texts")
    return value


def _meant(word: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]}?" if close else ""


def _metadata(value: Any, refused: _Refusal) -> dict[str, Path] | None:
    """A list of paths (kept under their last key), or a table of names and paths."""
    if value is None:
        return None
    try:
        if isinstance(value, dict):
            names = list(value)
            return dict(zip(names, map(read_path, _texts(list(value.values()))), strict=True))
        paths = [read_path(one) for one in _texts(value)]
    except ValueError as problem:
        raise refused(
            "record",
            "metadata",
            f"metadata: {problem}.",
            'Give a list, metadata = ["score", "meta.split"], or names, {split = "meta.split"}.',
        ) from None
    return {(path[-1] if path else "record"): path for path in paths}


def _roles(given: dict[str, Any], refused: _Refusal) -> dict[str, str]:
    roles = dict(_BUILT_IN_ROLES)
    for name, role in given.items():
        if role not in ROLES:
            raise refused(
                "roles",
                name,
                f"{name!r} is made {role!r}, which is no role.",
                f"Roles are {', '.join(ROLES)}.",
            )
        roles[name.lower()] = role
    return roles


def _default_role(value: Any, refused: _Refusal) -> str:
    if value and value not in ROLES:
        raise refused(
            "message", "default_role", f"{value!r} is no role.", f"Roles are {', '.join(ROLES)}."
        )
    return str(value)


def _lines(text: str) -> dict[tuple[str, str], int]:
    """(table, key) -> line, and (table, "") -> the line of its header."""
    found: dict[tuple[str, str], int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = header.group(1).split(".")[0]
            found.setdefault((table, ""), number)
        elif key := _KEY.match(line):
            word = key.group(1)
            name = word[1:-1] if word[0] in "\"'" else word
            found.setdefault((table, name), number)
    return found
