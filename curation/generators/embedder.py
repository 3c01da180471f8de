"""Asking an endpoint for the vectors of texts (`POST /embeddings` of the OpenAI protocol).

A reply is taken whole or not at all: as many vectors as texts, each under its index, all of one
dimension, each with a direction. Anything else is a `ModelError` that says what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from curation.chat_client import error_of
from curation.embeddings import NoDirection, packed
from curation.model_endpoint import Endpoint
from curation.model_exchange import Answered, Exchange, open_exchange
from curation.model_faults import ModelError, ModelFault, refused

WHERE = "embed"
PATH = "/embeddings"


class Embedded(Struct, frozen=True):
    """The vectors of some texts, in their order."""

    vectors: tuple[bytes, ...]
    """As `curation.embeddings.packed`."""
    prompt_tokens: int | None = None
    """None when the endpoint does not say."""


class _Vector(Struct):
    embedding: list[float]
    index: int


class _Reply(Struct):
    data: list[_Vector]
    usage: Any = None


_decoder = msgspec.json.Decoder(_Reply)


class Embedder:
    """One endpoint, any number of questions at once.

    Args:
        dimension: of the vectors on record; None: that of the first reply.
    """

    def __init__(self, endpoint: Endpoint, exchange: Exchange, dimension: int | None) -> None:
        self._endpoint = endpoint
        self._exchange = exchange
        self.dimension = dimension

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Ask once.

        Raises:
            ModelError: there are no vectors, or not those that were asked for.
        """
        body = {"model": self._endpoint.model, "input": list(texts)}
        answer = await self._exchange.post(body)
        if not 200 <= answer.status < 300:
            error = error_of(answer.content)
            raise refused(self._endpoint, answer.status, answer.headers, error, WHERE)
        reply = self._read(answer)
        found = sorted(reply.data, key=lambda one: one.index)
        self._require_fit(found, len(texts))
        try:
            vectors = packed([one.embedding for one in found])
        except NoDirection:
            raise self._no_direction() from None
        self.dimension = len(found[0].embedding)
        return Embedded(tuple(vectors), _prompt_tokens(reply.usage))

    async def close(self) -> None:
        """Give back the connections."""
        await self._exchange.close()

    def _read(self, answer: Answered) -> _Reply:
        try:
            return _decoder.decode(answer.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        try:
            # Python's servers write NaN, which is no JSON; better told as what it is.
            return msgspec.convert(json.loads(answer.content), _Reply)
        except (msgspec.ValidationError, ValueError, RecursionError):
            raise self._unfit("no list of embeddings") from None

    def _require_fit(self, found: Sequence[_Vector], n: int) -> None:
        if len(found) != n:
            raise self._unfit(f"{len(found):,} vectors for {n:,} texts")
        if [one.index for one in found] != list(range(n)):
            raise self._unfit(f"vectors whose indexes are not 0 to {n - 1}, once each")
        dimensions = sorted({len(one.embedding) for one in found})
        if len(dimensions) > 1 or not dimensions[0]:
            raise self._unfit(f"vectors of {' and '.join(map(str, dimensions))} numbers")
        if self.dimension is not None and dimensions != [self.dimension]:
            raise ModelError(
                f"{self._endpoint.model} gives {dimensions[0]:,} numbers a vector, and those on "
                f"record under this name have {self.dimension:,}.",
                fault=ModelFault.NOT_EMBEDDINGS,
                where=WHERE,
                hint="Another model answers to the name: serve it under a name of its own.",
            )

    def _unfit(self, what: str) -> ModelError:
        return ModelError(
            f"{self._endpoint.base_url} answered with {what}.",
            fault=ModelFault.NOT_EMBEDDINGS,
            where=WHERE,
            hint="The model must be one for embeddings, at the base URL of an OpenAI-compatible "
            "API; it mostly ends in /v1.",
        )

    def _no_direction(self) -> ModelError:
        return ModelError(
            f"{self._endpoint.base_url} answered with a vector of zeros, or with numbers that are "
            "none (NaN, infinity).",
            fault=ModelFault.NO_DIRECTION,
            where=WHERE,
            hint="Look into the endpoint's log; a text that is too long can be the cause.",
        )


async def open_embedder(endpoint: Endpoint, dimension: int | None = None) -> Embedder:
    """An embedder that asks each question once; whoever uses it asks again."""
    return Embedder(endpoint, await open_exchange(endpoint, WHERE, PATH), dimension)


def _prompt_tokens(usage: Any) -> int | None:
    found = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
