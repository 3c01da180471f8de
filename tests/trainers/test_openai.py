"""OpenAI's own types of messages and tools know every key of the rows for its fine-tuning."""

from __future__ import annotations

import pytest

from tests.trainers.conftest import Consumed, Exported, needs
from tests.trainers.expected import lines
from tests.trainers.readers import PINNED


@needs(PINNED)
@pytest.mark.parametrize("more", [("sft",), ("sft", "--per-step"), ("dpo",)])
def test_openais_types_keep_every_row_as_it_is(
    exported: Exported, consumed: Consumed, more: tuple[str, ...]
) -> None:
    kind, *options = more
    export = exported(kind, "openai", *options, template=False)
    rows = lines(export / "train.jsonl")
    assert len(rows) > 4
    assert consumed(PINNED, "openai_types", export)["rows"] == rows
