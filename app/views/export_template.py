"""The part of Export about the model's chat template: which one, and a row as the model sees it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import streamlit as st

from app import session
from app.flows.export import ExportRequest
from app.flows.export_preview import Preview, preview
from app.flows.uploads import keep_upload
from app.settings import load_settings
from components.notices import draw_error, escape
from components.rendered_text import draw_rendered
from curation.errors import LoopwrightError
from curation.export_reasons import WHY
from curation.exporting import TYPES
from curation.rendering.findings import FOUND
from storage.engine import Store


def ask_template() -> tuple[str | None, int | None]:
    """The path of the template and the context that was asked for; None where nothing was said."""
    with st.expander("Chat template of the model to be trained", icon=":material/article:"):
        where, limit = st.columns([3, 1], vertical_alignment="bottom")
        path = where.text_input(
            "Folder or file on this machine",
            placeholder="/models/mine, its tokenizer_config.json, or chat_template.jinja",
            key="export-template",
            help="Every row is rendered with it before it leaves. It runs in a sandbox.",
        )
        context = limit.number_input(
            "Context in tokens",
            min_value=0,
            value=0,
            step=1024,
            key="export-context",
            help="0: as the model's files say. Longer rows are left out.",
        )
        uploaded = st.file_uploader(
            "or a file from your computer", type=["json", "jinja"], key="export-template-upload"
        )
    if uploaded is not None:
        kept = keep_upload(load_settings().uploads, uploaded.name, uploaded.getvalue())
        return str(kept), int(context) or None
    if not path.strip():
        return None, int(context) or None
    return str(Path(path.strip()).expanduser().absolute()), int(context) or None


def draw_preview(request: ExportRequest) -> None:
    """A row as the model sees it, when somebody asks for it."""
    if request.template is None or not TYPES.get(request.type).splits:
        return
    wish, number = st.columns([3, 1], vertical_alignment="bottom")
    if not wish.toggle("Show a row as the model sees it", key="export-preview"):
        return
    n = number.number_input("Row", min_value=1, max_value=500, value=1, key="export-preview-row")
    with st.spinner("Rendering one row …"):
        try:
            seen = _seen(session.store(), msgspec.json.encode(request), int(n))
        except LoopwrightError as problem:
            draw_error(problem)
            return
    _draw(seen)


@st.cache_data(ttl=60, max_entries=16, show_spinner=False)
def _seen(_store: Store, request: bytes, number: int) -> Preview:
    """Kept for a minute: every rerun of the page would start a process anew."""
    return preview(_store, msgspec.json.decode(request, type=ExportRequest), number)


def _draw(seen: Preview) -> None:
    place = escape(seen.source_id) + (f", message {seen.step}" if seen.step else "")
    if seen.dropped is not None:
        detail = f" ({escape(seen.dropped.detail)})" if seen.dropped.detail else ""
        st.error(
            f"{place} would be left out: {seen.dropped.reason.value}{detail}. "
            f"{WHY[seen.dropped.reason]}",
            icon=":material/block:",
        )
        return
    if seen.measured is None:
        return
    st.caption(f"{place} · {_lengths(seen)} · {_how(seen)}")
    for finding in seen.measured.findings:
        st.warning(f"{finding.value}: {FOUND[finding]}.", icon=":material/warning:")
    draw_rendered(seen.texts, key="export-rendered")


def _lengths(seen: Preview) -> str:
    assert seen.measured is not None
    told = seen.measured
    of = f" of {seen.context:,}" if seen.context else ""
    if told.tokens is not None:
        return f"{told.tokens:,}{of} tokens, {told.learnt_tokens or 0:,} learnt"
    limit = f"; the context is {seen.context:,} tokens" if seen.context else ""
    return (
        f"{told.characters:,} characters, {told.learnt_characters:,} learnt{limit} "
        "(tokens need the model's tokenizer.json and the package `tokenizers`)"
    )


def _how(seen: Preview) -> str:
    if seen.learnt_by_blocks:
        return "learnt as the template's generation blocks say"
    return "learnt is what each step adds to the text"
