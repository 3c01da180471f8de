"""A tool's schema as the form of the viewer reads it: what validates, and what explains it.

The form must agree with the checks about what fits, so the base is the normalised schema of
`curation.schemas`. That one holds no descriptions and defaults; they are copied back in here from
the places of the source's schema that the two have in common. Nothing is validated here.
"""

from __future__ import annotations

from typing import Any

from curation.json_pointer import unescape
from curation.schemas import validator_for
from curation.trajectory import ToolSpec

EXPLAINING = ("title", "description", "default", "examples")
"""Keywords that validate nothing and are copied as they are."""
MAX_DEPTH = 12
"""Levels of nesting that are explained."""


def form_schema(tool: ToolSpec) -> dict[str, Any]:
    """The normalised schema of the tool's arguments with its explanations; `{}` when unknown."""
    explained: dict[str, Any] = _Explainer(tool.parameters).explained(
        validator_for(tool).schema, tool.parameters, 0
    )
    return explained


class _Explainer:
    """One walk over a normalised schema and its source, side by side."""

    def __init__(self, root: Any) -> None:
        self._root = root

    def explained(self, schema: Any, source: Any, depth: int) -> Any:
        source = self._followed(source)
        if not isinstance(schema, dict) or not isinstance(source, dict) or depth > MAX_DEPTH:
            return schema
        explained = dict(schema)
        for key in EXPLAINING:
            if _is_explanation(key, source.get(key)):
                explained.setdefault(key, source[key])
        properties, described = schema.get("properties"), source.get("properties")
        if not isinstance(described, dict) and "properties" not in source:
            described = source  # a bare map of parameters
        if isinstance(properties, dict) and isinstance(described, dict):
            explained["properties"] = {
                name: self.explained(value, described.get(name), depth + 1)
                for name, value in properties.items()
            }
        if "items" in schema:
            explained["items"] = self.explained(schema["items"], source.get("items"), depth + 1)
        for key in ("anyOf", "oneOf", "allOf"):
            branches, sources = schema.get(key), source.get(key)
            if isinstance(branches, list) and isinstance(sources, list):
                # A nullable schema may have one branch more than its source.
                pairs = zip(branches, sources, strict=False)
                known = [self.explained(branch, other, depth + 1) for branch, other in pairs]
                explained[key] = known + branches[len(known) :]
        return explained

    def _followed(self, source: Any) -> Any:
        """What a local reference leads to; the normalised schema has it in its place."""
        beside: dict[str, Any] = {}
        for _ in range(MAX_DEPTH):
            reference = source.get("$ref") if isinstance(source, dict) else None
            if not isinstance(reference, str) or not reference.startswith("#/"):
                return {**source, **beside} if isinstance(source, dict) else source
            beside = {**source, **beside}
            del beside["$ref"]
            source = self._root
            for part in reference[2:].split("/"):
                source = source.get(unescape(part)) if isinstance(source, dict) else None
        return None


def _is_explanation(key: str, value: Any) -> bool:
    if key in ("title", "description"):
        return isinstance(value, str) and bool(value)
    return value is not None if key == "default" else isinstance(value, list)
