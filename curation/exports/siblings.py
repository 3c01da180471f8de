"""What the tries of a step teach: the step against every try that was rejected, and each alone.

TP-LLaMA's rule (arXiv 2406.07115): for each node of the successful path and each failing sibling,
(prefix, the step of the path, the sibling). Which siblings fail is what a person ruled, not how
their branches ended. Where the step itself is no target (judged incorrect, or not to be learnt),
its alternatives stand in, if no check calls an error in their calls. Both sides answer one prompt:
where a correction changed something before the step there is no pair.
"""

from __future__ import annotations

from collections.abc import Iterator

from curation.annotation import StepVerdict, TryRuling
from curation.diffing import first_difference, same_calls
from curation.episodes import tool_specs
from curation.export_reasons import Dropped, DropReason
from curation.exporting import AnsweredTry, Curated, Judged, Pair
from curation.exports.judgement import unlearnt, verdicts_in_force
from curation.exports.pairs import pair_of
from curation.matching import MATCHERS
from curation.trajectory import Message, Role
from curation.tries import keeps_schema, try_id


def sibling_pairs(curated: Curated) -> Iterator[Pair | Dropped]:
    """A pair for every rejected try, or why there is none; nothing where none was rejected."""
    for one in answering(curated, TryRuling.REJECTED):
        if isinstance(one, Dropped):
            yield one
        else:
            yield from _against(curated, one)


def judged_tries(curated: Curated) -> Iterator[Judged | Dropped]:
    """Every rejected try as unwanted and every alternative as wanted, or why it is neither."""
    messages, tools = curated.trajectory.messages, curated.trajectory.tools
    for ruling in (TryRuling.REJECTED, TryRuling.ALTERNATIVE):
        is_wanted = ruling is TryRuling.ALTERNATIVE
        for one in answering(curated, ruling):
            if isinstance(one, Dropped):
                yield one
                continue
            index = one.message_index
            if index >= len(messages) or messages[index].role is not Role.ASSISTANT:
                yield _dropped(DropReason.CUT_NOT_ASSISTANT, one)
            elif says_the_same(messages[index], one.message):
                yield _dropped(DropReason.SAME_CALLS, one)
            elif not is_wanted and is_accepted(curated, index, one.message):
                yield _dropped(DropReason.REJECTED_IS_ACCEPTED, one)
            elif is_wanted and not keeps_schema(one.message, tool_specs(tools)):
                yield _dropped(DropReason.BROKEN_ALTERNATIVE, one)
            else:
                yield Judged(messages[:index], (one.message,), is_wanted, tools, index)


def answering(curated: Curated, ruling: TryRuling) -> Iterator[AnsweredTry | Dropped]:
    """The tries so ruled, as long as they answer the prompt that is exported."""
    ruled = _ruled(curated, ruling)
    if not ruled:
        return
    original = curated.original or curated.trajectory
    if original.tools != curated.trajectory.tools:
        yield Dropped(DropReason.TOOLS_DIFFER)
        return
    cut = first_difference(original.messages, curated.trajectory.messages)
    for one in ruled:
        is_of_other = cut is not None and cut < one.message_index
        yield _dropped(DropReason.TRY_OF_OTHER_PROMPT, one) if is_of_other else one


def _ruled(curated: Curated, ruling: TryRuling) -> list[AnsweredTry]:
    """The tries so ruled by the judgement in force, by step."""
    said = curated.annotation.tries if curated.annotation else ()
    places = {(t.message_index, t.try_id) for t in said if t.ruling is ruling}
    found = [t for t in curated.tries if (t.message_index, t.try_id) in places]
    return sorted(found, key=lambda t: (t.message_index, t.try_id))


def _against(curated: Curated, rejected: AnsweredTry) -> Iterator[Pair | Dropped]:
    index, messages = rejected.message_index, curated.trajectory.messages
    step = messages[index] if index < len(messages) else None
    if step is None or step.role is not Role.ASSISTANT:
        yield _dropped(DropReason.CUT_NOT_ASSISTANT, rejected)
        return
    chosen: list[Message] = [step]
    verdict = verdicts_in_force(curated).get(index)
    if verdict is StepVerdict.UNSURE:
        yield _dropped(DropReason.STEP_UNSURE, rejected)
        return
    if verdict is StepVerdict.INCORRECT or index in unlearnt(curated):
        standing_in = [
            t.message for t in _ruled(curated, TryRuling.ALTERNATIVE) if t.message_index == index
        ]
        tools = tool_specs(curated.trajectory.tools)
        chosen = [message for message in standing_in if keeps_schema(message, tools)]
        if not chosen:
            broken = DropReason.BROKEN_ALTERNATIVE if standing_in else DropReason.STEP_INCORRECT
            yield _dropped(broken, rejected)
    if is_accepted(curated, index, rejected.message):
        yield _dropped(DropReason.REJECTED_IS_ACCEPTED, rejected)
        return
    for message in chosen:
        if says_the_same(message, rejected.message):
            yield _dropped(DropReason.SAME_CALLS, rejected)
        else:
            yield pair_of(messages[:index], message, rejected.message, curated.trajectory.tools)


def is_accepted(curated: Curated, index: int, message: Message) -> bool:
    """Whether an answer says what is accepted besides the step: an alternative, or a prediction
    that was ruled right where the step was wrong. Words beside the same calls are no difference."""
    accepted = [
        t.message for t in _ruled(curated, TryRuling.ALTERNATIVE) if t.message_index == index
    ]
    accepted += [b.message for b in curated.facts.better if b.message_index == index]
    return any(says_the_same(one, message) for one in accepted) or _fits_gold(
        curated, index, message
    )


def _fits_gold(curated: Curated, index: int, message: Message) -> bool:
    """Whether the set-valued gold of the source accepts an answer to its only step. Of a step that
    people corrected it says nothing any more."""
    gold, messages = curated.facts.gold, curated.trajectory.messages
    if not gold or curated.original is not None or not message.tool_calls:
        return False
    if curated.trajectory.assistant_indexes() != [index]:
        return False
    specs = tool_specs(curated.trajectory.tools)
    return MATCHERS.get("bfcl").compare(messages[index], message, specs, gold).matched


def says_the_same(chosen: Message, rejected: Message) -> bool:
    """The same calls in any order; where neither calls anything, the same words."""
    if chosen.tool_calls:
        return same_calls(chosen, rejected)
    return try_id(chosen) == try_id(rejected)


def _dropped(reason: DropReason, rejected: AnsweredTry) -> Dropped:
    by = ", ".join(rejected.models)
    return Dropped(reason, f"message {rejected.message_index}, try of {by}", rejected.message_index)
