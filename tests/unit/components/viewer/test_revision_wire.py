"""What the browser sends for a correction means in Python what it means in the browser.

Random operations are made by the viewer's own module in Node (`revision_walk.mjs`); the revision it
would send is read as the API reads it and carried out by `curation.revising`.
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

NODE = shutil.which("node")
WALK = Path(__file__).parent / "revision_walk.mjs"
WALKS = 400


def trip(*, with_ids: bool) -> Trajectory:
    """Two steps with two calls each, their results, and answers; no tools: nothing is invalid."""

    def step(first: str, second: str) -> list[Message]:
        names = [(first, "a"), (second, "b")]
        ids = [f"{letter}{first}" if with_ids else None for _, letter in names]
        raws = ['{"city": "Oslo"}', '{"city":"Oslo", "days": 1e0}']
        calls = [
            ToolCall(name, raw, call_id)
            for (name, _), raw, call_id in zip(names, raws, ids, strict=True)
        ]
        results = [
            Message(Role.TOOL, f"{name}: {i}", tool_call_id=call_id)
            for i, ((name, _), call_id) in enumerate(zip(names, ids, strict=True))
        ]
        return [Message(Role.ASSISTANT, None, tool_calls=tuple(calls)), *results]

    messages = [
        Message(Role.SYSTEM, "You plan trips."),
        Message(Role.USER, "Oslo, please."),
        *step("find", "weather"),
        Message(Role.ASSISTANT, "It rains.", reasoning="Hm."),
        Message(Role.USER, "And trains?"),
        *step("trains", "buses"),
        Message(Role.ASSISTANT, "At nine."),
    ]
    return Trajectory(tuple(messages))


def walked(value: Trajectory, seed: int) -> list[dict[str, Any]]:
    """What the browser makes of random operations on a trajectory."""
    view = viewer_payload(
        uid="u",
        trajectory=value,
        findings=[],
        annotation=Annotation(),
        committed=False,
        dataset="d",
        source_id="s",
    )
    asked = {"messages": view["messages"], "seed": seed, "walks": WALKS}
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
def test_a_revision_of_the_browser_means_the_same_in_python(with_ids: bool) -> None:
    value = trip(with_ids=with_ids)
    sizes = set()
    for case in walked(value, seed=7):
        revision = msgspec.convert(case["wire"], Revision)
        made = revise(value, value, revision)
        only_empty = [p for p in made.problems if "No step is left" not in p.message]
        assert only_empty == [], case["wire"]
        meant = [
            {
                "role": m.role.value,
                "text": m.text,
                "calls": [[c.name, c.raw_arguments] for c in m.tool_calls],
            }
            for m in made.trajectory.messages
        ]
        assert meant == case["meaning"], case["wire"]
        assert all(i < len(meant) for i in case["attested"])
        assert case["survives"], "a draft comes back as it was"
        sizes.add(len(meant))
    assert len(sizes) > 6, "the walks go to many places"


@pytest.mark.skipif(NODE is None, reason="Node is not installed: the viewer's tests did not run")
def test_no_result_is_left_without_its_call_whatever_is_done() -> None:
    value = trip(with_ids=True)
    owners = {message.text: call.id for message, call in answered(value)}
    n_results = 0
    for case in walked(value, seed=11):
        made = revise(value, value, msgspec.convert(case["wire"], Revision)).trajectory
        now = {message.text: call.id for message, call in answered(made)}
        standing = [m.text for m in made.messages if m.role is Role.TOOL and m.text in owners]
        n_results += len(standing)
        assert {text: now.get(text) for text in standing} == {t: owners[t] for t in standing}
    assert n_results > WALKS


def answered(value: Trajectory) -> list[tuple[Message, ToolCall]]:
    """Every result with the call that it answers."""
    results = pair_results(value.messages).results
    return [(value.messages[at], value.messages[i].tool_calls[j]) for (i, j), at in results.items()]
