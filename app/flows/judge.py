"""Judge: have predictions that do not match their reference ruled on by a judge.

Matching comes first: equal answers go to no judge. Every question (a vote in one order) is asked
once and its reply stored as it comes; a run that was stopped, killed or out of budget goes on with
what is missing when the same is asked for again. What the votes on a prediction amount to is one
verdict, appended. Nothing is changed in any trajectory here.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterator, Sequence

from msgspec import Struct

from app.flows.asking import Limits, Line
from app.flows.judge_setup import (
    JudgeRequest,
    backend_named,
    case_of,
    judge_name,
    models_of,
    new_run,
    pair_rubric,
    rule_of,
    setups_of,
)
from app.flows.match import match
from app.flows.running import Run
from app.flows.spending import Budget, Price, Spending, Tokens
from app.flows.working_through import Put, work_through
from app.settings import Settings
from curation.consensus import consensus, next_questions
from curation.judging import Judge, JudgeBackend, JudgeCase, Unscored, Vote
from curation.judging import VoteKey as Key
from curation.model_faults import ModelError
from curation.standing import RulerKind
from storage import datasets, judging, runs, trajectories, verdicts, votes
from storage.annotators import ensure_annotator
from storage.engine import Store
from storage.judging import Wanted
from storage.matches import accepted_among, gold_among
from storage.verdicts import NewVerdict
from storage.votes import NewVote

PAGE = 200
"""Predictions read at a time."""

FIRST_WAIT_S = 1.0
"""Before a question is asked again; doubled every time."""


class JudgeReport(Struct, frozen=True):
    """What the run came to, earlier parts of it included."""

    judged: int
    skipped_matched: int
    by_verdict: dict[str, int]
    unscored: int
    votes: int
    tokens: int
    cost_usd: float | None
    """None: no price is on record, or the endpoint does not report tokens."""


class JudgeEnd(Struct, frozen=True):
    """The report, and how the run ended."""

    report: JudgeReport
    run_id: int
    out_of_budget: bool = False
    failed: int = 0
    """Questions without a reply; asked again when the same run is asked for again."""
    left: int = 0
    """Predictions that are not judged yet, or of which a question got no reply."""


class Case(Struct, frozen=True):
    """One prediction in front of the judge."""

    prediction_id: int
    case: JudgeCase
    votes: tuple[Vote, ...]
    """Already on record."""


def judge(
    store: Store,
    request: JudgeRequest,
    settings: Settings,
    run: Run = Run(),
    job_id: int | None = None,
) -> JudgeEnd:
    """Judge what the request names, and say what all of it came to.

    Raises:
        SettingsError, RubricError, NotFound: the request cannot be carried out as it stands.
        EndpointGone: nothing is answered any more; what was answered is stored.
        Cancelled: somebody stopped it; what was answered is stored.
    """
    plan = _Plan(store, request, settings, run, job_id)
    match(store, request.dataset)
    plan.count()
    asyncio.run(plan.carry_out())
    return plan.end()


class _Plan:
    """One run under way."""

    def __init__(
        self, store: Store, request: JudgeRequest, settings: Settings, run: Run, job_id: int | None
    ) -> None:
        self._store = store
        self._run = run
        self._request = request
        self._backend: JudgeBackend = backend_named(request.backend)
        self._rubric = pair_rubric(request.rubric)
        self._rule = rule_of(request, self._backend)
        self._models = models_of(request, self._backend)
        self._setups = setups_of(request, settings, self._backend, self._models)
        prices = {name: Price(*pair) for name, pair in settings.prices.items()}
        if self._backend.is_offline:
            prices = {name: Price(0.0, 0.0) for name in self._models}
        self._prices = prices
        budget = Budget(request.max_tokens_total, request.budget_usd)
        self._spending = Spending(budget, prices, set(self._models))
        limits = Limits(
            at_once=request.concurrency,
            try_s=request.timeout_s,
            deadline_s=max(900.0, 3 * request.timeout_s),
            first_wait_s=FIRST_WAIT_S,
        )
        self._line: Line | None = None
        self._limits = limits
        with store.read() as conn:
            dataset_id = datasets.dataset_id(conn, request.dataset) if request.dataset else None
        self._wanted = Wanted(
            dataset_id, request.with_samples, request.only_undecided, settings.mastered_by
        )
        self.run_id, self._annotator_id = self._begin(job_id)
        self._total = self._done = 0

    def count(self) -> None:
        """What there is to do, and what an earlier part of the run did and cost."""
        with self._store.read() as conn:
            self._total = judging.count_to_judge(conn, self._wanted)
            self._done = judging.count_judged(conn, self.run_id)
            before = judging.run_counts(conn, self.run_id)
            earlier = runs.get_judge_run(conn, self.run_id)
        if before.votes:  # what was spent before counts against the budget
            tokens = Tokens(before.prompt_tokens, before.completion_tokens)
            self._spending.add_earlier(tokens, before.votes, earlier.cost_usd)

    def _begin(self, job_id: int | None) -> tuple[int, int]:
        """The run's row and the judge as annotator; an earlier run of the same setup goes on."""
        request = self._request
        url = next((s.endpoint.base_url for s in self._setups.values() if s.endpoint), "")
        new = new_run(request, self._models, url, self._rubric, self._rule, job_id)
        with self._store.write() as conn:
            found = runs.judge_run_of_job(conn, job_id) if job_id is not None else None
            if found is None and not request.again:
                found = runs.same_judge_run(conn, new)
            run_id = found.id if found is not None else runs.add_judge_run(conn, new)
            name = judge_name(request.backend, self._models, self._rubric)
            return run_id, ensure_annotator(conn, name, "judge").id

    async def carry_out(self) -> None:
        """Ask until all is judged, or something ends the run."""
        line = self._line = Line(self._limits, self._spending)
        self._judges = {name: await self._backend.open(s) for name, s in self._setups.items()}
        try:
            await work_through(
                self._cases(),
                self._judge_one,
                self._keep,
                line=line,
                at_once=self._request.concurrency,
                progress=self._report,
            )
        finally:
            for one in self._judges.values():
                await one.close()

    def _report(self) -> None:
        self._run.report(self._done, self._total, "predictions")

    def _cases(self) -> Iterator[Case]:
        after = 0
        while True:
            with self._store.read() as conn:
                page = judging.to_judge(conn, self.run_id, self._wanted, after, PAGE)
                if not page:
                    return
                ids = sorted({one.trajectory_id for one in page})
                said = votes.votes_of_run(conn, self.run_id, [one.id for one in page])
                bodies = {one.id: one.trajectory for one in trajectories.load_many(conn, ids)}
                accepted, golds = accepted_among(conn, ids), gold_among(conn, ids)
            after = page[-1].id
            for one in page:
                earlier = [v.vote for v in said.get(one.id, [])]
                kept = tuple(v for v in earlier if v.unscored is not Unscored.FAILED)
                place = (one.trajectory_id, one.message_index)
                further, gold = accepted.get(place, ()), golds.get(one.trajectory_id)
                case = case_of(one, bodies[one.trajectory_id], further, gold)
                yield Case(one.id, case, kept)

    async def _judge_one(self, item: Case, put: Put[NewVote | NewVerdict]) -> None:
        """Ask until the votes amount to a ruling."""
        given = list(item.votes)
        while asked := next_questions(given, self._rule, self._models):
            # All of them, whatever becomes of one: those under way are paid for.
            came = await asyncio.gather(
                *(self._vote(item, key, put) for key in asked), return_exceptions=True
            )
            for vote in came:
                if isinstance(vote, BaseException):
                    raise vote
                given.append(vote)
        ruling = consensus(given, self._rule)
        await put(
            NewVerdict(
                item.prediction_id,
                RulerKind.JUDGE,
                self._annotator_id,
                verdict=ruling.verdict,
                unscored="" if ruling.verdict else ruling.reason.value,
                detail=ruling.detail,
                run_id=self.run_id,
            )
        )

    async def _vote(self, item: Case, key: Key, put: Put[NewVote | NewVerdict]) -> Vote:
        assert self._line is not None
        judge: Judge = self._judges[key.model]
        began = 0.0

        async def question() -> Vote:
            nonlocal began
            began = time.monotonic()
            return await judge.vote(item.case, key, self._rubric, secrets.token_hex(8))

        try:
            vote = await self._line.ask(key.model, question, self._took)
        except ModelError as problem:
            vote = Vote(key, self._rubric.key, unscored=Unscored.FAILED, detail=str(problem))
        latency_s = time.monotonic() - began if vote.reply is not None else None
        await put(NewVote(item.prediction_id, vote, latency_s))
        return vote

    def _took(self, vote: Vote) -> Tokens:
        if self._backend.is_offline or vote.reply is None:
            return Tokens(0, 0)  # nobody was asked
        return Tokens(vote.prompt_tokens, vote.completion_tokens)

    def _keep(self, batch: Sequence[NewVote | NewVerdict]) -> None:
        """Store votes and verdicts, with what they cost, in one transaction."""
        new_votes = [one for one in batch if isinstance(one, NewVote)]
        new_verdicts = [one for one in batch if isinstance(one, NewVerdict)]
        with self._store.write() as conn:
            judging.forget_failures(conn, self.run_id, new_votes)
            votes.add_votes(conn, self.run_id, new_votes)
            if new_votes:
                taken = [self._took(one.vote) for one in new_votes]
                runs.add_spending(
                    conn,
                    self.run_id,
                    sum(one.prompt or 0 for one in taken),
                    sum(one.completion or 0 for one in taken),
                    self._cost(new_votes),
                )
            if new_verdicts:
                verdicts.add_verdicts(conn, new_verdicts)
            self._run.save(conn, {"run": self.run_id})
        self._done += len(new_verdicts)

    def _cost(self, new: Sequence[NewVote]) -> float | None:
        cost = 0.0
        for one in new:
            price, took = self._prices.get(one.vote.key.model), self._took(one.vote)
            if price is None or not took.is_known:
                return None
            cost += price.of(took)
        return cost

    def end(self) -> JudgeEnd:
        """What is on record of the run now."""
        with self._store.read() as conn:
            counts = judging.run_counts(conn, self.run_id)
            stored = runs.get_judge_run(conn, self.run_id)
            judged = judging.count_judged(conn, self.run_id)
            is_priced = counts.uncounted == 0 and set(self._models) <= self._prices.keys()
            report = JudgeReport(
                judged=judged,
                skipped_matched=judging.count_matched(conn, self._wanted),
                by_verdict=counts.by_verdict,
                unscored=counts.unscored,
                votes=counts.votes,
                tokens=stored.tokens_in + stored.tokens_out,
                cost_usd=(stored.cost_usd or 0.0) if is_priced else None,
            )
            left = judging.count_left(conn, self.run_id, self._wanted)
            failed = judging.n_failed(conn, self.run_id)
        out_of_budget = self._line is not None and self._line.out_of_budget
        return JudgeEnd(
            report,
            self.run_id,
            out_of_budget,
            failed,
            left,
        )
