"""What jobs do: the parameters of each kind, and the flow that it runs.

Flows are imported by the kind that runs them: a page that only lists jobs needs none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from app.flows.running import Run
from app.settings import load_settings
from curation.queueing import Policy
from storage.engine import Store


class IngestParams(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `ingest`; see `app.flows.ingest.ingest`."""

    paths: list[str]
    dataset: str | None = None
    format: str = "auto"
    tools: str | None = None
    mapping: str = ""
    """Text of a field mapping."""
    max_record_bytes: int | None = None
    """None: as the settings say."""
    dry_run: bool = False


class CheckParams(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `check`."""

    dataset: str | None = None
    processes: int | None = None
    """None: as the settings say."""


class FillQueueParams(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `fill-queue`; see `app.flows.queue.fill_queue`."""

    dataset: str
    policy: Policy | None = None
    """None, here and below: as the queue has it."""
    seed: int | None = None
    overlap: int | None = None
    decide_alone: bool | None = None
    only_suspicious: bool | None = None
    newer_than: int = 0


class IngestPredictionsParams(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `ingest-predictions`; see `app.flows.ingest_predictions`."""

    paths: list[str]
    dataset: str
    model: str
    dry_run: bool = False


class MatchParams(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `match`; see `app.flows.match.match`."""

    dataset: str | None = None
    again: bool = False


def _ingest_predictions(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.ingest_predictions import ingest_and_match, ingest_predictions

    wanted = msgspec.convert(params, IngestPredictionsParams)
    settings = load_settings()
    paths = [Path(path) for path in wanted.paths]
    most = settings.max_record_bytes
    if wanted.dry_run:
        looked = ingest_predictions(
            store, paths, dataset=wanted.dataset, model=wanted.model, dry_run=True,
            max_record_bytes=most, run=run,
        )  # fmt: skip
        return plain_values(looked)
    report, matched = ingest_and_match(
        store, paths, dataset=wanted.dataset, model=wanted.model, max_record_bytes=most,
        mastered_by=settings.mastered_by, run=run,
    )  # fmt: skip
    return {**plain_values(report), "matched": plain_values(matched)}


def _match(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.match import match

    wanted = msgspec.convert(params, MatchParams)
    mastered_by = load_settings().mastered_by
    return plain_values(
        match(store, wanted.dataset, again=wanted.again, mastered_by=mastered_by, run=run)
    )


def _ingest(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.ingest import ingest

    wanted = msgspec.convert(params, IngestParams)
    report = ingest(
        store,
        [Path(path) for path in wanted.paths],
        dataset=wanted.dataset,
        format=wanted.format,
        tools=Path(wanted.tools) if wanted.tools else None,
        mapping=wanted.mapping,
        dry_run=wanted.dry_run,
        max_record_bytes=wanted.max_record_bytes or load_settings().max_record_bytes,
        run=run,
    )
    return plain_values(report)


def _check(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.check import check

    wanted = msgspec.convert(params, CheckParams)
    processes = wanted.processes or load_settings().check_processes or None
    return plain_values(check(store, dataset=wanted.dataset, processes=processes, run=run))


def _fill_queue(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.queue import fill_queue

    wanted = msgspec.convert(params, FillQueueParams)
    added = fill_queue(
        store,
        wanted.dataset,
        policy=wanted.policy,
        seed=wanted.seed,
        overlap=wanted.overlap,
        decide_alone=wanted.decide_alone,
        only_suspicious=wanted.only_suspicious,
        newer_than=wanted.newer_than,
        run=run,
    )
    return {"dataset": wanted.dataset, "added": added}


def _export(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.export import ExportRequest, export

    return plain_values(export(store, msgspec.convert(params, ExportRequest), run))


class BulkParams(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `bulk`; see `app.flows.bulk.bulk`."""

    action: str
    filter: dict[str, Any]
    by: str
    note: str = ""


def _bulk(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.bulk import Action, bulk
    from storage.browse import Filter

    wanted = msgspec.convert(params, BulkParams)
    return plain_values(
        bulk(
            store,
            msgspec.convert(wanted.filter, Filter),
            Action(wanted.action),
            by=wanted.by,
            note=wanted.note,
            run=run,
        )
    )


class MarkAlikeParams(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `mark-alike`; see `app.flows.mark_alike.mark_alike`."""

    ticked: dict[str, Any]
    by: str


def _mark_alike(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.mark_alike import Ticked, mark_alike

    wanted = msgspec.convert(params, MarkAlikeParams)
    ticked = msgspec.convert(wanted.ticked, Ticked)
    return plain_values(mark_alike(store, ticked, by=wanted.by, run=run))


def _probe(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.endpoint_settings import settings_in_force
    from app.flows.probe import ProbeRequest, probe

    request = msgspec.convert(params, ProbeRequest)
    return plain_values(probe(store, request, settings_in_force(store), run, run.job_id))


def _embed(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.embed import EmbedRequest, embed
    from app.flows.endpoint_settings import settings_in_force

    request = msgspec.convert(params, EmbedRequest)
    return plain_values(embed(store, request, settings_in_force(store), run))


def _judge(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.endpoint_settings import settings_in_force
    from app.flows.judge import judge
    from app.flows.judge_setup import JudgeRequest

    request = msgspec.convert(params, JudgeRequest)
    end = judge(store, request, settings_in_force(store), run, run.job_id)
    return plain_values(end.report) | {
        "out_of_budget": end.out_of_budget,
        "failed": end.failed,
        "left": end.left,
    }


def _expand(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.endpoint_settings import settings_in_force
    from app.flows.expand import expand
    from app.flows.expand_setup import ExpandRequest

    request = msgspec.convert(params, ExpandRequest)
    end = expand(store, request, settings_in_force(store), run, run.job_id)
    return plain_values(end.report) | {
        "out_of_budget": end.out_of_budget,
        "left": end.left,
        "skipped": end.skipped,
        "queued": end.queued,
    }


def _judge_pass(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.endpoint_settings import settings_in_force
    from app.flows.judge_pass import judge_pass
    from app.flows.pass_setup import PassRequest

    request = msgspec.convert(params, PassRequest)
    end = judge_pass(store, request, settings_in_force(store), run, run.job_id)
    return plain_values(end.report) | {
        "out_of_budget": end.out_of_budget,
        "failed": end.failed,
        "left": end.left,
    }


class GateApplyParams(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `gate-apply`; see `app.flows.gate_applying.apply_open`."""

    judge: str
    by: str
    dataset: str | None = None


def _gate_apply(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.gate_applying import apply_open
    from app.flows.identity import annotator_named

    wanted = msgspec.convert(params, GateApplyParams)
    who = annotator_named(store, wanted.by)
    done = apply_open(store, who, wanted.judge, wanted.dataset, run)
    return {"applied": done.n, **plain_values(done)}


class GateWithdrawParams(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `gate-withdraw`; see `app.flows.gate_applying.withdraw_all`."""

    certificate: int
    by: str


def _gate_withdraw(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.gate_applying import withdraw_all
    from app.flows.identity import annotator_named

    wanted = msgspec.convert(params, GateWithdrawParams)
    who = annotator_named(store, wanted.by)
    return plain_values(withdraw_all(store, who, wanted.certificate, run))


def _decontaminate(store: Store, params: dict[str, Any], run: Run) -> dict[str, Any]:
    from app.flows.decontaminate import DecontaminateParams, decontaminate

    wanted = msgspec.convert(params, DecontaminateParams)
    most = load_settings().max_record_bytes
    return plain_values(decontaminate(store, wanted, run, max_record_bytes=most))


def plain_values(report: object) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(report, enc_hook=str)
    return plain


KINDS: dict[str, Callable[[Store, dict[str, Any], Run], dict[str, Any]]] = {
    "ingest": _ingest,
    "ingest-predictions": _ingest_predictions,
    "match": _match,
    "check": _check,
    "fill-queue": _fill_queue,
    "export": _export,
    "bulk": _bulk,
    "mark-alike": _mark_alike,
    "probe": _probe,
    "embed": _embed,
    "judge": _judge,
    "expand": _expand,
    "judge-pass": _judge_pass,
    "gate-apply": _gate_apply,
    "gate-withdraw": _gate_withdraw,
    "decontaminate": _decontaminate,
}


def params_type(kind: str) -> type[Any]:
    if kind == "export":
        from app.flows.export import ExportRequest

        request: type[Any] = ExportRequest
        return request
    if kind == "judge":
        from app.flows.judge_setup import JudgeRequest

        judged: type[Any] = JudgeRequest
        return judged
    if kind == "judge-pass":
        from app.flows.pass_setup import PassRequest

        looked: type[Any] = PassRequest
        return looked
    if kind == "probe":
        from app.flows.probe import ProbeRequest

        probed: type[Any] = ProbeRequest
        return probed
    if kind == "embed":
        from app.flows.embed import EmbedRequest

        embedded: type[Any] = EmbedRequest
        return embedded
    if kind == "expand":
        from app.flows.expand_setup import ExpandRequest

        expanded: type[Any] = ExpandRequest
        return expanded
    if kind == "decontaminate":
        from app.flows.decontaminate import DecontaminateParams

        held: type[Any] = DecontaminateParams
        return held
    types: dict[str, type] = {
        "ingest": IngestParams,
        "ingest-predictions": IngestPredictionsParams,
        "match": MatchParams,
        "check": CheckParams,
        "fill-queue": FillQueueParams,
        "bulk": BulkParams,
        "mark-alike": MarkAlikeParams,
        "gate-apply": GateApplyParams,
        "gate-withdraw": GateWithdrawParams,
    }
    return types[kind]
