"""Augmentation: the calls of one message in another order."""

from __future__ import annotations

from collections import Counter
from random import Random

from msgspec.structs import replace

from curation.augment_reasons import Barred
from curation.augmenting import Original, augmentation
from curation.call_order import order_of_calls, refers_to_calls
from curation.example_parts import messages_of, trained, with_messages
from curation.exporting import Example
from curation.steps import Pairing, pair_results
from curation.trajectory import Message


@augmentation("shuffle-parallel-calls", title="Parallel calls in another order", types=("sft",))
def shuffle_parallel_calls(original: Original, rng: Random) -> Example | Barred:
    """Calls that one message makes side by side stand in another order, and their results with
    them, where order has no meaning: all of them only read, none takes a value from another's
    result, and nobody speaks of an order.
    """
    example = trained(original.example)
    messages = messages_of(example)
    parallel = [i for i, m in enumerate(messages) if len(m.tool_calls) > 1]
    if not parallel:
        return Barred.NOTHING_TO_CHANGE
    if refers_to_calls(messages):
        return Barred.USES_RESULT
    pairing = pair_results(messages)
    changed = list(messages)
    why = Barred.NOTHING_TO_CHANGE
    for index in parallel:
        barred = _shuffle_at(changed, index, pairing, rng)
        if barred is not None:
            why = barred
    if tuple(changed) == messages:
        return why
    if _answers(messages) != _answers(tuple(changed)):
        return Barred.RESULTS_APART  # without ids, only their order says whose results they are
    return with_messages(example, tuple(changed))


def _shuffle_at(
    messages: list[Message], index: int, pairing: Pairing, rng: Random
) -> Barred | None:
    """Shuffle one message's calls in place; why it was left as it is."""
    calls = messages[index].tool_calls
    places = [pairing.results.get((index, j)) for j in range(len(calls))]
    slots = sorted(at for at in places if at is not None)
    together = slots == list(range(index + 1, index + 1 + len(calls)))
    if not together and (slots or index != len(messages) - 1):
        return Barred.RESULTS_APART
    results = [messages[at] if at is not None else None for at in places]
    barred = order_of_calls(messages, index, results)
    if barred is not None:
        return barred
    # Ids aside, so that two equal calls do not count as another order.
    said = [(call.name, call.raw_arguments) for call in calls]
    if len(set(said)) < 2:
        return Barred.NOTHING_TO_CHANGE
    order = list(range(len(calls)))
    while [said[n] for n in order] == said:
        rng.shuffle(order)
    messages[index] = replace(messages[index], tool_calls=tuple([calls[n] for n in order]))
    # Results that came in an order of their own keep it: each slot follows its call's old place.
    for new, old in enumerate(order):
        result, slot = results[old], places[new]
        if result is not None and slot is not None:
            messages[slot] = result
    return None


def _answers(messages: tuple[Message, ...]) -> Counter[tuple[str, str, str | None, str]]:
    """Every call with the text of its result."""
    pairs = pair_results(messages).results.items()
    calls = ((messages[i].tool_calls[j], messages[at].text) for (i, j), at in pairs)
    return Counter((call.name, call.raw_arguments, call.id, text) for call, text in calls)
