"""A short way to write JSON Schemas for the generated tools. Nothing but dictionaries comes out."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def tool(name: str, description: str, required: str = "", /, **properties: Schema) -> Schema:
    """A tool in OpenAI's wrapped form; `required` lists names separated by blanks."""
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {
                "type": "object",
                "properties": properties,
                "required": required.split(),
            },
        },
    }


def text(description: str, /, **keywords: Any) -> Schema:
    """A string; keywords such as pattern, format, maxLength are passed on."""
    return {"type": "string", "description": description, **keywords}


def day(description: str) -> Schema:
    """A calendar date, YYYY-MM-DD."""
    return text(description, format="date")


def moment(description: str) -> Schema:
    """A date and time with offset, RFC 3339."""
    return text(description, format="date-time")


def choice(description: str, *values: str) -> Schema:
    """One of the given strings."""
    return {"type": "string", "description": description, "enum": list(values)}


def integer(description: str, low: int, high: int) -> Schema:
    """A whole number within bounds, both included."""
    return {"type": "integer", "description": description, "minimum": low, "maximum": high}


def number(description: str, low: float, high: float) -> Schema:
    """A number within bounds, both included."""
    return {"type": "number", "description": description, "minimum": low, "maximum": high}


def flag(description: str) -> Schema:
    """True or false."""
    return {"type": "boolean", "description": description}


def several(description: str, item: Schema, low: int = 1, high: int = 20) -> Schema:
    """A list of items."""
    return {
        "type": "array",
        "description": description,
        "items": item,
        "minItems": low,
        "maxItems": high,
    }


def record(description: str, required: str, /, **properties: Schema) -> Schema:
    """A nested object that takes no other keys."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }
