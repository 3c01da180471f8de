"""Looking for a value in earlier texts: what is remembered between questions changes no answer."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from curation.origins import How, Origin, Source, Sources

ORIGINS = (Origin.USER, Origin.RESULT, Origin.SYSTEM)
TEXTS = ("Oslo 3", "Rome", "3 rooms in Rome", "true", "nothing", "1.0 Oslo")
VALUES: tuple[Any, ...] = ("Oslo", "rome", "Rome", "3", 3, 3.0, 1, 1.0, True, "absent")


def searched(
    sources: list[Source], value: Any, how: How, origin: Origin, before: int
) -> tuple[int | None, Any] | None:
    """The answer by looking through everything."""
    for source in reversed(sources):
        assert source.index is not None
        if source.origin is origin and (source.index < before or origin is Origin.SYSTEM):
            found = source.find(value, how)
            if found is not None:
                return source.index, found[0]
    return None


@given(
    st.lists(st.tuples(st.sampled_from(ORIGINS), st.sampled_from(TEXTS)), max_size=12),
    st.lists(
        st.tuples(
            st.sampled_from(VALUES),
            st.sampled_from([How.EXACT, How.CASE, How.NUMBER, How.WORDS]),
            st.sampled_from(ORIGINS),
            st.integers(0, 13),
        ),
        max_size=30,
    ),
)
def test_every_order_of_questions_is_answered_as_by_looking_through_everything(
    said: list[tuple[Origin, str]], asked: list[tuple[Any, How, Origin, int]]
) -> None:
    sources = [Source(i, origin, text) for i, (origin, text) in enumerate(said)]
    indexed = Sources(sources)
    for value, how, origin, before in asked:
        found = indexed.find(value, how, origin, before)
        expected = searched(sources, value, how, origin, before)
        assert (found and (found[0].index, found[1])) == expected
