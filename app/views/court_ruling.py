"""The four keys of the court and undo.

Every ruling carries the number of an act of this browser session, so that a key pressed twice, or
delivered twice, rules once; and the verdicts it was based on, so that a stale one is refused.
"""

from __future__ import annotations

import secrets
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from app import session
from app.flows import rule as flow
from app.flows.court import CourtCase, CourtQueue
from app.flows.identity import annotator_named
from app.views.court_order import ORDER
from app.views.navigation import go
from components.court_words import (
    BLINDLY,
    OPENLY,
    VERDICTS,
    Choice,
    done_words,
)
from curation.court import ruled
from curation.errors import LoopwrightError
from curation.verdicts import Verdict

SESSION = "court-session"
N_ACTS = "court-acts"
LAST = "court-last"
"""Ids of the rulings of this session that undo takes back, the newest last."""
OPEN_EDITOR = "court-editor"
LEFT_AT = "court-left-at"
PLACE = ("class", "dataset", "model", "p", *ORDER)
"""What of the address says where one stands in the court."""
NOTE = "court-note"


def open_editor_if_asked() -> None:
    """Go on to the editor when the last ruling asks for it; a callback cannot leave the page.

    Whoever comes back without an address of their own goes on where they left.
    """
    asked = session.recall(OPEN_EDITOR)
    if asked is not None:
        session.remember(OPEN_EDITOR, None)
        here = {name: st.query_params[name] for name in PLACE if name in st.query_params}
        session.remember(LEFT_AT, urlencode(here))
        uid, _, index = str(asked).rpartition(":")
        go("annotate", t=uid, m=index, edit=f"{_session_id()}-{_next_act()}")
    left_at = session.recall(LEFT_AT)
    session.remember(LEFT_AT, None)
    if left_at is not None and not any(name in st.query_params for name in PLACE):
        st.query_params.from_dict(dict(parse_qsl(str(left_at))))


def draw_ruling(case: CourtCase, queue: CourtQueue, *, is_blind: bool) -> None:
    """The keys of a case that this person has not ruled on, else their ruling; undo either way."""
    if case.own is None:
        offered = BLINDLY if is_blind else OPENLY
        for column, choice in zip(st.columns(4), offered, strict=True):
            column.button(
                f"**{choice.label}** · {choice.does}",
                shortcut=choice.key,
                key=f"court-rule-{case.prediction.id}-{choice.key}-{is_blind}",
                on_click=_rule,
                args=(case, queue.following or queue.previous, choice, is_blind, _next_act()),
                width="stretch",
            )
    else:
        _draw_own(case)
    note, undo = st.columns([8, 2], vertical_alignment="center")
    note.text_input(
        "Note",
        key=f"{NOTE}-{case.prediction.id}",
        placeholder="Note with the ruling (optional)",
        label_visibility="collapsed",
        disabled=case.own is not None,
    )
    last = _rulings()
    undo.button(
        "Undo the last ruling",
        icon=":material/undo:",
        shortcut="z",
        key="court-undo",
        disabled=not last,
        on_click=_take_back,
        args=(last[-1] if last else 0, _next_act()),
        width="stretch",
    )


def _draw_own(case: CourtCase) -> None:
    own = case.own
    assert own is not None and own.verdict is not None
    done = done_words(own.verdict, own.action)
    said, back = st.columns([8, 2], vertical_alignment="center")
    said.markdown(
        f"You ruled: **{VERDICTS[own.verdict]}**{f' ({done})' if done else ''}"
        f"{', blind' if own.is_blind else ''}"
    )
    if own.id not in _rulings()[-1:]:  # else the key of undo is for it
        back.button(
            "Take it back",
            icon=":material/undo:",
            key=f"court-back-{own.id}",
            on_click=_take_back,
            args=(own.id, _next_act()),
            width="stretch",
        )


def _rule(case: CourtCase, following: int | None, choice: Choice, is_blind: bool, act: int) -> None:
    """Commit first; only then go on."""
    store = session.store()
    verdict = ruled(choice.pressed, exchanged=is_blind and case.exchanged)
    try:
        given = flow.rule(
            store,
            annotator_named(store, session.current_annotator()),
            case.prediction.id,
            verdict,
            session_id=_session_id(),
            n=act,
            note=st.session_state.get(f"{NOTE}-{case.prediction.id}") or "",
            is_blind=is_blind,
            seen=case.seen,
        )
    except LoopwrightError as problem:
        session.notify(str(problem), ":material/error:")
        return
    if given.id not in _rulings():
        _remember_rulings([*_rulings(), given.id])
    done = done_words(verdict, given.action)
    side = "" if not is_blind else f" {'B' if case.exchanged else 'A'} was the label."
    session.notify(f"{VERDICTS[verdict]}{f': {done}' if done else ''}.{side}")
    if following is not None:
        st.query_params["p"] = str(following)
    elif "p" in st.query_params:
        del st.query_params["p"]
    if verdict is Verdict.BOTH_WRONG:
        session.remember(OPEN_EDITOR, f"{case.uid}:{case.prediction.message_index}")


def _take_back(verdict_id: int, act: int) -> None:
    store = session.store()
    try:
        taken = flow.withdraw(
            store,
            annotator_named(store, session.current_annotator()),
            verdict_id,
            session_id=_session_id(),
            n=act,
        )
    except LoopwrightError as problem:
        session.notify(str(problem), ":material/error:")
        _forget_ruling(verdict_id)  # or undo would be stuck at it
        return
    _forget_ruling(verdict_id)
    st.query_params["p"] = str(taken.prediction_id)
    session.notify("The ruling is taken back, with what was done on it.", ":material/undo:")


def _forget_ruling(verdict_id: int) -> None:
    _remember_rulings([one for one in _rulings() if one != verdict_id])


def _session_id() -> str:
    known = session.recall(SESSION)
    if known is None:
        known = f"court-{secrets.token_hex(8)}"
        session.remember(SESSION, known)
    return str(known)


def _next_act() -> int:
    """A number no act of this session had; an act keeps the one it was drawn with."""
    n = int(session.recall(N_ACTS) or 0) + 1
    session.remember(N_ACTS, n)
    return n


def _rulings() -> list[int]:
    kept = str(session.recall(LAST) or "")
    return [int(one) for one in kept.split(",") if one]


def _remember_rulings(ids: list[int]) -> None:
    session.remember(LAST, ",".join(map(str, ids[-100:])))
