"""In which order cases come to the court, and within which scores: a form over the address.

`order`, `score`, `low` and `high` of the address say it, so that a link carries it along.
"""

from __future__ import annotations

from typing import Any

import streamlit as st
from msgspec.structs import replace

from app.flows.court import CourtFilter
from curation.court import CourtOrder
from curation.scoring import CLOSENESS, ScoreKind, score_kinds

ORDER = ("order", "score", "low", "high")
"""What of the address is read and written here."""

ORDERS = {
    CourtOrder.CAME: "As they came",
    CourtOrder.WRONG: "Most wrong first",
    CourtOrder.RIGHT: "Nearly right first",
}


def ask_order(place: Any, base: CourtFilter) -> CourtFilter:
    """The filter with order and bounds of scores as the address has them; the form changes it."""
    now = _from_address(base)
    kinds = score_kinds()
    bounded = now.low is not None or now.high is not None
    label = ORDERS[now.order] + (" · in a range" if bounded else "")
    with place.popover(label, icon=":material/sort:", width="stretch"):
        order = st.radio(
            "Order",
            list(ORDERS),
            index=list(ORDERS).index(now.order),
            format_func=ORDERS.__getitem__,
            key=f"court-order-{now.order}",
        )
        score = st.selectbox(
            "By",
            list(kinds),
            index=list(kinds).index(now.score),
            format_func=lambda name: kinds[name].title,
            help="What rewards say of the prediction; see the README for their sources.",
            key=f"court-score-{now.score}",
        )
        kind = kinds[score]
        low, high = st.slider(
            "Only scores from … to …",
            kind.low,
            kind.high,
            (
                kind.low if now.low is None or score != now.score else now.low,
                kind.high if now.high is None or score != now.score else now.high,
            ),
            step=(kind.high - kind.low) / 20,
            key=f"court-range-{score}-{now.low}-{now.high}",
        )
    chosen = replace(
        base,
        order=order,
        score=score,
        low=None if low <= kind.low else low,
        high=None if high >= kind.high else high,
    )
    if chosen != now:
        _to_address(chosen)
        st.query_params.pop("p", None)
        st.rerun()
    return chosen


def _from_address(base: CourtFilter) -> CourtFilter:
    params, kinds = st.query_params, score_kinds()
    named = params.get("order", "")
    score = params.get("score", "")
    kind = kinds.get(score, kinds[CLOSENESS])
    return replace(
        base,
        order=CourtOrder(named) if named in list(CourtOrder) else CourtOrder.CAME,
        score=kind.name,
        low=_bound(params.get("low", ""), kind, kind.low),
        high=_bound(params.get("high", ""), kind, kind.high),
    )


def _bound(text: str, kind: ScoreKind, end: float) -> float | None:
    """A number of the range; None for none, and for its own end, which bounds nothing."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if kind.low <= value <= kind.high and value != end else None


def _to_address(wanted: CourtFilter) -> None:
    values = {
        "order": "" if wanted.order is CourtOrder.CAME else wanted.order.value,
        "score": "" if wanted.score == CLOSENESS else wanted.score,
        "low": "" if wanted.low is None else f"{wanted.low:g}",
        "high": "" if wanted.high is None else f"{wanted.high:g}",
    }
    for name, value in values.items():
        if value:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
