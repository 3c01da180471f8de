"""Properties of exports over any trajectory: shared prompts, counted targets, rows that return."""

from __future__ import annotations

import io
import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from curation.annotation import Outcome, StepVerdict
from curation.diffing import diff_trajectories, first_difference, same_calls
from curation.export_reasons import Dropped, DropReason, Unfit
from curation.exporting import (
    LAYOUTS,
    TYPES,
    Completion,
    Conversation,
    Judged,
    Options,
    Pair,
    supported,
)
from curation.rl_options import RlOptions
from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory
from tests.curated_examples import curated

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.floats(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
arguments = st.dictionaries(texts, values, max_size=3).map(json.dumps) | st.sampled_from(
    ["", "{", "[]", '{ "a" :\n1}']
)
ids = st.none() | st.sampled_from(["a", "b", "c"])
calls = st.builds(ToolCall, st.sampled_from(["f", "g"]), arguments, ids)
contents = texts | st.none() | st.just([{"type": "text", "text": "part"}])
messages = st.one_of(
    st.builds(Message, st.just(Role.SYSTEM) | st.just(Role.USER), texts),
    st.builds(
        Message,
        st.just(Role.ASSISTANT),
        contents,
        st.lists(calls, max_size=2).map(tuple),
        reasoning=st.none() | texts,
    ),
    st.builds(Message, st.just(Role.TOOL), texts, tool_call_id=ids),
)
tools = st.lists(
    st.builds(
        ToolSpec, st.sampled_from(["f", "g"]), texts, st.none() | st.dictionaries(texts, values)
    ),
    max_size=2,
).map(tuple)
trajectories = st.builds(Trajectory, st.lists(messages, max_size=7).map(tuple), tools)
verdicts = st.dictionaries(st.integers(0, 6), st.sampled_from(StepVerdict))


@given(trajectories, verdicts, st.booleans(), st.sampled_from(["sft", "kto", "stepwise", "rl"]))
def test_whatever_fits_a_layout_reads_back_equal(
    trajectory: Trajectory, judged: dict[int, StepVerdict], per_step: bool, kind: str
) -> None:
    value = curated(trajectory, Outcome.ACCEPT, verdicts=judged)
    options = Options(per_step=per_step, rl=RlOptions(no_call=0.5))
    for name in supported()[kind]:
        layout = LAYOUTS.get(name)
        if layout.suffix != ".jsonl":
            continue
        for example in TYPES.get(kind).examples(value, options):
            if isinstance(example, Dropped):
                continue
            try:
                fitted = layout.fit(example, Counter())
            except Unfit:
                continue
            file = io.BytesIO()
            writer = layout.writer(file)
            writer.add([layout.encode(fitted)])
            writer.finish()
            assert file.getvalue().count(b"\n") == 1
            assert list(layout.rows(io.BytesIO(file.getvalue()))) == [fitted]


@given(trajectories, verdicts)
def test_every_trainable_turn_is_one_target_and_every_other_turn_is_accounted_for(
    trajectory: Trajectory, judged: dict[int, StepVerdict]
) -> None:
    value = curated(trajectory, verdicts=judged)
    steps = trajectory.assistant_indexes()
    wrong = [i for i in steps if judged.get(i) is StepVerdict.INCORRECT]
    found = list(TYPES.get("sft").examples(value, Options(per_step=True)))
    if len(wrong) == len(steps):
        assert found == [Dropped(DropReason.NO_TARGET)]
        return
    assert [e.step for e in found if isinstance(e, Completion)] == [
        i for i in steps if i not in wrong
    ]
    assert [e.step for e in found if isinstance(e, Dropped)] == wrong
    (whole,) = TYPES.get("sft").examples(value, Options())
    assert isinstance(whole, Conversation) and list(whole.masked) == wrong


@given(trajectories, trajectories, st.integers(0, 7))
def test_a_pair_shares_its_prompt_and_never_holds_two_equal_sides(
    one: Trajectory, two: Trajectory, shared: int
) -> None:
    after = Trajectory(one.messages[:shared] + two.messages[shared:], one.tools)
    (found,) = TYPES.get("dpo").examples(curated(after, original=one), Options())
    if not isinstance(found, Pair):
        assert isinstance(found, Dropped)
        return
    step = found.step
    assert found.prompt == after.messages[:step]
    assert first_difference(found.prompt, one.messages[:step]) is None
    assert (found.chosen, found.rejected) == (after.messages[step], one.messages[step])
    assert first_difference((found.chosen,), (found.rejected,)) == 0
    assert not (found.chosen.tool_calls and same_calls(found.chosen, found.rejected))


@given(trajectories, verdicts, st.sampled_from([Outcome.ACCEPT, Outcome.REJECT]))
def test_a_label_is_never_invented(
    trajectory: Trajectory, judged: dict[int, StepVerdict], outcome: Outcome
) -> None:
    for example in TYPES.get("kto").examples(
        curated(trajectory, outcome, verdicts=judged), Options()
    ):
        if not isinstance(example, Judged):
            continue
        if judged:
            expected = StepVerdict.CORRECT if example.label else StepVerdict.INCORRECT
            assert judged[example.step] is expected and len(example.completion) == 1
        else:
            assert example.label is (outcome is Outcome.ACCEPT)


@given(trajectories, trajectories)
def test_a_difference_is_found_exactly_when_messages_differ(
    one: Trajectory, two: Trajectory
) -> None:
    assert diff_trajectories(one, one) == ()
    assert (diff_trajectories(one, two) == ()) == (one.messages == two.messages)
