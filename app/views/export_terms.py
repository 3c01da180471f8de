"""What an export gives away and under which terms: kinds to redact, and licences of datasets."""

from __future__ import annotations

import streamlit as st

from app import session
from app.flows.identity import annotator_named
from app.flows.terms import describe, list_described
from app.views.start_fields import OPEN, close_dialog, open_dialog
from components.notices import report_errors
from curation.disclosing import DISCLOSURES

DIALOG = ("export", "terms")


def ask_terms() -> list[str]:
    """The kinds of secrets and personal data that are taken out; beside it, licences."""
    redact_at, licences_at = st.columns([5, 1], vertical_alignment="bottom")
    chosen = redact_at.multiselect(
        "Redact",
        DISCLOSURES.names(),
        format_func=lambda name: DISCLOSURES.get(name).title,
        placeholder="nothing: what is found is counted and warned of",
        key="export-redact",
        help="Placeholders take their place: the same value is the same <EMAIL_1> in text, "
        "arguments and results of a trajectory.",
    )
    licences_at.button(
        "Licences",
        icon=":material/license:",
        width="stretch",
        help="Licence and origin of each dataset, which the card prints.",
        on_click=open_dialog,
        args=DIALOG,
    )
    if session.recall(OPEN) == ":".join(DIALOG):
        show_terms()
    return list(chosen)


@st.dialog("Licences and origin", width="large", on_dismiss=close_dialog)
def show_terms() -> None:
    """What is known of each dataset, and a form to say it."""
    st.caption("The dataset card of an export prints this; what nobody said is called unknown.")
    store = session.store()
    known = {one.name: one for one in list_described(store)}
    name = st.selectbox(
        "Dataset",
        list(known),
        format_func=lambda n: f"{n} · {known[n].terms.license or 'licence unknown'}",
        key="terms-dataset",
    )
    if name is None:
        return
    terms = known[name].terms
    with st.form(f"terms-{name}", border=False):
        license = st.text_input(
            "Licence", terms.license, placeholder="Apache-2.0", key=f"terms-license-{name}"
        )
        source = st.text_input(
            "Address", terms.source_url, placeholder="https://…", key=f"terms-source-{name}"
        )
        citation = st.text_area("Citation", terms.citation, key=f"terms-citation-{name}")
        saved = st.form_submit_button("Save", type="primary", icon=":material/save:")
    if saved:
        with report_errors():
            who = annotator_named(store, session.current_annotator())
            said = describe(store, name, who, license=license, source_url=source, citation=citation)
            st.success(f"Saved by {said.said_by or who.name}.", icon=":material/check:")
