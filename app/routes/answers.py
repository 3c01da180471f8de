"""Answers of the viewer's API: values and errors as JSON, and answers that take their time.

Every error says what, where and what to do; what was not foreseen is logged in full and answered
with the id it has in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.flows.correct import StaleEdit
from app.flows.identity import BadToken
from app.flows.incidents import report_incident
from app.flows.open_corrections import StaleDraft
from curation.errors import LoopwrightError, NotFound, StoreError
from curation.generators.endpoint import GeneratorError

LOOK_EVERY_S = 0.2
"""How often it is asked whether the browser still waits."""


class BadRequest(LoopwrightError):
    """The request itself cannot be read."""


class Foreign(LoopwrightError):
    """The request comes from a page of another address."""


async def waited_for(request: Request, work: Coroutine[Any, Any, dict[str, Any]]) -> Response:
    """The answer to long work, which is given up when the browser does not wait any more."""
    task = asyncio.create_task(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=LOOK_EVERY_S)
            if not task.done() and await request.is_disconnected():
                break
    finally:
        if not task.done():
            task.cancel()
    try:
        return json_answer(200, await task)
    except asyncio.CancelledError:
        if not task.cancelled():
            raise  # the server is shutting down
        return json_answer(499, {})  # nobody reads it
    except LoopwrightError as problem:
        return error_answer(problem)
    except Exception as problem:  # noqa: BLE001 - logged in full under the id that is answered
        return unforeseen(request, problem)


def unforeseen(request: Request, problem: Exception) -> Response:
    """Log what should not have happened; the answer names where."""
    return _failure(report_incident(problem, f"answering {request.url.path}"))


def error_answer(problem: LoopwrightError) -> Response:
    """What a person is told: `{error: {message, where, hint, id}}`."""
    match problem:
        case BadToken():
            status = 401
        case NotFound():
            status = 404
        case StaleEdit() | StaleDraft():
            status = 409
        case Foreign():
            status = 403
        case GeneratorError():
            status = 424  # the model's fault, and nothing of the studio's is broken
        case StoreError():
            status = 503  # busy, full or away: nothing was said of the request itself
        case _:
            status = 400
    error: dict[str, Any] = {
        "message": problem.message,
        "where": problem.where,
        "hint": problem.hint,
        "id": "",
    }
    if isinstance(problem, StaleEdit):
        error |= {"yours": problem.yours, "current": problem.current}
    if isinstance(problem, StaleDraft):
        error["kept"] = problem.kept
    return json_answer(status, {"error": error})


def _failure(incident: str) -> Response:
    return json_answer(
        500,
        {
            "error": {
                "message": "Something broke in the studio that was not foreseen.",
                "where": "",
                "hint": f"Nothing was half saved. The log has it as {incident}.",
                "id": incident,
            }
        },
    )


def json_answer(status: int, body: dict[str, Any]) -> Response:
    """An answer that nobody keeps."""
    return Response(
        msgspec.json.encode(body),
        status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
