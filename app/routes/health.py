"""Whether the studio answers: for supervisors and for `loopwright run`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


def health_route() -> Route:
    """`GET /healthz`. Says that requests are served; the store is opened before any are."""
    return Route("/healthz", _healthz, methods=["GET"])
