"""Where a page of trajectories comes from, as far as the store knows: for exports.

Proposals of corrections, verdicts in force that people gave or applied, and the errors that
expansions grew from, each by one query a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from curation.export_lineage import Grown, ProposedCorrection, UsedVerdict
from curation.standing import RulerKind
from storage.candidate_facts import among
from storage.tables import (
    AnnotatorRow,
    CertificateRow,
    CorrectionRow,
    ExpansionRow,
    ExpansionRunRow,
    JudgeRunRow,
    PredictionRow,
    TrajectoryRow,
    VerdictRow,
    table_of,
)

annotator = table_of(AnnotatorRow)
certificate = table_of(CertificateRow)
correction = table_of(CorrectionRow)
expansion = table_of(ExpansionRow)
expansion_run = table_of(ExpansionRunRow)
judge_run = table_of(JudgeRunRow)
prediction = table_of(PredictionRow)
trajectory = table_of(TrajectoryRow)
verdict = table_of(VerdictRow)
issuer = annotator.alias("issuer")

_APPLIED = (RulerKind.HUMAN.value, RulerKind.AUTO.value)


def proposals_of(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[ProposedCorrection, ...]]:
    """Trajectory id -> every correction proposed of it: of one author and correction the latest."""
    latest = (
        select(func.max(correction.c.id))
        .where(among(correction.c.parent_id, ids))
        .group_by(correction.c.parent_id, correction.c.trajectory_id, correction.c.annotator_id)
    )
    rows = conn.execute(
        select(
            correction.c.parent_id,
            trajectory.c.uid,
            annotator.c.name,
            correction.c.created_at,
            correction.c.reason,
        )
        .join(trajectory, trajectory.c.id == correction.c.trajectory_id)
        .join(annotator, annotator.c.id == correction.c.annotator_id)
        .where(correction.c.id.in_(latest))
        .order_by(correction.c.id)
    )
    found: dict[int, list[ProposedCorrection]] = {}
    for parent_id, *rest in rows:
        found.setdefault(parent_id, []).append(ProposedCorrection(*rest))
    return {parent_id: tuple(proposed) for parent_id, proposed in found.items()}


def verdicts_used(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[UsedVerdict, ...]]:
    """Trajectory id -> verdicts in force of people, and of judges where they were applied."""
    rows = conn.execute(
        select(
            prediction.c.trajectory_id,
            prediction.c.message_index,
            prediction.c.model,
            verdict.c.verdict,
            func.coalesce(issuer.c.name, annotator.c.name).label("by"),
            verdict.c.created_at,
            verdict.c.is_blind,
            verdict.c.kind,
            judge_run.c.backend,
            judge_run.c.models,
            judge_run.c.rubric,
            judge_run.c.rubric_version,
            certificate.c.id.label("certificate_id"),
        )
        .join(verdict, verdict.c.id == prediction.c.verdict_id)
        .join(annotator, annotator.c.id == verdict.c.annotator_id)
        .outerjoin(judge_run, judge_run.c.id == verdict.c.run_id)
        .outerjoin(certificate, certificate.c.session_id == verdict.c.session_id)
        .outerjoin(issuer, issuer.c.id == certificate.c.annotator_id)
        .where(
            among(prediction.c.trajectory_id, ids),
            prediction.c.decided_by.in_(_APPLIED),
            verdict.c.verdict.is_not(None),
        )
        .order_by(prediction.c.trajectory_id, prediction.c.message_index, prediction.c.id)
    )
    found: dict[int, list[UsedVerdict]] = {}
    for row in rows:
        found.setdefault(row.trajectory_id, []).append(_used(row))
    return {trajectory_id: tuple(used) for trajectory_id, used in found.items()}


def _used(row: Any) -> UsedVerdict:
    if row.kind != RulerKind.AUTO.value or row.backend is None:
        return UsedVerdict(
            row.message_index, row.model, row.verdict, row.by, row.created_at, row.is_blind
        )
    models = msgspec.json.decode(row.models, type=list[str])
    return UsedVerdict(
        row.message_index,
        row.model,
        row.verdict,
        row.by,
        row.created_at,
        judge=f"{row.backend}: {' + '.join(models)}" if models else row.backend,
        rubric=row.rubric,
        rubric_version=row.rubric_version,
        certificate=row.certificate_id,
    )


def unruled_of(conn: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Trajectory id -> answers of other models that differ from the reference and on which no
    verdict was applied."""
    rows = conn.execute(
        select(prediction.c.trajectory_id, func.count())
        .where(
            among(prediction.c.trajectory_id, ids),
            prediction.c.decided_by.not_in(_APPLIED),
            prediction.c.matches_strict.is_not(True),
        )
        .group_by(prediction.c.trajectory_id)
    )
    return {trajectory_id: int(n) for trajectory_id, n in rows}


def grown_from(conn: Connection, ids: Sequence[int]) -> dict[int, Grown]:
    """Trajectory id -> the error it was grown from, of those that an expansion made."""
    rows = conn.execute(
        select(
            expansion.c.trajectory_id,
            trajectory.c.uid,
            expansion.c.message_index,
            expansion.c.directive,
            expansion_run.c.model,
        )
        .join(trajectory, trajectory.c.id == expansion.c.parent_id)
        .join(expansion_run, expansion_run.c.id == expansion.c.run_id)
        .where(among(expansion.c.trajectory_id, ids))
        .order_by(expansion.c.id)
    )
    found: dict[int, Grown] = {}
    for trajectory_id, *rest in rows:
        found.setdefault(trajectory_id, Grown(*rest))
    return found
