"""Which errors new samples are grown from, by whom and how.

A request is what a person asks for and what a job keeps. No key is ever part of it.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from app.flows.endpoints import Asker, base_url_of, endpoint_for
from app.settings import Settings
from curation.consensus import ConsensusRule
from curation.directive import directive_mix, directive_named
from curation.errors import ExpansionError, RubricError, SettingsError
from curation.expansion.near_copies import MAX_SIMILARITY
from curation.generators.expander import TEMPERATURE, TOP_P
from curation.judging import JudgeSetup
from curation.model_endpoint import Endpoint
from curation.rubric import About, Rubric, rubric_named
from curation.standing import RulerKind
from storage.expansion_runs import NewExpansionRun

DEFAULT_RUBRIC = "new-sample"
CHILDREN = 4
"""Of a seed, as in LoopTool's paper; its released code takes 3."""


class ExpandRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What new samples are wanted, and who is asked for them. No key is ever part of it."""

    model: str
    base_url: str | None = None
    """None, here and below: as the settings say."""
    dataset: str | None = None
    """Whose errors are the seeds; None: of all data."""
    into: str | None = None
    """Dataset that admitted samples join; None: `<dataset>-expanded-<n>`."""
    judge_models: tuple[str, ...] = ()
    """(): the model judges its own samples."""
    judge_base_url: str | None = None
    """None: as the settings say, else where the model is."""
    rubric: str = DEFAULT_RUBRIC
    votes: int = 3
    least_equal: int = 2
    children: int = CHILDREN
    directives: dict[str, float] = field(default_factory=dict)
    """Name -> weight; {}: all of them alike."""
    seed: int = 0
    """Of the draw of directives."""
    max_similarity: float = MAX_SIMILARITY
    with_judge_verdicts: bool = False
    """Also errors that only a judge says are some."""
    with_text: bool = False
    """Also errors whose right side calls nothing, and samples like them."""
    grounding: bool = True
    """Values from nowhere refuse a sample."""
    warnings: bool = False
    """So does every warning of a check."""
    temperature: float = TEMPERATURE
    top_p: float = TOP_P
    queue: bool = True
    """Admitted samples are checked and queued for people."""
    again: bool = False
    """A new run, even if the same was asked for before."""
    concurrency: int = 16
    timeout_s: float = 120.0
    """For one try at one question."""
    max_tokens: int = 2048
    """Of one sample."""
    judge_max_tokens: int = 2048
    """Of one vote."""
    max_chars: int = 60_000
    """Of one prompt."""
    max_tokens_total: int | None = None
    budget_usd: float | None = None


def kinds_of(request: ExpandRequest) -> tuple[RulerKind, ...]:
    """On whose word an error is one."""
    certain = (RulerKind.HUMAN, RulerKind.AUTO)
    return (*certain, RulerKind.JUDGE) if request.with_judge_verdicts else certain


def rubric_of(request: ExpandRequest) -> Rubric:
    """What the judge is to look at.

    Raises:
        RubricError: there is none of that name, or it cannot decide about one answer.
    """
    rubric = rubric_named(request.rubric)
    if rubric.about is not About.ANSWER or not any(c.must_hold for c in rubric.criteria):
        raise RubricError(
            f"{rubric.name} has no criteria of one answer that must hold.",
            where="expand",
            hint=f"Use {DEFAULT_RUBRIC}.",
        )
    return rubric


def rule_of(request: ExpandRequest) -> ConsensusRule:
    """How votes are counted.

    Raises:
        SettingsError: it could never decide.
    """
    try:
        return ConsensusRule(request.votes, request.least_equal, both_orders=False)
    except ValueError as problem:
        raise SettingsError(
            f"This rule decides nothing: {problem}.",
            where="expand",
            hint="Ask for more votes, or for fewer that must agree.",
        ) from None


def judges_of(request: ExpandRequest) -> tuple[str, ...]:
    """The models whose votes decide."""
    return request.judge_models or (request.model,)


def writer_of(request: ExpandRequest, settings: Settings) -> Endpoint:
    """Who writes.

    Raises:
        SettingsError: no model is named, or no address that can be used.
    """
    if not request.model:
        raise SettingsError(
            "No model is named.",
            where="expand",
            hint="Enter one under Settings, give --model, or set LOOPWRIGHT_GENERATOR_MODEL.",
        )
    return endpoint_for(
        settings,
        Asker.GENERATOR,
        base_url_of(settings, Asker.GENERATOR, request.base_url),
        request.model,
        timeout_s=request.timeout_s,
        max_tokens=request.max_tokens,
    )


def judge_setups(
    request: ExpandRequest, settings: Settings, writer: Endpoint
) -> dict[str, JudgeSetup]:
    """How the judge of each model is opened.

    Raises:
        SettingsError: the judge's address cannot be used.
    """
    own = not request.judge_models
    url = writer.base_url
    if request.judge_base_url or (settings.judge_base_url and not own):
        url = base_url_of(settings, Asker.JUDGE, request.judge_base_url)
    setups = {}
    for model in judges_of(request):
        endpoint = endpoint_for(
            settings,
            Asker.JUDGE,
            url,
            model,
            timeout_s=request.timeout_s,
            max_tokens=request.judge_max_tokens,
        )
        if url == writer.base_url and not endpoint.api_key.get_secret_value():
            endpoint = _with_key_of(writer, endpoint)
        setups[model] = JudgeSetup(endpoint, max_chars=request.max_chars)
    return setups


def _with_key_of(other: Endpoint, endpoint: Endpoint) -> Endpoint:
    return Endpoint(
        endpoint.base_url, endpoint.model, other.api_key, endpoint.timeout_s, endpoint.max_tokens
    )


def new_run(
    request: ExpandRequest,
    writer: Endpoint,
    judge_url: str,
    rubric: Rubric,
    rule: ConsensusRule,
    job_id: int | None = None,
) -> NewExpansionRun:
    """What makes a run another one. How many children are wanted, and what may be spent, does not:
    a run goes on with more of either.

    Raises:
        ExpansionError: see `directive_mix`, and wishes that no sample could meet.
    """
    _require_possible(request)
    mix = directive_mix(request.directives)
    parameters: dict[str, Any] = {
        "directives": {directive_named(name).key: weight for name, weight in mix.items()},
        "seed": request.seed,
        "max_similarity": request.max_similarity,
        "into": request.into or "",
        "with_judge_verdicts": request.with_judge_verdicts,
        "with_text": request.with_text,
        "grounding": request.grounding,
        "warnings": request.warnings,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_tokens": request.max_tokens,
        "max_chars": request.max_chars,
    }
    return NewExpansionRun(
        request.dataset or "",
        request.model,
        writer.base_url,
        judges_of(request),
        judge_url,
        rubric.name,
        rubric.version,
        rule,
        parameters,
        job_id,
    )


def _require_possible(request: ExpandRequest) -> None:
    if request.children < 1:
        raise ExpansionError(
            "No children are asked for.", where="children", hint="Ask for 1 or more of every error."
        )
    if not 0 < request.max_similarity <= 1:
        raise ExpansionError(
            "The most similarity must be above 0 and at most 1.",
            where="max-similarity",
            hint=f"The default is {MAX_SIMILARITY}; 1 drops only what is equal.",
        )
    if request.into is not None and request.into == request.dataset:
        raise ExpansionError(
            "New samples cannot join the dataset that they are grown from.",
            where="into",
            hint="Give another name, or none.",
        )
