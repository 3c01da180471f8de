"""Opening every call of the public data and saving it as it is laid out changes not a byte."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.flows.reading import detect_format, import_context, read_records
from curation.importing import Record, RecordError, pivot_record
from curation.revising import CallRevision, MessageRevision, revise
from curation.stale import stale_messages
from curation.tool_schemas import read_tools
from curation.trajectory import ToolCall, Trajectory

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent"),
]
FILES = sorted(
    p
    for folder in ("bfcl_v4", "tau_bench", "llama_factory", "hermes", "functionary")
    for p in (DATA / folder).glob("*.json*")
    if "tools" not in p.name and "dataset_info" not in p.name
)


def laid_out(call: ToolCall) -> str:
    """The arguments with a line of its own for every value, as an editor shows them."""
    if call.parsed().value is None:
        return call.raw_arguments
    parts = re.split(r'("(?:[^"\\]|\\.)*")', call.raw_arguments)
    parts[::2] = [re.sub(r"([\[{,:])\s*", r"\1\n  ", part) for part in parts[::2]]
    return f"\n{''.join(parts)}\n"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_opening_and_saving_is_no_change(path: Path) -> None:
    entry = detect_format(path)
    if entry is None:
        pytest.skip("a format of later")
    tools = path.parent / "airline_tools.json"
    context = import_context(path, read_tools(tools.read_text()) if tools.is_file() else ())
    n = 0
    for record in read_records(path):
        assert isinstance(record, Record)
        try:
            imported = list(pivot_record(entry, record, context))
        except RecordError:
            continue
        for one in imported:
            n += _check(one.trajectory)
    assert n or "irrelevance" in path.name


def _check(value: Trajectory) -> int:
    revision: list[int | MessageRevision] = []
    n = 0
    for i, message in enumerate(value.messages):
        calls = tuple(
            CallRevision(origin=j, name=c.name, arguments=laid_out(c))
            for j, c in enumerate(message.tool_calls)
        )
        n += len(calls)
        revision.append(
            MessageRevision(origin=i, content=message.text, calls=calls) if calls else i
        )
    made = revise(value, value, revision)
    assert made.problems == () and made.trajectory == value and made.trajectory.uid == value.uid
    assert stale_messages(value, made.trajectory) == ()
    return n
