"""Replies of an embedding endpoint over real HTTP: taken whole, or refused in words."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from pydantic import SecretStr

from curation.embeddings import STORED
from curation.generators.embedder import Embedded, open_embedder
from curation.model_endpoint import Endpoint
from curation.model_faults import ModelError, ModelFault
from tests.model_server import Step, awaited, failing, model_server
from tests.vectors import vectors

KEY = "sk-very-secret-0123456789"


def asked(url: str, texts: Sequence[str], dimension: int | None = None) -> Embedded:
    async def main() -> Embedded:
        embedder = await open_embedder(Endpoint(url, "e", SecretStr(KEY)), dimension)
        try:
            return await embedder.embed(texts)
        finally:
            await embedder.close()

    return awaited(main())


def test_vectors_are_those_of_their_index() -> None:
    with model_server(vectors([3, 4], [0, 2], tokens=7)) as server:
        found = asked(server.url, ["a", "b"])
    assert server.asked == [{"model": "e", "input": ["a", "b"]}]
    assert server.keys == [f"Bearer {KEY}"]
    one, other = (np.frombuffer(packed, STORED).tolist() for packed in found.vectors)
    assert one == pytest.approx([0.6, 0.8], abs=5e-4) and other == [0, 1]
    assert found.prompt_tokens == 7


def raw(*entries: object) -> Step:
    return Step(raw=json.dumps({"data": entries}).encode())


UNFIT, NONE = ModelFault.NOT_EMBEDDINGS, ModelFault.NO_DIRECTION


@pytest.mark.parametrize(
    ("reply", "fault", "says"),
    [
        (vectors([1, 2]), UNFIT, "1 vectors for 2 texts"),
        (vectors([1, 2], [1, 2], [1, 2]), UNFIT, "3 vectors for 2 texts"),
        (raw({"index": 0, "embedding": [1]}, {"index": 0, "embedding": [2]}), UNFIT, "indexes"),
        (raw({"index": 1, "embedding": [1]}, {"index": 2, "embedding": [2]}), UNFIT, "indexes"),
        (raw({"embedding": [1]}, {"embedding": [2]}), UNFIT, "no list of embeddings"),
        (vectors([1, 2], [1, 2, 3]), UNFIT, "vectors of 2 and 3 numbers"),
        (vectors([], []), UNFIT, "vectors of 0 numbers"),
        (vectors([1, 2], [1, 2]), UNFIT, "have 3"),
        (vectors([1, 2, 3], [0, 0, 0]), NONE, "zeros"),
        (vectors([1, 2, 3], [1, 2, float("nan")]), NONE, "NaN"),
        (vectors([1, 2, 3], [1, 2, float("inf")]), NONE, "infinity"),
        (raw({"index": 0, "embedding": [1, None]}), UNFIT, "no list of embeddings"),
        (raw({"index": 0, "embedding": "AACAPw=="}), UNFIT, "no list of embeddings"),
        (Step("a chat completion"), UNFIT, "no list of embeddings"),
        (Step(raw=b"<html>\xff"), UNFIT, "no list of embeddings"),
        (Step(raw=b'{"data": ' + b"[" * 100_000), UNFIT, "no list of embeddings"),
        (failing(404, f"no such model {KEY}"), ModelFault.MODEL, "knows no model e"),
        (Step("", half=True), ModelFault.UNREACHABLE, "connection"),
    ],
)
def test_anything_else_is_refused_whole(reply: Step, fault: ModelFault, says: str) -> None:
    with model_server(reply) as server, pytest.raises(ModelError) as refused:
        asked(server.url, ["a", "b"], dimension=3)
    assert refused.value.fault is fault
    assert says in str(refused.value) and KEY not in str(refused.value)
