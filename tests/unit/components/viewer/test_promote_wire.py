"""A promoted try is the step, whatever was changed there before; and undo brings that back.

The viewer's own module works in Node (`promote_walk.mjs`); what it would send is carried out by
`curation.revising`, as the API does.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.routes.annotate import Revision
from components.viewer.payload import viewer_payload
from curation.annotation import Annotation
from curation.revising import revise
from curation.steps import pair_results
from curation.trajectory import Message, Role, ToolCall, Trajectory
from curation.tries import Answer, tries_by_step, try_id
from tests.unit.components.viewer.test_revision_wire import trip

NODE = shutil.which("node")
WALK = Path(__file__).parent / "promote_walk.mjs"
WALKS = 300


def answers(value: Trajectory) -> list[tuple[int, Answer]]:
    """Tries of both steps with calls and of an answer: fewer, more, other, reordered, none."""
    find = ToolCall("find", '{"city": "Rome"}')
    other = ToolCall("weather", '{"city":"Oslo", "days": 3}')
    made = [
        Message(Role.ASSISTANT, None, (other, find)),
        Message(Role.ASSISTANT, "Let me see.", (find,)),
        Message(Role.ASSISTANT, None, (ToolCall("walks", "{oops"), other, find)),
        Message(Role.ASSISTANT, "Where to?", reasoning="They did not say."),
    ]
    steps = value.assistant_indexes()
    return [(index, Answer(f"m{n}", one)) for index in steps for n, one in enumerate(made)]


def walked(value: Trajectory) -> list[dict[str, Any]]:
    view = viewer_payload(
        uid="u",
        trajectory=value,
        findings=[],
        annotation=Annotation(),
        committed=False,
        dataset="d",
        source_id="s",
        tries=tries_by_step(value.messages, answers(value)),
    )
    asked = {"messages": view["messages"], "tries": view["tries"], "seed": 5, "walks": WALKS}
    assert NODE is not None
    done = subprocess.run(
        [NODE, str(WALK)],
        input=msgspec.json.encode(asked),
        capture_output=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:].decode()
    cases: list[dict[str, Any]] = msgspec.json.decode(done.stdout)
    return cases


@pytest.mark.skipif(NODE is None, reason="Node is not installed: the viewer's tests did not run")
@pytest.mark.parametrize("with_ids", [True, False], ids=["ids", "no-ids"])
def test_the_step_says_what_the_try_says(with_ids: bool) -> None:
    value = trip(with_ids=with_ids)
    by_id = {try_id(a.message): a.message for _, a in answers(value)}
    seen = set()
    for case in walked(value):
        made = revise(value, value, msgspec.convert(case["wire"], Revision))
        unkept = [p for p in made.problems if not p.may_be_kept]
        assert unkept == [], case
        # Results of calls that were taken out go with them, so the step may stand earlier.
        steps = made.trajectory.assistant_indexes()
        at = steps[value.assistant_indexes().index(case["index"])]
        now, wanted = made.trajectory.messages[at], by_id[case["id"]]
        assert [(c.name, c.raw_arguments) for c in now.tool_calls] == [
            (c.name, c.raw_arguments) for c in wanted.tool_calls
        ]
        assert (now.text, now.reasoning) == (wanted.text, wanted.reasoning)
        assert not {i for i, m in enumerate(made.trajectory.messages) if m.role is Role.TOOL} - set(
            pair_results(made.trajectory.messages).results.values()
        ), "no result without its call"
        assert case["undone"] == case["before"]
        assert case["twice"] == case["wire"], "promoting it again changes nothing"
        seen.add((case["index"], case["id"]))
    assert len(seen) > 10
