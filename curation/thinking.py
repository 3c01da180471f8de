"""Thinking text that stands in an answer itself, `<think>…</think>`, told apart from the answer.

Messages keep their reasoning in a field of its own where the source did; many do not. What is left
is what the user, and a judge, may read.
"""

from __future__ import annotations

import re

_CLOSED = re.compile(r"<(think|thinking|thought)>.*?</\1>\s*", re.DOTALL | re.IGNORECASE)
_BEGUN_EARLIER = re.compile(r"\A.*</(?:think|thinking|thought)>\s*", re.DOTALL | re.IGNORECASE)
"""Chat templates that open the block themselves leave only its end in the answer."""
_OPEN = re.compile(r"<(?:think|thinking|thought)>.*\Z", re.DOTALL | re.IGNORECASE)


def without_thinking(text: str) -> str:
    """`text` without its thinking; a block that is never closed reaches to the end."""
    if "<" not in text:
        return text
    return _OPEN.sub("", _BEGUN_EARLIER.sub("", _CLOSED.sub("", text)))


def ends_in_thinking(text: str) -> bool:
    """Whether the text breaks off inside a block of thinking."""
    return _OPEN.search(_CLOSED.sub("", text)) is not None
