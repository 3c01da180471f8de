"""Whatever a trajectory holds, the store gives back exactly that, under the same uid."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from curation.trajectory import Message, Role, ToolCall, ToolSpec, Trajectory
from storage.engine import Store
from storage.trajectories import add_batch, load, new_trajectory

# Any text but lone surrogates, which no file and no database can hold.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
# Beyond 64 bits a JSON number is no longer the same on the way back.
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | texts
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
objects = st.dictionaries(texts, values, max_size=4)
calls = st.builds(ToolCall, name=texts, raw_arguments=texts, id=st.none() | texts)
messages = st.builds(
    Message,
    role=st.sampled_from(Role),
    content=texts | st.none() | st.just(UNSET) | st.lists(objects, max_size=3),
    tool_calls=st.lists(calls, max_size=3).map(tuple),
    tool_call_id=st.none() | texts,
    name=st.none() | texts,
    reasoning=st.none() | texts,
    extra=objects,
)
tools = st.builds(
    ToolSpec, name=texts, description=texts, parameters=st.none() | objects, extra=objects
)
trajectories = st.builds(
    Trajectory,
    messages=st.lists(messages, min_size=1, max_size=6).map(tuple),
    tools=st.lists(tools, max_size=3).map(tuple),
)

_quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_quick
@given(st.lists(trajectories, min_size=1, max_size=4))
def test_a_trajectory_comes_back_as_it_went_in(store: Store, batch: list[Trajectory]) -> None:
    with store.write() as conn:
        added = add_batch(conn, [new_trajectory(value, "g") for value in batch])
        again = add_batch(conn, [new_trajectory(value, "g") for value in batch])
    assert again.ids == added.ids
    assert again.n_added == 0
    with store.read() as conn:
        for value, row_id in zip(batch, added.ids, strict=True):
            found = load(conn, value.uid)
            assert found.id == row_id
            assert found.trajectory.uid == value.uid
            assert found.trajectory.messages == value.messages
            # Key order inside a schema is the first source's, as equal sets are stored once.
            assert found.trajectory.tools == value.tools


@_quick
@given(trajectories)
def test_saving_what_was_loaded_is_byte_identical(store: Store, value: Trajectory) -> None:
    prepared = new_trajectory(value, "g")
    with store.write() as conn:
        add_batch(conn, [prepared])
        loaded = load(conn, prepared.uid).trajectory
    again = new_trajectory(loaded, "g")
    assert again.uid == prepared.uid
    assert again.content == prepared.content
    assert msgspec.structs.asdict(again)["words"] == prepared.words
