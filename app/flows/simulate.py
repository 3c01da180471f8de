"""Simulate: ask a model what a tool would have answered to a changed call.

The last resort before a person: results on record come first (`replay`). Gathering what the model
is told reads the store; asking waits for the network, so it is a coroutine of its own and holds
neither a connection nor a thread. Nothing is stored: a proposal becomes part of a correction when a
person takes it, and the correction remembers it (`curation/simulated.py`).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from sqlalchemy import Connection

from app.flows.correct import Revision, apply_revision
from app.settings import PREFIX, Settings
from curation.errors import AnnotationError, SettingsError
from curation.generators import simulator
from curation.generators.simulator import Example, Proposal, Question
from curation.model_endpoint import Endpoint
from curation.stale import means_the_same
from curation.steps import pair_results
from curation.trajectory import ToolCall, Trajectory
from storage import browse, trajectories
from storage.annotators import AnnotatorInfo
from storage.browse import Filter
from storage.engine import Store

MOST_READ = 12
"""Trajectories elsewhere that are read for examples."""
MOST_HERE = 4
MOST_ELSEWHERE = 3


def missing_settings(settings: Settings) -> list[str]:
    """Names of the environment variables that must be set before a simulator can be asked."""
    needed = ("simulator_base_url", "simulator_model")
    return [PREFIX + name.upper() for name in needed if not getattr(settings, name)]


def simulator_endpoint(settings: Settings) -> Endpoint:
    """The model that the settings name.

    Raises:
        SettingsError: none is set.
    """
    missing = missing_settings(settings)
    if missing:
        raise SettingsError(
            "No simulator is set up.",
            where="simulator",
            hint=f"Enter it under Settings, or set {' and '.join(missing)}; or write the result.",
        )
    return Endpoint(
        settings.simulator_base_url,
        settings.simulator_model,
        settings.simulator_api_key,
        settings.simulator_timeout_s,
        settings.simulator_max_tokens,
    )


def question_about(
    store: Store, annotator: AnnotatorInfo, uid: str, revision: Revision, message_index: int
) -> Question:
    """What the model is told to find the text of one tool message of the revised trajectory.

    Raises:
        NotFound: no such trajectory.
        AnnotationError: the message is no result of a call.
    """
    with store.read() as conn:
        parent, revised = apply_revision(conn, uid, revision, annotator)
        now = revised.trajectory
        step, call = _asked(now, message_index)
        examples = [*_here(parent, now, call, message_index), *_elsewhere(conn, uid, call)]
    tool = next((t for t in now.tools if t.name == call.name), None)
    return Question(tool, call, now.messages[:step], tuple(examples))


async def simulate(endpoint: Endpoint, question: Question) -> Proposal:
    """Ask the model.

    Raises:
        GeneratorError: no usable answer.
    """
    return await simulator.simulate(endpoint, question, secrets.token_hex(8))


def _asked(now: Trajectory, message_index: int) -> tuple[int, ToolCall]:
    """The step and the call that the message answers."""
    for (i, j), result in pair_results(now.messages).results.items():
        if result == message_index:
            return i, now.messages[i].tool_calls[j]
    raise AnnotationError(
        "Only the result of a call can be simulated.",
        where="simulator",
        hint="Select the stale result of a changed call.",
    )


def _here(parent: Trajectory, now: Trajectory, call: ToolCall, message_index: int) -> list[Example]:
    """Other calls of the tool in this trajectory: before the correction first, for there the tool
    itself has answered, the call that was changed among them."""
    answered = [(c, text) for _, c, text in _calls_of(parent, call.name)]
    answered += [(c, text) for i, c, text in _calls_of(now, call.name) if i < message_index]
    found: list[Example] = []
    for other, text in answered:
        example = Example(other.raw_arguments, text)
        if not means_the_same(other, call) and example not in found:
            found.append(example)
    return found[-MOST_HERE:]


def _elsewhere(conn: Connection, uid: str, call: ToolCall) -> list[Example]:
    """Calls of the tool in other trajectories, one of each."""
    listed = browse.page(conn, Filter(tool=call.name), limit=MOST_READ).rows
    found: list[Example] = []
    for stored in trajectories.load_many(conn, [row.id for row in listed if row.uid != uid]):
        for _, other, text in _calls_of(stored.trajectory, call.name):
            if text and all(text != e.result for e in found):
                found.append(Example(other.raw_arguments, text))
                break
        if len(found) == MOST_ELSEWHERE:
            break
    return found


def _calls_of(trajectory: Trajectory, name: str) -> Iterator[tuple[int, ToolCall, str]]:
    """(message index of the result, call, result) of every answered call of a tool."""
    results = pair_results(trajectory.messages).results
    for i, j, call in trajectory.calls():
        index = results.get((i, j))
        if index is not None and call.name == name:
            yield index, call, trajectory.messages[index].text
