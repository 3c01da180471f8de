"""Parameter schemas as sources write them, normalised to plain Draft 2020-12 for validation.

The original is never changed: what comes out here is only ever used to validate. What cannot be
understood becomes "anything" at its place and is reported as a defect of the tool, so that calls
are not blamed for their schema. Nothing is fetched: local references are copied in, remote ones
and loops become "anything". The result holds no reference and no annotation keyword.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import jsonschema_rs
from msgspec import Struct

from curation.json_pointer import escape, unescape
from curation.parameter_maps import is_parameter_map, may_be_left_out, named_entries
from curation.schema_keywords import CONSTRAINTS, OLD_FLAGS, brief, is_names
from curation.schema_types import read_type

MAX_DEPTH = 64
"""Levels of nesting that are looked at."""
MAX_NODES = 20_000
"""Subschemas that are looked at; references that multiply each other end here."""

MAX_DEFECTS = 20
"""Defects of one schema that are listed."""


class DefectKind(StrEnum):
    """What can be wrong with a tool's schema."""

    BROKEN = "broken"
    UNKNOWN_TYPE = "unknown-type"
    REMOTE_REFERENCE = "remote-reference"
    REFERENCE_LOOP = "reference-loop"
    REQUIRED_NOT_DECLARED = "required-not-declared"


class SchemaDefect(Struct, frozen=True):
    """Something wrong at one place of a schema."""

    kind: DefectKind
    pointer: str
    """JSON Pointer into the schema as the source wrote it."""
    message: str


class Normalised(Struct, frozen=True):
    """A schema that jsonschema and jsonschema-rs understand alike, and what was lost on the way."""

    schema: dict[str, Any]
    defects: tuple[SchemaDefect, ...]


def normalise(parameters: Any) -> Normalised:
    """Normalise a tool's parameters. Idempotent on its own result; `{}` means anything.

    Never raises and never takes long, whatever is passed; the input is not changed.
    """
    if parameters is None or parameters == {}:
        return Normalised({}, ())
    if isinstance(parameters, dict) and is_parameter_map(parameters):
        parameters = {"type": "object", "properties": parameters, "required": _MAP}
    reader = _Reader(parameters)
    schema = reader.visit(parameters, "", 0)
    if not isinstance(schema, dict):
        schema = {}
    if schema:
        # Arguments are always an object, whatever the source says of the top level.
        schema["type"] = "object"
    return Normalised(schema, tuple(dict.fromkeys(reader.defects)))


_MAP = object()
"""Stands for `required` in a parameter map: whatever is not marked optional."""
_SCHEMAS = frozenset(
    ("items", "not", "if", "then", "else", "contains", "propertyNames", "additionalProperties",
     "unevaluatedItems", "unevaluatedProperties")
)  # fmt: skip
_SCHEMA_LISTS = frozenset(("anyOf", "oneOf", "allOf", "prefixItems"))
_SCHEMA_MAPS = frozenset(("patternProperties", "dependentSchemas"))


class _Reader:
    """One walk over one schema."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._nodes = 0
        self._cut_short = False
        self._open_references: list[str] = []
        self.defects: list[SchemaDefect] = []

    def _defect(self, kind: DefectKind, pointer: str, message: str) -> None:
        if len(self.defects) < MAX_DEFECTS:
            self.defects.append(SchemaDefect(kind, pointer, message))

    def _broken(self, pointer: str, message: str) -> None:
        self._defect(DefectKind.BROKEN, pointer, message)

    def visit(self, node: Any, pointer: str, depth: int) -> dict[str, Any] | bool:
        """One subschema normalised."""
        self._nodes += 1
        if isinstance(node, bool):
            return node
        if node is None:
            return {}
        if isinstance(node, str):
            node = {"type": node}
        if not isinstance(node, dict):
            self._broken(pointer, f"A schema must be an object, this is {brief(node)}.")
            return {}
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            if not self._cut_short:
                self._broken(pointer, "The schema is too deep or too large to be followed further.")
            self._cut_short = True
            return {}
        if "$ref" in node or "$dynamicRef" in node or "$recursiveRef" in node:
            return self._follow(node, pointer, depth)
        return self._read(node, pointer, depth)

    def _follow(self, node: dict[str, Any], pointer: str, depth: int) -> dict[str, Any] | bool:
        """A reference, with whatever stands beside it."""
        target = node.get("$ref", node.get("$dynamicRef", node.get("$recursiveRef")))
        rest = {k: v for k, v in node.items() if k not in ("$ref", "$dynamicRef", "$recursiveRef")}
        beside = self._read(rest, pointer, depth)
        found = self._target(target, pointer, depth)
        if not beside:
            return found
        if found == {} or found is True:
            return beside
        return {"allOf": [found, beside]}

    def _target(self, target: Any, pointer: str, depth: int) -> dict[str, Any] | bool:
        if not isinstance(target, str):
            self._broken(pointer, f"$ref must be text, this is {brief(target)}.")
            return {}
        if not target.startswith("#"):
            self._defect(
                DefectKind.REMOTE_REFERENCE,
                pointer,
                f"It refers to {brief(target)}, which is outside the schema and is never fetched.",
            )
            return {}
        if target in self._open_references:
            self._defect(
                DefectKind.REFERENCE_LOOP,
                pointer,
                f"The reference {brief(target)} leads back to itself; "
                "what lies deeper is not checked.",
            )
            return {}
        found, known = _look_up(self._root, target)
        if not known:
            self._broken(pointer, f"The reference {brief(target)} leads nowhere.")
            return {}
        self._open_references.append(target)
        try:
            return self.visit(found, pointer, depth + 1)
        finally:
            self._open_references.pop()

    def _read(self, node: dict[str, Any], pointer: str, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        self._read_type(node, out, pointer)
        self._read_properties(node, out, pointer, depth)
        for key, value in node.items():
            if value is None:
                if key == "const":
                    out[key] = None
                continue
            place = f"{pointer}/{escape(key)}"
            if key in _SCHEMAS:
                self._read_subschema(key, value, out, place, depth)
            elif key in _SCHEMA_LISTS:
                self._read_list(key, value, out, place, depth)
            elif key in _SCHEMA_MAPS:
                self._read_map(key, value, out, place, depth)
            else:
                self._read_constraint(key, value, out, place)
        self._read_old_spellings(node, out, pointer, depth)
        _enum_to_items(out)
        if node.get("nullable") is True or ("default" in node and node["default"] is None):
            _allow_null(out)
        return out

    def _read_type(self, node: dict[str, Any], out: dict[str, Any], pointer: str) -> None:
        kind = node.get("type")
        if kind is None:
            return
        names = kind if isinstance(kind, list) else [kind]
        place = f"{pointer}/type"
        if not names or not all(isinstance(name, str) or name is None for name in names):
            self._broken(place, f"type must be a name or a list of names, this is {brief(kind)}.")
            return
        readings = [read_type("null" if name is None else name) for name in names]
        for name, reading in zip(names, readings, strict=True):
            if not reading.known:
                self._defect(
                    DefectKind.UNKNOWN_TYPE, place, f"The type {brief(name)} is not known."
                )
        if any(reading.types is None for reading in readings):
            return
        if len(readings) == 1:
            out.update(readings[0].schema())
            return
        types = list(dict.fromkeys(t for r in readings for t in r.types or ()))
        out["type"] = types if len(types) > 1 else types[0]

    def _read_properties(
        self, node: dict[str, Any], out: dict[str, Any], pointer: str, depth: int
    ) -> None:
        """`properties` together with `required`, which some sources write inside them."""
        properties = node.get("properties")
        if isinstance(properties, list):
            properties = named_entries(properties)
        required: list[str] = []
        if isinstance(properties, dict):
            out["properties"] = {}
            for name, value in properties.items():
                place = f"{pointer}/properties/{escape(name)}"
                out["properties"][name] = self.visit(value, place, depth + 1)
                if node.get("required") is _MAP:
                    if not may_be_left_out(value):
                        required.append(name)
                elif isinstance(value, dict) and value.get("required") is True:
                    required.append(name)
        elif properties is not None:
            self._broken(
                f"{pointer}/properties", f"properties must be an object, not {brief(properties)}."
            )
        self._read_required(node, required, pointer)
        if not required:
            return
        out["required"] = list(dict.fromkeys(required))
        if "properties" not in out or node.get("patternProperties"):
            return
        for name in out["required"]:
            if name not in out["properties"]:
                self._defect(
                    DefectKind.REQUIRED_NOT_DECLARED,
                    f"{pointer}/required",
                    f"required names {brief(name)}, which is not among the properties.",
                )
                # Declared by being required: a call that gives it is not blamed for it.
                out["properties"][name] = {}

    def _read_required(self, node: dict[str, Any], required: list[str], pointer: str) -> None:
        listed = node.get("required")
        if isinstance(listed, list):
            required.extend(name for name in listed if isinstance(name, str))
            if not all(isinstance(name, str) for name in listed):
                self._broken(f"{pointer}/required", "required must hold names only.")
        elif not (listed is None or listed is _MAP or isinstance(listed, bool)):
            self._broken(
                f"{pointer}/required", f"required must be a list of names, not {brief(listed)}."
            )

    def _read_subschema(
        self, key: str, value: Any, out: dict[str, Any], place: str, depth: int
    ) -> None:
        if key == "items" and isinstance(value, list):
            self._read_list("prefixItems", value, out, place, depth)
            return
        out[key] = self.visit(value, place, depth + 1)

    def _read_list(self, key: str, value: Any, out: dict[str, Any], place: str, depth: int) -> None:
        if isinstance(value, list) and value:
            out[key] = [self.visit(v, f"{place}/{i}", depth + 1) for i, v in enumerate(value)]
        elif value != []:
            self._broken(place, f"{key} must be a list of schemas, not {brief(value)}.")

    def _read_map(self, key: str, value: Any, out: dict[str, Any], place: str, depth: int) -> None:
        if not isinstance(value, dict):
            self._broken(place, f"{key} must be an object, not {brief(value)}.")
            return
        kept = {}
        for name, subschema in value.items():
            if key == "patternProperties" and not self._compiles(name, place):
                continue
            kept[name] = self.visit(subschema, f"{place}/{escape(name)}", depth + 1)
        out[key] = kept

    def _read_constraint(self, key: str, value: Any, out: dict[str, Any], place: str) -> None:
        """Keywords whose value is no schema; annotations and unknown keywords are left out."""
        allowed = CONSTRAINTS.get(key)
        if allowed is None or (key in OLD_FLAGS and isinstance(value, bool)) or value == []:
            return
        if not allowed(value):
            self._broken(place, f"{key} cannot be {brief(value)}.")
        elif key != "pattern" or self._compiles(value, place):
            out[key] = value

    def _read_old_spellings(
        self, node: dict[str, Any], out: dict[str, Any], pointer: str, depth: int
    ) -> None:
        """Draft 4 to 7: boolean exclusive bounds, `additionalItems`, `dependencies`."""
        for bound, exclusive in (
            ("minimum", "exclusiveMinimum"),
            ("maximum", "exclusiveMaximum"),
        ):
            if node.get(exclusive) is True and bound in out:
                out[exclusive] = out.pop(bound)
        if "prefixItems" in out and "items" not in out and "additionalItems" in node:
            place = f"{pointer}/additionalItems"
            out["items"] = self.visit(node["additionalItems"], place, depth + 1)
        dependencies = node.get("dependencies")
        if isinstance(dependencies, dict):
            for name, value in dependencies.items():
                if is_names(value):
                    out.setdefault("dependentRequired", {})[name] = value
                else:
                    place = f"{pointer}/dependencies/{escape(name)}"
                    subschema = self.visit(value, place, depth + 1)
                    out.setdefault("dependentSchemas", {})[name] = subschema

    def _compiles(self, pattern: str, place: str) -> bool:
        try:
            jsonschema_rs.Draft202012Validator({"pattern": pattern})
        except ValueError:
            self._broken(place, f"The pattern {brief(pattern)} is not a regular expression.")
            return False
        return True


def _enum_to_items(out: dict[str, Any]) -> None:
    """`enum` beside `type: array` means the elements, unless it lists arrays (BFCL writes so)."""
    values = out.get("enum")
    if out.get("type") != "array" or values is None or any(isinstance(v, list) for v in values):
        return
    items = out.get("items", {})
    if isinstance(items, dict):
        del out["enum"]
        out["items"] = {**items, "enum": items.get("enum", values)}


def _allow_null(out: dict[str, Any]) -> None:
    kind = out.get("type")
    types = kind if isinstance(kind, list) else [kind]
    if kind is not None and "null" not in types:
        out["type"] = [*types, "null"]
    if "enum" in out and None not in out["enum"]:
        out["enum"] = [*out["enum"], None]
    for key in ("anyOf", "oneOf"):
        if key in out and {"type": "null"} not in out[key]:
            out[key] = [*out[key], {"type": "null"}]


def _look_up(root: Any, reference: str) -> tuple[Any, bool]:
    """What `#/…` points at, and whether it exists; `#name` anchors are searched in definitions."""
    path = reference[1:]
    if path and not path.startswith("/"):
        for holder in ("$defs", "definitions"):
            definitions = root.get(holder) if isinstance(root, dict) else None
            for value in definitions.values() if isinstance(definitions, dict) else ():
                if isinstance(value, dict) and value.get("$anchor") == path:
                    return value, True
        return None, False
    node = root
    for part in path.split("/")[1:]:
        key = unescape(part)
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        else:
            return None, False
    return node, True
