"""Planting in what the assistant says and in whether it asks: answers, questions, confirmations."""

from __future__ import annotations

import re
from itertools import pairwise

from curation.synthesis.planting.pins import Ground, Pin
from curation.synthesis.row import Source
from curation.synthesis.world import weekday

_NUMBER = re.compile(r"\d+(?:[.:]\d+)?")
_NOTHING = (
    "I'm afraid I couldn't find anything about that. Is there something else I can do?",
    "Unfortunately nothing came up. Could you try again later?",
    "I wasn't able to get this information, sorry.",
)
_ENDINGS = (
    "I've looked into it and everything is in order. Is there anything else I can do for you?",
    "All right, I have what I need. Have a nice day!",
    "Thanks for your patience, this has been taken care of.",
)
_AGAIN = (
    "Could you tell me the {}, please?",
    "Before I continue: what is the {}?",
    "May I have the {}?",
)
_LOOKUPS = ("get_", "list_", "find_", "search_", "query_", "read_", "track_", "convert_")


def fabricated(g: Ground) -> bool:
    """An answer claims something that no tool did."""
    answers = g.answers()
    if not answers:
        return False
    _, message = g.rng.choice(answers)
    claim = g.rng.choice(g.domain.fabrications)
    text = message["content"]
    message["content"] += ("\n\n" if "\n" in text else " ") + claim
    g.pin(
        Pin(
            "fabricated-claim", "RESULT_FABRICATED", Source.INTERNAL, message,
            note=f"No result says: “{claim}”",
        )
    )  # fmt: skip
    return True


def misread(g: Ground) -> bool:
    """A figure from the result comes out differently in the answer."""
    answers = g.answers()
    g.rng.shuffle(answers)
    for _, message in answers:
        text = message["content"]
        results = _results_before(g, message)
        hits = [
            m for m in _NUMBER.finditer(text)
            if len(m[0]) > 2 and m[0] in results and not text[m.end() :].startswith("-")
            and text[max(0, m.start() - 1)] not in "-_WPIRp"
        ]  # fmt: skip
        if not hits:
            continue
        hit = g.rng.choice(hits)
        new = _otherwise(hit[0])
        message["content"] = text[: hit.start()] + new + text[hit.end() :]
        g.pin(
            Pin(
                "misread-result", "RESULT_MISREAD", Source.INTERNAL, message,
                note=f"The result says {hit[0]}, the answer says {new}.",
            )
        )  # fmt: skip
        return True
    return False


def _results_before(g: Ground, answer: dict[str, object]) -> str:
    """The results that directly precede an answer, as one text."""
    replies = {id(n.reply): n for n in g.talk.notes}
    place = g.where(answer) - 1
    found = []
    while place >= 0 and id(g.messages[place]) in replies:
        found.append(str(replies[id(g.messages[place])].result))
        place -= 1
    return " ".join(found)


def _otherwise(figure: str) -> str:
    """Another figure of the same form: two digits exchanged, else the last one raised."""
    digits = [i for i, c in enumerate(figure) if c.isdigit()]
    if ":" not in figure:
        for i, j in pairwise(digits):
            if figure[i] != figure[j] and figure[j] != "0":
                out = list(figure)
                out[i], out[j] = out[j], out[i]
                return "".join(out)
    last = digits[-1]
    return figure[:last] + str((int(figure[last]) + 3) % 10) + figure[last + 1 :]


def ignored(g: Ground) -> bool:
    """The last answer says there is nothing, although there is."""
    looked_up = {id(n.reply) for n in g.talk.notes if n.name.startswith(_LOOKUPS)}
    answers = [
        (i, m)
        for i, m in g.answers()
        if i >= len(g.messages) - 3 and id(g.messages[i - 1]) in looked_up
    ]
    if not answers:
        return False
    _, message = answers[-1]
    old, message["content"] = message["content"], g.rng.choice(_NOTHING)
    g.pin(
        Pin(
            "ignored-result", "RESULT_IGNORED", Source.INTERNAL, message,
            note=f"The result allows to say: “{old[:120]}”",
        )
    )  # fmt: skip
    return True


def no_question(g: Ground) -> bool:
    """The clarifying question and its answer are cut out; the value is a guess now."""
    notes = [n for n in g.free_notes() if n.clarified and n.clarified[2] in n.args]
    if not notes:
        return False
    note = g.rng.choice(notes)
    assert note.clarified is not None
    question, reply, key = note.clarified
    _cut(g, question, reply)
    note.said = tuple(k for k in note.said if k != key)
    g.pin(
        Pin(
            "guessed-instead-of-asking", "CLARIFY_MISSING", Source.INTERNAL, note.message,
            note.index,            f"/{key}", f"Nobody stated {key}; it had to be asked for.",
        )
    )  # fmt: skip
    return True


def no_confirmation(g: Ground) -> bool:
    """The go-ahead that the rules demand is cut out."""
    notes = [n for n in g.free_notes() if n.confirmed]
    if not notes or g.messages[0]["role"] != "system":
        return False
    note = g.rng.choice(notes)
    assert note.confirmed is not None
    _cut(g, *note.confirmed)
    g.pin(
        Pin(
            "no-confirmation", "POLICY_OR_SPEC", Source.INTERNAL, note.message, note.index, None,
            f"The rules demand a yes before {note.name}.",
        )
    )  # fmt: skip
    return True


def _cut(g: Ground, question: dict[str, object], reply: dict[str, object]) -> None:
    g.talk.messages[:] = [m for m in g.messages if m is not question and m is not reply]


def premature_end(g: Ground) -> bool:
    """The last call of a chain is never made and the assistant takes its leave."""
    notes = [n for n in g.free_notes() if g.where(n.message) > 0]
    if len(notes) < 2 or len(notes[-1].message["tool_calls"]) > 1:
        return False
    last = notes[-1]
    start = g.where(last.confirmed[0] if last.confirmed else last.message)
    if start < 1 or g.messages[start - 1]["role"] != "tool":
        return False
    del g.talk.messages[start:]
    g.talk.notes = [n for n in g.talk.notes if g.where(n.message) >= 0]
    ending = {"role": "assistant", "content": g.rng.choice(_ENDINGS)}
    g.messages.append(ending)
    g.pin(
        Pin(
            "premature-end", "TERMINATION", Source.INTERNAL, ending,
            note=f"{last.name} was never called.",
        )
    )  # fmt: skip
    return True


def asks_again(g: Ground) -> bool:
    """The assistant asks for an identifier that the user has just given."""
    if len(g.messages) > 56:
        return False
    for note in g.free_notes():
        place = g.where(note.message) - 1
        before = g.messages[place] if place >= 0 else {}
        for key in note.said:
            value = note.args.get(key)
            if (
                before.get("role") == "user"
                and isinstance(value, str)
                and any(c.isdigit() for c in value)
                and value in before["content"]
                and before["content"] != value
            ):
                question = {
                    "role": "assistant",
                    "content": g.rng.choice(_AGAIN).format(_spoken(key)),
                }
                words = g.rng.choice((f"As I said: {value}.", f"{value}, see above.", f"{value}"))
                g.messages[place + 1 : place + 1] = [question, {"role": "user", "content": words}]
                g.pin(
                    Pin(
                        "asks-again", "CONTEXT_LOSS", Source.INTERNAL, question,
                        note=f"The user had given {value} in the message before.",
                    )
                )  # fmt: skip
                return True
    return False


def _spoken(key: str) -> str:
    """An argument's name as an assistant would ask for it."""
    return key.replace("_id", " number").replace("_", " ").replace("last4", "number")


def wrong_weekday(g: Ground) -> bool:
    """The user names a date together with a day of the week it does not fall on."""
    for words, when in g.talk.world.spoken:
        if words[:4].isdigit():
            continue
        for message in g.messages:
            if message["role"] == "user" and words in message["content"]:
                real = weekday(when)
                day = g.rng.choice([d for d in ("Tuesday", "Thursday", "Friday") if d != real])
                message["content"] = message["content"].replace(words, f"{day} {words}", 1)
                g.pin(
                    Pin(
                        "wrong-weekday", "USER_INSTRUCTION", Source.USER, message,
                        note=f"{words} is a {real}, the user says {day}.",
                    )
                )  # fmt: skip
                return True
    return False
