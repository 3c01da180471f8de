"""Run the rule checks over every trajectory that the current catalogue has not looked at.

Chunks of stored bodies go to processes that only decode and check (`app/flows/side_by_side.py`);
this process reads them and writes what was found, one transaction a chunk. A trajectory remembers
the catalogue that checked it, so an interrupted run goes on by itself and a repeated one finds
nothing to do. A trajectory that a check fails on stays unchecked and is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from app.flows.check_bodies import Failed, check_bodies
from app.flows.incidents import report_incident
from app.flows.running import Run
from app.flows.side_by_side import how_many_processes, workers
from curation.checking import catalogue_fingerprint
from curation.importing import Problem
from storage import datasets, findings, trajectories
from storage.checked import Checked, PackedBody
from storage.engine import Store

CHUNK_ROWS = 1_000
CHUNK_BYTES = 4 << 20
"""A chunk ends at this many rows or compressed bytes: memory stays flat for long rows too."""

POOL_FROM_ROWS = 2_000
"""Below this many, starting processes costs more than it saves."""

PROBLEMS_LISTED = 20


class CheckReport(Struct, frozen=True):
    """What the checks say of a dataset, or of all that Browse lists."""

    trajectories: int
    trajectories_with_errors: int
    findings: int
    by_check: dict[str, int]
    unchecked: int = 0
    """Trajectories that a check failed on in this run; the next run tries them again."""
    problems: tuple[Problem, ...] = ()
    """Why, one for each kind of failure, at most 20."""


class CheckingFailed(Exception):
    """A check failed on a trajectory; the message is the traceback of the process it ran in."""


def check(
    store: Store,
    *,
    dataset: str | None = None,
    run: Run = Run(),
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
    failed = _Failures()
    run.report(done, total, "trajectories")
    n = how_many_processes(processes, worthwhile=total >= POOL_FROM_ROWS)
    with workers(n) as those:
        for chunk, outcome in those.map(check_bodies, _chunks(store, catalogue, dataset_id)):
            failed.add(outcome.failed)
            found = {checked.trajectory_id: checked for checked in outcome.found}
            missed = {failure.trajectory_id for failure in outcome.failed}
            batch = [
                found.get(body.id) or Checked(body.id, 0.0)
                for body in chunk
                if body.id not in missed
            ]
            with store.write() as conn:
                findings.replace_findings(conn, batch, catalogue)
            done += len(chunk)
            run.report(done, total, "trajectories")
            store.give_way()
    with store.read() as conn:
        seen = findings.summary(conn, dataset_id)
    return CheckReport(
        trajectories=seen.n_trajectories,
        trajectories_with_errors=seen.n_with_errors,
        findings=sum(seen.by_check.values()),
        by_check=seen.by_check,
        unchecked=failed.n,
        problems=failed.problems(store),
    )


def _chunks(store: Store, catalogue: str, dataset_id: int | None) -> Iterator[Sequence[PackedBody]]:
    """Stored bodies that need a look, in the order of import."""
    last = 0
    while True:
        with store.read() as conn:
            chunk = findings.unchecked_bodies(
                conn,
                catalogue,
                last,
                max_rows=CHUNK_ROWS,
                max_bytes=CHUNK_BYTES,
                dataset_id=dataset_id,
            )
        if not chunk:
            return
        last = chunk[-1].id
        yield chunk


class _Failures:
    """Trajectories that could not be checked; one defect may concern all of them, so by kind."""

    def __init__(self) -> None:
        self.n = 0
        self._first: dict[str, Failed] = {}
        self._counts: dict[str, int] = {}

    def add(self, failures: list[Failed]) -> None:
        self.n += len(failures)
        for failure in failures:
            if failure.kind in self._first or len(self._first) < PROBLEMS_LISTED:
                self._first.setdefault(failure.kind, failure)
                self._counts[failure.kind] = self._counts.get(failure.kind, 0) + 1

    def problems(self, store: Store) -> tuple[Problem, ...]:
        """Each kind with the first trajectory it concerns; logged once, under an incident id."""
        found: list[Problem] = []
        with store.read() as conn:
            for kind, first in self._first.items():
                [body] = trajectories.iter_bodies(conn, ids=[first.trajectory_id])
                incident = report_incident(CheckingFailed(first.trace), f"checking {body.uid}")
                found.append(
                    Problem(
                        body.uid,
                        f"{self._counts[kind]:,} trajectories could not be checked, this one "
                        f"first: {kind} (incident {incident}).",
                        "The log has the details. They stay unchecked; the next check tries again.",
                    )
                )
        return tuple(found)
