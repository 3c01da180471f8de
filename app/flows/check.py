"""Run the rule checks over every trajectory that the current catalogue has not looked at.

Chunks of ids go to worker processes that only decode and check; this process reads the stored
bytes and writes what they found, one transaction a chunk. A trajectory remembers the catalogue
that checked it, so an interrupted run goes on by itself and a repeated one finds nothing to do.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import lru_cache

import msgspec
from msgspec import Struct

from app.flows.running import Run
from curation.checking import (
    CHECKS,
    Finding,
    catalogue_fingerprint,
    run_checks,
)
from curation.offered_tools import OfferedTool, ToolsContext, tools_context
from curation.queueing import suspicion
from curation.trajectory import ToolSpec, Trajectory, decode_messages
from storage import datasets, findings, trajectories
from storage.compression import unpack
from storage.engine import Store
from storage.findings import Checked, FoundIn
from storage.trajectories import RawBody

CHUNK_ROWS = 500
CHUNK_BYTES = 8 << 20
"""A chunk ends at this many rows or compressed bytes: memory stays flat for long rows too."""

POOL_FROM_ROWS = 2_000
"""Below this many, starting processes costs more than it saves."""

_AHEAD_PER_PROCESS = 2


class CheckReport(Struct, frozen=True):
    """What the checks say of a dataset, or of everything."""

    trajectories: int
    trajectories_with_errors: int
    findings: int
    by_check: dict[str, int]


def check(
    store: Store,
    *,
    dataset: str | None = None,
    run: Run = Run(),  # noqa: B008 - stateless
    processes: int | None = None,
) -> CheckReport:
    """Check what needs it, then report on all of it, checked now or earlier.

    Args:
        dataset: only its trajectories; None means everything, corrections included.
        processes: how many check at once; None: one per core, none of its own for a few rows.

    Raises:
        NotFound: there is no such dataset.
        Cancelled: the user stopped it; finished chunks stay.
    """
    catalogue = catalogue_fingerprint()
    with store.read() as conn:
        dataset_id = datasets.dataset_id(conn, dataset) if dataset is not None else None
        total = findings.count_unchecked(conn, catalogue, dataset_id)
    done = 0
    run.report(done, total, "trajectories")
    chunks = _chunks(store, catalogue, dataset_id)
    for batch in _checked(chunks, _processes(processes, total)):
        with store.write() as conn:
            findings.replace_findings(conn, batch, catalogue)
        done += len(batch)
        run.report(done, total, "trajectories")
        store.give_way()
    with store.read() as conn:
        found = findings.summary(conn, dataset_id)
    return CheckReport(
        trajectories=found.n_trajectories,
        trajectories_with_errors=found.n_with_errors,
        findings=sum(found.by_check.values()),
        by_check=found.by_check,
    )


def _processes(asked: int | None, total: int) -> int:
    if multiprocessing.current_process().daemon:
        return 1  # not allowed to have children
    if asked is not None:
        return max(1, asked)
    return (os.cpu_count() or 1) if total >= POOL_FROM_ROWS else 1


def _chunks(store: Store, catalogue: str, dataset_id: int | None) -> Iterator[list[RawBody]]:
    """Stored bodies that need a look, in the order of import."""
    last = 0
    while True:
        with store.read() as conn:
            ids = findings.unchecked_ids(conn, catalogue, last, CHUNK_ROWS, dataset_id)
            chunk: list[RawBody] = []
            n_bytes = 0
            for body in trajectories.iter_bodies(conn, ids=ids):
                chunk.append(body)
                n_bytes += len(body.content) + len(body.tools)
                if n_bytes >= CHUNK_BYTES:
                    break
        if not chunk:
            return
        last = chunk[-1].id
        yield chunk


def _checked(chunks: Iterator[list[RawBody]], processes: int) -> Iterator[list[Checked]]:
    """What is found in each chunk, in order; a few chunks are under way at a time."""
    if processes == 1:
        for chunk in chunks:
            yield check_chunk(chunk)
        return
    with _pool(processes) as pool:
        under_way: deque[Future[list[Checked]]] = deque()
        for chunk in chunks:
            under_way.append(pool.submit(check_chunk, chunk))
            if len(under_way) >= processes * _AHEAD_PER_PROCESS:
                yield _result(under_way.popleft())
        while under_way:
            yield _result(under_way.popleft())


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    # spawn: this process has threads and an open database, neither of which survives a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _result(future: Future[list[Checked]]) -> list[Checked]:
    try:
        return future.result()
    except BrokenProcessPool:
        raise RuntimeError("a checking process was killed, probably for lack of memory") from None


def _begin() -> None:
    """First act of a checking process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    CHECKS.names()
    gc.freeze()


def check_chunk(chunk: list[RawBody]) -> list[Checked]:
    """Decode and check some trajectories; pure, so it runs in any process."""
    return [_check_one(body) for body in chunk]


def _check_one(body: RawBody) -> Checked:
    tools, context = _tool_set(body.tools)
    trajectory = Trajectory(decode_messages(unpack(body.content)), tools)
    found = run_checks(trajectory, context)
    if not found:
        return Checked(body.id, 0.0)
    return Checked(
        body.id, suspicion(found), tuple(FoundIn(one, _tool(trajectory, one)) for one in found)
    )


_tool_list = msgspec.json.Decoder(list[msgspec.Raw])
_tool_spec = msgspec.json.Decoder(ToolSpec)


@lru_cache(maxsize=256)
def _tool_set(packed: bytes) -> tuple[tuple[ToolSpec, ...], ToolsContext]:
    """A stored tool set; most sets differ, but are made of the same few hundred tools."""
    offered = tuple([_offered(bytes(raw)) for raw in _tool_list.decode(unpack(packed))])
    return tuple([tool.spec for tool in offered]), ToolsContext(offered)


@lru_cache(maxsize=8192)
def _offered(spec_json: bytes) -> OfferedTool:
    return tools_context((_tool_spec.decode(spec_json),)).offered[0]


def _tool(trajectory: Trajectory, finding: Finding) -> str | None:
    """Name of the called tool a finding is about."""
    at = finding.anchor
    if at.message_index is None or at.call_index is None:
        return None
    return trajectory.messages[at.message_index].tool_calls[at.call_index].name
