"""Verify, the label court: a person rules whether the label or the prediction is wrong.

One case at a time, one key a ruling. The address says where one stands: `class`, `dataset`, `model`
and `p`, the prediction. Blind, verdicts and votes stay hidden and the sides are A and B.
"""

from __future__ import annotations

import streamlit as st

from app import session
from app.flows import court as flow
from app.flows.browse import choices
from app.flows.court import CourtCase, CourtFilter, CourtQueue
from app.flows.identity import annotator_named
from app.flows.preferences import keep_blind, rules_blind
from app.settings import load_settings
from app.views.court_empty import draw_nothing
from app.views.court_order import ask_order
from app.views.court_ruling import draw_ruling, open_editor_if_asked
from app.views.filters import ask_dataset, ask_one
from app.views.jobs import draw_running
from app.views.starting import KINDS, draw_starters
from components.court_case import Opinion, ShownCase, ShownVote, Side, draw_case
from components.court_words import CLASSES, told
from components.notices import draw_error, escape
from curation.court import CourtClass
from curation.errors import LoopwrightError
from curation.scoring import CLOSENESS, score_kinds
from curation.standing import RulerKind
from storage.annotators import AnnotatorInfo

BLIND = "court-blind"
RULERS = {RulerKind.HUMAN: "", RulerKind.AUTO: ", applied by the gate", RulerKind.JUDGE: ", judge"}

_CHOSEN_CLASS = """
<style>
button[data-variant="pills"][data-selected="true"] { color: inherit !important; font-weight: 600; }
</style>
"""
"""In Streamlit's own colour, the name of the chosen class is too pale in the dark."""


def show() -> None:
    """Draw the queue and the case in hand."""
    st.html(_CHOSEN_CLASS)
    open_editor_if_asked()
    store = session.store()
    who = annotator_named(store, session.current_annotator())
    wanted, blind = _draw_head(who)
    asked = st.query_params.get("p", "")
    at = int(asked) if asked.isdecimal() and len(asked) < 18 else None
    cls = _class_asked(blind)
    queue = flow.queue_of(store, wanted, cls, at)
    _ask_class(cls, queue, blind)
    if queue.prediction_id is None:
        draw_running(KINDS)
        draw_nothing(cls, queue, wanted)
        return
    try:
        case = flow.case_for_court(store, queue.prediction_id, who, blind=blind)
    except LoopwrightError as problem:
        draw_error(problem)
        return
    _draw_place(case, queue, queue.counts[cls])
    draw_ruling(case, queue, is_blind=case.is_hidden)
    draw_case(_shown(case), key="court-case")
    draw_running(KINDS)  # below the case: nothing moves while somebody rules


def _draw_head(who: AnnotatorInfo) -> tuple[CourtFilter, bool]:
    title, start_at, order_at, blind_at, model_at, dataset_at = st.columns(
        [2, 1, 1.6, 1, 1.7, 1.7], vertical_alignment="center"
    )
    title.subheader("Verify")
    store = session.store()
    before = st.query_params.get("dataset"), st.query_params.get("model")
    dataset = ask_dataset(dataset_at, choices(store).datasets)
    draw_starters(start_at, "verify", dataset)
    model = ask_one(model_at, "model", flow.models_in_court(store))
    if (dataset, model) != before:
        _go_to(None)
    kept = rules_blind(store, who)
    blind = blind_at.toggle(
        "Blind",
        value=kept,
        key=f"{BLIND}-{kept}",
        help="Hides verdicts and votes until you have ruled, and which answer is the label.",
    )
    if blind != kept:
        keep_blind(store, who, blind=blind)
        st.rerun()
    wanted = ask_order(
        order_at, CourtFilter(dataset, model, mastered_by=load_settings().mastered_by)
    )
    return wanted, blind


def _class_asked(blind: bool) -> CourtClass:
    """The class that the address names; blind, one that tells no verdict."""
    named = st.query_params.get("class", "")
    cls = CourtClass(named) if named in list(CourtClass) else CourtClass.OPEN
    return CourtClass.OPEN if blind and cls.tells_a_verdict else cls


def _ask_class(cls: CourtClass, queue: CourtQueue, blind: bool) -> None:
    offered = [one for one in CourtClass if not (blind and one.tells_a_verdict)]
    chosen = st.pills(
        "Class",
        offered,
        default=cls,
        format_func=lambda one: f"{CLASSES[one]} {_up_to(queue.counts[one])}",
        label_visibility="collapsed",
        # Keyed by the class alone: counts change with every ruling and must not forget the choice.
        key=f"court-class-{cls}-{blind}",
    )
    if chosen is not None and chosen != cls:
        st.query_params["class"] = chosen.value
        _go_to(None)
        st.rerun()


def _go_to(prediction_id: int | None) -> None:
    if prediction_id is not None:
        st.query_params["p"] = str(prediction_id)
    elif "p" in st.query_params:
        del st.query_params["p"]


def _draw_place(case: CourtCase, queue: CourtQueue, total: int) -> None:
    """Where one stands, what is known of the prediction, and the way to its neighbours."""
    facts, before, behind = st.columns([8, 1, 1], vertical_alignment="center")
    place = "**no longer in this class**"
    if queue.place:
        place = f"**{_up_to(queue.place)} of {_up_to(total)}**"
    facts.markdown(f"{place} · {' · '.join(_facts(case))}", help=_scores(case))
    before.button(
        "Previous",
        shortcut="p",
        disabled=queue.previous is None,
        on_click=_go_to,
        args=(queue.previous,),
        key="court-previous",
        width="stretch",
    )
    behind.button(
        "Next",
        shortcut="n",
        disabled=queue.following is None,
        on_click=_go_to,
        args=(queue.following,),
        key="court-next",
        width="stretch",
    )


def _up_to(n: int) -> str:
    """A number that was counted no further than `COUNT_CAP`."""
    return f"{n:,}+" if n >= flow.COUNT_CAP else f"{n:,}"


def _facts(case: CourtCase) -> list[str]:
    prediction = case.prediction
    facts = [escape(case.dataset), escape(case.source_id), f"step {case.step}"]
    facts.append(escape(prediction.model))
    facts += [
        f"{name} {'✓' if matched else '✗'}"
        for name, matched in prediction.matches.items()
        if matched is not None
    ]
    if prediction.perplexity is not None:
        facts.append(f"perplexity {prediction.perplexity:.3g}")
    if CLOSENESS in case.scores:
        facts.append(f"closeness {case.scores[CLOSENESS]:.2f}")
    if case.rollouts is not None and case.rollouts.n > 1:
        told = case.rollouts
        facts.append(f"{told.n:,} samples: {told.mean:.2f}, variance {told.variance:.2g}")
    if prediction.n_samples > 1:
        facts.append(f"answered {prediction.n_samples:,} times")
    return facts


def _scores(case: CourtCase) -> str | None:
    """Every score of the prediction, as a list to be looked at on demand."""
    kinds = score_kinds()
    lines = [
        f"- {escape(kinds[name].title)}: **{value:.3g}** ({kinds[name].low:g} to "
        f"{kinds[name].high:g})"
        for name, value in case.scores.items()
        if name in kinds
    ]
    return "\n".join(lines) or None


def _shown(case: CourtCase) -> ShownCase:
    """The case with its sides in the order and under the names that this person may see."""
    titles = ("Reference (label)", "Prediction")
    sides = [
        Side(title, facts.message, facts.findings, facts.groundings)
        for title, facts in zip(titles, (case.reference, case.answer), strict=True)
    ]
    if case.is_hidden:
        if case.exchanged:
            sides.reverse()
        sides = [
            Side(name, side.message, side.findings, side.groundings)
            for name, side in zip("AB", sides, strict=True)
        ]
    opinions = [
        Opinion(
            told(one.verdict, one.unscored),
            f"{one.annotator}{RULERS[one.kind]}",
            f"{one.created_at:%Y-%m-%d %H:%M} UTC",
            [text for text in (one.detail, one.note) if text],
            one.is_withdrawn,
        )
        for one in case.verdicts
        if one.withdraws is None
    ]
    judges = {v.run_id: v.annotator for v in case.verdicts if v.run_id is not None}
    votes = [ShownVote(judges.get(one.run_id, one.vote.key.model), one.vote) for one in case.votes]
    return ShownCase(
        case.context, case.tools, sides[0], sides[1], opinions, votes, is_blind=case.is_hidden
    )
