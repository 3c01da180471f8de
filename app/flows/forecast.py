"""What a judge, a probe or an embedding would ask, and what that may cost, before it is started.

Counts are exact. Tokens are what the same model took before where that is on record, else an
estimate that says how it was made. A model without a price has no cost: none is guessed. Nothing is
asked and nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection

from app.flows.embed import EmbedRequest
from app.flows.endpoints import Asker, base_url_of
from app.flows.judge_setup import (
    JudgeRequest,
    address_of,
    backend_named,
    case_of,
    models_of,
    new_run,
    pair_rubric,
    rule_of,
)
from app.flows.pass_setup import PassRequest, questions_of, rule_of_pass
from app.flows.probe import ProbeRequest
from app.flows.spending import Budget, Price, Spending, Tokens
from app.settings import Settings
from curation.checklist_judging import checklist_prompt
from curation.embeddings import asked_text
from curation.judge_prompt import PromptTooLarge, pair_prompt
from curation.judging import Order
from curation.passes import Place, places_of
from curation.rubric import Rubric
from curation.trajectory import canonical_json
from storage import datasets, embeddings, judging, probing, runs, trajectories
from storage.engine import Store
from storage.judging import Wanted
from storage.passes import count_trajectories, names_of, trajectories_after

CHARS_A_TOKEN = 4
"""A rule of thumb for English and JSON; said wherever it is used."""
SAMPLE = 12
"""Prompts that are measured when nothing is on record."""
EMBED_SAMPLE = 100
"""Texts that are measured before they are embedded."""
REPLY_TOKENS = {Asker.JUDGE: 300, Asker.PROBE: 150}
"""Of an answer, when none is on record."""


class Forecast(Struct, frozen=True):
    """What a run would ask."""

    items: int
    """Cases of a judge, steps of a probe, places of a pass, trajectories to embed, that the run is
    about."""
    left: int
    """Cases, or answers, that are not there yet."""
    matched: int
    """Predictions that go to no judge; 0 for a probe."""
    least: int
    """Questions, if the first votes agree."""
    most: int
    """Questions at most."""
    tokens: tuple[int, int] | None = None
    """For the least and the most questions; None when no model is asked."""
    usd: tuple[float, float] | None = None
    """Likewise; None when a model has no price on record."""
    basis: str = ""
    """How the tokens were estimated, in a sentence."""


def forecast_judge(store: Store, request: JudgeRequest, settings: Settings) -> Forecast:
    """What this judge would be asked.

    Raises:
        SettingsError, RubricError, NotFound: the request cannot be carried out as it stands.
    """
    backend = backend_named(request.backend)
    rubric = pair_rubric(request.rubric)
    rule = rule_of(request, backend)
    models = models_of(request, backend)
    url = address_of(request, settings, models[0]) if backend.needs_endpoint else ""
    prices = _prices(settings)
    if not backend.is_offline:
        _require_budget(request.max_tokens_total, request.budget_usd, prices, models)
    with store.read() as conn:
        dataset_id = datasets.dataset_id(conn, request.dataset) if request.dataset else None
        wanted = Wanted(
            dataset_id, request.with_samples, request.only_undecided, settings.mastered_by
        )
        items = judging.count_to_judge(conn, wanted)
        matched = judging.count_matched(conn, wanted)
        run = runs.same_judge_run(conn, new_run(request, models, url, rubric, rule))
        goes_on = run is not None and not request.again
        done = judging.count_judged(conn, run.id) if run is not None and goes_on else 0
        left = max(0, items - done)
        least, most = (left * votes * len(rule.orders) for votes in (rule.least_equal, rule.votes))
        if backend.is_offline:
            return Forecast(items, left, matched, left, left)
        usual = [judging.usual_tokens(conn, model) for model in models]
        known = [one for one in usual if one is not None]
        if len(known) == len(models):
            each = [(one.prompt, one.completion) for one in known]
            basis = f"As its last {sum(one.n for one in known):,} replies took."
        else:
            chars = _judge_chars(conn, request, rubric, wanted, run.id if run and goes_on else -1)
            each = [(chars / CHARS_A_TOKEN, REPLY_TOKENS[Asker.JUDGE])] * len(models)
            basis = _guessed(Asker.JUDGE)
    return _costing(Forecast(items, left, matched, least, most), models, each, prices, basis)


def forecast_pass(store: Store, request: PassRequest, settings: Settings) -> Forecast:
    """What this pass would be asked: places are counted in the first trajectories, and taken to be
    as many in the others.

    Raises:
        SettingsError, RubricError, NotFound: the request cannot be carried out as it stands.
    """
    asked = request.as_judge
    models = models_of(asked, backend_named(asked.backend))
    for model in models:
        address_of(asked, settings, model)
    rule = rule_of_pass(request)
    prices = _prices(settings)
    _require_budget(request.max_tokens_total, request.budget_usd, prices, models)
    with store.read() as conn:
        dataset_id = datasets.dataset_id(conn, request.dataset) if request.dataset else None
        questions = questions_of(conn, request)
        n = count_trajectories(conn, dataset_id)
        sampled = trajectories.load_many(conn, trajectories_after(conn, dataset_id, 0, SAMPLE))
        names = names_of(conn, [one.id for one in sampled])
    lengths: list[int] = []
    for one in sampled:
        for place in places_of(one.trajectory, questions.rubric):
            rubric = questions.of(place, [one.uid, *names.get(one.id, ())])
            if rubric is not None:
                lengths.append(_pass_chars(place, rubric, request.max_chars))
    places = round(len(lengths) * n / len(sampled)) if sampled else 0
    chars = sum(lengths) / len(lengths) if lengths else 0.0
    each = [(chars / CHARS_A_TOKEN, REPLY_TOKENS[Asker.JUDGE])] * len(models)
    plain = Forecast(places, places, 0, places * rule.least_equal, places * rule.votes)
    basis = f"Places as many as in the first {len(sampled)} trajectories. {_guessed(Asker.JUDGE)}"
    return _costing(plain, models, each, prices, basis)


def _pass_chars(place: Place, rubric: Rubric, max_chars: int) -> int:
    try:
        prompt = checklist_prompt(place.case, place.shown, rubric, "0" * 16, max_chars=max_chars)
    except PromptTooLarge:
        return 0  # nobody is asked then
    return sum(len(message["content"]) for message in prompt.messages)


def forecast_probe(store: Store, request: ProbeRequest, settings: Settings) -> Forecast:
    """What this model would be asked.

    Raises:
        SettingsError, NotFound: the request cannot be carried out as it stands.
    """
    base_url_of(settings, Asker.PROBE, request.base_url)
    prices = _prices(settings)
    _require_budget(request.max_tokens_total, request.budget_usd, prices, [request.model])
    with store.read() as conn:
        dataset_id = datasets.dataset_id(conn, request.dataset) if request.dataset else None
        steps = probing.count_steps(conn, dataset_id)
        known = probing.count_samples(conn, request.model, dataset_id, request.rollouts)
        left = max(0, steps * (int(request.greedy) + request.rollouts) - known)
        spent = probing.spending_on(conn, request.model)
        if spent.answers and spent.tokens_in:
            each = (spent.tokens_in / spent.answers, spent.tokens_out / spent.answers)
            basis = f"As its {spent.answers:,} answers so far took."
        else:
            chars = _step_chars(conn, dataset_id)
            each = (chars / CHARS_A_TOKEN, REPLY_TOKENS[Asker.PROBE])
            basis = _guessed(Asker.PROBE)
    plain = Forecast(steps, left, 0, left, left)
    return _costing(plain, [request.model], [each], prices, basis)


def forecast_embed(store: Store, request: EmbedRequest, settings: Settings) -> Forecast:
    """What this embedding model would be asked.

    Raises:
        SettingsError, NotFound: the request cannot be carried out as it stands.
    """
    base_url_of(settings, Asker.EMBED, request.base_url)
    prices = _prices(settings)
    _require_budget(request.max_tokens_total, request.budget_usd, prices, [request.model])
    with store.read() as conn:
        dataset_id = datasets.dataset_id(conn, request.dataset) if request.dataset else None
        counts = embeddings.count_vectors(conn, request.model, dataset_id)
        sample = embeddings.without_vector(conn, request.model, dataset_id, 0, EMBED_SAMPLE)
    left = counts.trajectories - counts.embedded
    questions = -(-left // request.batch_size)
    texts = [asked_text(one.decode()) for one in sample]
    chars = sum(map(len, texts)) / len(texts) if texts else 0.0
    each = (chars / CHARS_A_TOKEN * left / max(1, questions), 0.0)
    basis = (
        f"By what the users of the first {len(texts)} say, at {CHARS_A_TOKEN} characters a token; "
        "what several say is asked once."
    )
    plain = Forecast(counts.trajectories, left, 0, questions, questions)
    return _costing(plain, [request.model], [each], prices, basis)


def _require_budget(
    tokens: int | None, usd: float | None, prices: dict[str, Price], models: Sequence[str]
) -> None:
    """Raise what the run itself would: a budget in dollars needs prices."""
    Spending(Budget(tokens, usd), prices, set(models))


def _prices(settings: Settings) -> dict[str, Price]:
    return {name: Price(*pair) for name, pair in settings.prices.items()}


def _guessed(asker: Asker) -> str:
    return (
        f"Nothing is on record yet: prompts at {CHARS_A_TOKEN} characters a token, "
        f"{REPLY_TOKENS[asker]} tokens an answer."
    )


def _costing(
    plain: Forecast,
    models: Sequence[str],
    each: Sequence[tuple[float, float]],
    prices: dict[str, Price],
    basis: str,
) -> Forecast:
    """The same with tokens and dollars; questions go round the models."""
    questions = (plain.least, plain.most)
    mean = sum(prompt + completion for prompt, completion in each) / len(each)
    usd = None
    if set(models) <= prices.keys():
        costs = [
            prices[model].of(Tokens(round(prompt), round(completion)))
            for model, (prompt, completion) in zip(models, each, strict=True)
        ]
        usd = tuple(n * sum(costs) / len(costs) for n in questions)
    least, most = (round(n * mean) for n in questions)
    return Forecast(
        plain.items,
        plain.left,
        plain.matched,
        plain.least,
        plain.most,
        (least, most),
        None if usd is None else (usd[0], usd[1]),
        basis,
    )


def _judge_chars(
    conn: Connection, request: JudgeRequest, rubric: Rubric, wanted: Wanted, run_id: int
) -> float:
    """Mean length of the first prompts."""
    page = judging.to_judge(conn, run_id, wanted, 0, SAMPLE)
    ids = sorted({one.trajectory_id for one in page})
    bodies = {one.id: one.trajectory for one in trajectories.load_many(conn, ids)}
    lengths = []
    for one in page:
        case = case_of(one, bodies[one.trajectory_id])
        try:
            prompt = pair_prompt(
                case, Order.REFERENCE_FIRST, rubric, "0" * 16, max_chars=request.max_chars
            )
        except PromptTooLarge:
            continue  # such a case is asked of nobody
        lengths.append(sum(len(message["content"]) for message in prompt.messages))
    return sum(lengths) / len(lengths) if lengths else 0.0


def _step_chars(conn: Connection, dataset_id: int | None) -> float:
    """Mean length of what a model is told of a step, over the first trajectories."""
    lengths = [
        len(canonical_json((stored.trajectory.tools, stored.trajectory.messages[:index])))
        for stored in probing.trajectories_to_probe(conn, dataset_id, 0, SAMPLE)
        for index in stored.trajectory.assistant_indexes()
    ]
    return sum(lengths) / len(lengths) if lengths else 0.0
