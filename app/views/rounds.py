"""Rounds: what the loop came to, round by round, and the way into each of its cases.

Beginning a round, drawing its mixture and closing it are in `rounds_forms.py`. The address says
which round is looked at: `round`, and `part`, a set of its mixture.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from plotly.graph_objects import Figure
from streamlit.delta_generator import DeltaGenerator

from app import session
from app.flows import rounds as flow
from app.flows.rounds import RoundNow
from app.views.navigation import go, link
from app.views.rounds_forms import draw_closing, draw_start, part_rows
from components import charts, round_charts
from components.court_words import CLASSES
from components.notices import draw_empty, escape
from components.round_charts import PARTS, RoundMark
from curation.court import CourtClass
from curation.figure_words import share_in_words
from curation.mixture import Part
from curation.verdicts import Verdict

SHOWN = 200
"""Steps of a set that are listed."""


def show() -> None:
    """Draw the charts, the table of rounds, and the round in hand."""
    found = flow.list_rounds(session.store())
    title, start_at = st.columns([5, 1], vertical_alignment="center")
    title.subheader("Rounds")
    if not found:
        _draw_nothing()
        return
    with start_at.popover("Start a round", icon=":material/add:", width="stretch"):
        draw_start()
    _draw_charts(found)
    _draw_table(found)
    _draw_round(_choose(found))


def _draw_nothing() -> None:
    draw_empty(
        "No round was started yet",
        "A round looks at a model's answers to some data and draws what the next checkpoint "
        "trains on. Start the first one: probe a model before, or begin with seed data alone.",
    )
    draw_start()


def _draw_charts(found: Sequence[RoundNow]) -> None:
    marks = [
        RoundMark(
            one.round.number,
            one.round.mixture.chosen if one.round.mixture else {},
            one.counts.match_rate,
        )
        for one in found
    ]
    left, right = st.columns([3, 2])
    left.markdown("**What every round drew**")
    if any(one.mixture for one in marks):
        _draw_chart(left, "mixtures", round_charts.mixtures(marks))
    else:
        left.caption("Nothing yet: a round draws its mixture when it is closed, below.")
    right.markdown("**How many answers match**")
    if any(one.match_rate is not None for one in marks):
        _draw_chart(right, "rates", round_charts.match_rates(marks))
    else:
        right.caption("Nothing yet: no answer of the model was compared with its reference.")


def _draw_chart(place: DeltaGenerator, name: str, figure: Figure) -> None:
    drawn = place.plotly_chart(
        figure,
        key=f"rounds-{name}",
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
    )
    _follow(name, charts.clicked(drawn))


def _follow(chart: str, clicked: str | None) -> None:
    """Let the address say what was clicked, once: a chart keeps its selection."""
    if clicked == session.recall(f"rounds-clicked-{chart}"):
        return
    session.remember(f"rounds-clicked-{chart}", clicked)
    mark = round_charts.read_mark(clicked)
    if mark is not None:
        _look_at(*mark)
        st.rerun()


def _look_at(number: int, part: Part | None) -> None:
    st.query_params["round"] = str(number)
    if part is not None:
        st.query_params["part"] = part.value
    elif "part" in st.query_params:
        del st.query_params["part"]


def _draw_table(found: Sequence[RoundNow]) -> None:
    st.dataframe(
        pd.DataFrame([_row(one) for one in reversed(found)]),
        hide_index=True,
        key="rounds-table",
        height="content" if len(found) <= 4 else 180,
    )


def _choose(found: Sequence[RoundNow]) -> RoundNow:
    """The round that the address names, or the latest; another one can be chosen."""
    by_number = {one.round.number: one for one in reversed(found)}
    asked = st.query_params.get("round", "")
    named = int(asked) if asked.isdecimal() and len(asked) < 9 else 0
    number = named if named in by_number else next(iter(by_number))
    place, heading = st.columns([1, 5], vertical_alignment="center")
    chosen = place.selectbox(
        "Round",
        list(by_number),
        index=list(by_number).index(number),
        format_func=lambda n: f"Round {n}",
        label_visibility="collapsed",
        key=f"rounds-choice-{number}",
    )
    if chosen != number:
        _look_at(chosen, None)
        st.rerun()
    one = by_number[number]
    state = ":material/lock_open: open" if one.round.is_open else ":material/lock: closed"
    heading.markdown(f"**{escape(one.round.setup.model) or 'seed data alone'}** · {state}")
    return one


def _row(one: RoundNow) -> dict[str, object]:
    counts, mixture = one.counts, one.round.mixture
    verdicts = counts.by_verdict
    return {
        "round": one.round.number,
        "model": one.round.setup.model or "seed data alone",
        "answered": counts.answered,
        "mastered": counts.matched,
        "match rate": share_in_words(counts.match_rate) if counts.compared else "",
        "mismatched": counts.mismatched,
        **{verdict.value: verdicts.get(verdict, 0) for verdict in Verdict},
        "corrected": counts.corrected,
        "expanded": counts.expanded,
        "new seeds": counts.seed_new,
        "drawn": f"{mixture.size:,}" if mixture else "",
        "state": "open" if one.round.is_open else "closed",
    }


def _draw_round(one: RoundNow) -> None:
    shown = one.round
    st.caption(" · ".join(_facts(one)))
    if shown.note:
        st.caption(escape(shown.note))
    _draw_links(one)
    if shown.is_open:
        draw_closing(one)
    else:
        _draw_mixture(one)


def _facts(one: RoundNow) -> list[str]:
    shown, counts = one.round, one.counts
    facts = []
    if shown.setup.datasets:
        facts.append(f"asked {escape(', '.join(shown.setup.datasets))}")
    if shown.setup.seeds:
        facts.append(f"seed data from {escape(', '.join(shown.setup.seeds))}")
    if counts.expanded_from:
        facts.append(f"expanded {escape(', '.join(counts.expanded_from))}")
    if counts.mean_perplexity is not None:
        facts.append(f"mean perplexity of what matches {counts.mean_perplexity:.3g}")
    if counts.matched > counts.with_perplexity:
        n = counts.matched - counts.with_perplexity
        facts.append(f"{n:,} mastered without log-probabilities")
    facts.append(f"started by {escape(shown.started_by)} {shown.created_at:%Y-%m-%d %H:%M} UTC")
    if shown.closed_at is not None:
        facts.append(
            f"closed by {escape(shown.closed_by or '')} {shown.closed_at:%Y-%m-%d %H:%M} UTC"
        )
    return facts


def _draw_links(one: RoundNow) -> None:
    """From counts to the cases behind them, as they are in the court now."""
    setup, counts = one.round.setup, one.counts
    params = {"model": setup.model}
    if len(setup.datasets) == 1:
        params["dataset"] = setup.datasets[0]
    cases = [
        *((CourtClass(verdict.value), counts.by_verdict.get(verdict, 0)) for verdict in Verdict),
        (CourtClass.UNSCORED, counts.unscored),
        (CourtClass.DISAGREEMENT, counts.disputed),
        (CourtClass.NOT_JUDGED, counts.waiting),
    ]
    some = [(cls, n) for cls, n in cases if n]
    if not some:
        return
    columns = st.columns(max(len(some), 5))
    for (cls, n), at in zip(some, columns, strict=False):
        with at:
            link("verify", f"{CLASSES[cls]} {n:,}", **{"class": cls.value}, **params)


def _draw_mixture(one: RoundNow) -> None:
    mixture = one.round.mixture
    assert mixture is not None
    number = one.round.number
    spec = mixture.spec
    left, right = st.columns([3, 2])
    with left:
        st.markdown(f"**Mixture: {mixture.size:,} of {spec.budget:,} steps**")
        st.dataframe(part_rows(mixture), hide_index=True, key=f"rounds-mixture-{number}")
    with right:
        st.markdown("**Export it**")
        st.caption(
            f"Preset {escape(spec.preset)}, draw {spec.seed}. One row a step, with the round in "
            "the manifest."
        )
        link("export", "Export this round", ":material/output:", round=str(number))
        st.code(
            f"loopwright export --round {number} --type sft --layout trl --out DIR",
            language=None,
            wrap_lines=True,
        )
    _draw_steps(one)


def _figure(perplexity: float | None) -> str:
    return "unknown" if perplexity is None else f"{perplexity:.3g}"


def _draw_steps(one: RoundNow) -> None:
    """The steps of a set; a selected row opens."""
    mixture, number = one.round.mixture, one.round.number
    assert mixture is not None
    held = [part for part, n in mixture.chosen.items() if n]
    asked = st.query_params.get("part", "")
    named = Part(asked) if asked in held else None
    part = st.selectbox(
        "Steps of",
        held,
        index=held.index(named) if named else None,
        format_func=lambda p: f"{PARTS[p]}: {mixture.chosen[p]:,}",
        placeholder="Choose a set to see its steps",
        label_visibility="collapsed",
        key=f"rounds-part-{number}-{named}",
    )
    if part is None:
        return
    steps = list(flow.mixture_lines(session.store(), number, part, SHOWN))
    event = st.dataframe(
        pd.DataFrame(
            {
                "trajectory": [step.uid for step in steps],
                "message": [step.message_index for step in steps],
                "perplexity": [_figure(step.perplexity) for step in steps],
                "trained on": [step.correction_uid or "as it is" for step in steps],
            }
        ),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"rounds-steps-{number}-{part}",
        height="content" if len(steps) <= 6 else 250,
    )
    more = mixture.chosen[part] - len(steps)
    told = f" {more:,} more: `loopwright mixture {number}` lists all." if more else ""
    st.caption(f"Select a row to open its case.{told}")
    rows = event["selection"]["rows"]
    if rows and rows[0] < len(steps):
        step = steps[rows[0]]
        if step.prediction_id is not None:
            go("verify", p=str(step.prediction_id))
        else:
            go("annotate", t=step.uid, m=str(step.message_index))
