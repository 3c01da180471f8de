"""Do a call's arguments fit the tool's schema, and if not, what exactly is wrong?

Two engines: jsonschema-rs says yes or no in under a microsecond, jsonschema explains the no. Both
get the schema normalised by `curation/schema_dialects.py` and closed: an argument that a schema
with declared properties does not declare is a problem of its own (keyword "undeclared"), unless
the schema says `additionalProperties` itself. In nested objects only an explicit
`additionalProperties: false` does that, as in JSON Schema.

Types follow JSON Schema: a bool is no integer, 5.0 is one, an integer is a number, null fits only
where it is listed, `nullable` or the default. A text that refers to an earlier call's result
(`API_call_0`) fits anywhere, because what it will hold is not known.

Regular expressions and formats always run in jsonschema-rs, which bounds its backtracking; the
ones of Python would hang on a hostile pattern.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jsonschema_rs
import msgspec

from curation.schema_dialects import DefectKind, SchemaDefect, normalise
from curation.schema_explaining import (
    RESULT_REFERENCE,
    ArgumentProblem,
    Explainer,
    compile_schema,
    explain,
    nearest_name,
    quote,
    shorten,
)
from curation.trajectory import ToolSpec

_ELSEWHERE = ("arguments", "input_schema", "inputSchema", "input_parameters")
"""Where some sources keep the schema when `parameters` is missing."""


class ToolValidator:
    """A tool's schema, ready to be asked many times. Obtain it from `validator_for`."""

    __slots__ = ("_closed", "_explainer", "_fast", "defects", "schema")

    def __init__(self, parameters: Any) -> None:
        normalised = normalise(parameters)
        self.schema: dict[str, Any] = normalised.schema
        """The normalised schema, not closed; {} when anything fits."""
        self.defects: tuple[SchemaDefect, ...] = normalised.defects
        """What is wrong with the schema itself."""
        self._closed = _close(self.schema)
        self._fast: jsonschema_rs.Draft202012Validator | None = None
        self._explainer: Any = None
        if not self._closed:
            return
        try:
            self._fast = compile_schema(self._closed)
        except (ValueError, RecursionError, OverflowError) as problem:
            # It survived normalising and still cannot be compiled: it validates nothing.
            reason = str(problem).partition("\n")[0][:200]
            broken = SchemaDefect(DefectKind.BROKEN, "", f"The schema cannot be used: {reason}")
            self.defects = (*self.defects, broken)

    def fits(self, arguments: Any) -> bool:
        """The quick answer: True is certain, False means `problems` has to be asked."""
        if self._fast is None:
            return True
        try:
            return self._fast.is_valid(arguments)
        except (ValueError, OverflowError):
            return False  # lone surrogates, absurd nesting: left to the slow way

    def is_valid(self, arguments: Any) -> bool:
        """Whether the arguments have no problem."""
        return self.fits(arguments) or not self.problems(arguments)

    def problems(self, arguments: Any) -> list[ArgumentProblem]:
        """Everything that is wrong with the arguments, in the order of the schema."""
        if self._fast is None:
            return []
        if self._explainer is None:
            self._explainer = Explainer(self._closed)
        found: list[ArgumentProblem] = []
        for error in self._explainer.iter_errors(arguments):
            found.extend(explain(error))
        mistyped = {p.pointer for p in found if p.keyword == "type"}
        kept = [p for p in found if p.keyword == "type" or p.pointer not in mistyped]
        return list(dict.fromkeys(kept))


def validator_for(spec: ToolSpec) -> ToolValidator:
    """The validator of a tool, compiled once per distinct schema (the latest 4,096 are kept)."""
    parameters = spec.parameters
    if parameters is None:
        parameters = next((spec.extra[k] for k in _ELSEWHERE if k in spec.extra), None)
    try:
        return _validator_from(msgspec.json.encode(parameters))
    except (UnicodeEncodeError, OverflowError, TypeError, RecursionError):
        return ToolValidator(parameters)


@lru_cache(maxsize=4096)
def _validator_from(encoded: bytes) -> ToolValidator:
    return ToolValidator(msgspec.json.decode(encoded))


_COMBINING = ("allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas")


def _close(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema refusing arguments that it does not declare, unless it speaks of them itself.

    Only the arguments themselves: objects nested in them are often described in part, and plain
    JSON Schema allows more unless they say `additionalProperties: false`.
    """
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return schema
    if {"additionalProperties", "patternProperties", "unevaluatedProperties"} & schema.keys():
        return schema
    declared = dict(properties)
    for name in _declared_in_branches(schema):
        declared.setdefault(name, {})
    return {**schema, "properties": declared, "additionalProperties": False}


def _declared_in_branches(schema: dict[str, Any]) -> Iterator[str]:
    """Properties declared in `anyOf` and its like, which the closed schema has to know of."""
    for key in _COMBINING:
        value = schema.get(key)
        branches = value if isinstance(value, list) else [value]
        if key == "dependentSchemas" and isinstance(value, dict):
            branches = list(value.values())
        for branch in branches:
            if isinstance(branch, dict):
                yield from branch.get("properties", ())
                yield from _declared_in_branches(branch)


__all__ = [
    "RESULT_REFERENCE",
    "ArgumentProblem",
    "ToolValidator",
    "nearest_name",
    "quote",
    "shorten",
    "validator_for",
]
