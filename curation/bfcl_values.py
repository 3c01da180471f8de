"""BFCL's checks of one argument: its type first, then its value among the accepted ones.

Re-implements the rules of the benchmark's `ast_checker.py` for Python (methods §2.7), their order
and their odd corners included, because agreeing with published verdicts is the point. Types come
from the tool's schema; where it says nothing, or several things, the accepted values decide.
Equality is Python's, as there: inside lists and objects 1 equals 1.0 and true.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from curation.gold import OMITTED
from curation.schema_types import read_type

TYPE_SIMPLE = "type_error:simple"
TYPE_NESTED = "type_error:nested"
VALUE_STRING = "value_error:string"
VALUE_LIST = "value_error:list/tuple"
VALUE_KEY = "value_error:dict_key"
VALUE_IN_DICT = "value_error:dict_value"
VALUE_COUNT = "value_error:list_dict_count"
VALUE_OTHER = "value_error:others"
DICT_UNCLEAR = "dict_checker:unclear"
LIST_DICT_UNCLEAR = "list_dict_checker:unclear"

_DROPPED = str.maketrans({**dict.fromkeys(" ,./-_*^"), "'": '"'})
_PYTHON: dict[str, type] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
_WORD = re.compile(r"\s*any\s*", re.IGNORECASE)


def standardised(text: str) -> str:
    """Text as it is compared: no spaces and no `,./-_*^`, lower case, double quotes.

    "April 1, 2024" and "april 1 2024" are the same answer.
    """
    # Punctuation goes first, as in the benchmark; then it makes no difference for the lower case.
    return text.translate(_DROPPED).lower()


def check_value(value: Any, accepted: Sequence[Any], schema: Any) -> str | None:
    """The `error_type` of an argument, None when it is accepted.

    Args:
        value: what the prediction gives for the parameter.
        accepted: the gold's values for it (see `GoldParameter.accepted`).
        schema: the parameter's schema as the source wrote it; None when it is not known.
    """
    expected = _declared(schema)
    if expected is None:
        expected = _type_of_gold(value, accepted)
        fitting = (float, int) if expected is float else (expected,)
        accepted = [one for one in accepted if type(one) in fitting or one == OMITTED]
    nested = _declared(schema.get("items")) if expected is list and _has_items(schema) else None
    if expected is float and type(value) is int:
        value = float(value)
    error, as_is = _check_type(value, accepted, expected, nested)
    if error is not None:
        return error
    # A value of the gold's type where the schema wants another is compared as it stands: the
    # benchmark takes it for the name of a variable.
    if not as_is:
        if expected is dict:
            return _check_dict(value, accepted)
        if expected is list and (nested is dict or (nested is None and _are_dicts(value))):
            return _check_dicts(value, accepted)
        if expected is str:
            texts = [standardised(one) for one in accepted if isinstance(one, str)]
            return None if standardised(value) in texts else VALUE_STRING
        if expected is list:
            return _check_list(value, accepted)
    return None if value in accepted else VALUE_OTHER


def _has_items(schema: Any) -> bool:
    return isinstance(schema, dict) and isinstance(schema.get("items"), dict)


def _are_dicts(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(one, dict) for one in value)


def _declared(schema: Any) -> type | None:
    """The Python type a schema names; None when it names none, several or one nobody knows."""
    name = schema.get("type") if isinstance(schema, dict) else None
    if not isinstance(name, str):
        return None
    if _WORD.fullmatch(name):
        return str  # "any" is text to the benchmark; values of other types pass as the gold's type
    types = read_type(name).types
    return _PYTHON[types[0]] if types is not None and len(types) == 1 else None


def _type_of_gold(value: Any, accepted: Sequence[Any]) -> type:
    """What stands for the declared type where there is none."""
    found = [type(one) for one in accepted if one != OMITTED]
    if type(value) in found or not found:
        return type(value)
    return float if float in found else found[0]


def _check_type(
    value: Any, accepted: Sequence[Any], expected: type, nested: type | None
) -> tuple[str | None, bool]:
    """(error, whether the value is to be compared as it stands). Looks one level into lists."""
    found = next((type(one) for one in accepted if one != OMITTED), None)
    as_is = found is not None and found is not expected
    if type(value) is expected:
        if nested is None or not isinstance(value, list):
            return None, as_is
        for one in accepted:
            if not isinstance(one, list) or all(
                _check_type(item, one, nested, None)[0] is None for item in value
            ):
                return None, as_is
        return (TYPE_NESTED if found is list else TYPE_SIMPLE), False
    if found is not None and type(value) is found:
        return None, True
    return TYPE_SIMPLE, False


def _check_list(value: list[Any], accepted: Sequence[Any]) -> str | None:
    """Order matters; "" among the accepted values stands for an empty list, as it does there."""
    lists = [_texts_standardised(one) for one in accepted if isinstance(one, list) or one == ""]
    return None if _texts_standardised(value) in lists else VALUE_LIST


def _texts_standardised(values: Any) -> list[Any]:
    return [standardised(one) if isinstance(one, str) else one for one in values]


def _check_dict(value: dict[str, Any], accepted: Sequence[Any]) -> str | None:
    """One accepted object must allow every key and value; the last one's error is reported."""
    error: str | None = DICT_UNCLEAR
    for one in accepted:
        if isinstance(one, dict):
            error = _check_against(value, one)
            if error is None:
                return None
    return error


def _check_against(value: dict[str, Any], accepted: dict[str, Any]) -> str | None:
    error: str | None = None
    for key, inner in value.items():
        if key not in accepted:
            error = VALUE_KEY
            break
        plain = standardised(inner) if isinstance(inner, str) else inner
        if plain not in _texts_standardised(_several(accepted[key])):
            error = VALUE_IN_DICT
            break
    # Asked even after an error above, as there: a missing key is then what is reported.
    missing = any(k not in value and OMITTED not in _several(v) for k, v in accepted.items())
    return VALUE_KEY if missing else error


def _several(accepted: Any) -> list[Any]:
    """The accepted values at a key; gold written by hand may hold a bare value."""
    return accepted if isinstance(accepted, list) else [accepted]


def _check_dicts(value: list[Any], accepted: Sequence[Any]) -> str | None:
    """A list of objects: as many as in an accepted list, each against the one at its place."""
    error: str | None = LIST_DICT_UNCLEAR
    for one in accepted:
        if not (isinstance(one, list) or one == OMITTED) or len(value) != len(one):
            error = VALUE_COUNT
            continue
        errors = (_check_dict(item, [wanted]) for item, wanted in zip(value, one, strict=True))
        error = next((found for found in errors if found is not None), None)
        if error is None:
            return None
    return error
