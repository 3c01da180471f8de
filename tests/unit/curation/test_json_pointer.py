"""Keys in JSON Pointers come back as they were."""

from __future__ import annotations

import pytest

from curation.json_pointer import escape, unescape


@pytest.mark.parametrize(
    ("key", "part"),
    [("a", "a"), ("", ""), ("~/", "~0~1"), ("~1", "~01"), ("a/b~c", "a~1b~0c"), ("~0/", "~00~1")],
)
def test_tilde_is_escaped_before_slash_and_comes_back_after_it(key: str, part: str) -> None:
    assert escape(key) == part
    assert unescape(part) == key
