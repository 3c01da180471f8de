"""Annotate: the trajectory viewer at work on a queue, or on the one trajectory the address names.

`/annotate?dataset=NAME` works on that queue, `/annotate` on all of them, `/annotate?t=UID` opens
one trajectory first, `&m=INDEX` at that message, `&edit=WISH` with its editor open. Everything
after mounting happens between the viewer and the annotate API.
"""

from __future__ import annotations

import streamlit as st

from app import session
from app.flows.endpoint_settings import settings_in_force
from app.flows.signing_in import sign_in
from app.flows.simulate import missing_settings
from components.viewer import Handbook, ViewerBoot, draw_viewer
from curation.checking import CHECKS
from curation.passes import pass_docs
from curation.recovery import RECOVERY_LABELS

_FULL_WINDOW = """
<style>
.stMainBlockContainer { padding: 42px 8px 0 8px; max-width: none; }
.stMain { overflow: hidden; }
.stAppHeader { height: 40px; min-height: 0; }
</style>
"""
"""The viewer has scroll boxes of its own, so the page around it neither pads nor scrolls; only
the bar of pages stays above it."""


def show() -> None:
    """Mount the viewer."""
    st.html(_FULL_WINDOW)
    annotator = session.current_annotator()
    signed_in = sign_in(session.store(), annotator)
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    root = f"/{base}" if base else ""
    settings = settings_in_force(session.store())
    at = st.query_params.get("m", "")
    draw_viewer(
        ViewerBoot(
            token=signed_in.token,
            annotator=annotator,
            dataset=st.query_params.get("dataset"),
            uid=st.query_params.get("t"),
            at=int(at) if at.isdecimal() and len(at) < 10 else None,
            asked=st.query_params.get("edit"),
            handbook=Handbook(
                taxonomies=signed_in.taxonomies,
                recoveries=RECOVERY_LABELS,
                check_docs={check.name: check.doc for check in CHECKS} | pass_docs(),
            ),
            keys=signed_in.keys,
            simulator={
                "model": settings.simulator_model,
                "missing": missing_settings(settings),
            },
            pages={name: f"{root}/{name}" for name in ("queue", "ingest", "verify")},
        ),
        key="viewer",
    )
