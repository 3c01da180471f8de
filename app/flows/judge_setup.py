"""What is to be judged, by whom and how; and how the judges that it names are opened.

A request is what a person asks for and what a job keeps. No key is ever part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from app.flows.endpoints import Asker, base_url_of, endpoint_for
from app.flows.model_addresses import model_addresses, model_names
from app.settings import Settings
from curation.consensus import PROOF, ConsensusRule
from curation.errors import RubricError, SettingsError
from curation.gold import GoldCall, gold_of_only_step
from curation.judging import JUDGES, JudgeBackend, JudgeCase, JudgeSetup
from curation.rubric import About, Rubric, rubric_named
from curation.trajectory import Message, Trajectory
from storage.annotators import NAME_LENGTH
from storage.predictions import StoredPrediction
from storage.runs import NewJudgeRun

DEFAULT_RUBRIC = "label-verification"


class JudgeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be judged, by whom and how. No key is ever part of it."""

    backend: str = "rules"
    dataset: str | None = None
    models: tuple[str, ...] = ()
    """`name`, or `name@http://…` for one with an address of its own."""
    base_url: str | None = None
    """None: as the settings say."""
    rubric: str = DEFAULT_RUBRIC
    votes: int = 3
    least_equal: int = 2
    both_orders: bool = True
    with_samples: bool = False
    only_undecided: bool = False
    again: bool = False
    """A new run, even if the same was asked for before."""
    recording: str | None = None
    """Path of a file of recorded replies, for `replay`."""
    concurrency: int = 16
    timeout_s: float = 120.0
    """For one try at one question."""
    max_tokens: int = 2048
    """Of one reply."""
    max_chars: int = 60_000
    """Of one prompt."""
    max_tokens_total: int | None = None
    budget_usd: float | None = None


def backend_named(name: str) -> JudgeBackend:
    """The registered backend.

    Raises:
        SettingsError: there is none of that name.
    """
    if name not in JUDGES.names():
        raise SettingsError(
            f"No judge is called {name!r}.",
            where="judge",
            hint=f"There are: {', '.join(JUDGES.names())}.",
        )
    return JUDGES.get(name)


def judge_name(backend: str, models: Sequence[str], rubric: Rubric) -> str:
    """The judge's name as annotator: another model or rubric version is another judge."""
    who = " + ".join(dict.fromkeys(models)) if backend == "openai" else backend
    name = f"judge {who} · {rubric.key}"
    if len(name) <= NAME_LENGTH:
        return name
    tag = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: NAME_LENGTH - 10]} {tag}"


def pair_rubric(name: str) -> Rubric:
    rubric = rubric_named(name)
    if rubric.about is not About.PAIR:
        raise RubricError(
            f"{name} is not about two answers.", where="judge", hint=f"Use {DEFAULT_RUBRIC}."
        )
    return rubric


def rule_of(request: JudgeRequest, backend: JudgeBackend) -> ConsensusRule:
    if backend.is_offline and not backend.needs_recording:
        return PROOF
    try:
        return ConsensusRule(request.votes, request.least_equal, request.both_orders)
    except ValueError as problem:
        raise SettingsError(
            f"This rule decides nothing: {problem}.",
            where="judge",
            hint="Ask for more votes, or for fewer that must agree.",
        ) from None


def models_of(request: JudgeRequest, backend: JudgeBackend) -> tuple[str, ...]:
    """Names of the models that vote, in the order in which votes go round them."""
    if request.models:
        return model_names(request.models, Asker.JUDGE)
    if backend.needs_endpoint or backend.needs_recording:
        raise SettingsError(
            "No model is named.", where="judge", hint="Give --model, once for each model."
        )
    return (request.backend,)


def setups_of(
    request: JudgeRequest, settings: Settings, backend: JudgeBackend, models: Sequence[str]
) -> dict[str, JudgeSetup]:
    """How the judge of each model is opened, at its own address or the common one."""
    if backend.needs_endpoint:
        return {
            model: JudgeSetup(
                endpoint_for(
                    settings,
                    Asker.JUDGE,
                    address_of(request, settings, model),
                    model,
                    timeout_s=request.timeout_s,
                    max_tokens=request.max_tokens,
                ),
                max_chars=request.max_chars,
            )
            for model in models
        }
    recording = recorded_replies(request.recording) if backend.needs_recording else ()
    return dict.fromkeys(models, JudgeSetup(recording=recording, max_chars=request.max_chars))


def address_of(request: JudgeRequest, settings: Settings, model: str) -> str:
    """Where a model is asked.

    Raises:
        SettingsError: it has no address of its own, and there is no common one.
    """
    own = model_addresses(request.models, Asker.JUDGE).get(model)
    return own or base_url_of(settings, Asker.JUDGE, request.base_url)


def recorded_replies(path: str | None) -> tuple[str, ...]:
    if path is None:
        raise SettingsError(
            "No recording is named.", where="judge", hint="Give --recording FILE of replies."
        )
    try:
        return tuple(Path(path).read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsError(
            f"The recording cannot be read: {type(problem).__name__}.",
            where=path,
            hint="Name a file of recorded replies, one JSON object a line.",
        ) from None


def new_run(
    request: JudgeRequest,
    models: Sequence[str],
    base_url: str,
    rubric: Rubric,
    rule: ConsensusRule,
    job_id: int | None = None,
) -> NewJudgeRun:
    """The row of a run; an earlier one with the same values goes on in its place."""
    return NewJudgeRun(
        request.dataset or "",
        request.backend,
        tuple(models),
        base_url,
        rubric.name,
        rubric.version,
        rule,
        {
            "with_samples": request.with_samples,
            "max_chars": request.max_chars,
            **own_addresses(request.models),
        },
        job_id,
    )


def own_addresses(models: Sequence[str]) -> dict[str, dict[str, str]]:
    """What a run remembers of models with addresses of their own; {} when there are none."""
    own = {name: url for name, url in model_addresses(models, Asker.JUDGE).items() if url}
    return {"addresses": own} if own else {}


def case_of(
    one: StoredPrediction,
    trajectory: Trajectory,
    accepted: Sequence[Message] = (),
    gold: Sequence[GoldCall] | None = None,
) -> JudgeCase:
    """What the judge is shown of a prediction, and what else is accepted at its step."""
    at = one.message_index
    return JudgeCase(
        tools=trajectory.tools,
        context=trajectory.messages[:at],
        reference=trajectory.messages[at],
        prediction=one.message,
        alternatives=tuple(accepted),
        gold=gold_of_only_step(gold, trajectory),
    )
