"""The viewer's HTTP API: parse, call a flow, encode. Nothing is decided here.

Handlers are plain functions run in the thread pool, because flows block on the database. Every
request carries the annotator's token; a browser that says where a page comes from must say it
comes from here. Bodies are bounded, and every error is JSON with what, where and what to do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.flows import annotate, correct, preferences, queue, replay, simulate
from app.flows.annotate import Draft, Op, Opened
from app.flows.endpoint_settings import settings_in_force
from app.flows.identity import read_token
from app.routes import alike, checklists
from app.routes.answers import (
    BadRequest,
    Foreign,
    error_answer,
    json_answer,
    unforeseen,
    waited_for,
)
from app.routes.drafts import DraftAt, DraftRequest, PresentRequest, keep_draft, present
from app.routes.wire import Name, Number, SessionId, Uids
from components.viewer.payload import ShownCorrection, annotation_json, viewer_payload
from curation.errors import LoopwrightError
from curation.generators.simulator import Question
from curation.model_endpoint import Endpoint
from curation.revising import MessageRevision
from curation.simulated import SimulatedResult
from storage.annotators import AnnotatorInfo
from storage.engine import Store

PREFIX = "/api/annotate"
TOKEN_HEADER = "X-Loopwright-Token"

MAX_BODY = 8 << 20
"""Bytes of a request; the largest legitimate ones carry edited messages."""


class NextRequest(Struct):
    """`next`: claim a trajectory."""

    dataset: Name | None = None
    exclude: Uids = []


class OpRequest(Struct):
    """One op of `acts`."""

    n: Number
    uid: Name
    kind: Name
    payload: Any = None
    batch: Name | None = None


class ActsRequest(Struct):
    """`acts`: deliver ops."""

    session: SessionId
    ops: Annotated[list[OpRequest], Meta(max_length=annotate.MAX_OPS)]


Revision = Annotated[tuple[int | MessageRevision, ...], Meta(max_length=20_000)]
Index = Annotated[int, Meta(ge=0)]


class RevisionRequest(Struct):
    """`check-revision`: what would this revision change."""

    uid: Name
    revision: Revision


class RecordedRequest(Struct):
    """`recorded`: results that the same call got elsewhere."""

    uid: Name
    name: str
    arguments: str


class SimulateRequest(Struct):
    """`simulate`: what would the tool answer to a changed call."""

    uid: Name
    revision: Revision
    message_index: Index
    """Of the result in question, in the revised trajectory."""


class CorrectRequest(Struct):
    """`correct`: save a revision as a correction."""

    session: SessionId
    n: Number
    uid: Name
    revision: Revision
    reason: str = ""
    attested: Annotated[list[Index], Meta(max_length=20_000)] = []
    """Messages of the result that are still true although they are stale."""
    simulated: Annotated[list[SimulatedResult], Meta(max_length=20_000)] = []
    """Results that a model proposed."""
    base: Name | UnsetType | None = UNSET
    """The correction the revision was begun from; absent: whatever stands."""
    draft: DraftAt | None = None
    """The draft that is not kept any longer once this is saved."""


class UidsRequest(Struct):
    """`renew` and `release`."""

    uids: Uids


class KeysRequest(Struct):
    """`keys`: give commands other keys; None is the key a command has by default."""

    changes: dict[Name, Name | None] = {}
    afresh: bool = False
    """Forget what was moved before."""


Handler = Callable[[Store, AnnotatorInfo, Any], dict[str, Any]]


class AnnotateApi:
    """The routes over one store.

    Args:
        store: called per request, in a worker thread, so that nothing is opened at import time.
        lease: how long a claim is kept.
        simulator: the model that may be asked for results; raises `SettingsError` for none.
            None: the one of the settings.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        lease: timedelta = annotate.LEASE,
        simulator: Callable[[], Endpoint] | None = None,
    ) -> None:
        self._store = store
        self._lease = lease
        self._simulator = simulator or self._simulator_of_settings

    def _simulator_of_settings(self) -> Endpoint:
        return simulate.simulator_endpoint(settings_in_force(self._store()))

    def routes(self) -> list[BaseRoute]:
        """Everything under `/api/annotate`."""
        posts: dict[str, tuple[type[Struct], Handler]] = {
            "next": (NextRequest, self._next),
            "acts": (ActsRequest, self._acts),
            "check-revision": (RevisionRequest, self._check_revision),
            "recorded": (RecordedRequest, self._recorded),
            "correct": (CorrectRequest, self._correct),
            "renew": (UidsRequest, self._renew),
            "release": (UidsRequest, self._release),
            "keys": (KeysRequest, self._keys),
            "checklist-item": (checklists.EditItemRequest, checklists.checklist_item),
            "alike": (alike.AlikeRequest, alike.alike),
            "mark-alike": (alike.MarkAlikeRequest, alike.mark_alike),
            "job": (alike.JobRequest, alike.job),
            "cancel-job": (alike.JobRequest, alike.cancel_job),
            "draft": (DraftRequest, keep_draft),
            "present": (PresentRequest, present),
        }
        routes: list[BaseRoute] = [
            Route(f"{PREFIX}/{name}", self._post(body, handler), methods=["POST"])
            for name, (body, handler) in posts.items()
        ]
        routes.append(Route(f"{PREFIX}/view", self._get(self._view), methods=["GET"]))
        asked = self._post(SimulateRequest, self._question, then=self._simulated)
        routes.append(Route(f"{PREFIX}/simulate", asked, methods=["POST"]))
        return routes

    # --- handlers: one per route ---

    def _next(self, store: Store, who: AnnotatorInfo, asked: NextRequest) -> dict[str, Any]:
        claimed = annotate.claim_next(store, who, asked.dataset, asked.exclude, lease=self._lease)
        return {
            "view": None if claimed is None else _view(claimed.opened),
            "progress": annotate.progress_of(store, asked.dataset),
        }

    def _view(self, store: Store, who: AnnotatorInfo, uid: str) -> dict[str, Any]:
        return {"view": _view(annotate.open_trajectory(store, uid, who))}

    def _acts(self, store: Store, who: AnnotatorInfo, asked: ActsRequest) -> dict[str, Any]:
        ops = [Op(op.n, op.uid, op.kind, op.payload, op.batch) for op in asked.ops]
        done = annotate.perform(store, who, asked.session, ops, lease=self._lease)
        return {
            "acked": done.acked,
            "results": done.results,
            "annotations": {uid: _draft(draft) for uid, draft in done.annotations.items()},
            "progress": done.progress,
        }

    def _check_revision(
        self, store: Store, who: AnnotatorInfo, asked: RevisionRequest
    ) -> dict[str, Any]:
        report = correct.check_revision(store, asked.uid, asked.revision, who)
        return msgspec.structs.asdict(report)

    def _recorded(self, store: Store, who: AnnotatorInfo, asked: RecordedRequest) -> dict[str, Any]:
        found = replay.recorded_results(store, asked.name, asked.arguments, apart_from=asked.uid)
        return {"results": found}

    def _correct(self, store: Store, who: AnnotatorInfo, asked: CorrectRequest) -> dict[str, Any]:
        done = correct.propose_correction(
            store,
            who,
            asked.session,
            asked.n,
            asked.uid,
            asked.revision,
            asked.reason,
            attested=asked.attested,
            simulated=asked.simulated,
            base=asked.base,
            draft=asked.draft.sent_by(asked.session) if asked.draft else None,
            lease=self._lease,
        )
        return {
            "correction_uid": done.correction_uid,
            "changed": done.changed,
            "changes": done.changes,
            **_draft(done.draft),
        }

    def _question(
        self, store: Store, who: AnnotatorInfo, asked: SimulateRequest
    ) -> tuple[Endpoint, Question]:
        endpoint = self._simulator()
        return endpoint, simulate.question_about(
            store, who, asked.uid, asked.revision, asked.message_index
        )

    async def _simulated(self, asked: tuple[Endpoint, Question]) -> dict[str, Any]:
        return {"proposal": await simulate.simulate(*asked)}

    def _renew(self, store: Store, who: AnnotatorInfo, asked: UidsRequest) -> dict[str, Any]:
        held = annotate.renew(store, who, asked.uids, lease=self._lease)
        return {"renewed": len(held), "held": held}

    def _release(self, store: Store, who: AnnotatorInfo, asked: UidsRequest) -> dict[str, Any]:
        return {"released": queue.release(store, who, asked.uids)}

    def _keys(self, store: Store, who: AnnotatorInfo, asked: KeysRequest) -> dict[str, Any]:
        return {"keys": preferences.move_keys(store, who, asked.changes, afresh=asked.afresh)}

    # --- what is the same for all ---

    def _post(
        self,
        body: type[Struct],
        handler: Callable[[Store, AnnotatorInfo, Any], Any],
        then: Callable[[Any], Awaitable[dict[str, Any]]] | None = None,
    ) -> Callable[..., Awaitable[Response]]:
        """`handler` runs in the thread pool; `then`, where there is one, waits for what it found
        without a thread, and is given up when the browser goes away."""
        decoder = msgspec.json.Decoder(body)

        async def endpoint(request: Request) -> Response:
            try:
                _refuse_foreign(request)
                raw = await _bounded_body(request)
            except LoopwrightError as problem:
                return error_answer(problem)
            found = await run_in_threadpool(
                self._found, request, handler, lambda: _decoded(decoder, raw)
            )
            if then is None or isinstance(found, Response):
                return found if isinstance(found, Response) else json_answer(200, found)
            return await waited_for(request, then(found))

        return endpoint

    def _get(self, handler: Handler) -> Callable[..., Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            uid = request.query_params.get("uid", "")[:200]
            return await run_in_threadpool(self._answer, request, handler, lambda: uid)

        return endpoint

    def _answer(self, request: Request, handler: Handler, asked: Callable[[], Any]) -> Response:
        found = self._found(request, handler, asked)
        return found if isinstance(found, Response) else json_answer(200, found)

    def _found(
        self,
        request: Request,
        handler: Callable[[Store, AnnotatorInfo, Any], Any],
        asked: Callable[[], Any],
    ) -> Any:
        """What the handler returns, or the answer that says why it cannot."""
        try:
            store = self._store()
            who = read_token(store, request.headers.get(TOKEN_HEADER, ""))
            return handler(store, who, asked())
        except LoopwrightError as problem:
            return error_answer(problem)
        except Exception as problem:  # noqa: BLE001 - logged in full under the id that is answered
            return unforeseen(request, problem)


def _view(opened: Opened) -> dict[str, Any]:
    shown = opened.correction
    return viewer_payload(
        uid=opened.uid,
        trajectory=opened.trajectory,
        findings=opened.findings,
        annotation=opened.draft.annotation,
        committed=opened.draft.committed,
        dataset=opened.dataset,
        source_id=opened.source_id,
        source=opened.source,
        state=opened.state,
        parent_uid=opened.parent_uid,
        lineage=opened.lineage,
        tries=opened.tries,
        checklists=opened.checklists,
        kept=msgspec.structs.asdict(opened.kept),
        correction=None
        if shown is None
        else ShownCorrection(
            shown.uid,
            shown.author,
            shown.reason,
            shown.trajectory,
            shown.attested,
            shown.simulated,
        ),
    )


def _draft(draft: Draft) -> dict[str, Any]:
    return {"annotation": annotation_json(draft.annotation), "committed": draft.committed}


async def _bounded_body(request: Request) -> bytes:
    """The body, given up as soon as it is too large (a length may be absent or a lie)."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MAX_BODY:
            raise BadRequest(
                f"The request is larger than {MAX_BODY >> 20} MB.",
                where=request.url.path,
                hint="Revise less at once.",
            )
    return bytes(received)


def _decoded(decoder: msgspec.json.Decoder[Any], raw: bytes) -> Any:
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as problem:
        raise BadRequest(
            f"The request cannot be read: {problem}.",
            hint="Reload the page; the studio was probably updated while it was open.",
        ) from None


def _refuse_foreign(request: Request) -> None:
    """A page of another site may not make this browser act, whatever token it guessed."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    if urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise Foreign(
            f"Requests from {origin} are not accepted.",
            where="Origin",
            hint="Open the studio under the address it prints; behind a proxy, pass Host through.",
        )
