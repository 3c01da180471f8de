"""From the model calls of one trace to the conversations they were parts of.

Every model call repeats the history before it, so the calls of one conversation are found by their
beginnings: a call whose input starts with what was said so far goes on with it. What was recorded
when it was generated is kept over how a later call repeats it, because repetitions drop the
thinking. Two answers to one history are tries of a step: the one that the conversation went on with
(else the later one) stands in the trajectory, the others are predictions. A call with a history of
its own (a sub-agent) begins a conversation of its own, in the same group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from curation.importing import Imported, ImportedPrediction
from curation.trajectory import (
    Message,
    Role,
    ToolSpec,
    Trajectory,
    canonical_json,
    parse_arguments,
)


class ModelCall(Struct, frozen=True):
    """What one request to a model said and got."""

    given: tuple[Message, ...]
    answers: tuple[Message, ...]
    """One, or several where the request asked for more than one choice."""
    tools: tuple[ToolSpec, ...] = ()
    model: str = ""


class ToolRun(Struct, frozen=True):
    """What a run of a tool recorded; fills in for a result that no model call repeats."""

    call_id: str
    name: str
    result: str


class _Thread(Struct):
    """A conversation so far."""

    messages: list[Message]
    keys: list[tuple[Any, ...]]
    last: ModelCall
    start: int
    """Index of the last answer: what came before it was given."""
    tools: tuple[ToolSpec, ...]
    others: list[ImportedPrediction]


def conversations(
    calls: Sequence[ModelCall],
    runs: Sequence[ToolRun],
    *,
    source_id: str,
    source: dict[str, Any],
    group: str | None,
    tools: tuple[ToolSpec, ...] = (),
) -> Iterator[Imported]:
    """One trajectory for each conversation in the calls of a trace, which are in time order.

    Args:
        tools: those for conversations whose calls offer none.
        group: what keeps the conversations of one trace together.
    """
    threads: list[_Thread] = []
    for call in calls:
        _take(threads, call)
    kept = _without_tries(threads)
    for number, thread in enumerate(kept):
        _finish(thread, runs)
        yield Imported(
            trajectory=Trajectory(tuple(thread.messages), thread.tools or tools),
            source_id=source_id if number == 0 else f"{source_id}#{number + 1}",
            source=source if number == 0 else {"conversation": number + 1, **source},
            group=group,
            predictions=tuple(thread.others),
        )


def _take(threads: list[_Thread], call: ModelCall) -> None:
    """Let a call go on with the longest conversation that its input begins with, or begin one."""
    keys = [_key(message) for message in call.given]
    best: _Thread | None = None
    for thread in threads:
        n = len(thread.keys)
        if n <= len(keys) and keys[:n] == thread.keys and (best is None or n > len(best.keys)):
            best = thread
    given = list(call.given)
    if best is None and threads and given and given[0].role is Role.TOOL:
        best = threads[-1]  # only what is new was recorded; results cannot begin a conversation
        given = [*best.messages, *given]
        keys = [*best.keys, *keys]
    if best is None:
        best = _Thread([], [], call, 0, (), [])
        threads.append(best)
    best.messages += given[len(best.messages) :]
    best.keys = keys
    best.start = len(best.messages)
    best.last = call
    best.tools = call.tools or best.tools
    for answer in call.answers[1:]:
        best.others.append(_try(best.start, call, answer))
    for answer in call.answers[:1]:
        best.messages.append(answer)
        best.keys.append(_key(answer))


def _without_tries(threads: list[_Thread]) -> list[_Thread]:
    """The conversations, with those that end in another answer to a known history made tries."""
    kept: list[_Thread] = []
    by_length = sorted(enumerate(threads), key=lambda pair: (-len(pair[1].keys), -pair[0]))
    for _, thread in by_length:
        n = thread.start
        main = next((k for k in kept if k.keys[:n] == thread.keys[:n] and len(k.keys) > n), None)
        if main is None or n == 0 or main.messages[n].role is not Role.ASSISTANT:
            kept.append(thread)
            continue
        for answer, key in zip(thread.messages[n:], thread.keys[n:], strict=True):
            if key != main.keys[n]:
                main.others.append(_try(n, thread.last, answer))
        main.others += thread.others
    order = {id(thread): number for number, thread in enumerate(threads)}
    return sorted(kept, key=lambda thread: order[id(thread)])


def _try(index: int, call: ModelCall, answer: Message) -> ImportedPrediction:
    return ImportedPrediction(index, call.model or "another try", answer)


def _finish(thread: _Thread, runs: Sequence[ToolRun]) -> None:
    """Add the results of the last answer's calls from the runs of the tools."""
    last = thread.messages[-1] if thread.messages else None
    for call in last.tool_calls if last is not None else ():
        run = next((r for r in runs if r.call_id and r.call_id == call.id), None)
        if run is not None:
            thread.messages.append(
                Message(Role.TOOL, run.result, tool_call_id=run.call_id, name=run.name or None)
            )


def _key(message: Message) -> tuple[Any, ...]:
    """What two records of one message have in common: not the thinking, not the spelling."""
    return (
        message.role.value,
        message.text.strip(),
        tuple((call.name, _arguments(call.raw_arguments)) for call in message.tool_calls),
        message.tool_call_id,
    )


def _arguments(raw: str) -> bytes:
    value = parse_arguments(raw).value
    return raw.encode("utf-8", "replace") if value is None else canonical_json(value)
