"""Headers that every answer of the studio carries, and whose Host names are answered.

Trajectory text is untrusted and is escaped where it is drawn; these headers are the second wall: a
script that slipped through can load nothing from elsewhere and send nothing out.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def content_policy(page: str) -> str:
    """The Content-Security-Policy under which `page` (the one HTML page served) works.

    Its own inline scripts are allowed by their hash, so that no other inline script or event
    handler runs. Streamlit loads components from blobs and sets styles inline.
    """
    digests = (
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in _INLINE_SCRIPT.findall(page)
    )
    scripts = " ".join(f"'sha256-{digest}'" for digest in digests)
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' blob: 'wasm-unsafe-eval' {scripts}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )


LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SecurityHeaders:
    """ASGI middleware that puts headers on every HTTP answer, streamed ones included."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; touch only the start of an HTTP answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class KnownHosts:
    """ASGI middleware that refuses requests under a Host name nobody gave the studio.

    Without it a web page anywhere could point a name of its own at this machine (DNS rebinding) and
    talk to a studio that listens on loopback only.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self.hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse unknown hosts with 400, websockets included."""
        known = not self.hosts or scope["type"] not in ("http", "websocket")
        if not known and _name(Headers(scope=scope).get("host", "")) not in self.hosts:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            answer = PlainTextResponse(
                "This studio does not answer under that host name. "
                "Add it to LOOPWRIGHT_ALLOWED_HOSTS.",
                400,
            )
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _name(host: str) -> str:
    """The host without its port; brackets of an IPv6 address removed."""
    host = host.lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


def answered_hosts(listening_on: str, allowed: str) -> tuple[str, ...]:
    """Host names to answer: those allowed, else this machine's own while on loopback, else any."""
    named = tuple(name.strip() for name in allowed.split(",") if name.strip())
    if named:
        return named
    return LOOPBACK if listening_on in LOOPBACK else ()
