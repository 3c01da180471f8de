"""Certificates: under which a judge's verdicts were applied, and what has become of those."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, true

from curation.certificates import Certificate
from curation.errors import NotFound
from curation.standing import RulerKind
from curation.verdicts import Verdict
from storage.tables import CertificateRow, table_of
from storage.verdicts import annotator, verdict

certificate = table_of(CertificateRow)

_content = msgspec.json.Decoder(Certificate)


class StoredCertificate(Struct, frozen=True):
    """A certificate on record."""

    id: int
    judge: str
    """Key of the judge."""
    dataset: str
    """"" for all data."""
    verdict: Verdict
    content: Certificate
    session_id: str
    issued_by: str
    created_at: datetime
    applied: int
    """Verdicts that were applied under it."""
    in_force: int
    """Those of them that were not taken back."""


def issue(
    conn: Connection, judge: str, dataset: str, content: Certificate, session_id: str, by: int
) -> int:
    """Store a certificate; returns its id."""
    values = {
        "judge": judge,
        "dataset": dataset,
        "verdict": content.verdict.value,
        "content": msgspec.json.encode(content).decode(),
        "session_id": session_id,
        "annotator_id": by,
        "created_at": datetime.now(UTC),
    }
    query = insert(certificate).values(values).returning(certificate.c.id)
    return int(conn.execute(query).scalar_one())


def drop_unused(conn: Connection, certificate_id: int) -> None:
    """Forget a certificate under which nothing was applied."""
    used = select(verdict.c.id).where(verdict.c.session_id == certificate.c.session_id).exists()
    conn.execute(delete(certificate).where(certificate.c.id == certificate_id, ~used))


def list_certificates(conn: Connection, judge: str | None = None) -> list[StoredCertificate]:
    """Certificates, the newest first."""
    return _found(conn, true() if judge is None else certificate.c.judge == judge)


def get_certificate(conn: Connection, certificate_id: int) -> StoredCertificate:
    """The certificate with this id.

    Raises:
        NotFound: there is none.
    """
    found = _found(conn, certificate.c.id == certificate_id)
    if not found:
        raise NotFound(
            f"There is no certificate {certificate_id}.",
            hint="`loopwright gate` lists those there are.",
        )
    return found[0]


def applied_under(conn: Connection, session_id: str) -> list[int]:
    """Ids of the verdicts applied in a session that are not taken back, the newest first."""
    query = (
        select(verdict.c.id)
        .where(_applied(verdict, session_id), ~_taken_back())
        .order_by(verdict.c.id.desc())
    )
    return list(conn.execute(query).scalars())


def _applied(rows: Any, session_id: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = (
        (rows.c.session_id == session_id)
        & (rows.c.kind == RulerKind.AUTO.value)
        & rows.c.withdraws.is_(None)
    )
    return found


def _taken_back() -> ColumnElement[bool]:
    withdrawal = verdict.alias()
    return select(withdrawal.c.id).where(withdrawal.c.withdraws == verdict.c.id).exists()


def _found(conn: Connection, where: ColumnElement[bool]) -> list[StoredCertificate]:
    of_it = select(func.count()).where(_applied(verdict, certificate.c.session_id))
    query = (
        select(
            certificate,
            annotator.c.name.label("issued_by"),
            of_it.scalar_subquery().label("applied"),
            of_it.where(~_taken_back()).scalar_subquery().label("in_force"),
        )
        .join(annotator, annotator.c.id == certificate.c.annotator_id)
        .where(where)
        .order_by(certificate.c.id.desc())
    )
    return [_stored(row) for row in conn.execute(query)]


def _stored(row: Row[Any]) -> StoredCertificate:
    return StoredCertificate(
        row.id,
        row.judge,
        row.dataset,
        Verdict(row.verdict),
        _content.decode(row.content),
        row.session_id,
        row.issued_by,
        row.created_at,
        row.applied,
        row.in_force,
    )
