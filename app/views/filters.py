"""The filter of Browse as an address and as a form: two faces of one `Filter`.

The address is the truth: a chart, a saved view or a colleague's link sets it, the form edits it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

from app.flows.browse import Choices
from curation.queueing import State
from storage.browse import STAGES, Filter, MarkedAs, Order

_NUMBERS = ("min_messages", "max_messages")

ORDERS = {
    Order.NEWEST: "Newest first",
    Order.OLDEST: "Oldest first",
    Order.SUSPICIOUS: "Most suspicious first",
    Order.LONGEST: "Longest first",
}


def from_address() -> Filter:
    """The filter that the address asks for; `not_understood` says what of it was ignored."""
    params = st.query_params
    values: dict[str, Any] = {}
    for name in Filter.__struct_fields__:
        raw = params.get(name)
        if raw is None or raw == "":
            continue
        if name in _NUMBERS:
            values.update({name: int(raw)} if raw.isdecimal() and len(raw) < 10 else {})
        elif name == "day":
            values.update({name: raw} if _is_day(raw) else {})
        elif name == "reached":
            values.update({name: raw} if raw in STAGES else {})
        elif name == "marked":
            values.update({name: raw} if raw in list(MarkedAs) else {})
        elif name == "with_errors":
            values.update({name: raw == "yes"} if raw in ("yes", "no") else {})
        elif name == "order":
            values.update({name: Order(raw)} if raw in list(Order) else {})
        else:
            values[name] = raw
    return Filter(**values)


def not_understood(wanted: Filter) -> list[str]:
    """Conditions of the address, as `name=value`, that are not in the filter read from it."""
    applied = to_params(wanted)
    if st.query_params.get("order") == wanted.order.value:
        applied["order"] = wanted.order.value  # said, though it is the order without saying
    return [
        f"{name}={raw}"
        for name, raw in st.query_params.items()
        if raw and name in Filter.__struct_fields__ and name not in applied
    ]


WORDS = {
    "dataset": "dataset",
    "state": "state",
    "reached": "came as far as",
    "outcome": "outcome",
    "check": "finding",
    "category": "category",
    "marked": "a mark says",
    "tool": "calls",
    "broken_tool": "error in a call of",
    "annotator": "annotated by",
    "said": "annotated as",
    "day": "annotated on",
    "min_messages": "messages from",
    "max_messages": "messages to",
    "with_errors": "errors found",
    "text": "words",
}
"""Conditions in words, for people; the address has the names."""


def in_words(wanted: Filter) -> str:
    """The conditions of a filter on one line; "" when there is none."""
    params = to_params(wanted)
    return " · ".join(f"{words}: {params[name]}" for name, words in WORDS.items() if name in params)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def to_params(wanted: Filter) -> dict[str, str]:
    """The query parameters of a filter; conditions that are not set are left out."""
    params: dict[str, str] = {}
    for name in Filter.__struct_fields__:
        value = getattr(wanted, name)
        if value is None or (name == "order" and value is Order.NEWEST):
            continue
        if isinstance(value, bool):
            params[name] = "yes" if value else "no"
        else:
            params[name] = str(value)
    return params


def ask_filter(wanted: Filter, choices: Choices) -> Filter | None:
    """The form; returns a filter when the user applies one."""
    version = repr(wanted)
    with st.form("browse-filter", border=False):
        first = st.columns([4, 2, 2, 1], vertical_alignment="bottom")
        text = first[0].text_input(
            "Words in the trajectory",
            value=wanted.text or "",
            placeholder='refund "order 1234" cancel*',
            key=f"f-text-{version}",
        )
        dataset = _choose(first[1], "Dataset", choices.datasets, wanted.dataset, version)
        order = first[2].selectbox(
            "Order",
            list(ORDERS),
            index=list(ORDERS).index(wanted.order),
            format_func=lambda o: ORDERS[o],
            key=f"f-order-{version}",
        )
        applied = first[3].form_submit_button("Apply", type="primary", icon=":material/search:")
        with st.expander("More conditions", expanded=_has_more(wanted)):
            second = st.columns(4)
            state = _choose(second[0], "State", [s.value for s in State], wanted.state, version)
            outcome = _choose(
                second[1],
                "Outcome",
                ["accept", "reject", "unsure", "none"],
                wanted.outcome,
                version,
            )
            errors = _choose(
                second[2],
                "Errors found",
                ["yes", "no"],
                None if wanted.with_errors is None else ("yes" if wanted.with_errors else "no"),
                version,
            )
            check = _choose(second[3], "Finding", choices.checks, wanted.check, version)
            third = st.columns([2, 2, 2, 1, 1])
            category = _choose(third[0], "Category", choices.categories, wanted.category, version)
            marked = _choose(third[1], "A mark says", list(MarkedAs), wanted.marked, version)
            tool = _choose(third[2], "Tool", choices.tools, wanted.tool, version)
            low = third[3].number_input(
                "Messages from", 0, value=wanted.min_messages, key=f"f-low-{version}"
            )
            high = third[4].number_input(
                "to", 0, value=wanted.max_messages, key=f"f-high-{version}"
            )
    if not applied:
        return None
    return Filter(
        dataset=dataset,
        state=state,
        outcome=outcome,
        check=check,
        category=category,
        marked=marked,
        tool=tool,
        reached=wanted.reached,
        broken_tool=wanted.broken_tool,
        annotator=wanted.annotator,
        said=wanted.said,
        day=wanted.day,
        min_messages=low,
        max_messages=high,
        with_errors=None if errors is None else errors == "yes",
        text=text.strip() or None,
        order=order,
    )


def _has_more(wanted: Filter) -> bool:
    plain = ("text", "dataset", "order")
    return any(
        getattr(wanted, name) is not None for name in Filter.__struct_fields__ if name not in plain
    )


def _choose(column: Any, label: str, options: Any, value: str | None, version: str) -> str | None:
    known = list(options)
    if value is not None and value not in known:
        known.append(value)
    chosen: str | None = column.selectbox(
        label,
        known,
        index=known.index(value) if value is not None else None,
        placeholder="any",
        key=f"f-{label}-{version}",
    )
    return chosen


def ask_dataset(column: Any, datasets: tuple[str, ...]) -> str | None:
    """Choose one dataset or all, kept in the address."""
    return ask_one(column, "dataset", datasets)


def ask_one(column: Any, name: str, options: Sequence[str]) -> str | None:
    """Choose one of `options` or all, kept in the address under `name`.

    Not by Streamlit's own binding: a bound parameter cannot be carried to another page.
    """
    named = st.query_params.get(name)
    chosen: str | None = column.selectbox(
        name.capitalize(),
        options,
        index=options.index(named) if named in options else None,
        placeholder=f"all {name}s",
        label_visibility="collapsed",
        key=f"{name}-{named}",
    )
    if chosen is not None:
        st.query_params[name] = chosen
    elif named is not None:
        del st.query_params[name]
    return chosen
