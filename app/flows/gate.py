"""The gate: which verdicts of a judge may be applied without a person, and why not the others.

It is worked out anew each time it is asked, from people's blind rulings and the lead's policy, so
it closes itself when the audits of applied classes show a judge that got worse.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from app.flows.scorecard import JudgeOnRecord, judge_called, judges_of
from curation.gate import GatePolicy, GateState, VerdictPolicy, gate, is_audited, tally_of
from curation.verdicts import Verdict
from storage.certificates import StoredCertificate, get_certificate, list_certificates
from storage.datasets import dataset_id
from storage.engine import Store
from storage.gold import Candidate, GoldRow, Within, candidates, gold_rows
from storage.settings import ensure_secret, get_setting, put_setting

AUDIT_SALT = "audit-salt"
"""Name of the secret by which audits are drawn."""

_policy = msgspec.json.Decoder(GatePolicy)


class GateClass(Struct, frozen=True):
    """One verdict of a judge before the gate."""

    state: GateState
    policy: VerdictPolicy | None
    waiting: int
    """Verdicts in force that nobody but the judge gave, audits aside."""
    audits_due: int
    """Those of them that go to people whatever the gate says; 0 without a policy."""
    applied: int
    """Verdicts that stand because they were applied."""


class JudgeGate(Struct, frozen=True):
    """A judge before the gate, in one dataset or all data."""

    judge: JudgeOnRecord
    dataset: str | None
    classes: tuple[GateClass, ...]
    """In the order of the verdicts."""
    certificates: tuple[StoredCertificate, ...]
    """All of this judge, the newest first."""

    @property
    def open_classes(self) -> tuple[Verdict, ...]:
        """What may be applied now."""
        return tuple(one.state.verdict for one in self.classes if one.state.is_open)


class Evidence(Struct, frozen=True):
    """What the gate decides on."""

    policy: GatePolicy
    gold: dict[Verdict, list[GoldRow]]
    """By what the judge said, oldest first."""
    certificates: list[StoredCertificate]


def gates(store: Store, dataset: str | None = None) -> list[JudgeGate]:
    """Every judge before the gate, the latest first, in one snapshot.

    Raises:
        NotFound: there is no such dataset.
    """
    salt = audit_salt(store)
    with store.read() as conn:
        if dataset is not None:
            dataset_id(conn, dataset)
        return [_judge_gate(conn, judge, dataset, salt) for judge in judges_of(conn)]


def allow(store: Store, judge_key: str, verdict: Verdict, policy: VerdictPolicy | None) -> None:
    """Let a verdict of a judge be applied where it is proven; None: never again without a person.

    What was applied stays until its certificate is withdrawn.

    Raises:
        NotFound: there is no such judge.
    """
    with store.write() as conn:
        judge_called(judges_of(conn), judge_key)
        verdicts = dict(policy_of(conn, judge_key).verdicts)
        verdicts.pop(verdict, None)
        if policy is not None:
            verdicts[verdict] = policy
        encoded = msgspec.json.encode(GatePolicy(verdicts)).decode()
        put_setting(conn, _name(judge_key), encoded)


def certificate_called(store: Store, certificate_id: int) -> StoredCertificate:
    """One certificate.

    Raises:
        NotFound: there is none.
    """
    with store.read() as conn:
        return get_certificate(conn, certificate_id)


def audit_salt(store: Store) -> str:
    """The secret by which audits are drawn, the same for good."""
    with store.read() as conn:
        known = get_setting(conn, AUDIT_SALT)
    if known is not None:
        return known
    with store.write() as conn:
        return ensure_secret(conn, AUDIT_SALT)


def policy_of(conn: Connection, judge_key: str) -> GatePolicy:
    """What the lead lets this judge do; nothing, unless said otherwise."""
    kept = get_setting(conn, _name(judge_key))
    return GatePolicy() if kept is None else _policy.decode(kept)


def evidence_of(conn: Connection, judge: JudgeOnRecord, dataset: str | None) -> Evidence:
    """Blind gold within a dataset, and the certificates that overlap with it."""
    gold: dict[Verdict, list[GoldRow]] = {verdict: [] for verdict in Verdict}
    for row in gold_rows(conn, Within(judge.runs, dataset)):
        if row.judge is not None:
            gold[row.judge].append(row)
    return Evidence(policy_of(conn, judge.key), gold, list_certificates(conn, judge.key))


def states_of(evidence: Evidence, dataset: str | None) -> dict[Verdict, GateState]:
    """Open or closed. Audits are the blind rulings since the class was first applied there."""
    tallies = {
        verdict: tally_of((row.human is verdict, row.family) for row in rows)
        for verdict, rows in evidence.gold.items()
    }
    audits = {}
    for verdict, rows in evidence.gold.items():
        since = _first_applied(evidence.certificates, verdict, dataset)
        if since is not None:
            audits[verdict] = [row.human is verdict for row in rows if row.ruled_at >= since]
    return gate(evidence.policy, tallies, audits)


def _first_applied(
    certificates: Sequence[StoredCertificate], verdict: Verdict, dataset: str | None
) -> datetime | None:
    times = [
        one.created_at
        for one in certificates
        if one.verdict is verdict and (not one.dataset or dataset in (None, one.dataset))
    ]
    return min(times, default=None)


def divided(
    found: Sequence[Candidate], policy: VerdictPolicy | None, salt: str
) -> tuple[list[Candidate], list[Candidate]]:
    """(what may be applied, what goes to people for good)."""
    if policy is None:
        return list(found), []
    kept = {c.prediction_id for c in found if is_audited(c.key, policy.audit_share, salt)}
    return (
        [c for c in found if c.prediction_id not in kept],
        [c for c in found if c.prediction_id in kept],
    )


def _judge_gate(
    conn: Connection, judge: JudgeOnRecord, dataset: str | None, salt: str
) -> JudgeGate:
    evidence = evidence_of(conn, judge, dataset)
    applied: Counter[Verdict] = Counter()
    for one in evidence.certificates:
        applied[one.verdict] += one.in_force
    classes = []
    for verdict, state in states_of(evidence, dataset).items():
        policy = evidence.policy.verdicts.get(verdict)
        found = candidates(conn, Within(judge.runs, dataset), verdict)
        waiting, audits = divided(found, policy, salt)
        classes.append(GateClass(state, policy, len(waiting), len(audits), applied[verdict]))
    return JudgeGate(judge, dataset, tuple(classes), tuple(evidence.certificates))


def _name(judge_key: str) -> str:
    return f"gate:{judge_key}"
