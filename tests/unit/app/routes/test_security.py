"""Headers on every answer, hosts that are answered, and that the server is found and healthy."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.web.server.app_discovery import discover_asgi_app

import app
from app.routes.health import health_route
from app.routes.security import KnownHosts, SecurityHeaders, answered_hosts, content_policy

PAGE = "<html><script>start()</script><script src='x.js'></script></html>"


def client(*hosts: str) -> TestClient:
    async def streamed(_: Request) -> Response:
        async def parts() -> Iterator[bytes]:  # type: ignore[misc]
            yield b"a"
            yield b"b"

        return StreamingResponse(parts())

    async def framed(_: Request) -> Response:
        return PlainTextResponse("x", headers={"Content-Security-Policy": "default-src 'none'"})

    return TestClient(
        Starlette(
            routes=[health_route(), Route("/streamed", streamed), Route("/own", framed)],
            middleware=[
                Middleware(KnownHosts, hosts=hosts),
                Middleware(SecurityHeaders, policy=content_policy(PAGE)),
            ],
        ),
        base_url="http://127.0.0.1:8501",
    )


@pytest.mark.parametrize("path", ["/healthz", "/streamed", "/missing"])
def test_every_answer_forbids_sniffing_framing_and_foreign_hosts(path: str) -> None:
    headers = client().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "connect-src 'self'" in policy
    assert "http" not in policy


def test_an_answer_may_bring_a_stricter_policy_of_its_own() -> None:
    assert client().get("/own").headers["content-security-policy"] == "default-src 'none'"


def test_inline_scripts_run_by_hash_only() -> None:
    digest = base64.b64encode(hashlib.sha256(b"start()").digest()).decode()
    scripts = next(p for p in content_policy(PAGE).split("; ") if p.startswith("script-src"))
    assert f"'sha256-{digest}'" in scripts
    assert "unsafe-inline" not in scripts
    assert "'unsafe-eval'" not in scripts


def test_the_studio_says_that_it_is_healthy() -> None:
    assert client().get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8501", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:8501", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example:8501", 400),
        ("", 400),
    ],
)
def test_on_loopback_only_this_machines_own_names_are_answered(host: str, status: int) -> None:
    names = answered_hosts("127.0.0.1", "")
    assert client(*names).get("/healthz", headers={"Host": host}).status_code == status


def test_named_hosts_win_and_a_public_address_answers_any() -> None:
    assert answered_hosts("127.0.0.1", " studio.example , localhost") == (
        "studio.example",
        "localhost",
    )
    assert answered_hosts("0.0.0.0", "") == ()
    assert client().get("/healthz", headers={"Host": "any.example"}).status_code == 200


def test_streamlit_finds_the_application() -> None:
    """`streamlit run` reads the file: the application must be one assignment at its top level."""
    found = discover_asgi_app(Path(app.__file__).with_name("asgi.py"))
    assert (found.is_asgi_app, found.app_name) == (True, "app")
