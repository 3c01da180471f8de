"""What a job that asks a model has cost so far, while it runs and after."""

from __future__ import annotations

from msgspec import Struct

from storage import expansion_runs, expansions, judging, passes, probing, runs
from storage.engine import Store
from storage.jobs import JobInfo


class JobCost(Struct, frozen=True):
    """Of the job's run, earlier parts of it included."""

    tokens: int
    cost_usd: float | None
    """None: no price on record, or the endpoint does not report tokens."""
    failed: int
    """Questions without an answer so far."""


def cost_of(store: Store, job: JobInfo) -> JobCost | None:
    """None for jobs that ask no model, and before the first answer is stored."""
    if job.kind == "embed":
        paid = job.checkpoint
        cost = None if paid.get("unpriced") else paid.get("cost_usd")
        failed = int(job.result.get("failed", 0))
        return JobCost(paid["tokens"], cost, failed) if "tokens" in paid else None
    run_id = job.checkpoint.get("run")
    asking = ("judge", "judge-pass", "probe", "expand")
    if job.kind not in asking or not isinstance(run_id, int):
        return None
    with store.read() as conn:
        if job.kind == "probe":
            spent = probing.probe_spending(conn, run_id)
            failed = probing.count_failures(conn, run_id)
            cost = None if spent.unpriced else spent.cost_usd
            return JobCost(spent.tokens_in + spent.tokens_out, cost, failed)
        if job.kind == "expand":
            grown = expansion_runs.expansion_spending(conn, run_id)
            failed = expansions.expansion_counts(conn, run_id).failed
            cost = None if grown.unpriced else grown.cost_usd
            return JobCost(grown.tokens_in + grown.tokens_out, cost, failed)
        run = runs.get_judge_run(conn, run_id)
        is_pass = job.kind == "judge-pass"
        failed = (passes if is_pass else judging).n_failed(conn, run_id)
        return JobCost(run.tokens_in + run.tokens_out, run.cost_usd, failed)
