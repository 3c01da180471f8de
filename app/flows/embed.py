"""Embed: ask a model for the vector of what every trajectory's users say.

Texts go in batches, each text once however many trajectories say it; one that has a vector under
the model's name is not asked for again, so a run that was stopped, killed or out of budget goes on
with what is missing. A batch of which one text is refused is asked for in halves, so that the
others are not lost with it. What vectors are for: `dedup = "embeddings"` of a selection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from msgspec import Struct

from app.flows.asking import Limits, Line
from app.flows.endpoints import Asker, base_url_of, endpoint_for
from app.flows.running import Run
from app.flows.spending import Budget, Price, Spending, Tokens
from app.flows.working_through import Put, work_through
from app.settings import Settings
from curation.embeddings import STORED, asked_text, text_key
from curation.errors import SettingsError, StoreError
from curation.generators.embedder import WHERE, Embedded, Embedder, open_embedder
from curation.model_faults import ModelError, ModelFault
from storage import datasets, embeddings
from storage.embeddings import Vector
from storage.engine import Store
from storage.preparation import plain_text

PAGE = 500
"""Trajectories read at a time."""

FIRST_WAIT_S = 1.0
"""Before a question is asked again; doubled every time."""

MOST_TOLD = 3
"""Different reasons that are told of texts without a vector."""

OF_ONE_TEXT = (ModelFault.REJECTED, ModelFault.NO_DIRECTION)
"""Faults that may be those of one text of a batch."""


class EmbedRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of whom. No key is ever part of it."""

    model: str
    base_url: str | None = None
    """None: as the settings say."""
    dataset: str | None = None
    batch_size: int = 64
    """Texts of one question."""
    concurrency: int = 16
    timeout_s: float = 120.0
    """For one try at one question."""
    max_tokens_total: int | None = None
    budget_usd: float | None = None


class EmbedReport(Struct, frozen=True):
    """What is on record of the model's vectors."""

    dataset: str | None
    model: str
    trajectories: int
    embedded: int
    """Those with a vector, and those of which the users say nothing."""
    wordless: int
    """Those of which the users say nothing."""
    dimension: int | None
    """None: there is no vector."""
    failed: int
    """Texts without a vector; asked again when the same is asked for again."""
    problems: tuple[str, ...]
    """Why: the first few different reasons."""
    tokens: int
    """Of this run, earlier parts of the same job included."""
    cost_usd: float | None
    """None: no price is on record, or the endpoint does not report tokens."""
    out_of_budget: bool = False


class Asked(Struct, frozen=True):
    """A text to ask for, and one trajectory that says it."""

    trajectory_id: int
    key: bytes
    text: str


class Answered(Struct, frozen=True):
    """A batch, and what came back."""

    batch: Sequence[Asked]
    found: Embedded


class Refused(Struct, frozen=True):
    """A batch without an answer."""

    n: int
    why: str


def embed(store: Store, request: EmbedRequest, settings: Settings, run: Run = Run()) -> EmbedReport:
    """Ask for what is missing, and say what all of it came to.

    Raises:
        SettingsError, NotFound: the request cannot be carried out as it stands.
        EndpointGone: nothing is answered any more; what was answered is stored.
        Cancelled: somebody stopped it; what was answered is stored.
    """
    plan = _Plan(store, request, settings, run)
    asyncio.run(plan.carry_out())
    plan.share()
    return plan.report()


class _Plan:
    """One run under way."""

    def __init__(self, store: Store, request: EmbedRequest, settings: Settings, run: Run) -> None:
        if not request.model:
            raise SettingsError(
                "No model is named.",
                where=WHERE,
                hint="Give --model, or enter it under Settings.",
            )
        if request.batch_size < 1:
            raise SettingsError(
                f"A batch of {request.batch_size} asks nothing.", where=WHERE, hint="Say 1 or more."
            )
        self._store = store
        self._request = request
        self._run = run
        url = base_url_of(settings, Asker.EMBED, request.base_url)
        self._endpoint = endpoint_for(
            settings, Asker.EMBED, url, request.model, timeout_s=request.timeout_s, max_tokens=0
        )
        prices = {name: Price(*pair) for name, pair in settings.prices.items()}
        budget = Budget(request.max_tokens_total, request.budget_usd)
        self._spending = Spending(budget, prices, {request.model})
        self._spent = _Spent.of(run)
        self._spending.add_earlier(
            Tokens(self._spent.tokens, 0), self._spent.answers, self._spent.cost_usd
        )
        self._price = prices.get(request.model)
        self._line: Line | None = None
        self._failed = 0
        self._problems: dict[str, None] = {}
        self._sharing: list[tuple[int, bytes]] = []
        """(trajectory, key of its text) of those that need no question of their own."""
        with store.read() as conn:
            self._dataset_id = (
                datasets.dataset_id(conn, request.dataset) if request.dataset else None
            )
            counts = embeddings.count_vectors(conn, request.model, self._dataset_id)
            self._dimension = embeddings.dimension_of(conn, request.model)
        self._total, self._done = counts.trajectories, counts.embedded

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
        embedder = await open_embedder(self._endpoint, self._dimension)

        async def work(batch: Sequence[Asked], put: Put[Answered | Refused]) -> None:
            await self._ask(embedder, line, batch, put)

        try:
            await work_through(
                self._wanted(),
                work,
                self._keep,
                line=line,
                at_once=request.concurrency,
                progress=lambda: self._run.report(self._done, self._total, "trajectories"),
            )
        finally:
            await embedder.close()

    def _wanted(self) -> Iterator[list[Asked]]:
        """Batches of texts without a vector."""
        batch: list[Asked] = []
        seen: set[bytes] = set()
        after = 0
        while True:
            with self._store.read() as conn:
                page = embeddings.without_vector(
                    conn, self._request.model, self._dataset_id, after, PAGE
                )
                if not page:
                    break
                texts = [(one.id, asked_text(one.decode())) for one in page]
                asked = [Asked(row_id, text_key(text), text) for row_id, text in texts]
                keys = sorted({one.key for one in asked})
                known = embeddings.vectors_of(conn, self._request.model, keys)
            after = page[-1].id
            for one in asked:
                if not one.text or one.key in known or one.key in seen:
                    self._sharing.append((one.trajectory_id, one.key))
                    continue
                seen.add(one.key)
                batch.append(one)
                if len(batch) == self._request.batch_size:
                    yield batch
                    batch = []
        if batch:
            yield batch

    async def _ask(
        self, embedder: Embedder, line: Line, batch: Sequence[Asked], put: Put[Answered | Refused]
    ) -> None:
        texts = [one.text for one in batch]
        try:
            found = await line.ask(self._request.model, lambda: embedder.embed(texts), _took)
        except ModelError as problem:
            if problem.fault in OF_ONE_TEXT and len(batch) > 1:
                half = len(batch) // 2
                await self._ask(embedder, line, batch[:half], put)
                await self._ask(embedder, line, batch[half:], put)
            else:
                await put(Refused(len(batch), f"{problem.message} {problem.hint}".strip()))
        else:
            await put(Answered(batch, found))

    def _keep(self, results: Sequence[Answered | Refused]) -> None:
        """Store vectors and what they cost, in one transaction."""
        answers = [one for one in results if isinstance(one, Answered)]
        rows = [
            Vector(asked.trajectory_id, asked.key, vector)
            for one in answers
            for asked, vector in zip(one.batch, one.found.vectors, strict=True)
        ]
        spent = self._spent.and_also([_took(one.found) for one in answers], self._price)
        with self._store.write() as conn:
            known = embeddings.dimension_of(conn, self._request.model)
            if rows and known not in (None, len(rows[0].packed) // STORED.itemsize):
                raise StoreError(
                    f"Another run has kept vectors of {known:,} numbers under this name.",
                    where=WHERE,
                    hint="Serve the models under names of their own.",
                )
            embeddings.add_vectors(conn, self._request.model, rows)
            self._run.save(conn, spent.checkpoint())
        self._spent = spent
        self._done += len(rows)
        for one in results:
            if isinstance(one, Refused):
                self._failed += one.n
                self._problems[plain_text(one.why)] = None

    def share(self) -> None:
        """Give the vector of a text to all others that say the same, and note who says nothing."""
        nothing = text_key("")
        for start in range(0, len(self._sharing), PAGE):
            some = self._sharing[start : start + PAGE]
            with self._store.write() as conn:
                keys = sorted({key for _, key in some})
                known = embeddings.vectors_of(conn, self._request.model, keys)
                known[nothing] = b""
                rows = [Vector(row_id, key, known[key]) for row_id, key in some if key in known]
                embeddings.add_vectors(conn, self._request.model, rows)
            self._done += len(rows)
            self._run.report(self._done, self._total, "trajectories")

    def report(self) -> EmbedReport:
        """What is on record now."""
        request = self._request
        with self._store.read() as conn:
            counts = embeddings.count_vectors(conn, request.model, self._dataset_id)
            dimension = embeddings.dimension_of(conn, request.model)
        return EmbedReport(
            dataset=request.dataset,
            model=request.model,
            trajectories=counts.trajectories,
            embedded=counts.embedded,
            wordless=counts.wordless,
            dimension=dimension,
            failed=self._failed,
            problems=tuple(self._problems)[:MOST_TOLD],
            tokens=self._spent.tokens,
            cost_usd=None if self._spent.unpriced else self._spent.cost_usd,
            out_of_budget=self._line is not None and self._line.out_of_budget,
        )


class _Spent(Struct, frozen=True):
    """What was paid for what is stored; kept in the checkpoint of a job."""

    answers: int = 0
    unpriced: int = 0
    """Answers without a price."""
    tokens: int = 0
    cost_usd: float = 0.0

    @classmethod
    def of(cls, run: Run) -> _Spent:
        """By the checkpoint of a run."""
        known = {
            name: run.checkpoint[name] for name in cls.__struct_fields__ if name in run.checkpoint
        }
        return cls(**known)

    def and_also(self, took: Sequence[Tokens], price: Price | None) -> _Spent:
        """With further answers."""
        priced = [one for one in took if price is not None and one.is_known]
        return _Spent(
            self.answers + len(took),
            self.unpriced + len(took) - len(priced),
            self.tokens + sum(one.prompt or 0 for one in took),
            self.cost_usd + (sum(price.of(one) for one in priced) if price is not None else 0.0),
        )

    def checkpoint(self) -> dict[str, int | float]:
        """To be saved with what was paid for."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


def _took(found: Embedded) -> Tokens:
    """Vectors have no tokens of their own: only what was sent is paid for."""
    return Tokens(found.prompt_tokens, None if found.prompt_tokens is None else 0)
