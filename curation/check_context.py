"""A trajectory prepared for checking: what several rules need, made once.

Parsed arguments, the pairing of calls and results, validated arguments. Bulk checking spends its
time here, hence one shared pass, eager cheap parts and lazy dear ones. The tools are prepared in
`curation/offered_tools.py`. No rule lives here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from curation.json_pointer import escape, unescape
from curation.offered_tools import OfferedTool, ToolsContext, tools_context
from curation.schema_dialects import DefectKind, SchemaDefect
from curation.schemas import ArgumentProblem, quote, shorten
from curation.steps import Pairing, pair_results
from curation.trajectory import (
    Anchor,
    Message,
    Role,
    ToolCall,
    Trajectory,
    canonical_json,
    parse_arguments,
)


class Found(Struct, frozen=True):
    """What a check's function reports; the runner adds name, version and severity."""

    anchor: Anchor
    message: str
    hint: str = ""


_decode = msgspec.json.decode
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeEncodeError)


def _read_arguments(raw: str) -> tuple[dict[str, Any] | None, str | None]:
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


class CheckContext:
    """A trajectory prepared for checking, in one pass; what few rules need is made on first use."""

    __slots__ = (
        "_equal_calls",
        "blank",
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
        "unanswered",
        "unoffered",
        "unreadable",
    )

    def __init__(self, trajectory: Trajectory, tools: ToolsContext | None = None) -> None:
        self.trajectory = trajectory
        self.messages = trajectory.messages
        self.tools = tools if tools is not None else tools_context(trajectory.tools)
        self.pairing: Pairing = pair_results(trajectory.messages)
        self.roles: list[Role] = [m.role for m in self.messages]
        self.texts: list[str] = [
            m.content if type(m.content) is str else "" if m.content is None else m.text
            for m in self.messages
        ]
        """The readable text of every message."""
        self.blank: list[int] = [
            index
            for index, text in enumerate(self.texts)
            if (not text or text.isspace()) and _holds_nothing(self.messages[index])
        ]
        """Messages not by a tool that have neither text nor calls nor other content."""
        self.calls: list[CallContext] = []
        self.unreadable: list[CallContext] = []
        """Calls whose arguments do not parse or are no object."""
        self.unoffered: list[CallContext] = []
        """Calls of tools that the trajectory does not offer."""
        self.problems: list[tuple[CallContext, ArgumentProblem]] = []
        """Arguments that do not fit their tool's schema, in order; empty for a clean row."""
        self._read_calls()
        self.unanswered: list[CallContext] = (
            [c for c in self.calls if c.result_index is None]
            if len(self.pairing.results) < len(self.calls)
            else []
        )
        """Calls without a result."""
        self.raw: str = "\n".join([c.call.raw_arguments for c in self.calls])
        """All raw arguments in one text, so that rules on values can see at once that a trajectory
        holds nothing of what they look for."""
        self.ids_repeat: bool = len({c.call.id for c in self.calls}) < len(self.calls)
        """Whether two calls may share an id; certain only when False."""
        self._equal_calls: list[list[CallContext]] | None = None

    def _read_calls(self) -> None:
        calls = self.calls
        by_name = self.tools.by_name
        results = self.pairing.results
        for i, message in enumerate(self.messages):
            if not message.tool_calls:
                continue
            for j, call in enumerate(message.tool_calls):
                value, error = _read_arguments(call.raw_arguments)
                tool = by_name.get(call.name)
                c = CallContext(i, j, len(calls), call, value, error, tool, results.get((i, j)))
                calls.append(c)
                if tool is None:
                    self.unoffered.append(c)
                if value is None:
                    self.unreadable.append(c)
                elif tool is not None and not tool.validator.fits(value):
                    self.problems.extend((c, p) for p in tool.validator.problems(value))

    @property
    def orphans(self) -> tuple[int, ...]:
        """Message indexes of results that answer no call."""
        return self.pairing.orphans

    @property
    def defects(self) -> list[tuple[OfferedTool, SchemaDefect]]:
        """What is wrong with the schemas of the tools."""
        return self.tools.defects

    def problems_with(self, *keywords: str) -> Iterable[Found]:
        """What the schemas say, as findings, for some of the keywords of `ArgumentProblem`."""
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
        alike: dict[str, list[CallContext]] = {}
        for call in self.calls:
            alike.setdefault(call.call.name, []).append(call)
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
        unanswered: dict[int, list[CallContext]] = {}
        for call in self.unanswered:
            unanswered.setdefault(call.message_index, []).append(call)
        found: dict[int, list[CallContext]] = {}
        orphans = set(self.orphans)
        before = -1
        for index, role in enumerate(self.roles):
            if role is not Role.TOOL:
                before = index
            elif index in orphans and before in unanswered:
                found[index] = unanswered[before]
        return found

    def defects_of(self, kind: DefectKind, hint: str) -> Iterable[Found]:
        """Defects of the tools' own schemas as findings on the whole trajectory."""
        found: list[Found] = []
        for tool, defect in self.defects:
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


def _holds_nothing(message: Message) -> bool:
    """Of a message without text: not a result, no calls, no parts such as pictures."""
    if message.tool_calls or message.role is Role.TOOL:
        return False
    return not (message.content and isinstance(message.content, list))


def _some_alike(calls: list[CallContext]) -> bool:
    """Whether fingerprints are worth taking; many calls are, few are compared as they are."""
    if len(calls) > 6:
        return True
    seen: list[dict[str, Any] | None] = []
    for call in calls:
        if call.arguments in seen:
            return True
        seen.append(call.arguments)
    return False


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
