"""The gate of one judge: its four verdicts, the lead's policy for each, and the certificates."""

from __future__ import annotations

import streamlit as st

from app import session
from app.flows import jobs
from app.flows.gate import GateClass, JudgeGate, allow
from components.notices import draw_error, escape
from curation.certificates import certificate_markdown
from curation.errors import LoopwrightError
from curation.gate import GateReason, VerdictPolicy
from curation.verdicts import Verdict
from storage.certificates import StoredCertificate

KINDS = ("gate-apply", "gate-withdraw")
STATES = {
    GateReason.PROVEN: ":green[:material/lock_open: open]",
    GateReason.NO_POLICY: ":gray[:material/lock: closed, no policy]",
    GateReason.TOO_LITTLE_GOLD: ":gray[:material/lock_clock: closed, too little gold]",
    GateReason.BELOW_TARGET: ":orange[:material/lock: closed, below target]",
    GateReason.DRIFT: ":red[:material/trending_down: closed, drift]",
}


def draw_gate(gate: JudgeGate) -> None:
    """What may be applied without a person, and the way to let it."""
    place = f" in {escape(gate.dataset)}" if gate.dataset else ""
    st.markdown(f"**Applied without a person{place}**")
    st.caption(
        "A verdict passes where people confirmed it often enough on blind cases; a share of what "
        "passes goes to people for good, and the gate closes when those say otherwise."
    )
    for one in gate.classes:
        _draw_class(gate, one)
    _draw_apply(gate)


def _draw_class(gate: JudgeGate, one: GateClass) -> None:
    state = one.state
    name, why, act = st.columns([3, 6, 2], vertical_alignment="center")
    name.markdown(f"`{state.verdict}`  \n{STATES[state.reason]}")
    counts = f"{one.waiting:,} waiting, {one.audits_due:,} for audit, {one.applied:,} applied"
    why.markdown(f"{escape(state.why)}  \n{counts}")
    with act.popover("Policy", icon=":material/tune:", width="stretch"):
        _draw_policy(gate, one)


def _draw_policy(gate: JudgeGate, one: GateClass) -> None:
    verdict, known = one.state.verdict, one.policy
    kept = known or VerdictPolicy()
    st.markdown(f"When **{escape(verdict)}** may be applied")
    key = f"{gate.judge.key}-{verdict}"
    with st.form(f"gate-{key}", border=False):
        target = _ask_percent(
            "Precision that the lower bound must reach, %", kept.target, 99.9, f"gate-target-{key}"
        )
        gold = st.number_input(
            "Blind cases, at least", 1, 100_000, kept.least_gold, key=f"gate-gold-{key}"
        )
        share = _ask_percent(
            "Share that goes to people, %", kept.audit_share, 100.0, f"gate-share-{key}"
        )
        window = st.number_input(
            "Latest audits looked at", 10, 10_000, kept.drift_window, key=f"gate-window-{key}"
        )
        save = st.form_submit_button("Let it pass where proven", key=f"gate-save-{key}")
    if save:
        policy = VerdictPolicy(target, gold, share, window)
        _change(gate, verdict, policy, f"{verdict} passes where it is proven.")
    if known is not None and st.button("Never without a person", key=f"gate-never-{key}"):
        _change(gate, verdict, None, f"{verdict} is a person's to rule on again.")


def _ask_percent(label: str, share: float, most: float, key: str) -> float:
    """A share, asked in percent."""
    return st.number_input(label, 0.1, most, round(100 * share, 1), 0.5, key=key) / 100


def _change(gate: JudgeGate, verdict: Verdict, policy: VerdictPolicy | None, said: str) -> None:
    try:
        allow(session.store(), gate.judge.key, verdict, policy)
    except LoopwrightError as problem:
        draw_error(problem)
        return
    session.notify(said)
    st.rerun()


def _draw_apply(gate: JudgeGate) -> None:
    n = sum(one.waiting for one in gate.classes if one.state.is_open)
    if n == 0:
        reason = "every class is closed" if not gate.open_classes else "nothing is waiting"
        st.caption(f"Nothing to apply: {reason}.")
        return
    what = f"{n:,} {'verdict' if n == 1 else 'verdicts'}"
    if st.button(f"Apply {what} under a certificate", icon=":material/done_all:", key="gate-apply"):
        params = {
            "judge": gate.judge.key,
            "by": session.current_annotator(),
            "dataset": gate.dataset,
        }
        jobs.enqueue(session.store(), "gate-apply", params)
        session.notify("The worker applies them; it can be taken back as a whole.")
        st.rerun()


def draw_certificates(gate: JudgeGate) -> None:
    """Certificates of this judge, to read, download and withdraw."""
    st.markdown("**Certificates**")
    if not gate.certificates:
        st.caption("None yet: each application of a class writes one.")
        return
    drifted = {c.state.verdict for c in gate.classes if c.state.reason is GateReason.DRIFT}
    for one in gate.certificates:
        _draw_certificate(one, has_drifted=one.verdict in drifted)


def _draw_certificate(one: StoredCertificate, *, has_drifted: bool) -> None:
    place = f" in {one.dataset}" if one.dataset else ""
    taken = one.applied - one.in_force
    back = f", {taken:,} taken back" if taken else ""
    title = f"{one.id}: {one.verdict}{place}, {one.applied:,} applied{back}"
    with st.expander(escape(f"{title}, {one.created_at:%Y-%m-%d %H:%M} UTC by {one.issued_by}")):
        if has_drifted and one.in_force:
            st.warning(
                "Audits say that the judge got worse since. Look at what was applied, or withdraw "
                "it.",
                icon=":material/trending_down:",
            )
        text = certificate_markdown(one.content)
        st.markdown(text)
        download, withdraw = st.columns(2)
        download.download_button(
            "Download",
            text,
            file_name=f"certificate-{one.id}.md",
            mime="text/markdown",
            icon=":material/download:",
            key=f"certificate-download-{one.id}",
            on_click="ignore",
            width="stretch",
        )
        if withdraw.button(
            f"Withdraw: take {one.in_force:,} back",
            icon=":material/undo:",
            disabled=one.in_force == 0,
            key=f"certificate-withdraw-{one.id}",
            width="stretch",
        ):
            params = {"certificate": one.id, "by": session.current_annotator()}
            jobs.enqueue(session.store(), "gate-withdraw", params)
            session.notify("The worker takes it back, with everything that was done on it.")
            st.rerun()
