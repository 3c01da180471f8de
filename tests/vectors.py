"""An embedding model on loopback: a vector for every text, by what the text says."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from tests.model_server import Step

Numbers = Sequence[float]


def vectors(*found: Numbers, tokens: int | None = 1, **more: Any) -> Step:
    """A reply with these vectors, the last one first: order is the index's to say."""
    data = [
        {"object": "embedding", "index": i, "embedding": list(one)} for i, one in enumerate(found)
    ]
    usage = None if tokens is None else {"prompt_tokens": tokens, "total_tokens": tokens}
    body = {"object": "list", "data": data[::-1], "model": "e", "usage": usage}
    return Step(raw=json.dumps(body).encode(), **more)


def embedding(vector_of: Callable[[str], Numbers]) -> Callable[[dict[str, Any]], Step]:
    """A model that knows the vector of every text; three tokens a text."""

    def answer(body: dict[str, Any]) -> Step:
        texts = body["input"]
        return vectors(*map(vector_of, texts), tokens=3 * len(texts))

    return answer
