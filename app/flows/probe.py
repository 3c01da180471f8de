"""Probe: ask a model for its own answer to every step (LoopTool's greedy capability probing).

Greedy decoding gives one prediction a step, with its perplexity where the endpoint lists the
log-probabilities of the whole output; rollouts at a temperature give a pass rate. An answer that is
on record under the model's name is not asked for again, so a probe that was stopped, killed or out
of budget goes on with what is missing. What came back is compared with all that is accepted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from app.flows.asking import Limits, Line
from app.flows.endpoints import Asker, base_url_of, endpoint_for
from app.flows.match import match
from app.flows.running import Run
from app.flows.spending import Budget, Price, Spending, Tokens
from app.flows.working_through import Put, work_through
from app.settings import Settings
from curation.errors import SettingsError
from curation.generators.prober import Decoding, ProbeAnswer, ProbeQuestion, Prober, open_prober
from curation.model_faults import ModelError, ModelFault
from curation.predictions import PredictionKind, perplexity_of
from storage import datasets, predictions, probing, runs
from storage.engine import Store
from storage.preparation import NewPrediction, new_prediction, plain_text
from storage.probing import ProbeFailure, ProbeSpending
from storage.runs import NewProbeRun

PAGE = 50
"""Trajectories read at a time."""

FIRST_WAIT_S = 1.0
"""Before a question is asked again; doubled every time."""


class ProbeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Which steps are asked of whom, and how. No key is ever part of it."""

    model: str
    base_url: str | None = None
    """None: as the settings say."""
    dataset: str | None = None
    greedy: bool = True
    rollouts: int = 0
    temperature: float = 1.0
    """Of the rollouts."""
    logprobs: bool = True
    text_calls: bool = False
    concurrency: int = 16
    timeout_s: float = 120.0
    """For one try at one question."""
    max_tokens: int = 1024
    """Of one answer."""
    max_tokens_total: int | None = None
    budget_usd: float | None = None


class ProbeReport(Struct, frozen=True):
    """What is on record of the model's answers to these steps."""

    dataset: str | None
    model: str
    steps: int
    answered: int
    """Steps with a greedy answer."""
    matched: int
    """Of them: equal to the reference or another accepted answer."""
    with_perplexity: int
    """Of them: with log-probabilities of the whole output."""
    mean_perplexity: float | None
    samples: int
    """Rollouts on record."""
    pass_rate: float | None
    """Mean over steps; None without rollouts."""
    pass_variance: float | None
    """Mean over steps of p (1 - p)."""
    undecided_steps: int
    """Steps that some rollouts pass and some do not."""
    failed: int
    """Questions without an answer; asked again when the same probe is asked for again."""
    tokens: int
    """Of this probe, earlier parts of it included."""
    cost_usd: float | None
    """None: no price is on record, or the endpoint does not report tokens."""
    out_of_budget: bool = False
    asked_without: tuple[str, ...] = ()
    """Parameters that the endpoint does not take: without `temperature` no answer is the likeliest
    one for certain."""


class Wanted(Struct, frozen=True):
    """One sample to ask for."""

    trajectory_id: int
    message_index: int
    kind: PredictionKind
    number: int
    """0-based, of its kind at its step."""
    question: ProbeQuestion


class Answered(Struct, frozen=True):
    """A sample, and what came back."""

    wanted: Wanted
    answer: ProbeAnswer


def probe(
    store: Store,
    request: ProbeRequest,
    settings: Settings,
    run: Run = Run(),
    job_id: int | None = None,
) -> ProbeReport:
    """Ask for what is missing, compare it, and say what all of it came to.

    Raises:
        SettingsError, NotFound: the request cannot be carried out as it stands.
        EndpointGone: nothing is answered any more; what was answered is stored.
        Cancelled: somebody stopped it; what was answered is stored.
    """
    plan = _Plan(store, request, settings, run, job_id)
    asyncio.run(plan.carry_out())
    match(store, request.dataset)
    return plan.report()


class _Plan:
    """One probe under way."""

    def __init__(
        self, store: Store, request: ProbeRequest, settings: Settings, run: Run, job_id: int | None
    ) -> None:
        if not request.greedy and not request.rollouts:
            raise SettingsError(
                "Nothing is asked for.", where="probe", hint="Ask for --rollouts, or for greedy."
            )
        if not request.model:
            raise SettingsError(
                "No model is named.",
                where="probe",
                hint="Give --model, or enter it under Settings.",
            )
        self._store = store
        self._request = request
        self._run = run
        self._mastered_by = settings.mastered_by
        url = base_url_of(settings, Asker.PROBE, request.base_url)
        self._endpoint = endpoint_for(
            settings,
            Asker.PROBE,
            url,
            request.model,
            timeout_s=request.timeout_s,
            max_tokens=request.max_tokens,
        )
        prices = {name: Price(*pair) for name, pair in settings.prices.items()}
        self._price = prices.get(request.model)
        budget = Budget(request.max_tokens_total, request.budget_usd)
        self._spending = Spending(budget, prices, {request.model})
        self._line: Line | None = None
        self._asked_without: tuple[str, ...] = ()
        with store.read() as conn:
            self._dataset_id = (
                datasets.dataset_id(conn, request.dataset) if request.dataset else None
            )
        self._run_id = self._begin(job_id)
        with store.read() as conn:
            self._steps = probing.count_steps(conn, self._dataset_id)
            self._done = self._on_record = probing.count_samples(
                conn, request.model, self._dataset_id, request.rollouts
            )
            before = probing.probe_spending(conn, self._run_id)
        self._total = self._steps * (int(request.greedy) + request.rollouts)
        self._spending.add_earlier(
            Tokens(before.tokens_in, before.tokens_out), before.answers, before.cost_usd
        )

    def _begin(self, job_id: int | None) -> int:
        request = self._request
        new = NewProbeRun(
            request.dataset or "",
            request.model,
            self._endpoint.base_url,
            {
                "greedy": request.greedy,
                "rollouts": request.rollouts,
                "temperature": request.temperature if request.rollouts else 0.0,
                "logprobs": request.logprobs,
                "text_calls": request.text_calls,
                "max_tokens": request.max_tokens,
            },
            job_id,
        )
        with self._store.write() as conn:
            found = runs.probe_run_of_job(conn, job_id) if job_id is not None else None
            found = found or runs.same_probe_run(conn, new)
            return found.id if found is not None else runs.add_probe_run(conn, new)

    async def carry_out(self) -> None:
        """Ask until all is answered, or something ends the run."""
        request = self._request
        limits = Limits(
            at_once=request.concurrency,
            try_s=request.timeout_s,
            deadline_s=max(900.0, 3 * request.timeout_s),
            first_wait_s=FIRST_WAIT_S,
        )
        line = self._line = Line(limits, self._spending)
        prober = await open_prober(self._endpoint)

        async def work(wanted: Wanted, put: Put[Answered | ProbeFailure]) -> None:
            await self._ask(prober, line, wanted, put)

        try:
            await work_through(
                self._wanted(),
                work,
                self._keep,
                line=line,
                at_once=request.concurrency,
                progress=lambda: self._run.report(self._done, self._total, "answers"),
            )
        finally:
            self._asked_without = prober.asked_without
            await prober.close()

    def _wanted(self) -> Iterator[Wanted]:
        """Samples that are not on record, step by step."""
        after = 0
        while True:
            with self._store.read() as conn:
                page = probing.trajectories_to_probe(conn, self._dataset_id, after, PAGE)
                if not page:
                    return
                ids = [one.id for one in page]
                known = predictions.samples_of(conn, self._request.model, ids)
            after = max(ids)
            for one in page:
                steps = one.trajectory
                for index in steps.assistant_indexes():
                    question = ProbeQuestion(steps.tools, steps.messages[:index])
                    for kind, n in self._kinds():
                        for number in range(known.get((one.id, index, kind), 0), n):
                            yield Wanted(one.id, index, kind, number, question)

    def _kinds(self) -> tuple[tuple[PredictionKind, int], ...]:
        return (
            (PredictionKind.GREEDY, int(self._request.greedy)),
            (PredictionKind.SAMPLED, self._request.rollouts),
        )

    async def _ask(
        self, prober: Prober, line: Line, wanted: Wanted, put: Put[Answered | ProbeFailure]
    ) -> None:
        request = self._request
        is_greedy = wanted.kind is PredictionKind.GREEDY
        decoding = Decoding(
            0.0 if is_greedy else request.temperature, request.logprobs, request.text_calls
        )
        seed = None if is_greedy else wanted.number
        try:
            answer = await line.ask(
                request.model, lambda: prober.answer(wanted.question, decoding, seed), _took
            )
        except ModelError as problem:
            failure = ProbeFailure(
                wanted.trajectory_id,
                wanted.message_index,
                wanted.kind,
                problem.fault.value,
                plain_text(str(problem)),
            )
            await put(failure)
        else:
            await put(Answered(wanted, answer) if is_storable(answer) else _unstorable(wanted))

    def _keep(self, batch: Sequence[Answered | ProbeFailure]) -> None:
        """Store answers, failures and what they cost, in one transaction."""
        answers = [one for one in batch if isinstance(one, Answered)]
        failures = [one for one in batch if isinstance(one, ProbeFailure)]
        rows = [(one.wanted.trajectory_id, _prediction(one, self._request)) for one in answers]
        with self._store.write() as conn:
            predictions.add_predictions(conn, rows, run_id=self._run_id, counting=True)
            answered = [
                (one.wanted.trajectory_id, one.wanted.message_index, one.wanted.kind)
                for one in answers
            ]
            probing.replace_failures(conn, self._run_id, answered, failures)
            probing.add_probe_spending(conn, self._run_id, self._spent(answers))
            self._run.save(conn, {"run": self._run_id})
        self._done += len(answers)

    def _spent(self, answers: Sequence[Answered]) -> ProbeSpending:
        took = [_took(one.answer) for one in answers]
        priced = [one for one in took if self._price is not None and one.is_known]
        return ProbeSpending(
            len(took),
            len(took) - len(priced),
            sum(one.prompt or 0 for one in took),
            sum(one.completion or 0 for one in took),
            sum(self._price.of(one) for one in priced) if self._price is not None else 0.0,
        )

    def report(self) -> ProbeReport:
        """What is on record now."""
        request = self._request
        with self._store.read() as conn:
            counts = probing.probe_counts(conn, request.model, self._dataset_id, self._mastered_by)
            spent = probing.probe_spending(conn, self._run_id)
            failed = probing.count_failures(conn, self._run_id)
        return ProbeReport(
            dataset=request.dataset,
            model=request.model,
            steps=self._steps,
            answered=counts.greedy,
            matched=counts.matched,
            with_perplexity=counts.with_perplexity,
            mean_perplexity=counts.mean_perplexity,
            samples=counts.samples,
            pass_rate=counts.pass_rate,
            pass_variance=counts.pass_variance,
            undecided_steps=counts.undecided_steps,
            failed=failed,
            tokens=spent.tokens_in + spent.tokens_out,
            cost_usd=None if spent.unpriced else spent.cost_usd,
            out_of_budget=self._line is not None and self._line.out_of_budget,
            asked_without=self._asked_without,
        )


def is_storable(answer: ProbeAnswer) -> bool:
    """Whether its text can be encoded; halves of characters cannot."""
    try:
        msgspec.json.encode(answer.message)
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def _unstorable(wanted: Wanted) -> ProbeFailure:
    return ProbeFailure(
        wanted.trajectory_id,
        wanted.message_index,
        wanted.kind,
        ModelFault.NOT_CHAT.value,
        "The answer holds halves of characters, which no database stores.",
    )


def _took(answer: ProbeAnswer) -> Tokens:
    return Tokens(answer.prompt_tokens, answer.completion_tokens)


def _prediction(one: Answered, request: ProbeRequest) -> NewPrediction:
    answer = one.answer
    perplexity = None
    if answer.n_tokens and answer.sum_logprob is not None:
        try:
            perplexity = perplexity_of(answer.n_tokens, answer.sum_logprob)
        except ValueError:
            perplexity = None  # beyond any number
    source = {"finish": answer.finish} if answer.finish not in ("", "stop", "tool_calls") else {}
    return new_prediction(
        one.wanted.message_index,
        request.model,
        answer.message,
        perplexity,
        kind=one.wanted.kind,
        n_tokens=answer.n_tokens if perplexity is not None else None,
        sum_logprob=answer.sum_logprob if perplexity is not None else None,
        source=source,
    )
