"""A tool set prepared for checking: names, compiled validators, defects of the schemas.

Most tool sets of a dataset differ but are made of the same few hundred tools, so tools are kept by
their content and sets are put together anew. No rule lives here.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import msgspec
from msgspec import Struct

from curation.schema_dialects import SchemaDefect
from curation.schemas import ToolValidator, validator_for
from curation.trajectory import ToolSpec

_CALLED_AS = {"code_interpreter": ("code_interpreter", "python", "ipython")}
"""Built-in tools are offered by type alone; the names under which models call them."""


class OfferedTool(Struct, frozen=True, dict=True):
    """A tool spec with its compiled validator."""

    name: str
    spec: ToolSpec
    validator: ToolValidator
    is_built_in: bool
    """Offered by type alone, so it may be called by other names."""

    @cached_property
    def words(self) -> str:
        """What it says of itself, defaults, enums and examples included, as one text."""
        try:
            schema = msgspec.json.encode(self.spec.parameters).decode()
        except (UnicodeEncodeError, RecursionError):
            schema = ""
        return f"{self.spec.description}\n{schema}"

    @cached_property
    def words_lower(self) -> str:
        """The same in small letters."""
        return self.words.lower()


def offered_tool(spec: ToolSpec) -> OfferedTool:
    """A tool made ready for checking; costly, so callers keep it."""
    is_built_in = spec.parameters is None and str(spec.extra.get("type")) in _CALLED_AS
    return OfferedTool(spec.name, spec, validator_for(spec), is_built_in)


class ToolsContext:
    """Everything checks need to know of a tool set; the same for all trajectories that share it.

    Obtain it from `tools_context`; a caller that checks many trajectories under one tool set
    passes it to `run_checks` and saves the look-up.
    """

    __slots__ = ("by_name", "defects", "offered")

    def __init__(self, offered: tuple[OfferedTool, ...]) -> None:
        self.offered = offered
        """In the order of the trajectory's tools."""
        self.by_name: dict[str, OfferedTool] = {tool.name: tool for tool in offered}
        """The first tool of each name; calls by another name of a built-in tool find it too."""
        self.defects: list[tuple[OfferedTool, SchemaDefect]] = [
            (tool, defect)
            for tool in offered
            if tool.validator.defects
            for defect in tool.validator.defects
        ]
        """What is wrong with the schemas."""
        if len(self.by_name) < len(offered) or any(tool.is_built_in for tool in offered):
            self.by_name = _by_name(offered)


def _by_name(offered: tuple[OfferedTool, ...]) -> dict[str, OfferedTool]:
    """The careful way, for names that are there twice or differ from those in calls."""
    found: dict[str, OfferedTool] = {}
    for tool in offered:
        found.setdefault(tool.name, tool)
        if tool.is_built_in:
            for name in _CALLED_AS[str(tool.spec.extra["type"])]:
                found.setdefault(name, tool)
    return found


_spec_encoder = msgspec.msgpack.Encoder()  # a third quicker than JSON
_spec_decoder = msgspec.msgpack.Decoder(ToolSpec)
_recent_tool_sets: dict[int, tuple[tuple[ToolSpec, ...], ToolsContext]] = {}
_RECENT_TOOL_SETS = 64


@lru_cache(maxsize=8192)
def _offered_from(encoded: bytes) -> OfferedTool:
    return offered_tool(_spec_decoder.decode(encoded))


def _offered(spec: ToolSpec) -> OfferedTool:
    try:
        return _offered_from(_spec_encoder.encode(spec))
    except (UnicodeEncodeError, OverflowError, TypeError, ValueError, RecursionError):
        # Lone surrogates, huge integers: rare enough to go without the cache.
        return offered_tool(spec)


def tools_context(tools: tuple[ToolSpec, ...]) -> ToolsContext:
    """The context of a tool set: at once for the same tuple, quickly for tools seen before.

    Both caches are bounded: the latest 64 tuples by identity, 8,192 tool specs by their bytes.
    """
    recent = _recent_tool_sets.get(id(tools))
    if recent is not None and recent[0] is tools:
        return recent[1]
    context = ToolsContext(tuple([_offered(spec) for spec in tools]))
    while len(_recent_tool_sets) >= _RECENT_TOOL_SETS:
        _recent_tool_sets.pop(next(iter(_recent_tool_sets)), None)
    _recent_tool_sets[id(tools)] = (tools, context)
    return context
