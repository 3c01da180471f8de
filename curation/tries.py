"""The tries of a step: other answers that were given where the reference stands.

A try is what one or several models answered (a sampled prediction), or the branch that a search
took there first (a sibling in ToolBench's tree). Answers that say the same are one try: call ids,
the spelling of arguments and the order of parallel calls are no difference, and an answer that says
what the reference says is no try at all but agreement with it.

Pure. Where answers come from is `storage/predictions.py`; what people say of a try is an act, see
`curation/annotation.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from curation.checking import CHECKS, CheckContext, Finding, Severity, ToolsContext
from curation.diffing import canonical_calls
from curation.trajectory import Message, ToolSpec, Trajectory, canonical_json

TRY_PREFIX = "try1-"
"""Tag of the content hash, as that of a trajectory's uid."""

_FAMILY = "calls/"
"""Checks that look at calls and their tools; the others need the results that a try has not got."""


class Answer(Struct, frozen=True):
    """One recorded answer for a step."""

    model: str
    message: Message
    perplexity: float | None = None
    n_samples: int = 1
    """How often the model gave exactly this answer."""
    source: dict[str, Any] = {}
    """What the source said of it (how its branch ended, say)."""


class Try(Struct, frozen=True):
    """All answers for a step that say the same thing."""

    try_id: str
    message: Message
    """As the first of them spells it."""
    answers: tuple[Answer, ...]

    @property
    def n_samples(self) -> int:
        """How often it was answered so."""
        return sum(answer.n_samples for answer in self.answers)


class StepTries(Struct, frozen=True):
    """Everything that was answered at one step besides the reference."""

    same: tuple[Answer, ...] = ()
    """Answers that say what the reference says."""
    others: tuple[Try, ...] = ()
    """The tries, in the order they came."""

    def find(self, wanted: str) -> Try | None:
        """The try with this id; None when nobody answered so."""
        return next((one for one in self.others if one.try_id == wanted), None)


def try_id(message: Message) -> str:
    """Tagged content hash of what an answer says: its text and its calls.

    Thinking is left out, as are ids, spacing, the order of an object's keys and of the calls.
    """
    calls = sorted(
        (name, arguments.decode("utf-8", "replace")) for name, arguments in canonical_calls(message)
    )
    said = canonical_json([message.text.strip(), calls])
    return TRY_PREFIX + hashlib.sha256(said).hexdigest()[:24]


def tries_of_step(reference: Message, answers: Iterable[Answer]) -> StepTries:
    """Fold the answers for one step."""
    own = try_id(reference)
    folded: dict[str, list[Answer]] = {}
    for answer in answers:
        folded.setdefault(try_id(answer.message), []).append(answer)
    same = folded.pop(own, [])
    others = [Try(key, all_of[0].message, tuple(all_of)) for key, all_of in folded.items()]
    return StepTries(tuple(same), tuple(others))


def tries_by_step(
    messages: Sequence[Message], answers: Iterable[tuple[int, Answer]]
) -> dict[int, StepTries]:
    """Message index -> its tries, for (message index, answer) pairs; steps that are not there are
    left out."""
    by_step: dict[int, list[Answer]] = {}
    for index, answer in answers:
        if 0 <= index < len(messages):
            by_step.setdefault(index, []).append(answer)
    return {i: tries_of_step(messages[i], found) for i, found in sorted(by_step.items())}


def broken_calls(
    message: Message, tools: tuple[ToolSpec, ...], known: ToolsContext | None = None
) -> list[Finding]:
    """What the checks of calls find in an answer, were it the step; () for a sound one.

    Args:
        known: what is known of `tools` already, when several answers are looked at.
    """
    context = CheckContext(Trajectory((message,), tools), known)
    checks = [entry for entry in CHECKS if entry.name.startswith(_FAMILY)]
    return [found for entry in checks for found in entry.run(context)]


def keeps_schema(message: Message, tools: tuple[ToolSpec, ...]) -> bool:
    """Whether no check of calls calls an error in an answer."""
    return all(f.severity is not Severity.ERROR for f in broken_calls(message, tools))
