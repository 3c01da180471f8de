"""Which later messages a changed call leaves behind: a stale suffix teaches to invent results.

When a correction changes a call, the result on record answers the *old* call, and what was said
and done on the strength of that result may be wrong now. Found in three ways, strongest first: by
pairing (the result itself), by values copied from it (`curation/grounding.py`), by order (the
assistant's next message, written in view of it). A message that the correction changed as well is
taken for mended. Everything is worked out anew from the two trajectories; nothing is stored but
what a person attested.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from curation.check_context import CheckContext
from curation.diffing import aligned, match_calls
from curation.grounding import values_in_text
from curation.origins import Origin
from curation.steps import pair_results
from curation.trajectory import Role, ToolCall, Trajectory, canonical_json


class Why(StrEnum):
    """How a message depends on a changed call."""

    RESULT = "result"
    """It is the result of the call before it was changed."""
    ORPHAN = "orphan"
    """It is the result of a call that was removed."""
    COPIED = "copied"
    """It uses values of a result that is not there any more."""
    FOLLOWS = "follows"
    """It is the assistant's next message after such a result."""


class Stale(Struct, frozen=True):
    """One message of the correction that may not be true any more."""

    message_index: int
    """In the correction."""
    why: Why
    cause: int
    """Message index, in the correction, of the step whose call was changed."""
    values: tuple[str, ...] = ()
    """What was copied, where that is the reason; the first few."""


MOST_VALUES = 5


def stale_messages(parent: Trajectory, correction: Trajectory) -> tuple[Stale, ...]:
    """The stale messages of a correction, by index; () when every change is followed through.

    Messages that were cut off are not there to be stale.
    """
    return tuple(_Comparison(parent, correction).find())


def unresolved(
    parent: Trajectory, correction: Trajectory, attested: Sequence[int] = ()
) -> tuple[Stale, ...]:
    """Those that nobody attested to be "still true" (message indexes in the correction)."""
    known = frozenset(attested)
    return tuple(s for s in stale_messages(parent, correction) if s.message_index not in known)


class _Comparison:
    """A parent and its correction, message by message."""

    def __init__(self, parent: Trajectory, correction: Trajectory) -> None:
        self.parent = parent
        self.correction = correction
        self.now_at: dict[int, int] = {}
        """Message index in the parent -> in the correction, where it still is."""
        for i, j in aligned(parent.messages, correction.messages):
            if i is not None and j is not None:
                self.now_at[i] = j
        self.results_before = pair_results(parent.messages).results

    def find(self) -> list[Stale]:
        found: dict[int, Stale] = {}
        lost: dict[int, int] = {}  # message index of a result in the parent -> the step now
        for step, call, now in self._changed_calls():
            result = self.results_before.get((step, call))
            if result is None:
                continue
            lost[result] = self._step_now(step)
            here = self.now_at.get(result)
            if here is not None and self._is_as_before(result):
                why = Why.RESULT if now is not None else Why.ORPHAN
                found[here] = Stale(here, why, lost[result])
        for stale in (*self._copied(lost), *self._following(lost)):
            found.setdefault(stale.message_index, stale)
        return [found[index] for index in sorted(found)]

    def _changed_calls(self) -> Iterator[tuple[int, int, ToolCall | None]]:
        """(message index, call index, the call now) in the parent of calls that mean another thing
        now; None when the call is gone but its step, or something after it, is still there."""
        last = max(self.now_at, default=-1)
        for i, message in enumerate(self.parent.messages):
            if not message.tool_calls or i > last:
                continue
            j = self.now_at.get(i)
            after = self.correction.messages[j].tool_calls if j is not None else ()
            pairs = dict(match_calls(message.tool_calls, after))
            for index, call in enumerate(message.tool_calls):
                now = after[pairs[index]] if index in pairs else None
                if now is None or not means_the_same(call, now):
                    yield i, index, now

    def _step_now(self, step: int) -> int:
        """Where the step stands in the correction; where it was cut out, what precedes it."""
        while step not in self.now_at and step > 0:
            step -= 1
        return self.now_at.get(step, 0)

    def _is_as_before(self, index: int) -> bool:
        now = self.now_at.get(index)
        return now is not None and (self.parent.messages[index] == self.correction.messages[now])

    def _text_now(self, result: int) -> str:
        """What stands in the place of a result; "" while it is the old one, or gone."""
        now = self.now_at.get(result)
        if now is None or self._is_as_before(result):
            return ""
        return self.correction.messages[now].text

    def _copied(self, lost: dict[int, int]) -> Iterator[Stale]:
        """Unchanged messages that use a value of a lost result; not if what replaced it has it."""
        for index, result, values in self._uses(lost):
            if self._is_as_before(index):
                now = self._text_now(result)
                gone = [v for v in dict.fromkeys(values) if v not in now]
                if gone:
                    here = self.now_at[index]
                    yield Stale(here, Why.COPIED, lost[result], tuple(gone[:MOST_VALUES]))

    def _uses(self, lost: dict[int, int]) -> Iterator[tuple[int, int, list[str]]]:
        """(message index, result, values) in the parent of what calls and texts took from lost
        results. What the user says too depends on no result."""
        if not lost:
            return
        grounds = CheckContext(self.parent).grounds
        for grounding in grounds.all():
            index, source = grounding.anchor.message_index, grounding.source
            if grounding.origin is not Origin.RESULT or source is None or index is None:
                continue
            result = source.message_index
            if result in lost and not grounds.says(Origin.USER, index, grounding.value):
                yield index, result, [str(grounding.value)]
        for index in self._texts_after(min(lost)):
            text = self.parent.messages[index].text
            for result in lost:
                if result < index:
                    values = values_in_text(text, self.parent.messages[result].text)
                    yield (
                        index,
                        result,
                        [v for v in values if not grounds.says(Origin.USER, index, v)],
                    )

    def _texts_after(self, index: int) -> Iterator[int]:
        for later in range(index + 1, len(self.parent.messages)):
            message = self.parent.messages[later]
            if message.role is Role.ASSISTANT and message.text:
                yield later

    def _following(self, lost: dict[int, int]) -> Iterator[Stale]:
        """The assistant's next message after each lost result, if it is as it was."""
        for result, step in lost.items():
            after = range(result + 1, len(self.parent.messages))
            steps = (k for k in after if self.parent.messages[k].role is Role.ASSISTANT)
            following = next(steps, None)
            if following is not None and self._is_as_before(following):
                yield Stale(self.now_at[following], Why.FOLLOWS, step)


def means_the_same(one: ToolCall, other: ToolCall) -> bool:
    """Whether two calls ask the same of the same tool: spacing, key order and ids do not count."""
    if one.name != other.name:
        return False
    if one.raw_arguments == other.raw_arguments:
        return True
    a, b = one.parsed().value, other.parsed().value
    return a is not None and b is not None and canonical_json(a) == canonical_json(b)
