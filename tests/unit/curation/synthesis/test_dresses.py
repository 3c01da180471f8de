"""A run says the same in whatever format of logs and traces it is dressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from curation.importing import FORMATS, ImportContext, Record, gathered, pivot_record
from curation.synthesis.build import make_row
from curation.synthesis.dresses import adk, anthropic, chatml, openai, spans
from curation.synthesis.row import SyntheticRow
from curation.trajectory import Role, Trajectory

Dress = Callable[[SyntheticRow], Iterable[dict[str, Any]]]

DRESSES: dict[str, Dress] = {
    "otel-genai": lambda row: [spans.otlp(row)],
    "openinference": spans.openinference,
    "datadog-llm": spans.datadog,
    "anthropic-messages": lambda row: [anthropic.logged(row)],
    "google-adk": lambda row: [adk.session(row)],
    "qwen-text": lambda row: [chatml.logged(row)],
}


def imported(name: str, records: Iterable[dict[str, Any]]) -> Trajectory:
    entry, context = FORMATS.get(name), ImportContext()
    items = gathered(entry, iter([Record(f"f:{n}", n, r) for n, r in enumerate(records, start=1)]))
    (found,) = [
        one
        for item in items
        if isinstance(item, Record)
        for one in pivot_record(entry, item, context)
    ]
    return found.trajectory


def said(trajectory: Trajectory) -> list[Any]:
    """What was said and called; results as values, because some formats hold objects."""
    return [
        (
            m.role.value,
            m.text.strip().replace(" ", ""),
            [(c.name, c.parsed()) for c in m.tool_calls],
        )
        for m in trajectory.messages
        if m.role is not Role.SYSTEM
    ]


@pytest.mark.parametrize("name", sorted(DRESSES))
def test_the_run_is_read_back_whole(name: str) -> None:
    rows = [make_row(7, i) for i in range(40)]
    rows = [row for row in rows if row.messages[-1]["role"] == "assistant" and not row.planted][:8]
    assert len(rows) == 8
    for row in rows:
        plain = imported("openai-chat", [openai.chat(row)])
        dressed = imported(name, DRESSES[name](row))
        assert said(dressed) == said(plain), row.id
        if name != "google-adk":
            assert dressed.tools == plain.tools
