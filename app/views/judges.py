"""Judges: each measured against people, and which of its verdicts may be applied without them.

The gate and its certificates are in `judges_gate.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app import session
from app.flows import scorecard as flow
from app.flows.browse import choices
from app.flows.gate import JudgeGate, gates
from app.flows.scorecard import Scorecard, SliceKind
from app.views import starting
from app.views.filters import ask_dataset
from app.views.jobs import draw_running
from app.views.judges_gate import KINDS, draw_certificates, draw_gate
from app.views.navigation import go, link
from app.views.starting import draw_start_buttons, draw_starters
from components import charts, judge_charts
from components.notices import draw_empty, escape
from curation.confusion import JUDGED, VERDICTS
from curation.figure_words import (
    as_number,
    as_percent,
    brief_number,
    brief_percent,
    share_in_words,
)
from curation.verdicts import Verdict

SLICES = {
    SliceKind.ALL: "All together",
    SliceKind.DATASET: "By dataset",
    SliceKind.TOOL: "By tool",
    SliceKind.MODEL: "By model",
}


WIDTHS = {
    "judge": 165,
    "slice": 110,
    "rubric": 125,
    "judged": 60,
    "gold": 50,
    "agreement": 120,
    "kappa": 122,
    "labels corrupted": 120,
    "unscored": 110,
    "both orders alike": 125,
    "cost": 110,
}
"""Pixels: together no more than a small window has."""


def show() -> None:
    """Draw the table of judges, the chosen one's charts, its gate and its certificates."""
    store = session.store()
    dataset, by, blind_only = _draw_head()
    cards = flow.scorecards(store, dataset=dataset, by=by, blind_only=blind_only)
    draw_running((*KINDS, *starting.KINDS))
    if not cards:
        _draw_nothing(dataset)
        return
    card = _choose(cards)
    gate = next(g for g in gates(store, dataset) if g.judge.key == card.judge.key)
    _draw_facts(card)
    left, right = st.columns(2)
    with left:
        asked = _draw_confusion(card)
    with right:
        _draw_precision(card, gate)
    _draw_cases(card, asked, dataset, blind_only=blind_only)
    draw_gate(gate)
    draw_certificates(gate)


def _draw_head() -> tuple[str | None, SliceKind, bool]:
    title, start_at, seen_at, by_at, dataset_at = st.columns(
        [3, 1, 2, 2, 2], vertical_alignment="center"
    )
    title.subheader("Judges")
    dataset = ask_dataset(dataset_at, choices(session.store()).datasets)
    draw_starters(start_at, "judges", dataset)
    by = by_at.selectbox(
        "Slices",
        list(SliceKind),
        format_func=SLICES.__getitem__,
        label_visibility="collapsed",
        key="judges-by",
    )
    blind_only = seen_at.toggle(
        "Blind rulings only",
        value=True,
        key="judges-blind",
        help="Gold are rulings of people who had not been shown what the judge said.",
    )
    return dataset, by, blind_only


def _draw_nothing(dataset: str | None) -> None:
    place = f" in {dataset}" if dataset else ""
    draw_empty(
        f"No judge has judged anything{place}",
        "Let one look at the predictions; what people rule in Verify then measures it.",
    )
    draw_start_buttons("judges", "judge", "probe", "pass")
    st.caption("The same by command:")
    st.code("loopwright judge --backend rules", language=None)


def _choose(cards: Sequence[Scorecard]) -> Scorecard:
    """The table of scorecards; the selected row, or the first."""
    event = st.dataframe(
        pd.DataFrame([_row(card) for card in cards]),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="judges-table",
        height="content" if len(cards) <= 6 else 250,
        column_config={
            name: st.column_config.Column(name, width=width) for name, width in WIDTHS.items()
        },
    )
    rows = event["selection"]["rows"]
    return cards[rows[0] if rows and rows[0] < len(cards) else 0]


def _row(card: Scorecard) -> dict[str, object]:
    measured = card.measured
    return {
        "judge": card.judge.who,
        **({"slice": card.slice} if card.slice else {}),
        "rubric": f"{card.judge.identity.rubric} v{card.judge.identity.rubric_version}",
        "judged": card.n_judged,
        "gold": card.gold,
        "agreement": brief_percent(measured.agreement),
        "kappa": brief_number(measured.kappa),
        "labels corrupted": brief_percent(measured.swaps.label_corruption),
        "unscored": brief_percent(measured.unscored),
        "both orders alike": brief_percent(measured.order_consistency),
        **({} if card.slice else {"cost": card.judge.cost}),
    }


def _draw_facts(card: Scorecard) -> None:
    judge, rate = card.judge, card.measured.label_errors
    place = f" · {card.by} {escape(card.slice)}" if card.slice else ""
    st.markdown(f"**{escape(judge.who)}**{place}")
    tokens = judge.tokens_in + judge.tokens_out
    facts = [
        escape(judge.how),
        f"{card.gold:,} of {card.n_judged:,} ruled on by people, "
        f"in {card.measured.n_clusters:,} groups",
        f"agreement {escape(as_percent(card.measured.agreement))}",
        f"kappa {escape(as_number(card.measured.kappa))}",
        f"labels flagged {escape(as_percent(rate.flagged))}, "
        f"corrected for its mistakes {share_in_words(rate.corrected)}",
        f"{tokens:,} tokens, {escape(judge.cost)}",
    ]
    st.caption(" · ".join(facts))
    if card.uncovered:
        st.caption(
            f":material/warning: People ruled on none of its {escape(', '.join(card.uncovered))}: "
            "the figures say nothing of those."
        )


def _draw_confusion(card: Scorecard) -> tuple[Verdict, Verdict | None] | None:
    """The chart; the cell that was clicked or chosen by name."""
    st.markdown("**People against the judge**")
    table = card.measured.confusion
    cells = [
        f"{human}|{said or judge_charts.UNSCORED}"
        for human in VERDICTS
        for said in JUDGED
        if table.count(human, said)
    ]
    if not cells:
        st.caption("No ruling of people on any of its cases counts yet.")
        link("verify", "Rule on some in Verify", ":material/gavel:")
        return None
    name = f"{card.judge.key}-{card.slice}"
    event = st.plotly_chart(
        judge_charts.confusion(table),
        key=f"judges-confusion-{name}",
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
    )
    clicked = charts.clicked(event)
    chosen = st.selectbox(
        "Cases of",
        cells,
        index=cells.index(clicked) if clicked in cells else None,
        format_func=lambda cell: _cell_words(card, cell),
        placeholder="Choose a cell to see its cases",
        label_visibility="collapsed",
        key=f"judges-cell-{name}-{clicked}",
    )
    return None if chosen is None else _cell(chosen)


def _cell(text: str) -> tuple[Verdict, Verdict | None]:
    human, _, said = text.partition("|")
    return Verdict(human), None if said == judge_charts.UNSCORED else Verdict(said)


def _cell_words(card: Scorecard, cell: str) -> str:
    human, said = _cell(cell)
    n = card.measured.confusion.count(human, said)
    what = f"{n:,} {'case' if n == 1 else 'cases'}"
    return f"people {human}, judge {said or judge_charts.UNSCORED}: {what}"


def _draw_precision(card: Scorecard, gate: JudgeGate) -> None:
    st.markdown("**How far each verdict can be relied on**")
    scores = card.measured.scores
    if all(score.precision.value is None for score in scores):
        st.caption("No precision is known before people rule on what the judge said.")
        return
    targets = {one.state.verdict: one.policy.target if one.policy else None for one in gate.classes}
    st.plotly_chart(
        judge_charts.precisions(scores, targets),
        key=f"judges-precision-{card.judge.key}-{card.slice}",
        config={"displayModeBar": False},
    )
    with st.expander("The same in numbers"):
        st.dataframe(
            pd.DataFrame(
                {
                    "verdict": [s.verdict.value for s in scores],
                    "precision": [as_percent(s.precision) for s in scores],
                    "recall": [as_percent(s.recall) for s in scores],
                    "F1": [as_percent(s.f1) for s in scores],
                }
            ),
            hide_index=True,
        )


def _draw_cases(
    card: Scorecard,
    asked: tuple[Verdict, Verdict | None] | None,
    dataset: str | None,
    *,
    blind_only: bool,
) -> None:
    """The cases of a cell; a selected row opens."""
    if asked is None:
        return
    human, said = asked
    rows = flow.cases_behind(
        session.store(), card, human=human, said=said, dataset=dataset, blind_only=blind_only
    )
    event = st.dataframe(
        pd.DataFrame(
            {
                "trajectory": [row.uid for row in rows],
                "message": [row.message_index for row in rows],
                "model": [row.model for row in rows],
                "judge": [row.judge or judge_charts.UNSCORED for row in rows],
                "people": [row.human.value for row in rows],
                "ruled by": [row.ruled_by for row in rows],
            }
        ),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"judges-cases-{card.judge.key}-{card.slice}-{human}-{said}",
        height="content" if len(rows) <= 6 else 250,
    )
    st.caption("Select a row to open its case in Verify.")
    selected = event["selection"]["rows"]
    if selected and selected[0] < len(rows):
        case = rows[selected[0]]
        go("verify", p=str(case.prediction_id))
