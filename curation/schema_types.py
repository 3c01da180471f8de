"""Type names as sources write them, read as JSON Schema types.

Python (`str`, `List[int]`, `Optional[str]`, `str, optional`), Java and JavaScript (`HashMap`,
`long`, `Bigint`), all capitals (`STRING`), BFCL's `dict`, `float`, `tuple`, `any`. A name that
nobody knows means anything: the source meant something we cannot hold its calls against.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

JSON_TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")

_ALIASES: dict[str, str] = {
    **{name: name for name in JSON_TYPES},
    **dict.fromkeys(("str", "char", "character", "bytes"), "string"),
    **dict.fromkeys(
        ("int", "byte", "short", "long", "bigint", "int32", "int64", "uint", "uint32", "uint64"),
        "integer",
    ),
    **dict.fromkeys(("float", "double", "decimal", "float32", "float64", "num"), "number"),
    "bool": "boolean",
    **dict.fromkeys(
        ("list", "tuple", "set", "arraylist", "queue", "stack", "sequence", "iterable",
         "frozenset"),
        "array",
    ),
    **dict.fromkeys(("dict", "hashmap", "hashtable", "map", "mapping", "struct"), "object"),
    **dict.fromkeys(("none", "nonetype", "nil"), "null"),
}  # fmt: skip
_ANYTHING = frozenset({"any", "unknown", "mixed", "", "*"})
_LONGEST = 300
_DEEPEST = 12
_OPENING = {"[": "]", "(": ")", "<": ">"}


class TypeReading(Struct, frozen=True):
    """What a type name says."""

    types: tuple[str, ...] | None
    """JSON Schema types, any of which fits; None: anything fits."""
    items: dict[str, Any] | None = None
    """Schema of the elements when the name gives one (`list(str)`)."""
    values: dict[str, Any] | None = None
    """Schema of the values when the name gives one (`Dict[str, int]`)."""
    optional: bool = False
    """True for `str, optional` and `Optional[str]`: the parameter may be left out."""
    known: bool = True
    """False when part of the name means nothing to us; then anything fits."""

    def schema(self) -> dict[str, Any]:
        """The reading as a schema."""
        if self.types is None:
            return {}
        found: dict[str, Any] = {"type": self.types[0] if len(self.types) == 1 else [*self.types]}
        if self.items:
            found["items"] = self.items
        if self.values:
            found["additionalProperties"] = self.values
        return found


UNKNOWN = TypeReading(None, known=False)
ANYTHING = TypeReading(None)


def read_type(name: str, depth: int = 0) -> TypeReading:
    """Read a type name; never raises, whatever the text."""
    text = name.strip()
    lowered = text.lower()
    if lowered in _ALIASES:
        return TypeReading((_ALIASES[lowered],))
    if lowered in _ANYTHING:
        return ANYTHING
    if len(text) > _LONGEST or depth > _DEEPEST:
        return UNKNOWN
    for suffix in (", optional", ",optional", " (optional)", "(optional)", " optional"):
        if lowered.endswith(suffix):
            inner = read_type(text[: -len(suffix)], depth + 1)
            return _with_optional(inner)
    alternatives = _split(text, "|") if "|" in text else _split_word(text, " or ")
    if len(alternatives) > 1:
        return _union([read_type(part, depth + 1) for part in alternatives])
    return _read_generic(text, depth)


def _read_generic(text: str, depth: int) -> TypeReading:
    """`Name[…]`, `Name(…)`, `Name<…>` and `name[]`."""
    if text.endswith("[]"):
        return TypeReading(("array",), items=read_type(text[:-2], depth + 1).schema() or None)
    start = next((i for i, c in enumerate(text) if c in _OPENING), -1)
    if start <= 0 or text[-1] != _OPENING[text[start]]:
        return UNKNOWN
    outer = text[:start].strip().lower().removeprefix("typing.")
    parts = _split(text[start + 1 : -1], ",")
    if outer == "optional" and len(parts) == 1:
        inner = read_type(parts[0], depth + 1)
        return _with_optional(_union([inner, TypeReading(("null",))]))
    if outer == "union":
        return _union([read_type(part, depth + 1) for part in parts])
    match _ALIASES.get(outer):
        case "array" if outer != "tuple" and len(parts) == 1:
            return TypeReading(("array",), items=read_type(parts[0], depth + 1).schema() or None)
        case "object" if len(parts) == 2:
            return TypeReading(("object",), values=read_type(parts[1], depth + 1).schema() or None)
        case None:
            return UNKNOWN
        case alias:
            return TypeReading((alias,))


def _with_optional(reading: TypeReading) -> TypeReading:
    return TypeReading(reading.types, reading.items, reading.values, True, reading.known)


def _union(readings: list[TypeReading]) -> TypeReading:
    known = all(reading.known for reading in readings)
    optional = any(reading.optional for reading in readings)
    if any(reading.types is None for reading in readings):
        return TypeReading(None, optional=optional, known=known)
    types = tuple(dict.fromkeys(t for reading in readings for t in reading.types or ()))
    arrays = [r for r in readings if "array" in (r.types or ())]
    objects = [r for r in readings if "object" in (r.types or ())]
    return TypeReading(
        types,
        arrays[0].items if len(arrays) == 1 else None,
        objects[0].values if len(objects) == 1 else None,
        optional,
        known,
    )


def _split(text: str, separator: str) -> list[str]:
    """Split where no bracket is open."""
    parts, level, start = [], 0, 0
    for i, c in enumerate(text):
        if c in _OPENING:
            level += 1
        elif c in "])>":
            level -= 1
        elif c == separator and level == 0:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]


def _split_word(text: str, word: str) -> list[str]:
    """Split at a word; only for flat names such as `string or null`."""
    return text.split(word) if not any(c in _OPENING for c in text) else [text]
