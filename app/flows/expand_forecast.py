"""What growing new samples would ask, and what that may cost, before anybody starts it.

As `app/flows/forecast.py`: counts are exact, tokens are what the same models took before where that
is on record, else an estimate that says how it was made. Nothing is asked and nothing is stored.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

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
from app.flows.forecast import CHARS_A_TOKEN, SAMPLE
from app.flows.spending import Budget, Price, Spending
from app.flows.spending import Tokens as Taken
from app.settings import Settings
from curation.checklist_judging import checklist_prompt
from curation.directive import directive_mix, directive_named, drawn
from curation.expansion.lineage import ChildState
from curation.expansion.prompt import expansion_prompt
from curation.judge_prompt import Prompt, PromptTooLarge
from curation.judging import JudgeCase
from curation.rubric import Rubric
from storage import datasets, expansion_runs, expansions
from storage.engine import Store
from storage.expansion_votes import usual_vote_tokens
from storage.expansions import StoredChild, Tokens, usual_sample_tokens

SAMPLE_TOKENS = 500
"""Of a new sample, when none is on record."""
VOTE_TOKENS = 300


class ExpandForecast(Struct, frozen=True):
    """What a run would ask."""

    seeds: int
    skipped: dict[str, int]
    """Why verified errors are no seeds -> how many."""
    to_ask: int
    """Samples that are not there yet."""
    to_settle: int
    """Samples that are there and wait for votes."""
    least_votes: int
    """If all of them pass the rules and the first votes agree."""
    most_votes: int
    tokens: tuple[int, int]
    """With the least and with the most votes."""
    usd: tuple[float, float] | None
    """Likewise; None when a model has no price on record."""
    basis: str
    """How the tokens were estimated, in a sentence."""
    dataset: str
    """That admitted samples would be in; "" when that is told at the start."""


def forecast_expand(store: Store, request: ExpandRequest, settings: Settings) -> ExpandForecast:
    """What would be asked.

    Raises:
        SettingsError, ExpansionError, RubricError, NotFound: the request cannot be carried out as
            it stands.
    """
    rubric, rule = rubric_of(request), rule_of(request)
    writer = writer_of(request, settings)
    setups = judge_setups(request, settings, writer)
    url = next(s.endpoint.base_url for s in setups.values() if s.endpoint)
    models = judges_of(request)
    prices = {name: Price(*pair) for name, pair in settings.prices.items()}
    budget = Budget(request.max_tokens_total, request.budget_usd)
    Spending(budget, prices, {request.model, *models})  # raises what the run would
    new = new_run(request, writer, url, rubric, rule)
    with store.read() as conn:
        dataset_id = datasets.dataset_id(conn, request.dataset) if request.dataset else None
        run = None if request.again else expansion_runs.same_expansion_run(conn, new)
        sample = usual_sample_tokens(conn, request.model)
        votes = usual_vote_tokens(conn, models)
    seeds = Seeds(store, dataset_id, request)
    n_seeds = to_ask = to_settle = 0
    first: list[Sown] = []
    for page in seeds.pages():
        n_seeds += len(page)
        known: dict[str, list[StoredChild]] = {}
        if run is not None:
            with store.read() as conn:
                known = expansions.children_of(conn, run.id, [one.seed_id for one in page])
        for sown in page:
            states = {
                one.key.number: one.state
                for one in known.get(sown.seed_id, [])
                if one.state is not ChildState.FAILED
            }
            to_ask += sum(number not in states for number in range(request.children))
            to_settle += sum(state is ChildState.WRITTEN for state in states.values())
        first += page[: SAMPLE - len(first)]
    basis = "As the samples and votes of these models so far took."
    if sample is None or votes is None:
        guess = _guessed(request, rubric, first)
        sample, votes = sample or guess[0], votes or guess[1]
        basis = (
            f"Not all of it is on record yet: prompts at {CHARS_A_TOKEN} characters a token, "
            f"{SAMPLE_TOKENS} tokens a sample, {VOTE_TOKENS} a vote."
        )
    judged = to_ask + to_settle
    counts = (judged * rule.least_equal, judged * rule.votes)
    least, most = (_tokens(sample, to_ask) + _tokens(votes, n) for n in counts)
    usd = None
    if {request.model, *models} <= prices.keys():
        writing = to_ask * prices[request.model].of(_taken(sample))
        a_vote = sum(prices[model].of(_taken(votes)) for model in models) / len(models)
        usd = (writing + counts[0] * a_vote, writing + counts[1] * a_vote)
    return ExpandForecast(
        n_seeds,
        {reason: n for reason, n in sorted(seeds.skipped.items()) if n},
        to_ask,
        to_settle,
        *counts,
        (least, most),
        usd,
        basis,
        run.target if run else request.into or "",
    )


def _tokens(one: Tokens, n: int) -> int:
    return n * (one.prompt + one.completion)


def _taken(one: Tokens) -> Taken:
    return Taken(one.prompt, one.completion)


def _guessed(
    request: ExpandRequest, rubric: Rubric, seeds: Sequence[Sown]
) -> tuple[Tokens, Tokens]:
    """Tokens of a sample and of a vote, by the length of the first prompts."""
    mix = directive_mix(request.directives)
    written, judged = [], []
    for one in seeds:
        seed = one.seed
        case = JudgeCase(seed.tools, seed.context, seed.correct, seed.correct)
        directive = directive_named(drawn(mix, one.seed_id, 0, request.seed))
        try:
            written.append(
                _length(expansion_prompt(seed, directive, "0" * 16, max_chars=request.max_chars))
            )
            judged.append(
                _length(
                    checklist_prompt(
                        case, seed.correct, rubric, "0" * 16, max_chars=request.max_chars
                    )
                )
            )
        except PromptTooLarge:
            continue  # nobody is asked about such a one
    return (
        Tokens(_mean(written) // CHARS_A_TOKEN, SAMPLE_TOKENS),
        Tokens(_mean(judged) // CHARS_A_TOKEN, VOTE_TOKENS),
    )


def _length(prompt: Prompt) -> int:
    return len(prompt.system) + len(prompt.user)


def _mean(lengths: Sequence[int]) -> int:
    return sum(lengths) // len(lengths) if lengths else 0
