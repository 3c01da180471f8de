"""Why arguments do not fit a schema, in words: jsonschema's errors turned into problems.

Only ever asked after jsonschema-rs has said no, so it may be slow. Patterns and formats are handed
back to jsonschema-rs: its expressions have a bounded cost, those of Python do not; so is
`uniqueItems`, which Python compares pair by pair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jsonschema
import jsonschema_rs
import msgspec
from jsonschema.validators import extend
from msgspec import Struct
from rapidfuzz import process

from curation.json_pointer import escape, unescape
from curation.trajectory import json_type

RESULT_REFERENCE = re.compile(r"API_call_(\d+)\Z")
"""How Seal-Tools writes "the result of call n" in place of a value."""


class ArgumentProblem(Struct, frozen=True):
    """One way in which arguments do not fit their schema."""

    pointer: str
    """JSON Pointer into the arguments; of the missing one itself for "required"."""
    keyword: str
    """required, undeclared, type, enum, pattern, format, or the JSON Schema keyword broken."""
    message: str
    hint: str = ""


_PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=50_000)


def compile_schema(schema: Any) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, ignore_unknown_formats=True, pattern_options=_PATTERNS
    )


@lru_cache(maxsize=1024)
def _probe(keyword: str, value: Any) -> jsonschema_rs.Draft202012Validator:
    return compile_schema({keyword: value})


def _matches(pattern: str, text: str) -> bool:
    try:
        return _probe("pattern", pattern).is_valid(text)
    except ValueError:
        return True  # text that is not Unicode; nothing can be said


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[Any]:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield jsonschema.ValidationError(pattern)


def _format(_: Any, name: str, instance: Any, __: Any) -> Iterator[Any]:
    if isinstance(instance, str):
        try:
            fits = _probe("format", name).is_valid(instance)
        except ValueError:
            return
        if not fits:
            yield jsonschema.ValidationError(name)


def _unique(_: Any, wanted: bool, instance: Any, __: Any) -> Iterator[Any]:
    if wanted and isinstance(instance, list):
        try:
            fits = _probe("uniqueItems", True).is_valid(instance)
        except ValueError:
            return
        if not fits:
            yield jsonschema.ValidationError("uniqueItems")


def _required(_: Any, names: list[str], instance: Any, __: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield jsonschema.ValidationError(name)


def _additional(engine: Any, rule: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    declared = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    for name, value in instance.items():
        if name in declared or any(_matches(pattern, name) for pattern in patterns):
            continue
        if rule is False:
            yield jsonschema.ValidationError(name)
        elif isinstance(rule, dict):
            yield from engine.descend(value, rule, path=name)


def _pattern_properties(engine: Any, rules: Any, instance: Any, _: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for pattern, subschema in rules.items():
            for name, value in instance.items():
                if _matches(pattern, name):
                    yield from engine.descend(value, subschema, path=name, schema_path=pattern)


def _unevaluated(_: Any, __: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Left to jsonschema-rs: to blame only when the rest of the schema is content."""
    rest = {k: v for k, v in schema.items() if not k.startswith("unevaluated")}
    try:
        if compile_schema(rest).is_valid(instance) and not compile_schema(schema).is_valid(
            instance
        ):
            yield jsonschema.ValidationError("holds something that no part of the schema allows")
    except ValueError:
        return


Explainer = extend(
    jsonschema.Draft202012Validator,
    {
        "pattern": _pattern,
        "format": _format,
        "uniqueItems": _unique,
        "required": _required,
        "additionalProperties": _additional,
        "patternProperties": _pattern_properties,
        "unevaluatedProperties": _unevaluated,
        "unevaluatedItems": _unevaluated,
    },
)


def explain(error: Any, below: str = "") -> Iterator[ArgumentProblem]:
    """One error of the engine as problems; alternatives are resolved to the nearest one."""
    pointer = below + "".join(f"/{escape(str(part))}" for part in error.relative_path)
    value, rule = error.instance, error.validator_value
    if isinstance(value, str) and RESULT_REFERENCE.match(value):
        return
    match error.validator:
        case "required":
            place = f"{pointer}/{escape(error.message)}"
            yield ArgumentProblem(
                place, "required", f"The required argument {_name(place)} is missing."
            )
        case "additionalProperties":
            yield _undeclared(error, pointer)
        case "type":
            yield _mistyped(pointer, value, rule)
        case "enum" | "const":
            yield _outside(pointer, value, rule if error.validator == "enum" else [rule])
        case "pattern":
            yield ArgumentProblem(
                pointer,
                "pattern",
                f"{_name(pointer)} is {quote(value)}, which does not match {quote(rule)}.",
            )
        case "format":
            yield ArgumentProblem(
                pointer, "format", f"{_name(pointer)} is {quote(value)}, which is no {rule}."
            )
        case "anyOf" | "oneOf" if error.context:
            yield from _nearest_branch(error, pointer, below)
        case keyword:
            message = _CONSTRAINTS.get(keyword, "breaks the rule {keyword}").format(
                rule=quote(rule), keyword=keyword
            )
            yield ArgumentProblem(
                pointer, str(keyword), f"{_name(pointer)} is {quote(value)}, which {message}."
            )


_CONSTRAINTS = {
    "minimum": "is less than the least allowed, {rule}",
    "maximum": "is more than the most allowed, {rule}",
    "exclusiveMinimum": "is not more than {rule}",
    "exclusiveMaximum": "is not less than {rule}",
    "multipleOf": "is no multiple of {rule}",
    "minLength": "is shorter than {rule} characters",
    "maxLength": "is longer than {rule} characters",
    "minItems": "has fewer than {rule} elements",
    "maxItems": "has more than {rule} elements",
    "uniqueItems": "holds an element twice",
    "minProperties": "has fewer than {rule} properties",
    "maxProperties": "has more than {rule} properties",
    "contains": "holds no element of the kind it must hold",
    "not": "is what the schema forbids",
    "oneOf": "fits more than one of alternatives that exclude each other",
    "dependentRequired": "lacks an argument that another one requires",
}


def _undeclared(error: Any, pointer: str) -> ArgumentProblem:
    name = error.message
    declared = list(error.schema.get("properties", ()))
    place = f"{pointer}/{escape(name)}"
    nearest = nearest_name(name, [n for n in declared if n not in error.instance])
    if nearest is not None:
        hint = f"Perhaps {quote(nearest)} is meant."
    elif declared:
        hint = f"Declared are: {_listed(declared)}."
    else:
        hint = "The tool takes no arguments here."
    return ArgumentProblem(
        place, "undeclared", f"The argument {_name(place)} is not declared by the tool.", hint
    )


def _mistyped(pointer: str, value: Any, rule: Any) -> ArgumentProblem:
    wanted = [rule] if isinstance(rule, str) else list(rule)
    words = " or ".join(_ARTICLES.get(t, t) for t in wanted)
    hint = ""
    if isinstance(value, str):
        try:
            inside = json_type(msgspec.json.decode(value))
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            inside = ""
        if inside in wanted or (inside == "integer" and "number" in wanted):
            hint = f"Write {shorten(value)} without the quotation marks around it."
    kind = _ARTICLES[json_type(value)]
    return ArgumentProblem(
        pointer,
        "type",
        f"{_name(pointer)} must be {words}, but it is {kind}: {quote(value)}.",
        hint,
    )


_ARTICLES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


def _outside(pointer: str, value: Any, allowed: list[Any]) -> ArgumentProblem:
    names = [a for a in allowed if isinstance(a, str)]
    nearest = nearest_name(value, names) if isinstance(value, str) else None
    hint = f"Perhaps {quote(nearest)} is meant. " if nearest is not None else ""
    return ArgumentProblem(
        pointer,
        "enum",
        f"{_name(pointer)} is {quote(value)}, which is not among the allowed values.",
        f"{hint}Allowed are: {_listed(allowed)}.",
    )


def _nearest_branch(error: Any, pointer: str, below: str) -> Iterator[ArgumentProblem]:
    """Why no alternative fits: the problems of the only one of the right type, else the types."""
    branches: dict[Any, list[Any]] = {}
    for suberror in error.context:
        branches.setdefault(suberror.relative_schema_path[0], []).append(suberror)
    of_the_type = [
        errors
        for errors in branches.values()
        if not any(e.validator == "type" and not e.relative_path for e in errors)
    ]
    if len(of_the_type) == 1:
        for suberror in of_the_type[0]:
            yield from explain(suberror, pointer)
        return
    value = error.instance
    if not of_the_type:
        wanted = [
            e.validator_value
            for errors in branches.values()
            for e in errors
            if e.validator == "type" and not e.relative_path
        ]
        flat = dict.fromkeys(t for w in wanted for t in ([w] if isinstance(w, str) else w))
        yield _mistyped(pointer, value, list(flat))
        return
    yield ArgumentProblem(
        pointer,
        str(error.validator),
        f"{_name(pointer)} is {quote(value)}, which fits none of {len(branches)} alternatives.",
    )


def nearest_name(name: str, names: list[str]) -> str | None:
    """The most similar of the names, None when none is similar enough to be meant."""
    found = process.extractOne(name, names, score_cutoff=70)
    return found[0] if found is not None else None


def quote(value: Any) -> str:
    """A value as JSON, shortened for a message."""
    try:
        return shorten(msgspec.json.encode(value).decode())
    except (UnicodeEncodeError, OverflowError, TypeError, RecursionError):
        return shorten(ascii(value))


def shorten(text: str, most: int = 80) -> str:
    """The beginning of a text, with an ellipsis when there is more."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _listed(values: list[Any], most: int = 12) -> str:
    shown = ", ".join(quote(value) for value in values[:most])
    return f"{shown} and {len(values) - most} more" if len(values) > most else shown


def _name(pointer: str) -> str:
    """A pointer as people read it: `a.b[0]`; the whole is "the arguments"."""
    if not pointer:
        return "The arguments object"
    parts = [unescape(part) for part in pointer[1:].split("/")]
    shown = parts[0] + "".join(f"[{p}]" if p.isdecimal() else f".{p}" for p in parts[1:])
    return shorten(shown)
