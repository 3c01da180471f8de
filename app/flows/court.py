"""The court: which cases wait for a person's ruling, and everything needed to rule on one.

Reading only. A ruling, what is done on it and taking it back are `app/flows/rule.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from curation.call_context import walk
from curation.checking import CHECKS, CheckContext, Finding
from curation.court import CourtClass, is_exchanged
from curation.diffing import MessageChange, diff_messages
from curation.errors import NotFound
from curation.grounding import Grounding, Grounds, asks_for_source
from curation.rollouts import Rollouts
from curation.scoring import CLOSENESS, score_kinds
from curation.trajectory import Message, ToolSpec, Trajectory
from storage import court, trajectories
from storage.annotators import AnnotatorInfo
from storage.court import COUNT_CAP, CourtFilter, QueuedCase
from storage.datasets import items_of
from storage.engine import Store
from storage.predictions import StoredPrediction, get_prediction
from storage.scores import rollouts_at, scores_among
from storage.verdicts import StoredVerdict, verdicts_of
from storage.votes import StoredVote, votes_of

__all__ = [
    "COUNT_CAP",
    "AnswerFacts",
    "CourtCase",
    "CourtFilter",
    "CourtQueue",
    "QueuedCase",
    "case_for_court",
    "models_in_court",
    "queue_of",
]

_ABOUT_ANSWERS = ("calls/", "grounding/", "answer/")
"""Families of checks that speak of one answer; the others need what came after it."""


class AnswerFacts(Struct, frozen=True):
    """What rules say of one of the two answers."""

    message: Message
    findings: tuple[Finding, ...]
    groundings: tuple[Grounding, ...]
    """Of the values in its calls; anchors count in the context with the answer behind it."""


class CourtCase(Struct, frozen=True):
    """Everything a person needs to rule on one prediction."""

    prediction: StoredPrediction
    scores: dict[str, float]
    """What rewards say of it, by name of `curation.scoring.score_kinds`."""
    rollouts: Rollouts | None
    """Closeness of this model's sampled answers to the step; None when there are none."""
    uid: str
    dataset: str
    source_id: str
    tools: tuple[ToolSpec, ...]
    context: tuple[Message, ...]
    """The messages before the step."""
    step: int
    """1-based number of the step among the assistant's messages."""
    n_later: int
    """Messages behind the step; a correction may leave their results stale."""
    reference: AnswerFacts
    answer: AnswerFacts
    """The prediction's."""
    change: MessageChange | None
    """From the reference to the prediction; None when they are equal."""
    exchanged: bool
    """Shown blind, A is the prediction to this person."""
    own: StoredVerdict | None
    """What this person ruled, unless they took it back."""
    verdicts: tuple[StoredVerdict, ...]
    """All of them, in order; () while they are kept from this person."""
    votes: tuple[StoredVote, ...]
    """Likewise."""
    is_hidden: bool
    """Verdicts and votes are kept from this person until they have ruled."""
    seen: int
    """Id of the last verdict on record, 0 for none: a ruling that was not based on it is stale."""


class CourtQueue(Struct, frozen=True):
    """One class of cases, and where one stands in it."""

    counts: dict[CourtClass, int]
    """Each up to `COUNT_CAP`, as the place is."""
    n_mastered: int
    prediction_id: int | None
    """The case to show; None when nothing waits here."""
    place: int
    """1-based; 0 when the case is not (or no longer) in this class."""
    previous: int | None
    following: int | None


def queue_of(
    store: Store, wanted: CourtFilter, cls: CourtClass, at: int | None = None
) -> CourtQueue:
    """The queue of a class, standing at one prediction, or at the first when `at` is None."""
    with store.read() as conn:
        counts = court.count_classes(conn, wanted)
        if at is None:
            first = court.queue_of_verdicts(conn, wanted, cls)
            at = first[0].prediction_id if first else None
        before = behind = None
        place = 0
        if at is not None:
            before = court.previous_of(conn, wanted, cls, at)
            later = court.queue_of_verdicts(conn, wanted, cls, after=at)
            behind = later[0].prediction_id if later else None
            if court.is_waiting(conn, wanted, cls, at):
                place = court.place_of(conn, wanted, cls, at)
        return CourtQueue(counts, court.count_mastered(conn, wanted), at, place, before, behind)


def models_in_court(store: Store) -> list[str]:
    """Models whose answers are on record."""
    with store.read() as conn:
        return court.models_predicted(conn)


def case_for_court(
    store: Store, prediction_id: int, who: AnnotatorInfo, *, blind: bool
) -> CourtCase:
    """One case; blind, without what others say of it until this person has ruled.

    Raises:
        NotFound: there is no such prediction, or its step is not in the trajectory.
    """
    with store.read() as conn:
        found = get_prediction(conn, prediction_id)
        stored = trajectories.load_by_id(conn, found.trajectory_id)
        items = items_of(conn, found.trajectory_id)
        scores = scores_among(conn, [prediction_id]).get(prediction_id, {})
        rollouts = rollouts_at(
            conn,
            score_kinds()[CLOSENESS],
            found.trajectory_id,
            found.message_index,
            found.model,
        )
        verdicts = verdicts_of(conn, prediction_id)
        votes = votes_of(conn, prediction_id)
    at, messages = found.message_index, stored.trajectory.messages
    steps = stored.trajectory.assistant_indexes()
    if at not in steps:
        raise NotFound(
            f"Message {at} of {stored.uid} is no step.", hint="Import the predictions again."
        )
    own = _own(verdicts, who)
    is_hidden = blind and own is None
    tools = stored.trajectory.tools
    return CourtCase(
        prediction=found,
        scores=scores,
        rollouts=rollouts,
        uid=stored.uid,
        dataset=items[0].dataset if items else "",
        source_id=items[0].source_id if items else "",
        tools=tools,
        context=messages[:at],
        step=steps.index(at) + 1,
        n_later=len(messages) - at - 1,
        reference=_facts(messages[:at], messages[at], tools),
        answer=_facts(messages[:at], found.message, tools),
        change=diff_messages(messages[at], found.message, at, at),
        exchanged=is_exchanged(f"{stored.uid}:{at}:{found.model}:{found.id}", who.name),
        own=own,
        verdicts=() if is_hidden else tuple(verdicts),
        votes=() if is_hidden else tuple(votes),
        is_hidden=is_hidden,
        seen=max((one.id for one in verdicts), default=0),
    )


def _own(verdicts: Sequence[StoredVerdict], who: AnnotatorInfo) -> StoredVerdict | None:
    """What somebody says now."""
    said = [v for v in verdicts if v.annotator_id == who.id and v.withdraws is None]
    return next((v for v in reversed(said) if not v.is_withdrawn), None)


def _facts(
    context: tuple[Message, ...], answer: Message, tools: tuple[ToolSpec, ...]
) -> AnswerFacts:
    """An answer as if it stood in the trajectory, held against what was said before it.

    Its call ids are no part of what it answers, and would tell the label from the prediction.
    """
    calls = tuple(replace(call, id=None) for call in answer.tool_calls)
    checked = CheckContext(Trajectory((*context, replace(answer, tool_calls=calls)), tools))
    at = len(context)
    findings = [
        finding
        for check in CHECKS
        if check.name.startswith(_ABOUT_ANSWERS)
        for finding in check.run(checked)
        if finding.anchor.message_index == at
    ]
    grounds = Grounds(checked.roles, checked.texts, checked.calls)
    groundings = [
        grounds.of(call, pointer, value)
        for call in checked.calls
        if call.message_index == at
        for pointer, value in walk(call.arguments or {})
        if asks_for_source(value)
    ]
    return AnswerFacts(answer, tuple(findings), tuple(groundings))
