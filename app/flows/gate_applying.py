"""Apply what the gate lets pass, under a certificate, and take a certificate back as a whole.

Every verdict is applied by the flow that a person's ruling goes through, as the judge's own and of
kind `auto`, one transaction each: a run that is interrupted has applied some, under a certificate
that is on record. Audited cases are left to people for good.
"""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version

from msgspec import Struct

from app.flows.gate import (
    Evidence,
    audit_salt,
    certificate_called,
    divided,
    evidence_of,
    states_of,
)
from app.flows.rule import StaleRuling, rule, withdraw
from app.flows.running import Run
from app.flows.scorecard import JudgeOnRecord, judge_called, judges_of
from curation.certificates import Certificate, sample_hash
from curation.errors import LoopwrightError
from curation.gate import VerdictPolicy, tally_of
from curation.standing import RulerKind
from curation.verdicts import Verdict
from storage.annotators import AnnotatorInfo, get_annotator
from storage.certificates import applied_under, drop_unused, issue
from storage.datasets import dataset_id
from storage.engine import Store
from storage.gold import Candidate, Within, candidates

CONTRACTS = {
    Verdict.PRED_WRONG: "The reference stays, and the prediction becomes a rejected try: the other "
    "side of a preference pair, and a seed of new samples.",
    Verdict.LABEL_WRONG: "The prediction takes the reference's place in a correction of the "
    "trajectory, committed in the judge's name. Where that step is the only one and no person is "
    "asked or has said anything, this decides what is exported; elsewhere a person does, in "
    "Adjudicate. The case is a seed of new samples.",
    Verdict.BOTH_CORRECT: "The prediction is a further accepted answer of its step, for matchers "
    "and exports.",
    Verdict.BOTH_WRONG: "The verdict stands; nothing else is done.",
}
"""What applying a verdict does."""

MOST_PROBLEMS = 100


class NotApplied(Struct, frozen=True):
    """A case that could not be applied, and stays with people."""

    prediction_id: int
    message: str
    hint: str


class Applied(Struct, frozen=True):
    """What came of applying."""

    judge: str
    dataset: str | None
    certificates: tuple[int, ...]
    by_verdict: dict[Verdict, int]
    audits: int
    """Cases of open classes that were left to people."""
    n_problems: int
    problems: tuple[NotApplied, ...]
    """The first of them."""

    @property
    def n(self) -> int:
        """Verdicts applied."""
        return sum(self.by_verdict.values())


def apply_open(
    store: Store,
    who: AnnotatorInfo,
    judge_key: str,
    dataset: str | None = None,
    run: Run | None = None,
) -> Applied:
    """Apply every verdict of the open classes that is not audited.

    Args:
        who: the person who lets it happen; the verdicts are the judge's.

    Raises:
        NotFound: there is no such judge or dataset.
        Cancelled: the user asked to stop; what was applied stays.
    """
    run = run or Run()
    salt = audit_salt(store)
    with store.read() as conn:
        if dataset is not None:
            dataset_id(conn, dataset)
        judge = judge_called(judges_of(conn), judge_key)
        evidence = evidence_of(conn, judge, dataset)
        states = states_of(evidence, dataset)
        found = {v: candidates(conn, Within(judge.runs, dataset), v) for v in Verdict}
    work = {
        v: divided(found[v], evidence.policy.verdicts.get(v), salt)
        for v in Verdict
        if states[v].is_open
    }
    total = sum(len(waiting) for waiting, _ in work.values())
    done = 0
    counts: Counter[Verdict] = Counter()
    issued: list[int] = []
    problems: list[NotApplied] = []
    for verdict, (waiting, _) in work.items():
        if not waiting:
            continue
        session = f"gate-{secrets.token_hex(12)}"
        content = certificate_of(judge, dataset, verdict, evidence)
        with store.write() as conn:
            number = issue(conn, judge.key, dataset or "", content, session, who.id)
        try:
            for n, candidate in enumerate(waiting, 1):
                run.report(done, total, "verdicts")
                problem = _apply(store, candidate, verdict, session, n, number)
                if problem is None:
                    counts[verdict] += 1
                else:
                    problems.append(problem)
                done += 1
        finally:
            with store.write() as conn:
                drop_unused(conn, number)
        if counts[verdict]:
            issued.append(number)
    run.report(done, total, "verdicts")
    return Applied(
        judge.key,
        dataset,
        tuple(issued),
        dict(counts),
        sum(len(audits) for _, audits in work.values()),
        len(problems),
        tuple(problems[:MOST_PROBLEMS]),
    )


def _apply(
    store: Store, candidate: Candidate, verdict: Verdict, session: str, n: int, number: int
) -> NotApplied | None:
    with store.read() as conn:
        judge = get_annotator(conn, candidate.annotator_id)
    try:
        rule(
            store,
            judge,
            candidate.prediction_id,
            verdict,
            session_id=session,
            n=n,
            seen=candidate.seen,
            note=f"Applied under certificate {number}.",
            kind=RulerKind.AUTO,
            run_id=candidate.run_id,
        )
    except StaleRuling:
        return NotApplied(
            candidate.prediction_id,
            "Somebody ruled on it in the meantime.",
            "Nothing to do: what they said stands.",
        )
    except LoopwrightError as problem:
        return NotApplied(candidate.prediction_id, problem.message, problem.hint)
    return None


def certificate_of(
    judge: JudgeOnRecord, dataset: str | None, verdict: Verdict, evidence: Evidence
) -> Certificate:
    """What is known now of a class that the gate lets pass."""
    policy: VerdictPolicy = evidence.policy.verdicts[verdict]
    gold = evidence.gold[verdict]
    tally = tally_of((row.human is verdict, row.family) for row in gold)
    return Certificate(
        contract=(
            f"Where this judge says {verdict} and nobody contradicts it, the verdict is applied "
            f"without a person. {CONTRACTS[verdict]} A share of the cases, drawn by chance, is "
            "left to people for good; withdrawing this certificate puts everything back."
        ),
        verdict=verdict,
        judge=f"{judge.who}; {judge.identity.votes}",
        rubric=judge.identity.rubric,
        rubric_version=str(judge.identity.rubric_version),
        slice=f"dataset {dataset}" if dataset else "all data",
        sample=sample_hash(str(row.prediction_id) for row in gold),
        counts=dict(Counter(row.human for row in gold)),
        target=policy.target,
        confidence=policy.confidence,
        audit_share=policy.audit_share,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={"loopwright": version("loopwright")},
        groups=tally.clusters,
        effective_n=tally.effective,
    )


class Withdrawn(Struct, frozen=True):
    """What came of withdrawing a certificate."""

    certificate: int
    withdrawn: int
    n_problems: int
    problems: tuple[NotApplied, ...]


def withdraw_all(
    store: Store, who: AnnotatorInfo, certificate_id: int, run: Run | None = None
) -> Withdrawn:
    """Take back every verdict that was applied under a certificate, with what was done on it.

    Again: only what still stands. A person's ruling on such a case stays.

    Raises:
        NotFound: there is no such certificate.
        Cancelled: the user asked to stop; what was taken back stays so.
    """
    run = run or Run()
    found = certificate_called(store, certificate_id)
    with store.read() as conn:
        ids = applied_under(conn, found.session_id)
    session = f"gate-{secrets.token_hex(12)}"
    problems: list[NotApplied] = []
    for n, verdict_id in enumerate(ids, 1):
        run.report(n - 1, len(ids), "verdicts")
        try:
            withdraw(
                store,
                who,
                verdict_id,
                session_id=session,
                n=n,
                note=f"Certificate {certificate_id} was withdrawn.",
            )
        except LoopwrightError as problem:
            problems.append(NotApplied(verdict_id, problem.message, problem.hint))
    run.report(len(ids), len(ids), "verdicts")
    return Withdrawn(
        certificate_id, len(ids) - len(problems), len(problems), tuple(problems[:MOST_PROBLEMS])
    )
