"""Parts of a JSON Pointer (RFC 6901, section 3): how a key is written in one, and read back."""

from __future__ import annotations


def escape(key: str) -> str:
    """A key as one part of a pointer."""
    # Asked first: keys hardly ever hold either, and checking walks over millions of them.
    if "~" in key or "/" in key:
        return key.replace("~", "~0").replace("/", "~1")
    return key


def unescape(part: str) -> str:
    """The key that a part of a pointer stands for; inverse of `escape`."""
    return part.replace("~1", "/").replace("~0", "~")
