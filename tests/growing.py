"""Errors that a person ruled on, and a model server that grows samples from them and judges them.

One server plays both parts: it tells by the prompt who is asked. Error i is about City0000i; child
d of it is about a town of its own, in words of its own, so that no two of them are alike.
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.flows.rule import rule
from curation.directive import builtin_directives
from curation.rubric import rubric_named
from curation.verdicts import Verdict
from storage.annotators import ensure_annotator
from storage.engine import Store
from storage.tables import PredictionRow, table_of
from tests.disputed import fill
from tests.expanding import made, said, sample
from tests.model_server import Step

prediction = table_of(PredictionRow)

TITLES = [one.title for one in builtin_directives()]
WORDS = [
    "anchor",
    "birch",
    "candle",
    "daisy",
    "ember",
    "falcon",
    "garnet",
    "harbour",
    "island",
    "juniper",
    "kettle",
    "lantern",
    "meadow",
    "nectar",
    "orchard",
    "pebble",
    "quartz",
    "raven",
    "saddle",
    "timber",
    "umbrella",
    "velvet",
    "willow",
    "yonder",
    "zephyr",
]


def with_errors(
    store: Store, folder: Path, n: int, verdict: Verdict = Verdict.PRED_WRONG
) -> list[int]:
    """`n` steps with wrong predictions that a person ruled on; returns the predictions' ids."""
    fill(store, folder, n)
    return rule_on(store, verdict)


def rule_on(store: Store, verdict: Verdict = Verdict.PRED_WRONG) -> list[int]:
    """Let a person rule on every prediction that nobody has ruled on; returns all ids."""
    with store.write() as conn:
        who = ensure_annotator(conn, "ada")
        rows = conn.execute(
            select(prediction.c.id, prediction.c.standing).order_by(prediction.c.id)
        ).all()
    for row_id, standing in rows:
        if not standing:
            rule(store, who, row_id, verdict, session_id="court", n=row_id)
    return [row_id for row_id, _ in rows]


def is_judge(body: dict[str, Any]) -> bool:
    """Whether a vote is asked for, and not a sample."""
    return "Criteria:" in body["messages"][0]["content"]


def child_of(body: dict[str, Any]) -> tuple[int, str]:
    """Which child a generator is asked for: the number of the error, and the directive's title."""
    system, user = (message["content"] for message in body["messages"])
    number = re.search(r"City(\d+)", user)
    title = re.search(r"What to vary this time \((.*?)\):", system)
    assert number is not None and title is not None
    return int(number[1]), title[1]


def town_of(number: int, title: str) -> str:
    """What the good child is about."""
    return f"{title.split()[0]}burg-{number}"


def good(number: int, title: str) -> dict[str, Any]:
    """A sample like no other."""
    words = random.Random(f"{number} {title}").sample(WORDS, 9)
    asked = f"{' '.join(words)}: rain in {town_of(number, title)}?"
    return sample(said("user", asked), calls=[made(city=town_of(number, title))])


def asked_town(body: dict[str, Any]) -> str:
    """Which town a judge's question is about."""
    found = re.findall(r"\w+burg-\d+", body["messages"][-1]["content"])
    return found[-1] if found else ""


def vote(holds: str = "yes") -> Step:
    """A judge's reply on every criterion."""
    names = [criterion.name for criterion in rubric_named("new-sample").criteria]
    items = [{"name": name, "evidence": "as said", "holds": holds} for name in names]
    return Step(json.dumps({"items": items}))


def answering(body: dict[str, Any]) -> Step:
    """Both parts played well."""
    return vote() if is_judge(body) else Step(json.dumps(good(*child_of(body))))


def scripted(
    write: Callable[[int, str], Any] = good, judge: Callable[[str], Step] = lambda _: vote()
) -> Callable[[dict[str, Any]], Step]:
    """Parts played otherwise.

    Args:
        write: of the error's number and the directive's title; a value becomes JSON, a text and a
            `Step` stay.
        judge: of the town.
    """

    def answer(body: dict[str, Any]) -> Step:
        if is_judge(body):
            return judge(asked_town(body))
        value = write(*child_of(body))
        if isinstance(value, Step):
            return value
        return Step(value if isinstance(value, str) else json.dumps(value))

    return answer


def asked_for(bodies: Sequence[dict[str, Any]]) -> Counter[Any]:
    """How often each sample was asked for."""
    return Counter(child_of(body) for body in bodies if not is_judge(body))


def voted_on(bodies: Sequence[dict[str, Any]]) -> Counter[str]:
    """How often each town was judged."""
    return Counter(asked_town(body) for body in bodies if is_judge(body))


def in_a_thread(work: Callable[[], Any]) -> Any:
    """What it returns; browser tests of the same run leave an event loop in the main thread."""
    ends: list[Any] = []

    def go() -> None:
        try:
            ends.append(work())
        except BaseException as problem:  # noqa: BLE001 - raised again below
            ends.append(problem)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    if isinstance(ends[0], BaseException):
        raise ends[0]
    return ends[0]
