"""Adjudicate: what annotators say of one trajectory, side by side, and a person's decision."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import session
from app.flows import adjudicate as flow
from app.flows.adjudicate import Case, CaseAnnotation, CaseRow, ProposedCorrection
from app.flows.browse import choices
from app.flows.identity import annotator_named
from app.views.filters import ask_dataset
from app.views.navigation import go, link
from components.changes import Sides, draw_changes, two_versions
from components.differences import draw_annotation, draw_differences, draw_step, try_name
from components.notices import draw_empty, draw_error, escape
from components.words import OUTCOME_ICONS, counted
from curation.annotation import Outcome
from curation.diffing import diff_messages
from curation.errors import LoopwrightError

LAST_DECIDED = "last-decided"


def show() -> None:
    """Draw the open cases and the one in hand."""
    store = session.store()
    title, choose = st.columns([3, 1], vertical_alignment="center")
    title.subheader("Adjudicate")
    dataset = ask_dataset(choose, choices(store).datasets)
    cases = flow.open_cases(store, dataset, limit=200)
    wanted = st.query_params.get("t")
    _offer_last_decision(wanted)
    if not cases and wanted is None:
        draw_empty(
            "No case is open",
            "Here come trajectories on which annotators differ, and those that one annotator "
            "alone may not decide. A queue's rule says which: see Queue.",
        )
        link("queue", "Queue", ":material/inbox:")
        return
    uids = [case.uid for case in cases]
    uid = wanted or uids[0]
    if cases:
        _draw_list(cases, uid, flow.count_cases(store, dataset))
    try:
        case = flow.load_case(store, uid)
    except LoopwrightError as problem:
        draw_error(problem)
        return
    following = (
        next((u for u in uids[uids.index(uid) + 1 :] if u != uid), None)
        if (uid in uids)
        else (uids[0] if uids else None)
    )
    _draw_case(case, following)


def _offer_last_decision(wanted: str | None) -> None:
    """A way back from a key pressed too soon: a decided case is in no list of open ones."""
    last = session.recall(LAST_DECIDED)
    if last is None or last == wanted:
        return
    if st.button("Back to the last decision", icon=":material/undo:", key="last-decision"):
        st.query_params["t"] = str(last)
        st.rerun()


def _draw_list(cases: list[CaseRow], uid: str, total: int) -> None:
    with st.expander(counted(total, "open case"), expanded=False):
        event = st.dataframe(
            pd.DataFrame(
                {
                    "": ["▶" if c.uid == uid else "" for c in cases],
                    "request": [c.preview for c in cases],
                    "why": [
                        "⚠ they differ" if c.state == "disputed" else "◑ nobody decided"
                        for c in cases
                    ],
                    "errors": [c.n_errors for c in cases],
                    "messages": [c.n_messages for c in cases],
                }
            ),
            hide_index=True,
            height=280,
            on_select="rerun",
            selection_mode="single-row",
            key=f"cases-{uid}",
            column_config={"request": st.column_config.TextColumn("request", width="large")},
        )
        rows = event["selection"]["rows"]
        if rows and cases[rows[0]].uid != uid:
            st.query_params["t"] = cases[rows[0]].uid
            st.rerun()


def _draw_case(case: Case, following: str | None) -> None:
    request = next((m.text for m in case.trajectory.messages if m.role == "user"), "")
    st.text(request[:400])
    st.caption(
        f"{escape(case.dataset)} · {escape(case.source_id)} · {case.state} · "
        f"{counted(len(case.trajectory.messages), 'message')} · "
        f"{counted(len(case.findings), 'finding')}"
    )
    if case.decision is not None:
        _draw_decision(case)
        return
    names = [a.annotator for a in case.annotations]
    st.markdown("**Where they differ**")
    draw_differences(case.differences, names, case.trajectory, case.tries)
    _draw_apart(case)
    _draw_tries(case)
    _draw_places(case)
    if case.annotations:
        for column, said in zip(st.columns(len(case.annotations)), case.annotations, strict=True):
            with column, st.container(border=True):
                _draw_said(case, said, names.index(said.annotator) + 1, following)
    _ask_own_decision(case, following)
    if st.button("Open in Annotate", icon=":material/edit_note:"):
        go("annotate", t=case.uid)


def _draw_apart(case: Case) -> None:
    """Two corrections against each other: against the original alone, they cannot be compared."""
    for apart in case.apart:
        st.markdown(
            f"**{escape(apart.one)}’s correction against {escape(apart.other)}’s**",
        )
        draw_changes(apart.changes, two_versions(apart.one, apart.other))


def _draw_tries(case: Case) -> None:
    """Tries that are ruled on differently, against the reference."""
    for difference in case.differences.tries:
        index = difference.message_index
        one = case.tries[index].find(difference.try_id) if index in case.tries else None
        change = one and diff_messages(case.trajectory.messages[index], one.message, index, index)
        if change:
            name = try_name(index, difference.try_id, case.trajectory, case.tries)
            st.markdown(f"**{escape(name)}, against the reference**")
            draw_changes([change], Sides("reference", "try"))


def _draw_places(case: Case) -> None:
    """The steps in question, so that the decision needs no second page."""
    indexes = sorted(
        {d.message_index for d in case.differences.steps}
        | {d.message_index for d in case.differences.recovery}
        | {i for o in case.differences.root_causes for i in o.value if i is not None}
        | {
            d.anchor.message_index
            for d in case.differences.marks
            if d.anchor.message_index is not None
        }
    )
    if indexes:
        with st.expander(
            f"{counted(len(indexes), 'place')} in question", expanded=len(indexes) <= 3
        ):
            for index in indexes:
                draw_step(case.trajectory, index)


def _draw_said(case: Case, said: CaseAnnotation, number: int, following: str | None) -> None:
    st.markdown(f":material/person: **{escape(said.annotator)}**")
    draw_annotation(said.annotation, case.trajectory, case.tries)
    if said.correction is not None:
        st.caption(f"Correction: {escape(said.correction.reason)}")
        draw_changes(said.correction.changes)
        _draw_simulated(said.correction)
    decidable = said.annotation.outcome in (Outcome.ACCEPT, Outcome.REJECT)
    st.button(
        f"Decide as {escape(said.annotator)} says",
        key=f"as-{case.fingerprint}-{said.annotator}",
        shortcut=str(number) if number < 10 else None,
        disabled=not decidable,
        help=None if decidable else "An unsure outcome is no decision.",
        on_click=_decide,
        args=(case, following, said.annotation.outcome or Outcome.UNSURE, None, said.annotator, ""),
    )


def _draw_simulated(correction: ProposedCorrection) -> None:
    """Which results no tool has answered: part of what is decided about."""
    steps = correction.trajectory.assistant_indexes()
    for result in correction.simulated:
        number = sum(step < result.message_index for step in steps)
        st.caption(f":material/smart_toy: A result of step {number}: {escape(result.words)}.")


def _ask_own_decision(case: Case, following: str | None) -> None:
    key = case.fingerprint + case.uid
    with st.expander("Decide otherwise", expanded=not case.annotations):
        left, middle, right = st.columns(3)
        outcome = left.segmented_control(
            "Outcome",
            [Outcome.ACCEPT, Outcome.REJECT],
            format_func=lambda o: OUTCOME_ICONS[o],
            key=f"outcome-{key}",
        )
        versions = {case.uid: "as imported"} | {
            c.uid: f"correction by {c.author}" for c in case.corrections
        }
        middle.selectbox(
            "Version to use",
            list(versions),
            format_func=lambda u: versions[u],
            key=f"version-{key}",
        )
        right.selectbox(
            "Verdicts and marks of",
            [a.annotator for a in case.annotations],
            index=None,
            placeholder="nobody",
            key=f"adopt-{key}",
        )
        st.text_input("Note", key=f"note-{key}")
        st.button(
            "Decide",
            type="primary",
            key=f"decide-{key}",
            disabled=outcome is None,
            on_click=_decide_as_asked,
            args=(case, following, key),
        )


def _decide_as_asked(case: Case, following: str | None, key: str) -> None:
    """Read the fields now: what was typed just before the click is in no argument yet."""
    asked = st.session_state
    _decide(
        case,
        following,
        asked.get(f"outcome-{key}") or Outcome.UNSURE,
        asked.get(f"version-{key}"),
        asked.get(f"adopt-{key}"),
        asked.get(f"note-{key}") or "",
    )


def _decide(
    case: Case,
    following: str | None,
    outcome: Outcome,
    version: str | None,
    adopted: str | None,
    note: str,
) -> None:
    """Commit first; only then touch the session."""
    store = session.store()
    try:
        flow.decide(
            store,
            case.uid,
            decided_by=annotator_named(store, session.current_annotator()),
            outcome=outcome,
            result_uid=version,
            adopt_annotator=adopted,
            note=note,
            seen=case.fingerprint,
        )
    except LoopwrightError as problem:
        session.notify(str(problem), ":material/error:")
        return
    session.remember(LAST_DECIDED, case.uid)
    session.notify(f"Decided: {outcome}.")
    if following is not None:
        st.query_params["t"] = following
    elif "t" in st.query_params:
        del st.query_params["t"]


def _draw_decision(case: Case) -> None:
    decision = case.decision
    assert decision is not None
    by = decision.decided_by or f"the rule “{decision.rule}”"
    st.success(
        f"{OUTCOME_ICONS[decision.outcome or 'unsure']} — decided by {escape(by)}, "
        f"{decision.created_at:%Y-%m-%d %H:%M} UTC"
    )
    if decision.note:
        st.text(decision.note)
    st.button(
        "Withdraw the decision",
        key=f"withdraw-{case.fingerprint}",
        icon=":material/undo:",
        on_click=_withdraw,
        args=(case,),
    )


def _withdraw(case: Case) -> None:
    store = session.store()
    try:
        by = annotator_named(store, session.current_annotator())
        flow.withdraw(store, case.uid, by, seen=case.fingerprint)
    except LoopwrightError as problem:
        session.notify(str(problem), ":material/error:")
        return
    session.notify("The decision is withdrawn; the case is open again.")
