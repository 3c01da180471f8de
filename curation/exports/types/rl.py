"""Reinforcement learning (GRPO): prompts, and what a reward compares answers with.

One row a step whose label is accepted (LoopTool §4.1: the reward is 1 for the calls of the label).
A label that was ruled wrong is replaced by the prediction that was ruled right. Whatever else is
accepted there counts as well: alternatives that people accepted, and the set-valued gold that a
source carried. A step whose right answer makes no call gives a row only where it is asked for: any
words would earn its reward (`RlOptions.no_call`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from msgspec import Struct

from curation.annotation import Outcome, StepVerdict, TryRuling
from curation.diffing import first_difference
from curation.episodes import tool_specs
from curation.export_reasons import Dropped, DropReason
from curation.exporting import TYPES, Curated, Options
from curation.exports.judgement import masks, verdicts_in_force
from curation.exports.ruled_wrong import better_answers
from curation.exports.siblings import answering
from curation.gold import GoldCall
from curation.judged_rows import Rewarded
from curation.matching import attempts_call
from curation.rl_options import keeps_no_call
from curation.trajectory import Message, canonical_json
from curation.tries import keeps_schema

NO_CALLS = "[]"


class Rl:
    """See the module."""

    name = "rl"
    title = "Reinforcement learning (GRPO)"
    description = (
        "Accepted steps: the prompt, the calls that earn the reward, and every accepted "
        "alternative."
    )
    shapes: tuple[type[Struct], ...] = (Rewarded,)
    splits = True
    wants_facts = True

    def examples(self, curated: Curated, options: Options) -> Iterator[Rewarded | Dropped]:
        """One row for each accepted step."""
        if curated.outcome is Outcome.REJECT:
            yield Dropped(DropReason.REJECTED)
            return
        steps = curated.trajectory.assistant_indexes()
        if not steps:
            yield Dropped(DropReason.NO_TARGET)
            return
        accepted, left_out = _accepted(curated)
        yield from left_out
        masked = frozenset(masks(curated)[0])
        verdicts = verdicts_in_force(curated)
        for step in steps:
            others = accepted.get(step, [])
            if verdicts.get(step) is StepVerdict.UNSURE:
                yield Dropped(DropReason.STEP_UNSURE, f"message {step}", step)
            elif step not in masked:
                label = curated.trajectory.messages[step]
                yield from _step(curated, options, step, [label, *others])
            elif step in {b.message_index for b in curated.facts.better} and others:
                yield from _step(curated, options, step, others)
            else:
                yield Dropped(DropReason.STEP_INCORRECT, f"message {step}", step)


def _accepted(curated: Curated) -> tuple[dict[int, list[Message]], list[Dropped]]:
    """Message index -> what is accepted there besides the step; what was ruled better is first."""
    found: dict[int, list[Message]] = {}
    left_out: list[Dropped] = []
    for better in better_answers(curated):
        if isinstance(better, Dropped):
            left_out.append(better)
        else:
            found.setdefault(better.message_index, []).append(better.message)
    specs = None
    for one in answering(curated, TryRuling.ALTERNATIVE):
        specs = tool_specs(curated.trajectory.tools) if specs is None else specs
        if isinstance(one, Dropped):
            left_out.append(one)
        elif keeps_schema(one.message, specs):
            found.setdefault(one.message_index, []).append(one.message)
        else:
            where = f"message {one.message_index}, try of {', '.join(one.models)}"
            left_out.append(Dropped(DropReason.BROKEN_ALTERNATIVE, where, one.message_index))
    return found, left_out


def _step(
    curated: Curated, options: Options, step: int, accepted: Sequence[Message]
) -> Iterator[Rewarded | Dropped]:
    """The row of one step; the first of `accepted` is its ground truth."""
    keeps = keeps_no_call(options.rl, curated.uid, step)
    answers: list[str] = []
    for message in accepted:
        if attempts_call(message) and not message.tool_calls:
            problem = f"message {step}: a call stands in its text"
            yield Dropped(DropReason.UNPARSABLE_ARGUMENTS, problem, step)
        elif (calls := calls_as_json(message)) is None:
            yield Dropped(DropReason.UNPARSABLE_ARGUMENTS, f"message {step}", step)
        elif calls == NO_CALLS and not keeps:
            which = "" if not answers else ", an alternative"
            yield Dropped(DropReason.NO_CALL, f"message {step}{which}", step)
        elif calls not in answers:
            answers.append(calls)
            continue
        else:
            continue
        if not answers:
            return
    known = _facts_hold(curated, step)
    count = curated.facts.answers.get(step) if known else None
    yield Rewarded(
        prompt=curated.trajectory.messages[:step],
        ground_truth=answers[0],
        uid=curated.uid,
        step=step,
        split=curated.split,
        tools=curated.trajectory.tools,
        alternatives=tuple(answers[1:]),
        accepted=_gold(curated, step) if known else "",
        reply=accepted[0].text,
        pass_rate=_rounded(count.n_matched / count.n) if count and count.n else None,
        perplexity=_rounded(count.perplexity) if count and count.perplexity else None,
    )


def _rounded(value: float) -> float | None:
    """A number that every reader reads alike; None for one that no JSON holds."""
    return round(value, 6) if math.isfinite(value) else None


def _facts_hold(curated: Curated, step: int) -> bool:
    """Whether what is known of the original's step holds of this one: it was not corrected, nor
    anything before it."""
    if curated.original is None:
        return True
    cut = first_difference(curated.original.messages, curated.trajectory.messages)
    return cut is None or step < cut


def calls_as_json(message: Message) -> str | None:
    """The calls as canonical JSON, in the order of their text; None when one does not parse."""
    calls: list[bytes] = []
    for call in message.tool_calls:
        arguments = call.parsed().value
        if arguments is None:
            return None
        calls.append(canonical_json({"arguments": arguments, "name": call.name}))
    # Their order means nothing to a reward, so two spellings of one answer are one.
    return f"[{b','.join(sorted(calls)).decode()}]"


def _gold(curated: Curated, step: int) -> str:
    steps = curated.trajectory.assistant_indexes()
    gold = curated.facts.gold if steps == [step] else None
    return canonical_json([gold_call(call) for call in gold]).decode() if gold else ""


def gold_call(call: GoldCall) -> dict[str, object]:
    """A call of set-valued gold as rows write it."""
    return {
        "name": call.name,
        "accepted": {one.name: list(one.accepted) for one in call.parameters},
        "optional": sorted(one.name for one in call.parameters if one.may_be_omitted),
    }


TYPES.register(Rl(), __name__)
