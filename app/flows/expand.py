"""Expand: grow new samples from verified errors (LoopTool's EDDE), and admit those that pass.

Every child of a seed is asked for once and its reply stored as it comes; rules, likeness and a
judge's votes then refuse it or admit it to a dataset of its own, in the group of its parent. A run
that was stopped, killed or out of budget goes on with what is missing when the same is asked for
again, and so does one for which more errors are on record or more children are wanted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from app.flows.asking import Limits, Line
from app.flows.check import check
from app.flows.expand_copies import Copies
from app.flows.expand_growing import Grower, Growing, Kept
from app.flows.expand_keeping import keep
from app.flows.expand_seeds import Seeds, Sown
from app.flows.expand_setup import (
    ExpandRequest,
    judge_setups,
    judges_of,
    new_run,
    rubric_of,
    rule_of,
    writer_of,
)
from app.flows.match import Following
from app.flows.queue import fill_queue
from app.flows.running import Run
from app.flows.spending import Budget, Price, Spending, Tokens
from app.flows.working_through import work_through
from app.settings import Settings
from curation.directive import directive_mix
from curation.expansion.lineage import ChildState
from curation.expansion.verdict import AnswerVerdict
from curation.generators.expander import open_expander
from curation.judges.openai_chat import open_judge
from storage import datasets, expansion_runs, expansions
from storage.engine import Store
from storage.expansion_runs import ExpansionRun
from storage.expansion_votes import votes_on
from storage.expansions import StoredChild

FIRST_WAIT_S = 1.0
"""Before a question is asked again; doubled every time."""


class ExpandReport(Struct, frozen=True):
    """What the run came to, earlier parts of it included."""

    seeds: int
    asked: int
    """Children of which there is a reply."""
    admitted: int
    refused: dict[str, int]
    """Reason -> how many: `curation.expansion.refusals.Refusal`, or the name of a check."""
    tokens: int
    cost_usd: float | None
    """None: no price is on record, or the endpoint does not report tokens."""
    dataset: str
    """That admitted samples are in; it is made with the first of them."""


class ExpandEnd(Struct, frozen=True):
    """The report, and how the run ended."""

    report: ExpandReport
    run_id: int
    skipped: dict[str, int]
    """Why verified errors are no seeds."""
    out_of_budget: bool = False
    left: int = 0
    """Children without a reply or with votes missing; asked for when the same is asked again."""
    queued: int = 0
    """Tasks that were made of admitted samples."""


def expand(
    store: Store,
    request: ExpandRequest,
    settings: Settings,
    run: Run = Run(),
    job_id: int | None = None,
) -> ExpandEnd:
    """Ask for what is missing, admit what passes, and say what all of it came to.

    Raises:
        SettingsError, ExpansionError, RubricError, NotFound: the request cannot be carried out as
            it stands.
        EndpointGone: nothing is answered any more; what was answered is stored.
        Cancelled: somebody stopped it; what was answered is stored.
    """
    plan = _Plan(store, request, settings, run, job_id)
    asyncio.run(plan.carry_out())
    return plan.end(plan.queue() if request.queue else 0)


class _Plan:
    """One run under way."""

    def __init__(
        self, store: Store, request: ExpandRequest, settings: Settings, run: Run, job_id: int | None
    ) -> None:
        self._store = store
        self._request = request
        self._progress = run
        self._rubric = rubric_of(request)
        self._rule = rule_of(request)
        self._mix = directive_mix(request.directives)
        self._writer = writer_of(request, settings)
        self._setups = judge_setups(request, settings, self._writer)
        self._prices = {name: Price(*pair) for name, pair in settings.prices.items()}
        budget = Budget(request.max_tokens_total, request.budget_usd)
        models = {request.model, *judges_of(request)}
        self._spending = Spending(budget, self._prices, models)
        self._line: Line | None = None
        with store.read() as conn:
            self._dataset_id = (
                datasets.dataset_id(conn, request.dataset) if request.dataset else None
            )
        self._run = self._begin(job_id)
        self._seeds = Seeds(store, self._dataset_id, request)
        self._n_seeds = self._ended = self._to_do = 0
        self._survey()
        self._skipped = {reason: n for reason, n in sorted(self._seeds.skipped.items()) if n}
        with store.read() as conn:
            before = expansion_runs.expansion_spending(conn, self._run.id)
            counts = expansions.expansion_counts(conn, self._run.id)
        self._done_before = counts.admitted + sum(counts.refused.values())
        self._spending.add_earlier(
            Tokens(before.tokens_in, before.tokens_out), before.answers, before.cost_usd
        )

    def _begin(self, job_id: int | None) -> ExpansionRun:
        """The run's row; an earlier run of the same setup goes on."""
        request = self._request
        judge_url = next(s.endpoint.base_url for s in self._setups.values() if s.endpoint)
        new = new_run(request, self._writer, judge_url, self._rubric, self._rule, job_id)
        with self._store.write() as conn:
            found = expansion_runs.expansion_run_of_job(conn, job_id) if job_id else None
            if found is None and not request.again:
                found = expansion_runs.same_expansion_run(conn, new)
            if found is not None:
                return found
            stem = f"{request.dataset}-expanded" if request.dataset else "expanded"
            target = request.into or expansion_runs.free_target(conn, stem)
            run_id = expansion_runs.add_expansion_run(conn, new, target)
            return expansion_runs.get_expansion_run(conn, run_id)

    async def carry_out(self) -> None:
        """Ask until every child has come to its end, or something ends the run."""
        request = self._request
        limits = Limits(
            at_once=request.concurrency,
            try_s=request.timeout_s,
            deadline_s=max(900.0, 3 * request.timeout_s),
            first_wait_s=FIRST_WAIT_S,
        )
        # One line for both endpoints: they share the budget, and mostly the machine.
        line = self._line = Line(limits, self._spending)
        expander = await open_expander(self._writer)
        judges = {name: await open_judge(setup) for name, setup in self._setups.items()}
        grower = Grower(
            request,
            line,
            expander,
            judges,
            Copies(self._store, self._compared(), request.max_similarity),
            mix=self._mix,
            rubric=self._rubric,
            rule=self._rule,
        )
        try:
            await work_through(
                self._growing(),
                grower.grow,
                self._keep,
                line=line,
                at_once=request.concurrency,
                progress=self._report,
            )
        finally:
            await expander.close()
            for judge in judges.values():
                await judge.close()

    def _report(self) -> None:
        before = self._done_before
        self._progress.report(before + self._ended, before + self._to_do, "samples")

    def _survey(self) -> None:
        """How many seeds there are, and how many children have not come to their ends."""
        for page in self._seeds.pages():
            self._n_seeds += len(page)
            self._to_do += sum(len(one.missing) + len(one.replies) for one in self._items(page))

    def _compared(self) -> list[int | None]:
        """The datasets that new samples are held against."""
        if self._dataset_id is None:
            return [None]
        with self._store.read() as conn:
            target = datasets.find_dataset(conn, self._run.target)
        return [self._dataset_id] if target is None else [self._dataset_id, target]

    def _growing(self) -> Iterator[Growing]:
        """Seeds with children that have not come to their ends."""
        for page in self._seeds.pages():
            yield from (one for one in self._items(page) if one.missing or one.replies)

    def _items(self, page: Sequence[Sown]) -> list[Growing]:
        with self._store.read() as conn:
            known = expansions.children_of(conn, self._run.id, [one.seed_id for one in page])
            written = [
                child.id
                for some in known.values()
                for child in some
                if child.state is ChildState.WRITTEN
            ]
            votes = votes_on(conn, written)
        return [self._left(sown, known.get(sown.seed_id, []), votes) for sown in page]

    def _left(
        self,
        sown: Sown,
        known: Sequence[StoredChild],
        votes: Mapping[int, dict[int, AnswerVerdict | None]],
    ) -> Growing:
        there = {one.key.number for one in known if one.state is not ChildState.FAILED}
        written = [one for one in known if one.state is ChildState.WRITTEN]
        return Growing(
            sown,
            {one.key.number: one.reply for one in written if one.reply is not None},
            tuple(n for n in range(self._request.children) if n not in there),
            {one.key.number: votes.get(one.id, {}) for one in written},
        )

    def _keep(self, batch: Sequence[Kept]) -> None:
        with self._store.write() as conn:
            ended = keep(conn, self._run, self._prices, batch)
            self._progress.save(conn, {"run": self._run.id})
        self._ended += ended

    def queue(self) -> int:
        """Check admitted samples and put them in front of people; returns the tasks made."""
        with self._store.read() as conn:
            if datasets.find_dataset(conn, self._run.target) is None:
                return 0
        following = Following(self._progress)
        check(self._store, dataset=self._run.target, processes=1, run=following)
        return fill_queue(self._store, self._run.target, run=following)

    def end(self, queued: int) -> ExpandEnd:
        """What is on record of the run now."""
        with self._store.read() as conn:
            counts = expansions.expansion_counts(conn, self._run.id)
            spent = expansion_runs.expansion_spending(conn, self._run.id)
        report = ExpandReport(
            seeds=self._n_seeds,
            asked=counts.asked,
            admitted=counts.admitted,
            refused=counts.refused,
            tokens=spent.tokens_in + spent.tokens_out,
            cost_usd=None if spent.unpriced else spent.cost_usd,
            dataset=self._run.target,
        )
        return ExpandEnd(
            report,
            self._run.id,
            self._skipped,
            self._line is not None and self._line.out_of_budget,
            self._to_do - self._ended,
            queued,
        )
