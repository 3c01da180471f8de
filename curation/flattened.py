"""Attributes with indexed keys, `llm.input_messages.0.message.role`, put back into a tree.

Tracers flatten lists of objects so, because a span's attributes hold only plain values. Numbers in
keys are positions and sorted as numbers (10 comes after 9). Some exporters keep a list but leave
dots in the keys of its objects; that is read as well.
"""

from __future__ import annotations

from typing import Any


def nested(attributes: dict[str, Any], prefix: str) -> Any:
    """The tree below `prefix`; None when nothing stands there."""
    if prefix in attributes:
        return _opened(attributes[prefix])
    start = prefix + "."
    below = {k.removeprefix(start): v for k, v in attributes.items() if k.startswith(start)}
    return _opened(below) if below else None


def _opened(value: Any) -> Any:
    """Dotted keys as objects, and objects of positions as lists."""
    if isinstance(value, list):
        return [_opened(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    tree: dict[str, Any] = {}
    for key, inner in value.items():
        _put(tree, key.split("."), _opened(inner))
    return _positions(tree)


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    here = tree
    for part in path[:-1]:
        following = here.setdefault(part, {})
        if not isinstance(following, dict):
            following = here[part] = {"": following}
        here = following
    known = here.get(path[-1])
    if isinstance(known, dict) and isinstance(value, dict):
        known.update(value)
    else:
        here[path[-1]] = value


def _positions(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    inside = {key: _positions(inner) for key, inner in tree.items()}
    if inside and all(key.isdecimal() for key in inside):
        return [inside[key] for key in sorted(inside, key=int)]
    return inside
