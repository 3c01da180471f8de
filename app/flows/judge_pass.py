"""A pass: have a judge look at one aspect of every step, or at every turn by a checklist.

No other answer is compared, so no prediction is needed. Each vote is asked once and its reply
stored as it comes; a run that was stopped, killed or out of budget goes on with what is missing
when the same is asked for again. What a place ends with is one ruling; what it finds wanting are
findings under the name of the pass, for people to look at. They label nothing.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterator, Sequence
from typing import cast

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from app.flows.asking import Limits, Line
from app.flows.judge_setup import backend_named, models_of, own_addresses, setups_of
from app.flows.pass_setup import PassRequest, Questions, questions_of, rule_of_pass
from app.flows.running import Run
from app.flows.spending import Budget, Price, Spending, Tokens
from app.flows.working_through import Put, work_through
from app.settings import Settings
from curation.checklist_judging import ChecklistJudge, ChecklistVote, checklist_ruling, next_votes
from curation.judging import Unscored
from curation.model_faults import ModelError
from curation.passes import PREFIX, Place, findings_of_pass, places_of
from curation.rubric import Rubric
from storage import datasets, runs, trajectories
from storage.engine import Store
from storage.model_findings import Judged, put_model_findings
from storage.passes import (
    AskedItem,
    NewChecklistRuling,
    NewChecklistVote,
    add_checklist_rulings,
    add_checklist_votes,
    names_of,
    pass_counts,
    ruled_places,
    trajectories_after,
    votes_on_record,
)
from storage.runs import NewJudgeRun

PAGE = 100
"""Trajectories read at a time."""

FIRST_WAIT_S = 1.0
"""Before a question is asked again; doubled every time."""


class PassReport(Struct, frozen=True):
    """What the run came to, earlier parts of it included."""

    rubric: str
    """`name@version`."""
    places: int
    """Steps or turns that were looked at."""
    scored: int
    """Those of them in which every item has an answer."""
    unscored: int
    passing: int
    """Those in which every item that must hold does."""
    mean_score: float | None
    """Of the scored ones, 0 to 1: sum of the weights of what holds, over all weights."""
    findings: int
    """Items found wanting, as they stand now."""
    votes: int
    unreadable: int
    """Votes that answer nothing."""
    tokens: int
    cost_usd: float | None
    """None: no price is on record, or the endpoint does not report tokens."""


class PassEnd(Struct, frozen=True):
    """The report, and how the run ended."""

    report: PassReport
    run_id: int
    out_of_budget: bool = False
    failed: int = 0
    """Questions without a reply; asked again when the same run is asked for again."""
    left: int = 0
    """Places without a ruling."""


class _Asked(Struct, frozen=True):
    """One place in front of the judge."""

    trajectory_id: int
    place: Place
    rubric: Rubric
    votes: tuple[NewChecklistVote, ...]
    """Already on record."""


_New = NewChecklistVote | NewChecklistRuling


def judge_pass(
    store: Store,
    request: PassRequest,
    settings: Settings,
    run: Run = Run(),
    job_id: int | None = None,
) -> PassEnd:
    """Carry out a pass, and say what all of it came to.

    Raises:
        SettingsError, RubricError, NotFound: the request cannot be carried out as it stands.
        EndpointGone: nothing is answered any more; what was answered is stored.
        Cancelled: somebody stopped it; what was answered is stored.
    """
    plan = _Pass(store, request, settings, run, job_id)
    plan.count()
    asyncio.run(plan.carry_out())
    return plan.end()


class _Pass:
    """One run under way."""

    def __init__(
        self, store: Store, request: PassRequest, settings: Settings, run: Run, job_id: int | None
    ) -> None:
        self._store, self._run, self._request = store, run, request
        asked = request.as_judge
        self._backend = backend_named(asked.backend)
        self._rule = rule_of_pass(request)
        self._models = models_of(asked, self._backend)
        self._setups = setups_of(asked, settings, self._backend, self._models)
        self._prices = {name: Price(*pair) for name, pair in settings.prices.items()}
        budget = Budget(request.max_tokens_total, request.budget_usd)
        self._spending = Spending(budget, self._prices, set(self._models))
        self._limits = Limits(
            at_once=request.concurrency,
            try_s=request.timeout_s,
            deadline_s=max(900.0, 3 * request.timeout_s),
            first_wait_s=FIRST_WAIT_S,
        )
        self._line: Line | None = None
        with store.read() as conn:
            self._dataset = datasets.dataset_id(conn, request.dataset) if request.dataset else None
            self._questions: Questions = questions_of(conn, request)
        self.run_id = self._begin(job_id)
        self._who = f"{' + '.join(self._models)}, run {self.run_id}"
        self._total = self._done = 0

    def _begin(self, job_id: int | None) -> int:
        """The run's row; an earlier run of the same setup goes on."""
        rubric = self._questions.rubric
        new = NewJudgeRun(
            self._request.dataset or "",
            self._backend.name,
            self._models,
            next((s.endpoint.base_url for s in self._setups.values() if s.endpoint), ""),
            rubric.name,
            rubric.version,
            self._rule,
            {
                "max_chars": self._request.max_chars,
                **self._questions.parameters,
                **own_addresses(self._request.models),
            },
            job_id,
            rubric.about,
        )
        with self._store.write() as conn:
            found = runs.judge_run_of_job(conn, job_id) if job_id is not None else None
            if found is None and not self._request.again:
                found = runs.same_judge_run(conn, new)
            return found.id if found is not None else runs.add_judge_run(conn, new)

    def count(self) -> None:
        """What there is to do, and what an earlier part of the run did and cost."""
        self._total = sum(1 for _ in self._places(with_votes=False))
        with self._store.read() as conn:
            before = pass_counts(conn, self.run_id)
            earlier = runs.get_judge_run(conn, self.run_id)
        self._done = before.places
        self._total += before.places
        if before.votes:  # what was spent before counts against the budget
            tokens = Tokens(before.prompt_tokens, before.completion_tokens)
            self._spending.add_earlier(tokens, before.votes, earlier.cost_usd)

    async def carry_out(self) -> None:
        """Ask until all is looked at, or something ends the run."""
        line = self._line = Line(self._limits, self._spending)
        self._judges = {name: await self._backend.open(s) for name, s in self._setups.items()}
        try:
            await work_through(
                self._places(),
                self._look_at,
                self._keep,
                line=line,
                at_once=self._request.concurrency,
                progress=lambda: self._run.report(self._done, self._total, "places"),
            )
        finally:
            for one in self._judges.values():
                await one.close()

    def _places(self, *, with_votes: bool = True) -> Iterator[_Asked]:
        """Places that the run has not come to an end with, page by page."""
        after = 0
        while True:
            with self._store.read() as conn:
                ids = trajectories_after(conn, self._dataset, after, PAGE)
                if not ids:
                    return
                bodies = trajectories.load_many(conn, ids)
                ruled = ruled_places(conn, self.run_id, ids)
                said = votes_on_record(conn, self.run_id, ids) if with_votes else {}
                names = names_of(conn, ids)
            after = ids[-1]
            for one in bodies:
                for place in places_of(one.trajectory, self._questions.rubric):
                    key = (one.id, place.message_index)
                    rubric = self._questions.of(place, [one.uid, *names.get(one.id, ())])
                    if rubric is not None and key not in ruled:
                        yield _Asked(one.id, place, rubric, tuple(said.get(key, ())))

    async def _look_at(self, asked: _Asked, put: Put[_New]) -> None:
        """Ask until the votes decide every item, or there are no more."""
        given = {one.number: one.vote for one in asked.votes}
        while more := next_votes(list(given.values()), asked.rubric, self._rule):
            missing = [n for n in range(self._rule.votes) if n not in given][:more]
            # All of them, whatever becomes of one: those under way are paid for.
            came = await asyncio.gather(
                *(self._vote(asked, n, put) for n in missing), return_exceptions=True
            )
            for number, vote in zip(missing, came, strict=True):
                if isinstance(vote, BaseException):
                    raise vote
                given[number] = vote
        if any(vote.unscored is Unscored.FAILED for vote in given.values()):
            return  # it is asked again when the same run is
        ruling = checklist_ruling(list(given.values()), asked.rubric, self._rule)
        holds = {item.name: item for item in ruling.items}
        items = tuple(
            AskedItem(c.name, c.question, c.weight, holds[c.name].holds, holds[c.name].evidence)
            for c in asked.rubric.criteria
        )
        await put(
            NewChecklistRuling(
                asked.trajectory_id, asked.place.message_index, asked.place.turn, ruling, items
            )
        )

    async def _vote(self, asked: _Asked, number: int, put: Put[_New]) -> ChecklistVote:
        assert self._line is not None
        model = self._models[number % len(self._models)]
        judge = cast(ChecklistJudge, self._judges[model])
        began = 0.0

        async def question() -> ChecklistVote:
            nonlocal began
            began = time.monotonic()
            nonce = secrets.token_hex(8)
            place = asked.place
            return await judge.checklist(place.case, place.shown, model, asked.rubric, nonce)

        try:
            vote = await self._line.ask(model, question, _took)
        except ModelError as problem:
            vote = ChecklistVote(
                model, asked.rubric.key, unscored=Unscored.FAILED, detail=str(problem)
            )
        latency_s = time.monotonic() - began if vote.reply is not None else None
        place = asked.place.message_index
        await put(NewChecklistVote(asked.trajectory_id, place, number, vote, latency_s))
        return vote

    def _keep(self, batch: Sequence[_New]) -> None:
        """Store votes and rulings, with what they cost and found, in one transaction."""
        votes = [one for one in batch if isinstance(one, NewChecklistVote)]
        rulings = [one for one in batch if isinstance(one, NewChecklistRuling)]
        with self._store.write() as conn:
            add_checklist_votes(conn, self.run_id, votes)
            self._charge(conn, [_took(one.vote) for one in votes], votes)
            add_checklist_rulings(conn, self.run_id, rulings)
            put_model_findings(conn, self.run_id, [self._found(one) for one in rulings])
            self._run.save(conn, {"run": self.run_id})
        self._done += len(rulings)

    def _charge(
        self, conn: Connection, taken: Sequence[Tokens], votes: Sequence[NewChecklistVote]
    ) -> None:
        if not taken:
            return
        prices = [self._prices.get(one.vote.model) for one in votes]
        cost: float | None = 0.0
        for price, took in zip(prices, taken, strict=True):
            is_known = price is not None and took.is_known
            cost = cost + price.of(took) if cost is not None and is_known and price else None
        prompt = sum(one.prompt or 0 for one in taken)
        completion = sum(one.completion or 0 for one in taken)
        runs.add_spending(conn, self.run_id, prompt, completion, cost)

    def _found(self, one: NewChecklistRuling) -> Judged:
        rubric = self._questions.rubric
        asked = msgspec.structs.replace(
            rubric, criteria=tuple(item.criterion for item in one.asked)
        )
        found = findings_of_pass(one.ruling, asked, one.message_index, self._who)
        return Judged(one.trajectory_id, one.message_index, f"{PREFIX}{rubric.name}", found)

    def end(self) -> PassEnd:
        """What is on record of the run now."""
        with self._store.read() as conn:
            counts = pass_counts(conn, self.run_id)
            stored = runs.get_judge_run(conn, self.run_id)
        is_priced = counts.uncounted == 0 and set(self._models) <= self._prices.keys()
        report = PassReport(
            rubric=self._questions.rubric.key,
            places=counts.places,
            scored=counts.scored,
            unscored=counts.places - counts.scored,
            passing=counts.passing,
            mean_score=counts.mean_score,
            findings=counts.findings,
            votes=counts.votes,
            unreadable=counts.unreadable,
            tokens=stored.tokens_in + stored.tokens_out,
            cost_usd=(stored.cost_usd or 0.0) if is_priced else None,
        )
        out_of_budget = self._line is not None and self._line.out_of_budget
        left = self._total - counts.places
        return PassEnd(report, self.run_id, out_of_budget, counts.failed, left)


def _took(vote: ChecklistVote) -> Tokens:
    if vote.reply is None:
        return Tokens(0, 0)  # nobody was asked
    return Tokens(vote.prompt_tokens, vote.completion_tokens)
