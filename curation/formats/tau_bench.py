"""tau-bench result files: runs of an agent against a simulated user (formats §9).

The runs carry no tools; give the domain's definitions with --tools. Reward and gold actions are
about the run and become the item's source.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curation.importing import ImportContext, Imported, import_format
from curation.openai_messages import read_messages, tools_of
from curation.trajectory import Trajectory

_TAKEN = frozenset(("traj", "tools"))


@import_format
class TauBench:
    """A list of runs `{task_id, trial, reward, traj, info}`."""

    name = "tau-bench"
    title = "tau-bench"
    description = (
        "Runs with task_id, trial, reward and traj (chat messages). The tools are not in the file: "
        "pass them with --tools."
    )
    extends = ()

    def sniff(self, record: dict[str, Any]) -> bool:
        return isinstance(record.get("traj"), list) and ("task_id" in record or "reward" in record)

    def pivot(self, record: dict[str, Any], context: ImportContext) -> Iterator[Imported]:
        yield Imported(
            trajectory=Trajectory(read_messages(record["traj"]), tools_of(record, context)),
            source_id=_run_id(record, context),
            source={k: v for k, v in record.items() if k not in _TAKEN},
            group=_group(record),
        )


def _run_id(record: dict[str, Any], context: ImportContext) -> str:
    """`<task>/<trial>`, else the place."""
    task, trial = record.get("task_id"), record.get("trial")
    if task is None:
        return context.where
    return f"{task}/{trial}" if trial is not None else str(task)


def _group(record: dict[str, Any]) -> str | None:
    """The task, told apart between domains by its user: every domain counts tasks from 0."""
    if record.get("task_id") is None:
        return None
    info = record.get("info")
    task = info.get("task") if isinstance(info, dict) else None
    user = task.get("user_id") if isinstance(task, dict) else None
    return ":".join(
        str(part) for part in ("tau-bench", record["task_id"], user) if part is not None
    )
