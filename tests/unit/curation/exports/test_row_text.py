"""Keys that stand twice are found however they are spelled; text that looks like a key is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.exports.row_text import repeated_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"a": 1, "b": {"c": 2}}', None),
        ('{"a": "x\\": y"}', None),
        ('{"a": "\\" : "}', None),
        ('{"a":1,"a":2}', "a"),
        ('{"a":1,"a" :2}', "a"),
        ('{"a":1,"a"\n:2}', "a"),
        ('{"a":1,"b":"q\\" r","b":3}', "b"),
        ('{"a":"\\":","a":1}', "a"),
        ('{"x":{"a":1,"a":2}}', "a"),
        ('[{"a":1,"a":2},5]', "a"),
        ('{"a":{"b":1},"a":{"c":2}}', "a"),
    ],
)
def test_a_key_that_stands_twice_is_named(text: str, key: str | None) -> None:
    assert repeated_key(text, json.loads(text)) == key


texts = st.text('ab": \\\t\n', max_size=4)
values = st.recursive(
    texts | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(texts, values, max_size=3), st.sampled_from([None, 1]))
def test_one_more_of_a_key_is_found_and_nothing_else(
    value: dict[str, object], indent: int | None
) -> None:
    text = json.dumps(value, indent=indent)
    assert repeated_key(text, value) is None
    if value:
        key = next(iter(value))
        twice = f"{text.rstrip()[:-1]}, {json.dumps(key)}: 0}}"
        assert repeated_key(twice, json.loads(twice)) == key
