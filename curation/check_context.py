"""A trajectory prepared for checking: what several rules need, made once.

Parsed arguments, the pairing of calls and results, validated arguments, and per tool set the names
and validators. Bulk checking spends its time here, hence one shared pass, eager cheap parts, lazy
dear ones, and caches per tool. No rule lives here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from curation.schema_dialects import DefectKind, SchemaDefect
from curation.schemas import ArgumentProblem, ToolValidator, quote, shorten, validator_for
from curation.steps import Pairing, pair_results
from curation.trajectory import (
    Anchor,
    Role,
    ToolCall,
    ToolSpec,
    Trajectory,
    canonical_json,
    parse_arguments,
)


class Found(Struct, frozen=True):
    """What a check's function reports; the runner adds name, version and severity."""

    anchor: Anchor
    message: str
    hint: str = ""


class OfferedTool(Struct, frozen=True):
    """A tool spec with its compiled validator."""

    spec: ToolSpec
    validator: ToolValidator


class ToolsContext:
    """Everything checks need to know of a tool set; the same for all trajectories that share it.

    Obtain it from `tools_context`; a caller that checks many trajectories under one tool set
    passes it to `run_checks` and saves the look-up.
    """

    __slots__ = ("by_name", "defects", "offered")

    def __init__(self, offered: tuple[OfferedTool, ...]) -> None:
        self.offered = offered
        """In the order of the trajectory's tools."""
        self.by_name: dict[str, OfferedTool] = {}
        """The first tool of each name; calls by another name of a built-in tool find it too."""
        self.defects: list[tuple[OfferedTool, SchemaDefect]] = []
        """What is wrong with the schemas."""
        for tool in offered:
            self.by_name.setdefault(tool.spec.name, tool)
            for defect in tool.validator.defects:
                self.defects.append((tool, defect))
            if tool.spec.parameters is None and tool.spec.extra:
                kind = str(tool.spec.extra.get("type", ""))
                for name in _CALLED_AS.get(kind, ()):
                    self.by_name.setdefault(name, tool)


_CALLED_AS = {"code_interpreter": ("code_interpreter", "python", "ipython")}
"""Built-in tools are offered by type alone; the names under which models call them."""

_spec_encoder = msgspec.msgpack.Encoder()  # a third quicker than JSON
_spec_decoder = msgspec.msgpack.Decoder(ToolSpec)
_recent_tool_sets: dict[int, tuple[tuple[ToolSpec, ...], ToolsContext]] = {}
_RECENT_TOOL_SETS = 64


@lru_cache(maxsize=8192)
def _offered_from(encoded: bytes) -> OfferedTool:
    spec = _spec_decoder.decode(encoded)
    return OfferedTool(spec, validator_for(spec))


def _offered(spec: ToolSpec) -> OfferedTool:
    try:
        return _offered_from(_spec_encoder.encode(spec))
    except (UnicodeEncodeError, OverflowError, TypeError, ValueError, RecursionError):
        # Lone surrogates, huge integers: rare enough to go without the cache.
        return OfferedTool(spec, validator_for(spec))


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


_decode = msgspec.json.decode


def _read_arguments(raw: str) -> tuple[dict[str, Any] | None, str | None]:
    """What `parse_arguments` gives, sooner for the arguments that are fine."""
    try:
        value = _decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
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
        name = pointer[1:].replace("~1", "/").replace("~0", "~")
        found = properties.get(name) if isinstance(properties, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def is_json(self) -> bool:
        """Whether the raw arguments are JSON of any kind; tells two parse errors apart."""
        try:
            msgspec.json.decode(self.call.raw_arguments or "{}")
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            return False
        return True

    def at(self, pointer: str | None = None) -> Anchor:
        """The anchor of the call, or of one of its arguments."""
        return Anchor(self.message_index, self.call_index, pointer)


class CheckContext:
    """A trajectory prepared for checking, in one pass; what few rules need is made on first use."""

    __slots__ = (
        "_equal_calls",
        "calls",
        "ids_repeat",
        "messages",
        "pairing",
        "problems",
        "raw",
        "roles",
        "texts",
        "tools",
        "trajectory",
    )

    def __init__(self, trajectory: Trajectory, tools: ToolsContext | None = None) -> None:
        self.trajectory = trajectory
        self.messages = trajectory.messages
        self.tools = tools if tools is not None else tools_context(trajectory.tools)
        self.pairing: Pairing = pair_results(trajectory.messages)
        self.roles: list[Role] = [m.role for m in self.messages]
        self.texts: list[str] = [
            m.content if type(m.content) is str else m.text for m in self.messages
        ]
        """The readable text of every message."""
        self.calls: list[CallContext] = self._read_calls()
        self.raw: str = "\n".join([c.call.raw_arguments for c in self.calls])
        """All raw arguments in one text, so that rules on values can see at once that a trajectory
        holds nothing of what they look for."""
        self.ids_repeat: bool = len({c.call.id for c in self.calls}) < len(self.calls)
        """Whether two calls may share an id; certain only when False."""
        self.problems: list[tuple[CallContext, ArgumentProblem]] = self._validate()
        """Arguments that do not fit their tool's schema, in order; empty for a clean row."""
        self._equal_calls: list[list[CallContext]] | None = None

    def _read_calls(self) -> list[CallContext]:
        calls: list[CallContext] = []
        by_name = self.tools.by_name
        results = self.pairing.results
        for i, message in enumerate(self.messages):
            if not message.tool_calls:
                continue
            for j, call in enumerate(message.tool_calls):
                value, error = _read_arguments(call.raw_arguments)
                tool, result = by_name.get(call.name), results.get((i, j))
                calls.append(CallContext(i, j, len(calls), call, value, error, tool, result))
        return calls

    def _validate(self) -> list[tuple[CallContext, ArgumentProblem]]:
        found: list[tuple[CallContext, ArgumentProblem]] = []
        for call in self.calls:
            tool, arguments = call.tool, call.arguments
            if tool is None or arguments is None or tool.validator.fits(arguments):
                continue
            found.extend((call, problem) for problem in tool.validator.problems(arguments))
        return found

    def problems_with(self, *keywords: str) -> Iterable[Found]:
        """What the schemas say, as findings, for some of the keywords of `ArgumentProblem`."""
        if not self.problems:
            return ()
        return [
            Found(call.at(problem.pointer), problem.message, problem.hint)
            for call, problem in self.problems
            if problem.keyword in keywords
        ]

    @property
    def equal_calls(self) -> list[list[CallContext]]:
        """Groups of two or more calls of one tool with equal arguments, in order."""
        if self._equal_calls is None:
            self._equal_calls = self._group_equal_calls() if len(self.calls) > 1 else []
        return self._equal_calls

    def _group_equal_calls(self) -> list[list[CallContext]]:
        # Two cheap keys first: most calls differ in tool or in the number of arguments.
        alike: dict[tuple[str, int], list[CallContext]] = {}
        for call in self.calls:
            alike.setdefault((call.call.name, len(call.arguments or ())), []).append(call)
        groups: list[list[CallContext]] = []
        for candidates in alike.values():
            if len(candidates) > 1 and _some_alike(candidates):
                equal: dict[bytes, list[CallContext]] = {}
                for call in candidates:
                    equal.setdefault(call.fingerprint(), []).append(call)
                groups.extend(group for group in equal.values() if len(group) > 1)
        return groups

    @property
    def mismatched(self) -> dict[int, list[CallContext]]:
        """Message index of an orphan result -> the unanswered calls of the step just before it."""
        if not self.pairing.orphans:
            return {}
        unanswered: dict[int, list[CallContext]] = {}
        for call in self.calls:
            if call.result_index is None:
                unanswered.setdefault(call.message_index, []).append(call)
        found: dict[int, list[CallContext]] = {}
        orphans = set(self.pairing.orphans)
        before = -1
        for index, role in enumerate(self.roles):
            if role is not Role.TOOL:
                before = index
            elif index in orphans and before in unanswered:
                found[index] = unanswered[before]
        return found

    def defects_of(self, kind: DefectKind, hint: str) -> Iterable[Found]:
        """Defects of the tools' own schemas as findings on the whole trajectory."""
        if not self.tools.defects:
            return ()
        found: list[Found] = []
        for tool, defect in self.tools.defects:
            if defect.kind is kind:
                place = f" at {shorten(defect.pointer)}" if defect.pointer else ""
                message = f"The tool {quote(tool.spec.name)}{place}: {defect.message}"
                found.append(Found(Anchor(), message, hint))
        return found

    def strings(self) -> Iterator[tuple[CallContext, str, str]]:
        """Every text among the arguments, nested ones too, as (call, JSON Pointer, value)."""
        for call in self.calls:
            for pointer, value in walk(call.arguments or {}):
                if type(value) is str:
                    yield call, pointer, value


def _some_alike(calls: list[CallContext]) -> bool:
    """Whether fingerprints are worth taking; many calls are, few are compared as they are."""
    if len(calls) > 6:
        return True
    return any(
        one.arguments == other.arguments for i, one in enumerate(calls) for other in calls[:i]
    )


def walk(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every value below `value` that is not a container, with its JSON Pointer (RFC 6901)."""
    pending: list[tuple[str, Any]] = [(pointer, value)]
    while pending:
        place, item = pending.pop()
        if type(item) is dict:
            pending.extend(
                (f"{place}/{key.replace('~', '~0').replace('/', '~1')}", child)
                for key, child in reversed(item.items())
            )
        elif type(item) is list:
            pending.extend((f"{place}/{i}", item[i]) for i in range(len(item) - 1, -1, -1))
        else:
            yield place, item
