"""What a check is, what it finds, and how all of them are run over one trajectory.

The rules themselves live one per file in `curation/checks/`. A check is a function from a prepared
`CheckContext` to what it found; the context holds what several rules need (parsed arguments,
pairing, validated arguments), so that nothing is parsed or validated twice. Bulk checking spends
its time here, hence the one shared pass, the lazy parts and the caches per tool.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from curation.registry import Registry
from curation.schema_dialects import DefectKind, SchemaDefect
from curation.schemas import ArgumentProblem, ToolValidator, quote, validator_for
from curation.steps import Pairing, pair_results
from curation.trajectory import (
    Anchor,
    Role,
    ToolCall,
    ToolSpec,
    Trajectory,
    canonical_json,
)


class Severity(StrEnum):
    """How sure a trainer would be hurt: error always, warning often, info worth a look."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Finding(Struct, frozen=True):
    """What one check found at one anchor."""

    check: str
    """Stable name of the check, `family/kebab-case`."""
    version: int
    severity: Severity
    anchor: Anchor
    message: str
    """What is wrong, in one sentence, with the offending value quoted and shortened."""
    hint: str = ""
    """What would mend it, when the rule knows (nearest tool name, allowed values)."""


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
        """The first tool of each name."""
        self.defects: list[tuple[OfferedTool, SchemaDefect]] = []
        """What is wrong with the schemas."""
        for tool in offered:
            self.by_name.setdefault(tool.spec.name, tool)
            for defect in tool.validator.defects:
                self.defects.append((tool, defect))


_spec_encoder = msgspec.json.Encoder()
_spec_decoder = msgspec.json.Decoder(ToolSpec)
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


class CallContext(Struct):
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

    @property
    def is_answered(self) -> bool:
        """Whether a result answers it."""
        return self.result_index is not None

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
    """A trajectory prepared for checking. Cheap parts at once, the rest on first use."""

    def __init__(self, trajectory: Trajectory, tools: ToolsContext | None = None) -> None:
        self.trajectory = trajectory
        self.messages = trajectory.messages
        self.tools = tools if tools is not None else tools_context(trajectory.tools)
        self.pairing: Pairing = pair_results(trajectory.messages)
        self.roles: list[Role] = [m.role for m in self.messages]
        self.calls: list[CallContext] = self._read_calls()

    def _read_calls(self) -> list[CallContext]:
        calls: list[CallContext] = []
        by_name = self.tools.by_name
        results = self.pairing.results
        for i, message in enumerate(self.messages):
            for j, call in enumerate(message.tool_calls):
                value, error = (parsed := call.parsed()).value, parsed.error
                calls.append(
                    CallContext(
                        i, j, len(calls), call, value, error, by_name.get(call.name),
                        results.get((i, j)),
                    )
                )  # fmt: skip
        return calls

    @cached_property
    def texts(self) -> list[str]:
        """The readable text of every message."""
        return [m.content if type(m.content) is str else m.text for m in self.messages]

    @cached_property
    def problems(self) -> list[tuple[CallContext, ArgumentProblem]]:
        """Arguments that do not fit their tool's schema, in order; empty for a clean row."""
        found: list[tuple[CallContext, ArgumentProblem]] = []
        for call in self.calls:
            tool, arguments = call.tool, call.arguments
            if tool is None or arguments is None or tool.validator.fits(arguments):
                continue
            found.extend((call, problem) for problem in tool.validator.problems(arguments))
        return found

    def problems_with(self, *keywords: str) -> Iterator[Found]:
        """What the schemas say, as findings, for some of the keywords of `ArgumentProblem`."""
        for call, problem in self.problems:
            if problem.keyword in keywords:
                yield Found(call.at(problem.pointer), problem.message, problem.hint)

    @cached_property
    def equal_calls(self) -> list[list[CallContext]]:
        """Groups of two or more calls of one tool with equal arguments, in order."""
        if len(self.calls) < 2:
            return []
        by_name: dict[str, list[CallContext]] = {}
        for call in self.calls:
            by_name.setdefault(call.call.name, []).append(call)
        groups: list[list[CallContext]] = []
        for same_name in by_name.values():
            if len(same_name) > 1:
                by_value: dict[bytes, list[CallContext]] = {}
                for call in same_name:
                    by_value.setdefault(call.fingerprint(), []).append(call)
                groups.extend(group for group in by_value.values() if len(group) > 1)
        return groups

    @cached_property
    def mismatched(self) -> dict[int, list[CallContext]]:
        """Message index of an orphan result -> the unanswered calls of the step just before it."""
        found: dict[int, list[CallContext]] = {}
        for index in self.pairing.orphans:
            before = next(
                (i for i in range(index - 1, -1, -1) if self.roles[i] is not Role.TOOL), None
            )
            waiting = [c for c in self.calls if c.message_index == before and not c.is_answered]
            if waiting:
                found[index] = waiting
        return found

    def defects_of(self, kind: DefectKind, hint: str) -> Iterator[Found]:
        """Defects of the tools' own schemas as findings on the whole trajectory."""
        for tool, defect in self.tools.defects:
            if defect.kind is kind:
                place = f" at {defect.pointer}" if defect.pointer else ""
                message = f"The tool {quote(tool.spec.name)}{place}: {defect.message}"
                yield Found(Anchor(), message, hint)

    def strings(self) -> Iterator[tuple[CallContext, str, str]]:
        """Every text among the arguments, nested ones too, as (call, JSON Pointer, value)."""
        for call in self.calls:
            for pointer, value in walk(call.arguments or {}):
                if type(value) is str:
                    yield call, pointer, value


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


CheckFunction = Callable[[CheckContext], Iterable[Found]]


class Check(Struct, frozen=True):
    """A rule over one trajectory, as registered."""

    name: str
    """`family/kebab-case`; stored with every finding."""
    severity: Severity
    version: int
    """Raised whenever the rule would find something else on the same trajectory."""
    title: str
    """A few words for lists and charts."""
    doc: str
    """What it looks for and why it matters; shown in the studio."""
    triggers: Trajectory
    """A sample that it finds something in."""
    passes: Trajectory
    """A sample, as close to the other as can be, that it leaves alone."""
    function: CheckFunction

    def run(self, context: CheckContext) -> list[Finding]:
        """All findings of this check in one prepared trajectory."""
        return [
            Finding(self.name, self.version, self.severity, f.anchor, f.message, f.hint)
            for f in self.function(context)
        ]


CHECKS: Registry[Check] = Registry("check", "curation.checks")


def check(
    name: str,
    *,
    severity: Severity,
    title: str,
    triggers: Trajectory,
    passes: Trajectory,
    version: int = 1,
) -> Callable[[CheckFunction], CheckFunction]:
    """Register the decorated function as a check; its docstring becomes `Check.doc`."""

    def register(function: CheckFunction) -> CheckFunction:
        doc = inspect.getdoc(function) or ""
        entry = Check(name, severity, version, title, doc, triggers, passes, function)
        CHECKS.register(entry, f"{function.__module__}.{function.__qualname__}")
        return function

    return register


def run_checks(trajectory: Trajectory, tools: ToolsContext | None = None) -> list[Finding]:
    """Every finding of every check, in the order of the messages; whole-trajectory ones first.

    `tools` saves a look-up when many trajectories share a tool set; see `tools_context`.
    """
    context = CheckContext(trajectory, tools)
    findings: list[Finding] = []
    for entry in CHECKS:
        for found in entry.function(context):
            findings.append(
                Finding(
                    entry.name, entry.version, entry.severity,
                    found.anchor, found.message, found.hint,
                )
            )  # fmt: skip
    if len(findings) > 1:
        findings.sort(key=_position)
    return findings


def _position(finding: Finding) -> tuple[int, int, str, str]:
    anchor = finding.anchor
    message = -1 if anchor.message_index is None else anchor.message_index
    call = -1 if anchor.call_index is None else anchor.call_index
    return message, call, finding.check, anchor.pointer or ""


def catalogue_fingerprint() -> str:
    """Names and versions of all checks as one short hash; changes when any rule does."""
    catalogue = "\n".join(f"{entry.name}@{entry.version}" for entry in CHECKS)
    return hashlib.sha256(catalogue.encode()).hexdigest()[:16]
