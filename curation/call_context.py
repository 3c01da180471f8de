"""One call prepared for asking: its parsed arguments, its tool, the place of its result.

What checks and grounding share; a whole trajectory of them is `curation/check_context.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from curation.json_pointer import escape, unescape
from curation.offered_tools import OfferedTool
from curation.trajectory import Anchor, ToolCall, canonical_json, parse_arguments

_decode = msgspec.json.decode
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeEncodeError)


def read_arguments(raw: str) -> tuple[dict[str, Any] | None, str | None]:
    """What `parse_arguments` gives, sooner for the arguments that are fine."""
    try:
        value = _decode(raw)
    except _UNREADABLE:
        value = None
    if type(value) is dict:
        return value, None
    parsed = parse_arguments(raw)
    return parsed.value, parsed.error


class CallContext(Struct, gc=False):
    """One call with everything several checks ask of it."""

    message_index: int
    call_index: int
    ordinal: int
    """0-based position among all calls of the trajectory."""
    call: ToolCall
    arguments: dict[str, Any] | None
    """The parsed arguments; None when they do not parse or are no object."""
    parse_error: str | None
    tool: OfferedTool | None
    """The tool of that name; None when it is not offered."""
    result_index: int | None
    """Message index of the result that answers it."""

    def fingerprint(self) -> bytes:
        """Equal for equal arguments, whatever their spacing and key order; 1 is not 1.0."""
        if self.arguments is None:
            return self.call.raw_arguments.encode("utf-8", "surrogatepass")
        try:
            return canonical_json(self.arguments)
        except (UnicodeEncodeError, RecursionError):
            return ascii(self.arguments).encode()

    def declared(self, pointer: str) -> dict[str, Any]:
        """What the source's schema says of a top-level argument; {} when nothing."""
        if self.tool is None:
            return {}
        properties = (self.tool.spec.parameters or {}).get("properties")
        name = unescape(pointer[1:])
        found = properties.get(name) if isinstance(properties, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def is_json(self) -> bool:
        """Whether the raw arguments are JSON of any kind; tells two parse errors apart."""
        try:
            msgspec.json.decode(self.call.raw_arguments or "{}")
        except _UNREADABLE:
            return False
        return True

    def at(self, pointer: str | None = None) -> Anchor:
        """The anchor of the call, or of one of its arguments."""
        return Anchor(self.message_index, self.call_index, pointer)


def walk(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every value below `value` that is not a container, with its JSON Pointer (RFC 6901)."""
    pending: list[tuple[str, Any]] = [(pointer, value)]
    while pending:
        place, item = pending.pop()
        if type(item) is dict:
            pending.extend(
                (f"{place}/{escape(key)}", child) for key, child in reversed(item.items())
            )
        elif type(item) is list:
            pending.extend((f"{place}/{i}", item[i]) for i in range(len(item) - 1, -1, -1))
        else:
            yield place, item
