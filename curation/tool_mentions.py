"""Whether text mentions a tool by its name."""

from __future__ import annotations

import re

_ALONE = r"(?<![a-z0-9_]){}(?![a-z0-9_])"


def mentions(lower: str, name: str) -> bool:
    """Whether a name, in whatever letters, stands as a word of its own in a text in small ones."""
    wanted = name.lower()
    if not wanted or wanted not in lower:
        return False
    return re.search(_ALONE.format(re.escape(wanted)), lower) is not None


def is_plain_word(name: str) -> bool:
    """Whether a name is a word that people use without thinking of a tool (`weather`)."""
    return name.isalpha() and name.islower()
