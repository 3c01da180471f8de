"""Other models' answers for some steps: some right, some wrong in a known way, with perplexity.

They are drawn up while the conversation is still clean and settled after planting, when it is known
which reference is wrong: a right prediction beside a wrong reference is LoopTool's LABEL_WRONG.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import msgspec

from curation.synthesis.domain import Domain
from curation.synthesis.planting.calls import target, wrong_call
from curation.synthesis.planting.meaning import MEANING
from curation.synthesis.planting.shape import SHAPE
from curation.synthesis.row import Planted, PredictionTruth, Source
from curation.synthesis.talk import CallNote, Message, Talk, new_call
from curation.verdicts import Verdict

MODELS = ("ministral-tools-8b", "qwen3-8b", "granite-fc-3b")
_HUMBLE = (
    "I'm sorry, I can't help with that.",
    "Could you give me a few more details first?",
    "Let me know how you'd like to proceed.",
)
_SHOULD_NOT_CALL = {"CLARIFY_MISSING", "POLICY_OR_SPEC"}
_encode = msgspec.json.encode


class Guess(NamedTuple):
    """One model's answer for one step, not numbered yet."""

    step: Message
    model: str
    message: Message
    kind: str
    perplexity: float


class Suggested(NamedTuple):
    """Every prediction of a row before its message numbers are final."""

    guesses: list[Guess]

    def settle(
        self, talk: Talk, planted: list[Planted]
    ) -> tuple[list[dict[str, Any]], list[PredictionTruth]]:
        """Predictions and the verdicts due, for the steps that still exist."""
        numbers = {id(m): i for i, m in enumerate(talk.messages)}
        bad = {p.message_index: p.category for p in planted if p.source in _MODEL_SIDE}
        predictions, truths = [], []
        for guess in self.guesses:
            index = numbers.get(id(guess.step))
            if index is None:
                continue
            category = bad.get(index)
            kind = guess.kind
            if category in _SHOULD_NOT_CALL and not kind:
                kind = "acts-too-early"
            predictions.append(
                {
                    "message_index": index,
                    "model": guess.model,
                    "message": guess.message,
                    "perplexity": guess.perplexity,
                }
            )
            truths.append(PredictionTruth(index, guess.model, _verdict(bool(category), kind), kind))
        return predictions, truths


_MODEL_SIDE = frozenset({Source.INTERNAL, Source.LABEL})


def _verdict(label_wrong: bool, kind: str) -> Verdict:
    if kind:
        return Verdict.BOTH_WRONG if label_wrong else Verdict.PRED_WRONG
    return Verdict.LABEL_WRONG if label_wrong else Verdict.BOTH_CORRECT


def predict(
    talk: Talk, domain: Domain, tools: list[dict[str, Any]], rng: Random
) -> Suggested | None:
    """Two or three models' answers for up to three call steps; None without calls."""
    steps: dict[int, list[CallNote]] = {}
    for note in talk.notes:
        if "error" not in note.result:
            steps.setdefault(id(note.message), []).append(note)
    if not steps:
        return None
    chosen = rng.sample(list(steps), min(3, len(steps))) if len(steps) > 1 else list(steps)
    order = [key for key in steps if key in chosen]
    models = rng.sample(MODELS, rng.randint(2, 3))
    offered = frozenset(str(t["function"]["name"]) for t in tools)
    guesses = [_guess(rng, domain, offered, steps[key], model) for key in order for model in models]
    return Suggested(guesses)


def _guess(
    rng: Random, domain: Domain, offered: frozenset[str], notes: list[CallNote], model: str
) -> Guess:
    """One model's answer: right in more than half of the cases."""
    step = notes[0].message
    roll = rng.random()
    calls = [(n.name, dict(n.args), None) for n in notes]
    if roll < 0.58:
        return Guess(step, model, _step(rng, calls), "", _perplexity(rng, 1.02, 1.5))
    if roll < 0.64:
        words = {"role": "assistant", "content": rng.choice(_HUMBLE)}
        return Guess(step, model, words, "no-call", _perplexity(rng, 1.4, 4.2))
    if roll < 0.7 and len(calls) > 1:
        return Guess(
            step, model, _step(rng, calls[:-1]), "dropped-call", _perplexity(rng, 1.1, 2.4)
        )
    at = rng.randrange(len(notes))
    change = wrong_call(rng, target(domain, offered, notes[at]), (*SHAPE, *MEANING))
    if change is None:
        return Guess(step, model, _step(rng, calls), "", _perplexity(rng, 1.02, 1.5))
    wrong: list[Any] = list(calls)
    wrong[at] = (change.name, change.args, change.raw)
    return Guess(step, model, _step(rng, wrong), change.kind, _perplexity(rng, 1.15, 3.6))


def _step(rng: Random, calls: Sequence[tuple[str, dict[str, Any], str | None]]) -> Message:
    """An assistant message with these calls; the order of arguments is the model's own."""
    entries = []
    for name, args, raw in calls:
        entry = new_call(rng, name)
        if raw is None:
            keys = list(args)
            if rng.random() < 0.3:
                rng.shuffle(keys)
            raw = _encode({k: args[k] for k in keys}).decode()
        entry["function"]["arguments"] = raw
        entries.append(entry)
    return {"role": "assistant", "content": None, "tool_calls": entries}


def _perplexity(rng: Random, low: float, high: float) -> float:
    return round(rng.triangular(low, high, low + (high - low) * 0.2), 4)
