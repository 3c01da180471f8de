"""Mutation: an optional argument that nobody asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

from curation.documented import may_be_default, quoted_options
from curation.mutating import HITEC, Changed, mutation
from curation.mutations._samples import HOLD, PING_CALL, book, step
from curation.right_step import RightCall, RightStep, pointer_to, quoted


@mutation(
    "unasked-key",
    title="Unasked argument added",
    taxonomy=HITEC,
    category="redundant_parameter",
    applies_to=step(book()),
    not_to=step(PING_CALL, tools=(HOLD,)),
)
def unasked_key(right: RightStep, rng: Random) -> Changed | None:
    """A declared optional argument is added with a value that the schema takes, that is not its
    default (declared or described), and that the users said nothing of.
    """
    openings = [
        (call, key, value)
        for call in right.calls
        for key, value in _additions(call)
        if not _is_asked(right.asked, key, value)
    ]
    if not openings:
        return None
    call, key, value = rng.choice(openings)
    changed = right.with_arguments(call, {**call.arguments, key: value})
    return Changed(changed, f"Nobody asked for {key} {quoted(value)}.", call.index, pointer_to(key))


def _additions(call: RightCall) -> Iterator[tuple[str, Any]]:
    if call.validator is None:
        return
    for key, schema in call.properties.items():
        if key in call.arguments or key in call.required:
            continue
        declared = call.declared(key)
        for value in [*_values(schema), *quoted_options(declared)]:
            takes = call.validator.is_valid({**call.arguments, key: value})
            if takes and not may_be_default(declared, value):
                yield key, value


def _values(schema: dict[str, Any]) -> list[Any]:
    """A few values that a model would think of."""
    if isinstance(schema.get("enum"), list):
        return list(schema["enum"])
    kinds = schema.get("type")
    match kinds[0] if isinstance(kinds, list) and kinds else kinds:
        case "boolean":
            return [True, False]
        case "integer" | "number":
            ends = [schema.get("minimum"), schema.get("maximum")]
            numbers = [1, 5, 10, *(end for end in ends if isinstance(end, int | float))]
            return list(dict.fromkeys(numbers))
        case _:
            return []


def _plainly(value: Any) -> str:
    return str(value).lower()


_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def _is_asked(asked: str, key: str, value: Any) -> bool:
    """Whether users may have spoken of it: of the value, or of all words of the name."""
    if isinstance(value, str) and _plainly(value).replace("_", " ") in asked.replace("_", " "):
        return True
    words = [word.lower() for word in _WORD.findall(key) if len(word) > 2]
    return bool(words) and all(word in asked for word in words)
