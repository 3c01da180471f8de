"""Building one row: choose a domain and a kind, play the tasks, plant errors, add predictions.

Row `i` depends on (seed, i) alone, so any part of a set can be made again, in any order and on any
number of processes.
"""

from __future__ import annotations

from random import Random
from typing import Any

from curation.synthesis.domain import Domain
from curation.synthesis.domains import DOMAINS
from curation.synthesis.planting import plant
from curation.synthesis.predictions import predict
from curation.synthesis.row import Planted, PredictionTruth, SyntheticRow
from curation.synthesis.talk import Talk, TalkOver
from curation.synthesis.world import World

KINDS = ("single", "parallel", "nested", "clarify", "refuse", "recover", "multi_turn", "long")
_SHARES = (16, 12, 22, 14, 8, 9, 15, 4)
_WHEEL = tuple(kind for kind, share in zip(KINDS, _SHARES, strict=True) for _ in range(share))
MAX_MESSAGES = 60
_LONGEST_TASK = 12
"""No task adds more messages than this."""

_GOODBYES = (
    "That's all, thank you!",
    "Great, thanks a lot.",
    "Perfect, that was all I needed.",
    "Thanks, you've been a great help.",
    "Thank you, bye!",
)
_WELCOMES = (
    "You're welcome!",
    "Happy to help. Have a good day!",
    "My pleasure.",
    "You're welcome. Goodbye!",
)


def make_row(seed: int, i: int) -> SyntheticRow:
    """Row `i` of the set called `seed`."""
    rng = Random((seed << 40) ^ (i * 2_654_435_761 + 97))
    domain = DOMAINS[rng.randrange(len(DOMAINS))]
    kind = _WHEEL[rng.randrange(len(_WHEEL))]
    world = domain.world(rng)
    talk = Talk(rng, world)
    if kind != "refuse" or rng.random() < 0.7:
        talk.messages.append({"role": "system", "content": domain.system_text(world)})
    _PLAYS[kind](talk, domain)
    tools = _offered(domain, talk, rng)
    predictions: list[dict[str, Any]] = []
    verdicts: list[PredictionTruth] = []
    planted: list[Planted] = []
    suggested = predict(talk, domain, tools, rng) if rng.random() < 0.3 else None
    if rng.random() < 0.36:
        planted = plant(talk, domain, tools, rng)
    talk.finish()
    if suggested is not None:
        predictions, verdicts = suggested.settle(talk, planted)
    name = f"{domain.name}-{seed}-{i:06d}"
    return SyntheticRow(
        id=name,
        messages=talk.messages,
        tools=tools,
        predictions=predictions,
        group=name,
        domain=domain.name,
        scenario=kind,
        planted=planted,
        verdicts=verdicts,
    )


def _offered(domain: Domain, talk: Talk, rng: Random) -> list[dict[str, Any]]:
    """The tools of the domain in some order, now and then without some that are not used."""
    used = {note.name for note in talk.notes}
    tools = list(domain.tools)
    if rng.random() < 0.4:
        tools = [t for t in tools if t["function"]["name"] in used or rng.random() < 0.6]
    if len(tools) < 2:
        tools = list(domain.tools)
    if rng.random() < 0.5:
        rng.shuffle(tools)
    return tools


def _play(talk: Talk, domain: Domain, kind: str) -> None:
    """One task of a kind, one that this user has not brought yet where there is one."""
    tasks = [t for t in domain.tasks[kind] if t not in talk.played] or domain.tasks[kind]
    task = tasks[talk.rng.randrange(len(tasks))]
    talk.played.add(task)
    try:
        task(talk, talk.world)
    except TalkOver:
        return


def _any(talk: Talk, domain: Domain) -> None:
    """A task of any kind, those not brought yet first."""
    fresh = [kind for kind, tasks in domain.tasks.items() if not talk.played.issuperset(tasks)]
    _play(talk, domain, talk.rng.choice(fresh or list(domain.tasks)))


def _one(kind: str) -> Any:
    def play(talk: Talk, domain: Domain) -> None:
        _play(talk, domain, kind)
        _close(talk, 0.25)

    return play


def _recover(talk: Talk, domain: Domain) -> None:
    """A task in which the environment fails once, or for good."""
    kind = talk.rng.choice(("single", "nested", "nested", "clarify"))
    talk.fault_at = 1 if kind == "nested" and talk.rng.random() < 0.5 else 0
    _play(talk, domain, kind)
    _close(talk, 0.25)


def _several(talk: Talk, domain: Domain) -> None:
    for _ in range(talk.rng.randint(2, 3)):
        _any(talk, domain)
    _close(talk, 0.5)


def _long(talk: Talk, domain: Domain) -> None:
    """Task after task until the target is near; faults happen on the way."""
    target = talk.rng.randint(26, MAX_MESSAGES)
    if talk.rng.random() < 0.4:
        talk.fault_at = talk.rng.randint(2, 8)
    limit = min(target, MAX_MESSAGES - 2)
    while len(talk.messages) + _LONGEST_TASK <= limit or len(talk.messages) < 20:
        _any(talk, domain)
    while len(talk.messages) + 4 <= limit:
        _play(talk, domain, "single")
    _close(talk, 0.5)


def _refuse(talk: Talk, domain: Domain) -> None:
    """Something that no tool or rule allows; sometimes followed by something possible."""
    ask, answer = talk.rng.choice(domain.beyond)
    talk.user(ask if talk.messages else f"{talk.world.me.name} here. {ask}")
    talk.say(answer)
    if talk.messages[0]["role"] == "system" and talk.rng.random() < 0.4:
        _play(talk, domain, "single")
    _close(talk, 0.15)


def _close(talk: Talk, share: float) -> None:
    if talk.rng.random() < share and len(talk.messages) <= MAX_MESSAGES - 2:
        talk.closings.append(talk.user(*_GOODBYES))
        talk.say(*_WELCOMES)


_PLAYS = {
    "single": _one("single"),
    "parallel": _one("parallel"),
    "nested": _one("nested"),
    "clarify": _one("clarify"),
    "refuse": _refuse,
    "recover": _recover,
    "multi_turn": _several,
    "long": _long,
}


def world_of(domain: Domain, seed: int) -> World:
    """A fresh world of a domain, for tests of the simulated systems."""
    return domain.world(Random(seed))
