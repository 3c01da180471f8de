"""What can be proven of two answers to one step without a model: the grounds of the `rules` judge.

Where the source has set-valued gold, an answer in it is right. One that is not in it may be right
all the same (gold is strict about wording, and a label taken from it is right by definition), so
what gold does not accept it does not decide. Elsewhere an answer is *faulty* when its tool
must refuse it: an unknown tool, arguments that do not parse or do not fit the schema, a date in
another format than the documented one. That an answer is right is proven only by people (an
accepted alternative), or taken from an answer that is held right and *says the same*: calls equal
but for documented defaults, letter case, and the spelling of numbers and documented dates.

What is deliberately not taken for a proof, because on 320 BFCL pairs with known verdicts it fails
more often than one time in twenty: that one answer is sound while the other is faulty (right for 39
of 49 pairs that differ in nothing else); that only one of them holds a value from nowhere (6 of
12); that one calls where the other answers in words (18 of 29). These are told as what is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from curation.call_context import CallContext
from curation.check_context import CheckContext
from curation.documented import day_of, is_documented_default, is_misformatted_date
from curation.judging import JudgeCase
from curation.matching import MATCHERS, match_step
from curation.origins import Origin
from curation.schemas import quote
from curation.thinking import without_thinking
from curation.trajectory import Message, Trajectory, canonical_json
from curation.verdicts import Verdict


class Ground(StrEnum):
    """What a proof rests on. Stored with the vote, so that each can be measured for itself."""

    GOLD = "gold"
    """Set-valued gold and accepted alternatives accept the prediction."""
    ACCEPTED = "accepted"
    """People accepted the prediction as a further answer."""
    SAME = "same"
    """Both say the same, and nothing is wrong with either."""
    BOTH_FAULTY = "both-faulty"
    SPELLED_FAULTY = "spelled-faulty"
    """Both say the same, but one of them in a way that its tool refuses."""


class Proof(Struct, frozen=True):
    """A verdict that is proven, or what is known although none is."""

    verdict: Verdict | None
    ground: Ground | None
    detail: str


class _Answer:
    """One answer, looked at as the next message of the conversation."""

    def __init__(self, case: JudgeCase, message: Message) -> None:
        trajectory = Trajectory((*case.context, message), case.tools)
        self._context = CheckContext(trajectory)
        self.calls = [c for c in self._context.calls if c.message_index == len(case.context)]
        self.text = without_thinking(message.text).strip()
        self.faults = [*self._refused(), *self._misdated()]

    def _refused(self) -> list[str]:
        own = {id(call) for call in self.calls}
        found = [
            f"{quote(c.call.name)} is no tool on offer"
            for c in self._context.unoffered
            if id(c) in own
        ]
        found += [
            f"the arguments of {quote(c.call.name)} are no JSON object"
            for c in self._context.unreadable
            if id(c) in own
        ]
        for call, problem in self._context.problems:
            if id(call) in own and not _contradicts_itself(call, problem.pointer):
                found.append(problem.message.rstrip("."))
        return found

    def _misdated(self) -> list[str]:
        return [
            f"{name} = {quote(value)} is not in the format that the tool documents"
            for call in self.calls
            for name, value in (call.arguments or {}).items()
            if is_misformatted_date(call.declared(f"/{name}"), value)
        ]

    def invented(self) -> list[str]:
        """Values that come from nowhere."""
        grounds = self._context.grounds.all()
        return [
            f"{(g.anchor.pointer or '')[1:]} = {quote(g.value)}"
            for g in grounds
            if g.origin is Origin.NOWHERE and g.anchor.message_index == self._index
        ]

    @property
    def _index(self) -> int:
        return len(self._context.messages) - 1

    def meaning(self) -> tuple[bytes, ...] | None:
        """Equal for answers that say the same; None for one that says nothing readable."""
        if not self.calls:
            return (self.text.encode("utf-8", "replace"),) if self.text else None
        if any(call.arguments is None for call in self.calls):
            return None
        return tuple(sorted(map(_meaning, self.calls)))


def prove(case: JudgeCase) -> Proof:
    """The verdict that tools, schemas and accepted answers prove, if any."""
    if case.gold:
        return _by_gold(case)
    reference, prediction = _Answer(case, case.reference), _Answer(case, case.prediction)
    said = prediction.meaning()
    if said is not None and not prediction.faults:
        accepted = (_Answer(case, alternative) for alternative in case.alternatives)
        if any(one.meaning() == said for one in accepted):
            return Proof(
                Verdict.BOTH_CORRECT, Ground.ACCEPTED, "The prediction is an accepted alternative."
            )
    if reference.faults and prediction.faults:
        return Proof(
            Verdict.BOTH_WRONG,
            Ground.BOTH_FAULTY,
            f"Reference: {reference.faults[0]}. Prediction: {prediction.faults[0]}.",
        )
    if said is None or said != reference.meaning():
        return Proof(None, None, _known(reference, prediction))
    if not reference.faults and not prediction.faults:
        return Proof(Verdict.BOTH_CORRECT, Ground.SAME, "Both say the same, and both are sound.")
    faulty, sound = (reference, prediction) if reference.faults else (prediction, reference)
    invented = sound.invented()
    if invented:
        return Proof(None, None, f"{_known(reference, prediction)} {_invents('Both', invented)}")
    verdict = Verdict.LABEL_WRONG if reference.faults else Verdict.PRED_WRONG
    return Proof(verdict, Ground.SPELLED_FAULTY, f"Both mean the same, but {faulty.faults[0]}.")


def _by_gold(case: JudgeCase) -> Proof:
    """A prediction that the gold accepts is right, and so is the reference if it accepts it too."""
    right, why = [], []
    for name, answer in (("reference", case.reference), ("prediction", case.prediction)):
        match = match_step(
            MATCHERS.get("bfcl"),
            case.reference,
            answer,
            alternatives=case.alternatives,
            gold=case.gold,
            tools=case.tools,
        )
        right.append(match.matched)
        reason = match.code or match.why or ""
        why.append(f"The {name} {'fits' if match.matched else f'does not fit ({reason})'}.")
    detail = f"By the gold: {' '.join(why)}"
    if not right[1]:
        return Proof(None, None, detail)
    return Proof(Verdict.BOTH_CORRECT if right[0] else Verdict.LABEL_WRONG, Ground.GOLD, detail)


def _known(reference: _Answer, prediction: _Answer) -> str:
    """What was found out although it proves no verdict."""
    found = []
    for name, answer in (("reference", reference), ("prediction", prediction)):
        if answer.faults:
            found.append(f"The {name} is wrong: {answer.faults[0]}; the other may be wrong too.")
        invented = answer.invented()
        if invented:
            found.append(_invents(f"The {name}", invented))
    return " ".join(found) or "The answers differ in what no schema decides."


def _invents(who: str, invented: Sequence[str]) -> str:
    return f"{who} may have invented {', '.join(invented[:3])}."


def _contradicts_itself(call: CallContext, pointer: str) -> bool:
    """Whether what the schema refuses is the very default that it documents, typed alike."""
    name = pointer[1:].split("/")[0]
    if not pointer or call.arguments is None or pointer.count("/") != 1:
        return False
    value, schema = call.arguments.get(name), call.declared(pointer)
    if "default" in schema and canonical_json(schema["default"]) == canonical_json(value):
        return True
    return (
        isinstance(value, str)
        and not _is_typed_otherwise(value, schema)
        and (is_documented_default(schema, value))
    )


def _is_typed_otherwise(value: str, schema: dict[str, Any]) -> bool:
    """Whether a text spells a value of another type: "false", "5", "null"."""
    return value.strip().casefold() in ("true", "false", "null", "none") or _is_number(value)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _meaning(call: CallContext) -> bytes:
    """A call without what the tool assumes anyway, its values in one spelling."""
    schema = (call.tool.spec.parameters or {}) if call.tool else {}
    return canonical_json([call.call.name, _said(schema, call.arguments or {})])


def _said(schema: dict[str, Any], members: dict[str, Any]) -> dict[str, Any]:
    """The members of an object that say more than its schema assumes."""
    required, properties = schema.get("required"), schema.get("properties")
    needed = required if isinstance(required, list) else ()
    said: dict[str, Any] = {}
    for name, value in members.items():
        declared = properties.get(name) if isinstance(properties, dict) else None
        of = declared if isinstance(declared, dict) else {}
        if name not in needed and is_documented_default(of, value):
            continue
        if isinstance(value, dict):
            said[name] = _said(of, value)
        else:
            day = day_of(of, value)
            said[name] = _plain(value) if day is None else ["day", str(day)]
    return said


def _plain(value: Any) -> Any:
    match value:
        case str():
            return " ".join(value.split()).casefold()
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case _:
            return value
