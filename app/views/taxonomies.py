"""Taxonomies: every category with its definition, and adding a taxonomy of one's own."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import session
from app.flows import taxonomies
from app.views.taxonomy_change import draw_change
from components.notices import draw_error, escape
from curation.errors import TaxonomyError
from curation.taxonomy import Taxonomy

_WHERE = "the pasted text"

_SKELETON = """name = "our-errors"
title = "Our errors"
version = 1
source = "Our team"
description = "What we look for in our own data."

[[categories]]
name = "wrong-city"
title = "Wrong city"
definition = "The call names another city than the user did."
code = "wc"
"""


def show() -> None:
    """Draw the taxonomies in force."""
    st.subheader("Taxonomies")
    known = taxonomies.list_taxonomies(session.store())
    by_title = {f"{t.title} · {len(t.categories)}": t for t in known}
    chosen = st.selectbox("Taxonomy", list(by_title), bind=None, key="taxonomy-chosen")
    _draw(by_title[str(chosen)])
    with st.expander("Add your own"):
        _ask_own()


def _draw(taxonomy: Taxonomy) -> None:
    about = f"{taxonomy.description} — {taxonomy.source}, version {taxonomy.version}"
    st.caption(escape(about))
    st.dataframe(
        pd.DataFrame(
            {
                "keys": [f"m {c.code}" for c in taxonomy.categories],
                "category": [c.title for c in taxonomy.categories],
                "definition": [c.definition for c in taxonomy.categories],
                "group": [c.group for c in taxonomy.categories],
                "applies to": [c.applies.value for c in taxonomy.categories],
                "example": [c.example for c in taxonomy.categories],
                "canonical": [c.canonical for c in taxonomy.categories],
                "name": [c.name for c in taxonomy.categories],
            }
        ),
        hide_index=True,
        height=min(620, 38 + 35 * len(taxonomy.categories)),
        column_config={"definition": st.column_config.TextColumn("definition", width="large")},
    )


def _ask_own() -> None:
    st.caption(
        "A taxonomy is a TOML file. Paste it, correct what is refused, and it appears in the "
        "annotators' rail. To change one later, paste it with a higher version: what that would "
        "change is shown before it is saved. Marks keep the name they were made with."
    )
    toml = st.text_area("TOML", value=_SKELETON, height=260, key="taxonomy-toml")
    try:
        found = taxonomies.preview_change(session.store(), toml, _WHERE)
    except TaxonomyError as problem:
        draw_error(problem)
        return
    renames, may_save = draw_change(found)
    label = "Add taxonomy" if found.before is None else f"Save version {found.version}"
    if st.button(label, icon=":material/add:", disabled=not may_save):
        try:
            text = taxonomies.with_renames(toml, renames)
            added = taxonomies.add_taxonomy(session.store(), text, _WHERE)
        except TaxonomyError as problem:
            draw_error(problem)
            return
        session.notify(f"{added.title}, version {added.version}, is in force.")
        st.rerun()
