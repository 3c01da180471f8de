"""The half of checking that needs no database: stored bodies in, findings out.

Runs in this process or, for bulk work, in several (`app/flows/side_by_side.py`). It imports no
database, which halves the memory of such a process and the time until it starts.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from curation.checking import Finding, run_checks
from curation.offered_tools import OfferedTool, ToolsContext, offered_tool
from curation.queueing import suspicion
from curation.trajectory import ToolSpec, Trajectory, decode_messages
from storage.checked import Checked, FoundIn, PackedBody
from storage.compression import unpack


class Failed(Struct, frozen=True):
    """A trajectory that could not be checked: a defect of a check or of the stored bytes."""

    trajectory_id: int
    kind: str
    """The kind of error and where it happened; the same defect gives the same text."""
    trace: str
    """The traceback."""


class Outcome(Struct, frozen=True):
    """What came of a chunk of bodies. Trajectories in neither list are checked and clean."""

    found: list[Checked]
    failed: list[Failed]


def check_bodies(bodies: Sequence[PackedBody]) -> Outcome:
    """Decode and check some trajectories. One that cannot be checked does not end the others."""
    outcome = Outcome([], [])
    for body in bodies:
        try:
            checked = _check_one(body)
        except Exception as problem:  # noqa: BLE001 - reported, and the others go on
            outcome.failed.append(_failed(body, problem))
        else:
            if checked is not None:
                outcome.found.append(checked)
    return outcome


def _check_one(body: PackedBody) -> Checked | None:
    specs, tools = tool_set(body.tools)
    trajectory = Trajectory(decode_messages(unpack(body.content)), specs)
    found = run_checks(trajectory, tools)
    if not found:
        return None
    named = tuple([FoundIn(finding, _tool(trajectory, finding)) for finding in found])
    return Checked(body.id, suspicion(found), named)


def _failed(body: PackedBody, problem: Exception) -> Failed:
    place = traceback.extract_tb(problem.__traceback__)[-1]
    kind = f"{type(problem).__name__} in {Path(place.filename).name}, line {place.lineno}"
    return Failed(body.id, kind, "".join(traceback.format_exception(problem)))


def _tool(trajectory: Trajectory, finding: Finding) -> str | None:
    """Name of the called tool a finding is about."""
    at = finding.anchor
    if at.message_index is None or at.call_index is None:
        return None
    return trajectory.messages[at.message_index].tool_calls[at.call_index].name


_tool_list = msgspec.json.Decoder(list[msgspec.Raw])
_tool_spec = msgspec.json.Decoder(ToolSpec)


@lru_cache(maxsize=256)
def tool_set(packed: bytes) -> tuple[tuple[ToolSpec, ...], ToolsContext]:
    """A stored tool set; most sets differ, but are made of the same few hundred tools."""
    offered = tuple([_offered(bytes(raw)) for raw in _tool_list.decode(unpack(packed))])
    return tuple([tool.spec for tool in offered]), ToolsContext(offered)


@lru_cache(maxsize=8192)
def _offered(spec_json: bytes) -> OfferedTool:
    return offered_tool(_tool_spec.decode(spec_json))
