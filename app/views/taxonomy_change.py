"""What a pasted version of a taxonomy would change, and what becomes of removed categories."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.flows.taxonomies import ChangePreview, RemovedInUse, used
from app.views.navigation import go
from components.notices import escape

KEEP = "(keep as it is, without a category)"


def draw_change(found: ChangePreview) -> tuple[dict[str, str], bool]:
    """Draw the preview and ask what removed categories become.

    Returns:
        (removed category -> new one, as chosen here; whether it may be saved).
    """
    if found.before is None:
        st.caption(f"New: {len(found.categories)} categories.")
        return {}, True
    st.markdown(f"**Version {found.before} becomes version {found.version}**")
    _draw_table(found)
    renames = {}
    for one in found.removed:
        if chosen := _ask_fate(one, found):
            renames[one.removed.category] = chosen
    lost = [one for one in found.losing if one.removed.category not in renames]
    if not lost:
        return renames, True
    n = sum(one.use.marks for one in lost)
    agreed = st.checkbox(
        f"Leave {n:,} marks in a category that no longer exists", key="taxonomy-lose"
    )
    st.caption("They stay visible under the name they were made with.")
    return renames, agreed


def _draw_table(found: ChangePreview) -> None:
    rows = [("added", name, "", "", "") for name in found.added]
    rows += [
        ("removed", r.removed.category, r.removed.title, r.removed.becomes or "", used(r.use))
        for r in found.removed
    ]
    rows += [
        (
            f"{c.what} narrowed" if c.narrows else f"{c.what} changed",
            c.category,
            c.before,
            c.after,
            used(found.narrowed[c.category]) if c.narrows and c.category in found.narrowed else "",
        )
        for c in found.changed
    ]
    if not rows:
        st.caption("No category is different.")
        return
    columns = ["change", "category", "before", "after", "what stands in it"]
    st.dataframe(
        pd.DataFrame(rows, columns=columns), hide_index=True, height=min(400, 38 + 35 * len(rows))
    )


def _ask_fate(one: RemovedInUse, found: ChangePreview) -> str | None:
    """What a removed category with marks is called from now on; None to keep them as they are."""
    removed = one.removed
    if removed.becomes is not None or one.use.marks == 0:
        return None
    choose, look = st.columns([4, 1], vertical_alignment="bottom")
    options = [KEEP, *found.categories]
    likely = options.index(removed.likely) if removed.likely in options else 0
    chosen = choose.selectbox(
        escape(f"{removed.category}: {used(one.use)}. It becomes"),
        options,
        index=likely,
        key=f"taxonomy-fate-{found.name}-{found.version}-{removed.category}",
    )
    if look.button(
        "Look at them", icon=":material/search:", key=f"taxonomy-look-{removed.category}"
    ):
        go("browse", category=f"{found.name}/{removed.category}")
    return None if chosen == KEEP else str(chosen)
