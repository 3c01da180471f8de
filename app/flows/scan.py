"""Look through the store for secrets and personal data, before anything leaves it.

Reads bodies chunk by chunk in several processes; keeps counts and a few masked examples, and hands
every hit on as it comes. The values themselves are never told, stored or logged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from app.flows.export_disclosing import check_kinds, gate_of, values_of_tools
from app.flows.running import Run
from app.flows.side_by_side import how_many_processes, workers
from curation.disclosing import DISCLOSURES, default_kinds, kinds_named, masked
from curation.episodes import read_tool_texts
from curation.redacting import values_in
from curation.trajectory import decode_messages
from storage import datasets, trajectories
from storage.bodies_to_scan import count_members, iter_members
from storage.engine import Store
from storage.packed_episodes import PackedEpisode

CHUNK_ROWS = 500
CHUNK_BYTES = 4 << 20
POOL_FROM_ROWS = 2_000
EXAMPLES = 5
"""Masked hits of a kind that the report shows."""


class Scanned(Struct, frozen=True):
    """One trajectory to look through."""

    uid: str
    body: PackedEpisode


class Scan(Struct, frozen=True):
    """A chunk of work."""

    kinds: tuple[str, ...]
    bodies: tuple[Scanned, ...]


class ScanHit(Struct, frozen=True):
    """A value in a trajectory, masked."""

    uid: str
    kind: str
    message_index: int | None
    """Where it stands first; None: in the tools."""
    masked: str
    is_example: bool


class KindReport(Struct, frozen=True, kw_only=True):
    """What was found of one kind."""

    kind: str
    title: str
    group: str
    values: int
    """Each counted once a trajectory; without examples."""
    trajectories: int
    examples: int
    """Values made for manuals and tests (example.com, 555 numbers)."""
    first: tuple[ScanHit, ...]


class ScanReport(Struct, frozen=True):
    """What a scan found."""

    trajectories: int
    with_hits: int
    kinds: tuple[KindReport, ...]


def scan(
    store: Store,
    *,
    dataset: str | None = None,
    kinds: Sequence[str] = (),
    tell: Callable[[ScanHit], None] | None = None,
    run: Run = Run(),
    processes: int | None = None,
) -> ScanReport:
    """Look through a dataset, or through everything, corrections included.

    Args:
        kinds: names to look for; () for all that are looked for by default.
        tell: gets every hit, examples too, in the order of import.

    Raises:
        NotFound: there is no such dataset.
        ExportError: there is no such kind.
    """
    check_kinds(tuple(kinds), "kind")
    wanted = kinds_named(tuple(kinds)) if kinds else default_kinds()
    names = tuple(sorted(kind.name for kind in wanted))
    with store.read() as conn:
        number = datasets.dataset_id(conn, dataset) if dataset is not None else None
        total = count_members(conn, number) if number is not None else trajectories.count(conn)
    done = with_hits = 0
    values: Counter[str] = Counter()
    within: Counter[str] = Counter()
    examples: Counter[str] = Counter()
    first: dict[str, list[ScanHit]] = {name: [] for name in names}
    n = how_many_processes(processes, worthwhile=total >= POOL_FROM_ROWS)
    with workers(n) as those:
        for work, hits in those.map(look_through, _chunks(store, number, names)):
            real: dict[str, set[str]] = {}
            for hit in hits:
                if tell is not None:
                    tell(hit)
                if hit.is_example:
                    examples[hit.kind] += 1
                    continue
                values[hit.kind] += 1
                real.setdefault(hit.uid, set()).add(hit.kind)
                if len(first[hit.kind]) < EXAMPLES:
                    first[hit.kind].append(hit)
            with_hits += len(real)
            for found in real.values():
                within.update(found)
            done += len(work.bodies)
            run.report(done, total, "trajectories")
    return ScanReport(
        done,
        with_hits,
        tuple(
            KindReport(
                kind=name,
                title=DISCLOSURES.get(name).title,
                group=DISCLOSURES.get(name).group.value,
                values=values[name],
                trajectories=within[name],
                examples=examples[name],
                first=tuple(first[name]),
            )
            for name in names
        ),
    )


def _chunks(store: Store, dataset_id: int | None, kinds: tuple[str, ...]) -> Iterator[Scan]:
    with store.read() as conn:
        chunk: list[Scanned] = []
        size = 0
        for uid, content, tools in iter_members(conn, dataset_id):
            chunk.append(Scanned(uid, PackedEpisode(content, tools)))
            size += len(content) + len(tools)
            if len(chunk) >= CHUNK_ROWS or size >= CHUNK_BYTES:
                yield Scan(kinds, tuple(chunk))
                chunk, size = [], 0
        if chunk:
            yield Scan(kinds, tuple(chunk))


def look_through(work: Scan) -> list[ScanHit]:
    """Every hit of a chunk; pure, so it runs in any process."""
    gate = gate_of(work.kinds)
    hits: list[ScanHit] = []
    for one in work.bodies:
        stored = one.body.messages_json()
        opened = gate.open_to(stored)
        messages = decode_messages(stored) if opened else ()
        found = {(v.kind, v.canonical): v for v in values_in(messages, (), opened)}
        for value in values_of_tools(read_tool_texts(one.body.tools_json()), work.kinds):
            found.setdefault((value.kind, value.canonical), value)
        hits += [
            ScanHit(one.uid, v.kind, v.message_index, masked(v.written), v.is_example)
            for v in found.values()
        ]
    return hits
