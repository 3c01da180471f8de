"""The fields of a selection about what repeats: duplicates, and thinning of what is plain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from msgspec.structs import replace

from app import session
from app.views.export_selection_fields import Fields
from app.views.start_embedding import ask_embed
from app.views.start_fields import OPEN, open_dialog
from curation.selection import CM2, Dedup, Selection, Thin

DEDUPS = {
    Dedup.NONE: "Keep duplicates",
    Dedup.EXACT: "One of the same task and calls",
    Dedup.NEAR: "One of near-duplicates",
    Dedup.EMBEDDINGS: "One of near by embeddings",
}


def ask_repeats(fields: Fields, base: Selection, vectors: Sequence[str]) -> Selection:
    """`base` with what the fields say of duplicates and thinning.

    Args:
        vectors: models of which there are vectors.
    """
    columns = st.columns(4)
    dedup = fields.word(columns[0], "Duplicates", DEDUPS, base.dedup)
    model, threshold = base.embedding_model, base.threshold
    if dedup is Dedup.EMBEDDINGS:
        model = fields.choose(
            columns[1],
            "Embedding model",
            vectors,
            base.embedding_model,
            placeholder="the only one",
            help="Its vectors of what users say are compared, whatever is called. "
            "`loopwright embed` makes them.",
        )
        threshold = columns[2].number_input(
            "Cosine from",
            0.01,
            1.0,
            base.threshold,
            0.01,
            "%.3f",
            key=fields.key("cosine"),
            help="From here on two count as one. The lower, the more is left out.",
        )
        _offer_vectors(columns[1])
    known: dict[str, tuple[Thin, ...]] = {"No thinning": (), "As CM2 does": CM2}
    if base.thinning not in known.values():
        known["As in the recipe"] = base.thinning
    name = fields.choose(
        columns[3] if dedup is Dedup.EMBEDDINGS else columns[1],
        "Thinning",
        list(known),
        next(name for name, rules in known.items() if rules == base.thinning),
        help="CM2 drops shares of what is plain: one tool offered 70 %, two 40 %; one turn 40 %; "
        "one tool called 40 %; one calling step 30 %; one or two calls 30 %. They multiply.",
    )
    return replace(
        base,
        dedup=dedup,
        embedding_model=model,
        threshold=threshold,
        thinning=known[name or "No thinning"],
    )


def _offer_vectors(place: Any) -> None:
    """A press that opens the dialog, and the dialog while it is open."""
    place.button(
        "Make vectors…",
        icon=":material/play_arrow:",
        key="export-make-vectors",
        on_click=open_dialog,
        args=("export", "embed"),
    )
    if session.recall(OPEN) == "export:embed":
        ask_embed()
