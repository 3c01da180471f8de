"""Planting in the order of things: repeated, dropped and needless calls, lost and stray results."""

from __future__ import annotations

from typing import Any

import msgspec

from curation.synthesis.planting.pins import Ground, Pin
from curation.synthesis.row import Source
from curation.synthesis.talk import FAULTS, CallNote, new_call


def _added(g: Ground, place: int, name: str, args: dict[str, Any], result: Any) -> CallNote:
    """Insert a step with one call and its result at `place`."""
    entry = new_call(g.rng, name)
    message = {"role": "assistant", "content": None, "tool_calls": [entry]}
    note = CallNote(message, 0, entry, name)
    note.args, note.result = args, result
    note.reply = {"role": "tool", "tool_call_id": entry["id"], "name": name, "content": ""}
    g.messages[place:place] = [message, note.reply]
    g.talk.notes.append(note)
    return note


def repeated(g: Ground) -> bool:
    """The same call once more, right after its result."""
    notes = [n for n in g.free_notes() if len(n.message["tool_calls"]) == 1]
    if not notes or len(g.messages) > 56:
        return False
    note = g.rng.choice(notes)
    again = _added(g, g.where(note.reply) + 1, note.name, dict(note.args), note.result)
    g.touched.add(id(note.message))
    g.pin(
        Pin(
            "repeated-call", "CALL_REPEATED", Source.INTERNAL, again.message, 0, None,
            f"{note.name} was called with the same arguments one step before.",
        )
    )  # fmt: skip
    return True


def needless(g: Ground) -> bool:
    """A tool is called when the user only says goodbye."""
    if not g.talk.closings or not g.domain.needless or len(g.messages) > 56:
        return False
    name, args = g.rng.choice(g.domain.needless)
    if name not in g.offered:
        return False
    place = g.where(g.talk.closings[-1]) + 1
    if place == 0:
        return False
    note = _added(g, place, name, dict(args), getattr(g.talk.world, name)(**args))
    g.pin(
        Pin(
            "needless-call", "CALL_NOT_NEEDED", Source.INTERNAL, note.message, 0, None,
            "The user only said thanks.",
        )
    )  # fmt: skip
    return True


def dropped_call(g: Ground) -> bool:
    """One of several parallel calls is left out with its result."""
    notes = [n for n in g.free_notes() if len(n.message["tool_calls"]) > 1]
    if not notes:
        return False
    note = notes[-1]
    message = note.message
    last = message["tool_calls"][-1]
    gone = next(n for n in g.talk.notes if n.call is last)
    message["tool_calls"].pop()
    g.talk.messages[:] = [m for m in g.messages if m is not gone.reply]
    g.talk.notes.remove(gone)
    needed = msgspec.json.encode(gone.args).decode()
    g.pin(
        Pin(
            "dropped-call", "CALL_MISSING", Source.INTERNAL, message,
            note=f"Another call of {gone.name} was needed: {needed}",
        )
    )  # fmt: skip
    return True


def no_lookup(g: Ground) -> bool:
    """The answer stays, the look-up it rests on is gone."""
    pairs = [p for n in g.talk.notes for p in (n.confirmed, n.clarified) if p]
    questions = {id(p[0]) for p in pairs}
    for index, answer in g.answers():
        note = next((n for n in g.free_notes() if n.reply is g.messages[index - 1]), None)
        if note is None or len(note.message["tool_calls"]) > 1 or note.confirmed:
            continue
        if id(answer) in questions:
            continue
        before = g.messages[g.where(note.message) - 1]
        if before["role"] != "user":
            continue
        g.talk.messages[:] = [
            m for m in g.messages if m is not note.message and m is not note.reply
        ]
        g.talk.notes.remove(note)
        g.pin(
            Pin(
                "answer-without-lookup", "CALL_ABSENT", Source.INTERNAL, answer,
                note=f"{note.name} had to be called first.",
            )
        )  # fmt: skip
        return True
    return False


def lost_result(g: Ground) -> bool:
    """A call that nothing answers."""
    notes = [n for n in g.free_notes() if len(n.message["tool_calls"]) == 1]
    if not notes:
        return False
    note = g.rng.choice(notes)
    g.talk.messages[:] = [m for m in g.messages if m is not note.reply]
    g.pin(
        Pin(
            "missing-result", "ENVIRONMENT", Source.ENVIRONMENT, note.message, note.index, None,
            "The result was never recorded.",
        )
    )  # fmt: skip
    return True


def stray_result(g: Ground) -> bool:
    """A result with the id of a call that does not exist."""
    notes = g.free_notes()
    if not notes or len(g.messages) > 58:
        return False
    note = g.rng.choice(notes)
    ghost = new_call(g.rng, note.name)["id"]
    message = {
        "role": "tool", "tool_call_id": ghost, "name": note.name, "content": '{"status":"ok"}',
    }  # fmt: skip
    place = g.where(note.reply) + 1
    g.messages.insert(place, message)
    g.pin(
        Pin(
            "stray-result", "LABEL_DEFECT", Source.LABEL, message,
            note=f"No call has the id {ghost}.",
        )
    )  # fmt: skip
    return True


def unhandled_failure(g: Ground) -> bool:
    """The tool fails and the answer goes on as if it had worked."""
    for index, answer in reversed(g.answers()):
        note = next((n for n in g.free_notes() if n.reply is g.messages[index - 1]), None)
        if note is None or len(note.message["tool_calls"]) > 1:
            continue
        note.result = g.rng.choice(FAULTS)
        g.pin(
            Pin(
                "tool-failure", "ENVIRONMENT", Source.ENVIRONMENT, note.reply,
                note=str(note.result["error"]["message"]),
            )
        )  # fmt: skip
        g.pin(
            Pin(
                "unhandled-failure",
                "RECOVERY_FAILURE",
                Source.INTERNAL,
                answer,
                note="The failed call is neither retried nor mentioned.",
            )
        )
        g.touched.add(id(note.message))
        return True
    return False
