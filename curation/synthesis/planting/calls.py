"""Planting a wrong call: unnoticed, or rejected by the tool and mended in the next step."""

from __future__ import annotations

from random import Random
from typing import Any

from curation.synthesis.planting.change import Change, Mutator, Target
from curation.synthesis.planting.pins import Ground, Pin
from curation.synthesis.row import Source
from curation.synthesis.talk import CallNote, new_call

_SORRY = (
    "That call was not accepted; correcting it.",
    "I made a mistake in that request, trying again.",
    None,
    None,
)


def target(ground_domain: Any, offered: frozenset[str], note: CallNote) -> Target:
    """The call of a note, as mutators see it."""
    return Target(ground_domain, offered, note.name, note.args, note.said)


def plant_call(ground: Ground, mutator: Mutator) -> bool:
    """Make one call wrong with `mutator`; False when no call offers an opening."""
    notes = ground.free_notes()
    ground.rng.shuffle(notes)
    for note in notes:
        change = mutator(ground.rng, target(ground.domain, ground.offered, note))
        if change is None:
            continue
        alone = len(note.message["tool_calls"]) == 1
        room = len(ground.messages) <= 56
        if change.complaint and alone and room and ground.rng.random() < 0.4:
            _recovered(ground, note, change)
        else:
            _unnoticed(ground, note, change)
        return True
    return False


def _unnoticed(ground: Ground, note: CallNote, change: Change) -> None:
    """The wrong call stands in place of the right one and the tool takes it."""
    old = note.args
    if change.kind == "wrong-tool":
        note.result = getattr(ground.talk.world, change.name)(**change.args)
    note.name, note.args, note.raw = change.name, change.args, change.raw
    note.reply["name"] = change.name
    if change.raw is None:
        changed = {k: (v, change.args[k]) for k, v in old.items() if change.args.get(k, v) != v}
        note.result = _echoed(note.result, changed)
    source = Source.LABEL if change.kind == "swapped-values" else Source.INTERNAL
    ground.pin(
        Pin(
            change.kind,
            change.category,
            source,
            note.message,
            note.index,
            change.pointer,
            change.note,
        )
    )


def _echoed(result: Any, changed: dict[str, tuple[Any, Any]]) -> Any:
    """The result as it would repeat the changed values back."""
    if not changed or not isinstance(result, dict):
        return result
    return {
        k: changed[k][1] if k in changed and changed[k][0] == v else v for k, v in result.items()
    }


def _recovered(ground: Ground, note: CallNote, change: Change) -> None:
    """Insert the wrong call with the tool's complaint before the right one."""
    rng, talk = ground.rng, ground.talk
    entry = new_call(rng, change.name)
    message = {"role": "assistant", "content": note.message["content"], "tool_calls": [entry]}
    bad = CallNote(message, 0, entry, change.name)
    bad.args, bad.raw, bad.said = change.args, change.raw, note.said
    bad.result = {"error": change.complaint}
    bad.reply = {"role": "tool", "tool_call_id": entry["id"], "name": change.name, "content": ""}
    place = ground.where(note.message)
    ground.messages[place:place] = [message, bad.reply]
    note.message["content"] = rng.choice(_SORRY)
    talk.notes.insert(talk.notes.index(note), bad)
    ground.touched.add(id(note.message))
    ground.pin(
        Pin(
            change.kind, change.category, Source.INTERNAL, message, 0, change.pointer, change.note,
            recovered=True,
        )
    )  # fmt: skip


def wrong_call(rng: Random, t: Target, mutators: tuple[Mutator, ...]) -> Change | None:
    """The first mutation that applies, in random order."""
    for mutator in rng.sample(mutators, len(mutators)):
        change = mutator(rng, t)
        if change is not None:
            return change
    return None
