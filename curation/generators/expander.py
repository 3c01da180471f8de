"""Asking a model for a new sample like a verified error.

Whether what it writes is a sample is `curation/expansion/reply.py`'s to say. Sampled, not greedy:
LoopTool's code asks at temperature 1.0 and top_p 0.9.
"""

from __future__ import annotations

import hashlib

from curation.expansion.reply import SAMPLE_SCHEMA
from curation.judge_prompt import Prompt
from curation.model_endpoint import Endpoint
from curation.structured_asking import Answer, StructuredAsker, open_asker

TEMPERATURE = 1.0
TOP_P = 0.9


class Expander:
    """One endpoint, any number of questions at once."""

    def __init__(self, asker: StructuredAsker) -> None:
        self._asker = asker

    async def write(
        self, prompt: Prompt, seed: int, *, temperature: float = TEMPERATURE, top_p: float = TOP_P
    ) -> Answer:
        """Ask once.

        Args:
            seed: of the endpoint's own sampling, where it heeds one.

        Raises:
            ModelError: the endpoint gave no reply.
        """
        return await self._asker.ask(
            prompt.messages,
            "sample",
            SAMPLE_SCHEMA,
            temperature=temperature,
            top_p=top_p,
            seed=seed,
        )

    async def close(self) -> None:
        """Give back the connections."""
        await self._asker.close()


def sampling_seed(seed_id: str, number: int, run_seed: int) -> int:
    """The seed of one child, 0 to 2^31 - 1; the same whenever it is asked for."""
    digest = hashlib.sha256(f"{run_seed}\n{seed_id}\n{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


async def open_expander(endpoint: Endpoint) -> Expander:
    """An expander that asks each question once; whoever uses it asks again."""
    return Expander(await open_asker(endpoint, "expand"))
