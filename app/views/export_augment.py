"""The part of Export about augmented copies: which, how many, and what one looks like."""

from __future__ import annotations

import msgspec
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import session
from app.flows.export import ExportRequest
from app.flows.export_copy_preview import SeenCopy, Tried, see_copy, try_copies
from components.notices import draw_error, escape
from curation.augment_reasons import WHY_BARRED
from curation.augmenting import AUGMENTATIONS, MOST_COPIES, NO_AUGMENT, Augment, sound_for
from curation.errors import LoopwrightError
from curation.export_manifest import Manifest
from curation.row_lines import LinePair
from curation.splits import Split
from storage.engine import Store

_COLUMNS = 4
_LINE = 60
"""Characters that a cell shows in one line."""
_WRAPPED = 56
"""Height of rows whose cells show three lines."""


def ask_augment(kind: str) -> tuple[Augment, DeltaGenerator]:
    """Which copies are wanted of rows of a type, and the place for `draw_copy_preview`."""
    names = sound_for(kind)
    if not names:
        return NO_AUGMENT, st.container()
    with st.expander("Augmented copies", icon=":material/content_copy:"):
        st.caption(
            "Changed copies of rows, as true as their sources and in their split. "
            "0.5 makes a copy of every second row that allows one, 2 make two copies of each."
        )
        copies = {}
        for start in range(0, len(names), _COLUMNS):
            places = st.columns(_COLUMNS, vertical_alignment="bottom")
            for place, name in zip(places, names[start : start + _COLUMNS], strict=False):
                entry = AUGMENTATIONS.get(name)
                copies[name] = place.number_input(
                    entry.title,
                    min_value=0.0,
                    max_value=MOST_COPIES,
                    value=0.0,
                    step=0.1,
                    format="%.1f",
                    key=f"export-augment-{name}",
                    help=" ".join(entry.doc.split()),
                )
        where, bare = st.columns([2, 2], vertical_alignment="bottom")
        splits = where.multiselect(
            "Copies stand in",
            list(Split),
            default=[Split.TRAIN],
            format_func=lambda split: split.value,
            key="export-augment-splits",
            help="What is measured on is better left as it is.",
        )
        leaves_none = "irrelevance" in names and bare.toggle(
            "A withheld tool may have been the only one", key="export-augment-bare"
        )
        place_below = st.container()
    wanted = {name: round(n, 2) for name, n in copies.items() if n}
    if not wanted:
        return msgspec.structs.replace(NO_AUGMENT, bare=bool(leaves_none)), place_below
    return Augment(wanted, tuple(splits), bare=bool(leaves_none)), place_below


def draw_copy_preview(request: ExportRequest, place: DeltaGenerator) -> None:
    """How many of the first rows allow a copy, and one beside its source, when somebody asks."""
    if not sound_for(request.type):
        return
    with place:
        if st.toggle("Try them on the first rows", key="export-copies"):
            _draw_trial(request)


def _draw_trial(request: ExportRequest) -> None:
    # The numbers that are asked for change nothing here: every row is tried once.
    asked = msgspec.structs.replace(
        request, augment=msgspec.structs.replace(request.augment, copies={})
    )
    encoded = msgspec.json.encode(asked)
    with st.spinner("Copying the first rows …"):
        try:
            tried = _tried(session.store(), encoded)
        except LoopwrightError as problem:
            draw_error(problem)
            return
    st.dataframe(
        pd.DataFrame([_row(one) for one in tried]),
        hide_index=True,
        column_config={
            "augmentation": st.column_config.TextColumn(width="small"),
            "rows that allow it": st.column_config.TextColumn(width="small"),
            "why others do not": st.column_config.TextColumn(width="large"),
        },
    )
    able = [one.name for one in tried if one.made]
    if not able:
        st.caption("None of these rows allows a copy.")
        return
    which, number = st.columns([3, 1], vertical_alignment="bottom")
    wanted = [name for name in able if request.augment.copies.get(name)]
    name = which.selectbox(
        "Show a copy beside its row",
        able,
        index=able.index(wanted[0]) if wanted else 0,
        format_func=lambda n: AUGMENTATIONS.get(n).title,
        key="export-copies-which",
    )
    n = number.number_input("Copy", min_value=1, max_value=500, value=1, key="export-copies-number")
    try:
        _draw(_seen(session.store(), encoded, str(name), int(n)))
    except LoopwrightError as problem:
        draw_error(problem)


@st.cache_data(ttl=60, max_entries=16, show_spinner=False)
def _tried(_store: Store, request: bytes) -> tuple[Tried, ...]:
    return try_copies(_store, msgspec.json.decode(request, type=ExportRequest))


@st.cache_data(ttl=60, max_entries=64, show_spinner=False)
def _seen(_store: Store, request: bytes, name: str, number: int) -> SeenCopy:
    return see_copy(_store, msgspec.json.decode(request, type=ExportRequest), name, number)


def _row(one: Tried) -> dict[str, object]:
    why = sorted(one.why_not.items(), key=lambda pair: -pair[1])
    return {
        "augmentation": AUGMENTATIONS.get(one.name).title,
        "rows that allow it": f"{one.made:,} of the first {one.rows:,}",
        "why others do not": "  ".join(f"{n:,} × {WHY_BARRED[reason]}" for reason, n in why),
    }


def _draw(seen: SeenCopy) -> None:
    place = escape(seen.source_id) + (f", message {seen.step}" if seen.step is not None else "")
    st.caption(f"{place} · only what differs")
    st.dataframe(
        pd.DataFrame(
            [[one.place, one.before, one.after] for one in seen.differences],
            columns=["where", "row", "copy"],
        ),
        hide_index=True,
        row_height=_WRAPPED if any(map(_is_long, seen.differences)) else None,
        column_config={
            "where": st.column_config.TextColumn(width="small"),
            "row": st.column_config.TextColumn(width="large"),
            "copy": st.column_config.TextColumn(width="large"),
        },
    )


def _is_long(one: LinePair) -> bool:
    return max(len(one.before), len(one.after)) > _LINE


def draw_copied(manifest: Manifest) -> None:
    """The copies in an export that was written."""
    if not manifest.augmented:
        return
    rows = [
        {
            "augmentation": AUGMENTATIONS.get(name).title
            if name in AUGMENTATIONS.names()
            else name,
            "copies": entry.rows,
            "no copy": sum(entry.not_made.values()),
            "why": "  ".join(f"{n:,} × {WHY_BARRED[why]}" for why, n in entry.not_made.items()),
            "refused by a gate": sum(entry.refused.values()),
        }
        for name, entry in manifest.augmented.items()
    ]
    st.caption(f"{manifest.n_copies:,} of the rows are augmented copies.")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={"why": st.column_config.TextColumn(width="large")},
    )
