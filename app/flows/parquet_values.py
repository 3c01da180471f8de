"""From the values of an Arrow table to what the same rows would be as JSON.

Arrow gives every struct of a column the same keys, so a row that lacks one comes back with null for
it: arguments of other tools, properties of other schemas. Whether a row meant null or nothing is
not in the file; as nearly all such nulls are fillings, keys of structs that are null are left out.
`content` alone keeps its null, which chat messages say on purpose and which says nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

Plain = Callable[[Any], Any]

KEEPS_NULL = "content"


def plain_columns(schema: Any) -> dict[str, Plain]:
    """For each column of a `pyarrow.Schema` that needs it, what makes its values plain JSON."""
    found = {field.name: _plain(field.type) for field in schema}
    return {name: plain for name, plain in found.items() if plain is not None}


def _plain(kind: Any) -> Plain | None:
    """What makes a value of an Arrow type plain JSON; None where it is already."""
    from pyarrow import types

    if types.is_struct(kind):
        return _struct({kind.field(i).name: _plain(kind.field(i).type) for i in range(len(kind))})
    if types.is_map(kind):
        return _mapping(_plain(kind.item_type))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        inner = _plain(kind.value_type)
        return None if inner is None else _items(inner)
    if types.is_dictionary(kind):
        return _plain(kind.value_type)
    if types.is_temporal(kind) or types.is_decimal(kind) or _is_binary(kind):
        return msgspec.to_builtins  # ISO 8601, decimal digits, base64
    return None


def _is_binary(kind: Any) -> bool:
    from pyarrow import types

    return bool(
        types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    )


def _struct(fields: dict[str, Plain | None]) -> Plain:
    def plain(value: Any) -> Any:
        if value is None:
            return None
        return {
            key: inner if inner is None or (change := fields.get(key)) is None else change(inner)
            for key, inner in value.items()
            if inner is not None or key == KEEPS_NULL
        }

    return plain


def _items(inner: Plain) -> Plain:
    return lambda value: None if value is None else [inner(one) for one in value]


def _mapping(inner: Plain | None) -> Plain:
    def plain(value: Any) -> Any:
        if value is None:
            return None
        return {str(key): one if inner is None else inner(one) for key, one in value}

    return plain
