"""The field mapping on the Ingest page: written in place, with what it makes of the first rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from app import session
from app.flows import mapping
from app.flows.mapping import RowLook
from app.flows.reading import find_files, read_tool_file
from components.notices import draw_error, escape
from curation.errors import LoopwrightError
from curation.importing import Problem, Record
from curation.trajectory import Message

MAPPED = "mapping"
"""The choice of the format list that means a field mapping."""

_PROPOSED = "What the file looks like"
_UPLOADED = "A TOML file from your computer"
_SHOWN_CALLS = 300


def draw_mapping(path: Path | None, tools: Path | None) -> str | None:
    """Draw editor and look; the mapping's text, or None while there is none that can be used."""
    if path is None:
        st.caption("Name the file first; a mapping is then proposed from its first record.")
        return None
    try:
        file = find_files([path])[0]
    except LoopwrightError as problem:
        draw_error(problem)
        return None
    records = mapping.first_records(file)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        text = _draw_editor(path, records)
    with right:
        return text if _draw_look(text, file, records, tools) else None


def _draw_editor(path: Path, records: list[Record | Problem]) -> str:
    """The TOML, beginning with a proposal, a mapping that is kept, or a file."""
    key = f"ingest-mapping-{path}"
    kept = mapping.kept_mappings(session.store())
    starts = {_PROPOSED: mapping.proposed(records)}
    starts |= {f"The mapping kept with {name}": text for name, text in kept.items()}
    if key not in st.session_state:
        st.session_state[key] = starts[_PROPOSED]

    def begin() -> None:
        chosen = st.session_state["ingest-mapping-start"]
        if chosen in starts:
            st.session_state[key] = starts[chosen]

    def take() -> None:
        uploaded = st.session_state["ingest-mapping-file"]
        if uploaded is not None:
            st.session_state[key] = uploaded.getvalue().decode("utf-8", "replace")

    start = st.selectbox(
        "Begin with", [*starts, _UPLOADED], key="ingest-mapping-start", on_change=begin
    )
    if start == _UPLOADED:
        st.file_uploader("Mapping", type=["toml"], key="ingest-mapping-file", on_change=take)
    return st.text_area(
        "Field mapping (TOML)",
        height=420,
        key=key,
        help="Where things stand in a record: keys joined by dots, numbers count from 0, "
        '"." is the thing itself. Ctrl+Enter looks again. The README lists all keys.',
    )


def _draw_look(text: str, file: Path, records: list[Record | Problem], tools: Path | None) -> bool:
    """What the mapping makes of the first rows; False when it cannot be used at all."""
    try:
        read = mapping.checked_mapping(text)
        known = read_tool_file(tools) if tools is not None else ()
    except LoopwrightError as problem:
        draw_error(problem)
        _draw_line(text, problem)
        _draw_records(records)
        return False
    rows = mapping.look(read, file, records, known)
    n_read = sum(row.imported is not None for row in rows)
    st.caption(f"{n_read} of the first {len(rows)} rows can be read with it.")
    for number, row in enumerate(rows):
        _draw_row(row, records[number], is_first=number == 0)
    return True


def _draw_line(text: str, problem: LoopwrightError) -> None:
    """The line of the TOML that an error is about: the editor does not number them."""
    name, _, number = problem.where.rpartition(":")
    lines = text.splitlines()
    if name == mapping.EDITED and number.isdecimal() and 0 < int(number) <= len(lines):
        st.code(lines[int(number) - 1], language="toml")


def _draw_row(row: RowLook, record: Record | Problem, *, is_first: bool) -> None:
    place = row.where.rpartition("/")[2]
    if row.imported is None:
        if row.problem is not None:
            st.warning(
                f"**{escape(place)}**  \n{escape(row.problem.message)}  \n"
                f"{escape(row.problem.hint)}",
                icon=":material/report:",
            )
        _draw_records([record])
        return
    found = row.imported
    names = ", ".join(tool.name for tool in found.trajectory.tools) or "none"
    with st.expander(f"{escape(place)} · {len(found.trajectory.messages)} messages", is_first):
        st.dataframe(
            pd.DataFrame(
                {
                    "role": [m.role.value for m in found.trajectory.messages],
                    "text": [m.text for m in found.trajectory.messages],
                    "calls": [_calls(m) for m in found.trajectory.messages],
                }
            ),
            hide_index=True,
        )
        kept = ", ".join(found.source) or "nothing"
        st.caption(
            f"Id {escape(found.source_id)} · tools: {escape(names)} · kept beside: {escape(kept)}"
        )
        if isinstance(record, Record) and st.toggle("The record", key=f"ingest-raw-{row.where}"):
            st.code(mapping.shown_record(record), language="json", height=260)


def _draw_records(records: list[Record | Problem]) -> None:
    """The first record that could be read, to find the paths in."""
    record = next((r for r in records if isinstance(r, Record)), None)
    if record is not None:
        st.code(mapping.shown_record(record), language="json", height=300)


def _calls(message: Message) -> str:
    text = ", ".join(f"{call.name}({call.raw_arguments})" for call in message.tool_calls)
    return text if len(text) <= _SHOWN_CALLS else text[:_SHOWN_CALLS] + "…"
