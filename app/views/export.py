"""Export: choose what to train on and in which layout; the worker writes, reads back, reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pandas as pd
import streamlit as st

from app import session
from app.flows import export as flow
from app.flows import jobs
from app.flows.browse import choices
from app.flows.export import ExportInfo
from app.flows.rounds import closed_rounds
from app.views.benchmarks import ask_benchmarks
from app.views.export_asked import also_asked
from app.views.export_augment import ask_augment, draw_copied, draw_copy_preview
from app.views.export_judged import ask_rl, draw_balance
from app.views.export_selection import ask_selection
from app.views.export_template import ask_template, draw_preview
from app.views.export_terms import ask_terms
from app.views.export_trace import draw_actions
from app.views.jobs import draw_running
from app.views.splits import ask_splits
from components.notices import draw_empty, escape
from curation.export_manifest import DROPPED, Manifest, Refused, cautions, rendering_summary
from curation.export_reasons import ADAPTED, REFUSED, WHY
from curation.exporting import LAYOUTS, TYPES
from curation.kto_balance import balance_summary
from curation.selection import NOTHING

INCLUDES = {
    "decided": "Decided: accepted by decision",
    "annotated": "Annotated: also undecided accepts",
    "all": "All that nobody rejected and no check calls an error",
}


def show() -> None:
    """Draw the form, running exports and those that were written."""
    st.subheader("Export")
    store = session.store()
    datasets = choices(store).datasets
    closed = [one.number for one in closed_rounds(store)]
    if not datasets:
        draw_empty("Nothing to export yet", "Import, annotate and decide first.")
        return
    draw_running(("export", "decontaminate", "embed"))
    _ask(datasets, closed)
    _draw_written()


def _ask(datasets: tuple[str, ...], closed: Sequence[int]) -> None:
    number = _ask_round(closed)
    first = st.columns(4)
    kinds = TYPES.names()
    kind = first[0].selectbox(
        "Type",
        kinds,
        index=kinds.index("sft"),
        format_func=lambda n: TYPES.get(n).title,
        key="export-type",
    )
    fitting = [layout.name for layout in LAYOUTS if kind in layout.types]
    layout = first[1].selectbox(
        "Layout",
        fitting,
        index=fitting.index("trl") if "trl" in fitting else 0,
        format_func=lambda n: LAYOUTS.get(n).title,
        key=f"export-layout-{kind}",
    )
    include = first[2].selectbox(
        "Include",
        list(INCLUDES),
        index=0 if number is None else list(INCLUDES).index("all"),
        format_func=lambda i: INCLUDES[i],
        key="export-include" if number is None else f"export-include-{number}",
    )
    dataset = first[3].selectbox(
        "Dataset", datasets, index=None, placeholder="all datasets", key="export-dataset"
    )
    splitting = ask_splits(datasets)
    second = st.columns([1, 4], vertical_alignment="bottom")
    per_step = second[0].toggle(
        "One row per step",
        key="export-per-step",
        disabled=number is not None or kind not in ("sft", "kto"),
        help="Cut at every assistant turn; only that turn is trained.",
    )
    place = "" if number is None else f"round-{number}-"
    out = second[1].text_input(
        "Folder",
        value=f"exports/{place}{kind}-{layout}",
        key=f"export-out-{place}{kind}-{layout}",
    )
    st.caption(TYPES.get(str(kind)).description)
    rl = ask_rl(str(kind))
    selecting = st.container()  # stands where it is done, and counts what all fields let through
    decontaminate = ask_benchmarks(trained=TYPES.get(str(kind)).splits)
    augment, copies_at = ask_augment(str(kind))
    template, context = ask_template()
    redact = ask_terms()
    params = {
        "type": kind,
        "layout": layout,
        "out": str(Path(out.strip()).expanduser().absolute()),
        "include": include,
        "dataset": dataset,
        "per_step": bool(per_step) or number is not None,
        "round": number,
        "shares": list(splitting.shares),
        "stratify": [one.value for one in splitting.stratify],
        "test_datasets": list(splitting.test_datasets),
        "tool_sets": splitting.tool_sets,
        "template": template if TYPES.get(str(kind)).splits else None,
        "context": context,
        "rl": rl,
        "decontaminate": decontaminate,
        "redact": redact,
        "augment": msgspec.to_builtins(augment),
    }
    with selecting:
        selection = ask_selection(msgspec.convert(params, flow.ExportRequest))
    params["selection"] = msgspec.to_builtins(selection or NOTHING)
    request = msgspec.convert(params, flow.ExportRequest)
    draw_balance(request)
    draw_preview(request)
    draw_copy_preview(request, copies_at)
    start_at, also_at = st.columns([1, 5], vertical_alignment="center")
    also_at.caption(escape(also_asked(request)))
    if start_at.button(
        "Export",
        type="primary",
        icon=":material/output:",
        disabled=not out.strip() or selection is None,
        width="stretch",
    ):
        jobs.enqueue(session.store(), "export", params)
        session.notify("The export is under way; it reads its own files back before it reports.")
        st.rerun()


def _ask_round(closed: Sequence[int]) -> int | None:
    """The round whose mixture is wanted, as the address says at first; None for all there is."""
    if not closed:
        return None
    asked = st.query_params.get("round", "")
    named = int(asked) if asked.isdecimal() and int(asked[:9]) in closed else None
    number: int | None = st.selectbox(
        "Round",
        closed,
        index=closed.index(named) if named is not None else None,
        format_func=lambda n: f"The mixture of round {n}, one row a step",
        placeholder="No round: everything below",
        label_visibility="collapsed",
        key=f"export-round-{named}",
    )
    return number


def _draw_written() -> None:
    written = flow.list_exports(session.store())
    if not written:
        return
    st.markdown("**Written**")
    st.dataframe(
        pd.DataFrame(
            {
                "when": [e.created_at for e in written],
                "type": [e.type for e in written],
                "layout": [e.layout for e in written],
                "rows": [e.n_rows for e in written],
                "folder": [e.out for e in written],
            }
        ),
        hide_index=True,
        column_config={"when": st.column_config.DatetimeColumn("when", format="YYYY-MM-DD HH:mm")},
    )
    by_id = {e.id: e for e in written}
    chosen = st.selectbox(
        "What became of", list(by_id), format_func=lambda i: _named(by_id[i]), key="export-manifest"
    )
    if chosen is not None:
        _draw_one(by_id[chosen], written)


def _named(entry: ExportInfo) -> str:
    return f"{entry.out} · {entry.created_at:%Y-%m-%d %H:%M}"


def _draw_one(entry: ExportInfo, written: list[ExportInfo]) -> None:
    """Its splits, what to know of it, what is not in it and why."""
    if any(later.out == entry.out and later.id > entry.id for later in written):
        st.caption("A later export to the same folder replaced these files.")
    manifest = msgspec.convert(entry.manifest, Manifest, strict=False)
    splits = " · ".join(f"{n:,} {split}" for split, n in manifest.by_split.items())
    st.markdown(f"{manifest.rows:,} rows of {manifest.trajectories:,} trajectories: {splits}")
    if manifest.balance:
        st.caption(escape(balance_summary(manifest.balance)))
    for caution in cautions(manifest):
        st.warning(escape(caution), icon=":material/warning:")
    if manifest.rendering is not None:
        st.caption(escape(rendering_summary(manifest.rendering)))
    draw_copied(manifest)
    told = [(reason.value, n, WHY[reason]) for reason, n in manifest.dropped.items()]
    told += [(kind.value, n, ADAPTED[kind]) for kind, n in manifest.adapted.items()]
    if told:
        st.dataframe(
            pd.DataFrame(told, columns=["left out or adapted", "n", "what it means"]),
            hide_index=True,
            column_config={"what it means": st.column_config.TextColumn(width="large")},
        )
    _draw_refused(manifest)
    draw_actions(entry, written)
    with st.expander("Manifest"):
        st.json(entry.manifest, expanded=1)


def _draw_refused(manifest: Manifest) -> None:
    """Rows that a trainer would not take, one by one, each a step from where it can be mended."""
    if not manifest.refused:
        return
    total = sum(n for reason, n in manifest.dropped.items() if reason in REFUSED)
    shown = len(manifest.refused)
    first = f" (the first {shown:,}; `{DROPPED}` lists all)" if total > shown else ""
    with st.expander(f"{total:,} rows could not be trained on as they are{first}"):
        st.dataframe(
            pd.DataFrame(
                {
                    "row": [one.source_id for one in manifest.refused],
                    "open": [_address(one) for one in manifest.refused],
                    "reason": [one.reason.value for one in manifest.refused],
                    "where": [one.detail for one in manifest.refused],
                }
            ),
            hide_index=True,
            column_config={
                "open": st.column_config.LinkColumn("open", display_text="Annotate"),
                "where": st.column_config.TextColumn(width="large"),
            },
        )
        for reason in dict.fromkeys(one.reason for one in manifest.refused):
            st.markdown(f"**{reason.value}** · {escape(WHY[reason])}")


def _address(one: Refused) -> str:
    at = f"&m={one.message_index}" if one.message_index is not None else ""
    return f"annotate?t={one.uid}{at}"
